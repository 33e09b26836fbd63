// The text, read by the programs that people have for it: procps, node_exporter, promtool.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import test, { after, before } from "node:test";

import {
  freePort,
  procFolder,
  run,
  runOverProc,
  series,
  unpacked,
  withFolder,
} from "../lib/clients.mjs";
import { Guest } from "../lib/guest.mjs";
import { keyValues, slabinfo } from "../lib/proc.mjs";

let guest;
before(async () => {
  // More than 896 MiB, so that there is a HighMem zone to read about.
  guest = await Guest.ready({ memory: 1024 });
});
after(() => guest?.stop());

test("slabtop lists our caches with our figures", async () => {
  await withFolder(async (dir) => {
    await procFolder(guest, dir, ["slabinfo"]);
    const { status, stdout, stderr } = await runOverProc(
      dir,
      ["slabinfo"],
      "slabtop",
      "-o",
      "-s",
      "n",
    );
    assert.equal(status, 0, stderr);
    const ours = slabinfo(await guest.text("/proc/slabinfo"));
    const rows = [
      ...stdout.matchAll(/^ *(\d+) +(\d+) +\d+% +([\d.]+)K +(\d+) +(\d+) +(\d+)K (\S+) *$/gm),
    ];
    assert.equal(rows.length, ours.size, stdout);
    for (const [, total, , , slabs, perSlab, , name] of rows) {
      const cache = ours.get(name);
      assert.ok(cache, `${name} is none of our caches`);
      assert.equal(Number(perSlab), cache.perSlab, name);
      assert.ok(Number(slabs) * cache.perSlab >= Number(total), name);
    }
    assert.ok(rows.some(([, , , , , , , name]) => name === "kmem_cache"));
  });
});

test("vmstat -m reads slabinfo, vmstat -s and free read meminfo and vmstat", async () => {
  await withFolder(async (dir) => {
    const names = ["slabinfo", "meminfo", "vmstat"];
    await procFolder(guest, dir, names);
    const slabs = await runOverProc(dir, names, "vmstat", "-m");
    assert.equal(slabs.status, 0, slabs.stderr);
    assert.match(slabs.stdout, /^kmem_cache +\d+ +\d+ +\d+ +\d+$/m);
    assert.match(slabs.stdout, /^size-32\(DMA\) +\d+/m);

    const meminfo = keyValues(await guest.text("/proc/meminfo"));
    const summary = await runOverProc(dir, names, "vmstat", "-s", "-S", "k");
    assert.equal(summary.status, 0, summary.stderr);
    // k is 1000 bytes to vmstat, rounded to a float on the way; meminfo counts in 1024.
    const [, thousands] = /(\d+) k total memory$/m.exec(summary.stdout);
    const wanted = meminfo.get("MemTotal") * 1.024;
    assert.ok(Math.abs(Number(thousands) - wanted) <= 1, `${thousands} k, not ${wanted}`);
    const free = await runOverProc(dir, names, "free", "-k");
    assert.equal(free.status, 0, free.stderr);
    const [, total] = /^Mem: +(\d+)/m.exec(free.stdout);
    assert.equal(Number(total), meminfo.get("MemTotal"));
    const wide = await runOverProc(dir, names, "free", "-k", "-l");
    const [, low] = /^Low: +(\d+)/m.exec(wide.stdout);
    const [, high] = /^High: +(\d+)/m.exec(wide.stdout);
    assert.equal(Number(low), meminfo.get("LowTotal"));
    assert.equal(Number(high), meminfo.get("HighTotal"));
  });
});

/** What node_exporter makes of a folder laid out as /proc. */
async function exported(dir) {
  const port = await freePort();
  const collectors = ["meminfo", "vmstat", "buddyinfo", "slabinfo", "zoneinfo"];
  const child = spawn(unpacked("prometheus-node-exporter"), [
    `--path.procfs=${dir}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.disable-exporter-metrics",
    "--collector.disable-defaults",
    "--collector.vmstat.fields=.*",
    ...collectors.map((name) => `--collector.${name}`),
  ]);
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  try {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        return { text: await answer.text(), log, collectors };
      } catch (error) {
        if (tries > 100) throw new Error(`node_exporter: ${error}\n${log}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  } finally {
    child.kill();
  }
}

test("node_exporter reads our /proc, and its metrics are ours by name and value", async () => {
  await withFolder(async (dir) => {
    await procFolder(guest, dir, ["meminfo", "vmstat", "buddyinfo", "slabinfo", "zoneinfo"]);
    const { text, log, collectors } = await exported(dir);
    const theirs = series(text);
    for (const name of collectors)
      assert.equal(theirs.get(`node_scrape_collector_success{collector="${name}"}`), 1, log);

    const ours = series(await guest.text("/metrics"));
    const shared = [...theirs.keys()].filter((key) =>
      /^node_(memory|vmstat|buddyinfo|slabinfo|zoneinfo)_/.test(key),
    );
    const families = (keys) => new Set(keys.map((key) => key.replace(/\{.*/, "")));
    for (const family of [
      "node_buddyinfo_blocks",
      "node_slabinfo_objects",
      "node_memory_MemTotal_bytes",
    ])
      assert.ok(families(shared).has(family), `node_exporter gave no ${family}`);
    const known = families([...ours.keys()]);
    assert.deepEqual(
      [...families(shared)].filter((family) => !known.has(family)),
      [],
      "families that /metrics does not have",
    );

    // What does not move while a machine idles has the same value in both.
    const still =
      /^node_memory_(MemTotal|HighTotal|LowTotal|VmallocTotal)_bytes$|^node_zoneinfo_(min|low|high|spanned|present)_pages|^node_slabinfo_(object_size_bytes|objects_per_slab|pages_per_slab)/;
    let compared = 0;
    for (const key of shared.filter((name) => still.test(name))) {
      assert.equal(ours.get(key), theirs.get(key), key);
      compared++;
    }
    assert.ok(compared > 30, `only ${compared} series compared`);
  });
});

test("promtool parses /metrics; what it says is about taste only", async () => {
  const answer = await guest.get("/metrics");
  assert.equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  const { status, stderr, stdout } = await run(unpacked("promtool"), ["check", "metrics"], {
    input: answer.text,
  });
  assert.ok(status === 0 || status === 3, `status ${status}: ${stderr}${stdout}`);
  assert.ok(!/memscope_/.test(stderr + stdout), `about our own families: ${stderr}${stdout}`);
});
