// What start_kernel sets up beside memory: hash tables by memory size, the stack protector, the
// per-CPU area, vectors, tasks, init functions, limits and clock, as /api/v1/kernel shows them.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Guest, ROOT, STATUS_PANIC } from "../lib/guest.mjs";
import { allHolds } from "../lib/verdicts.mjs";

// golden-values, hash tables: entries, order, bytes of PID, Dentry cache, Inode-cache.
const TABLES = {
  "1048696K": [
    [4096, 2, 16384],
    [131072, 7, 524288],
    [65536, 6, 262144],
  ],
  512: [
    [2048, 1, 8192],
    [65536, 6, 262144],
    [32768, 5, 131072],
  ],
  128: [
    [512, -1, 2048],
    [16384, 4, 65536],
    [8192, 3, 32768],
  ],
  16: [
    [64, -4, 256],
    [2048, 1, 8192],
    [1024, 0, 4096],
  ],
  4: [
    [16, -6, 64],
    [1024, 0, 4096],
    [1024, 0, 4096],
  ],
  3: [
    [16, -6, 64],
    [1024, 0, 4096],
    [1024, 0, 4096],
  ],
};
const NAMES = ["PID", "Dentry cache", "Inode-cache"];

for (const [memory, tables] of Object.entries(TABLES)) {
  test(`hash tables with -m ${memory}: entries, order, bytes; in the log, too`, async () => {
    await Guest.with({ memory }, async (guest) => {
      const { hash_tables: shown } = await guest.json("/api/v1/kernel");
      const log = await guest.text("/proc/kmsg");
      assert.deepEqual(
        shown.map(({ name }) => name),
        NAMES,
      );
      tables.forEach(([entries, order, bytes], i) => {
        const { entries: e, order: o, bytes: b } = shown[i];
        assert.deepEqual([e, o, b], [entries, order, bytes], NAMES[i]);
        assert.ok(
          log.includes(
            `${NAMES[i]} hash table entries: ${entries} (order: ${order}, ${bytes} bytes)`,
          ),
          `the log has no line for ${NAMES[i]}`,
        );
      });
      const { use } = await allHolds(guest);
      const all = tables.reduce((sum, [, , bytes]) => sum + bytes, 0);
      assert.ok(use.large_hashes >= Math.floor(all / 4096), `large_hashes: ${use.large_hashes}`);
      assert.ok(use.large_hashes <= Math.ceil(all / 4096) + 3, `large_hashes: ${use.large_hashes}`);
    });
  });
}

test("the tables are used: paths found, others missed, connections found by number", async () => {
  await Guest.with({ memory: 64 }, async (guest) => {
    const table = async (i) => (await guest.json("/api/v1/kernel")).hash_tables[i];
    const before = await table(1);
    for (let i = 0; i < 5; i++) await guest.text("/proc/buddyinfo");
    for (let i = 0; i < 3; i++) await guest.request("/no/such/path");
    const after = await table(1);
    assert.equal(after.hits - before.hits, 6, "five texts and the view itself");
    // Each is looked up once as it is and once with a slash behind it.
    assert.equal(after.misses - before.misses, 6);
    assert.equal(after.items, before.items, "a path that does not exist leaves no entry");
    assert.ok(after.used_buckets > 10 && after.longest_chain <= 4);

    const { connections } = await guest.json("/api/v1/connections");
    assert.ok(connections.length >= 1);
    const pid = await table(0);
    assert.equal(pid.items > 0, true);
    const gone = await guest.request("/api/v1/connections/4000000000");
    assert.equal(gone.status, 404);
    for (const bad of ["x", "1x", "-1", ""])
      assert.equal((await guest.request(`/api/v1/connections/${bad}`)).status, 404, bad);
  });
});

test("a connection is found by its number as long as it is open", async () => {
  await Guest.with({ memory: 64 }, async (guest) => {
    const socket = net.connect(Number(new URL(guest.origin).port), "127.0.0.1");
    await once(socket, "connect");
    const numbers = async () =>
      (await guest.json("/api/v1/connections")).connections
        .filter(({ state }) => state === "idle")
        .map(({ number }) => number);
    let number;
    while (!((number = (await numbers()).at(-1)) > 0)) await sleep(50);
    const path = `/api/v1/connections/${number}`;
    const { hits } = (await guest.json("/api/v1/kernel")).hash_tables[0];
    const one = await guest.json(path);
    assert.equal(one.number, number);
    assert.equal(one.peer_address, "10.0.2.2");
    assert.equal((await guest.json("/api/v1/kernel")).hash_tables[0].hits, hits + 1);
    socket.destroy();
    for (let tries = 0; (await guest.request(path)).status !== 404; tries++) {
      assert.ok(tries < 100, "it is still there");
      await sleep(50);
    }
  });
});

test("an overrun array ends in a panic that names the function", async () => {
  const guest = await Guest.start({ memory: 64, append: "test=smash" });
  try {
    assert.equal(await guest.waitExit(), STATUS_PANIC);
    assert.match(guest.serial, /^memscope: panic: stack: the canary of test_smash\+/m);
  } finally {
    await guest.stop();
  }
});

/** The address of a variable of the image. */
function addressOf(name) {
  const line = readFileSync(join(ROOT, "build/memscope.sym"), "utf8")
    .split("\n")
    .find((l) => l.endsWith(` ${name}`));
  return `0x${line.split(" ")[0]}`;
}

test("the guard differs between two boots, and is shown nowhere", async () => {
  const address = addressOf("__stack_chk_guard");
  const guards = [];
  for (let boot = 0; boot < 2; boot++) {
    await Guest.with({ memory: 32, append: "loglevel=8" }, async (guest) => {
      const text = await guest.hmp(`x /1xw ${address}`);
      const guard = /0x([0-9a-f]{8})\s*$/.exec(text.trim())[1];
      assert.notEqual(guard, "00000000");
      guards.push(guard);
      for (const path of ["/api/v1/kernel", "/api/v1/boot", "/proc/kmsg"]) {
        const answer = await guest.text(path);
        assert.ok(!answer.includes(guard), `${path} shows it`);
        assert.ok(!answer.includes(String(parseInt(guard, 16))), `${path} shows it`);
      }
    });
  }
  assert.notEqual(guards[0], guards[1]);
});

test("bounds, per-CPU area, command line, vectors, exception table", async () => {
  await Guest.with({ memory: 64, append: "loglevel=6" }, async (guest) => {
    const kernel = await guest.json("/api/v1/kernel");
    const boundsOf = (k) => Number(kernel.init_mm[k]);
    assert.equal(kernel.init_mm.start_code, "0xc0100000");
    assert.ok(boundsOf("start_code") < boundsOf("end_code"));
    assert.ok(boundsOf("end_code") < boundsOf("end_data"));
    assert.ok(boundsOf("end_data") < boundsOf("brk"));
    // The boot allocator's goal is 16 MiB.
    const goal = 0xc1000000;
    const [cpu] = kernel.per_cpu_areas;
    assert.equal(kernel.per_cpu_areas.length, 1);
    assert.ok(Number(cpu.address) >= goal && cpu.bytes > 80);
    assert.ok(cpu.loop_turns > 0 && cpu.softirqs.NET_RX > 0 && cpu.softirqs.NET_TX > 0);
    const { saved_address: saved, parsed_address: parsed } = kernel.command_line;
    assert.ok(Number(saved) >= goal && Number(parsed) > Number(saved));

    const { vectors } = kernel;
    assert.equal(vectors.length, 48);
    assert.equal(vectors[8].gate, "task");
    assert.equal(vectors[14].name, "page fault");
    assert.deepEqual(
      vectors.filter((v) => v.any_level).map((v) => v.vector),
      [3, 4],
    );
    assert.ok(vectors.every((v) => v.vector === 8 || Number(v.target) > 0xc0100000));

    const table = kernel.exception_table.entries;
    assert.ok(table.length >= 2);
    for (let i = 1; i < table.length; i++)
      assert.ok(Number(table[i - 1].instruction) < Number(table[i].instruction), "sorted");
    assert.match(table[0].function, /^probe_/);
  });
});

test("tasks, init functions, limits, clock, idle share", async () => {
  await Guest.with({ memory: 256 }, async (guest) => {
    await sleep(300); // so that it has been idle
    const kernel = await guest.json("/api/v1/kernel");
    const { stages } = await guest.json("/api/v1/boot");
    const { tasks } = kernel;
    assert.deepEqual(
      tasks.slice(0, 2).map(({ number, name }) => [number, name]),
      [
        [0, "main loop"],
        [1, "kernel_init"],
      ],
    );
    assert.ok(tasks.some(({ name, kind }) => name === "net" && kind === "poller"));
    assert.equal(new Set(tasks.map(({ number }) => number)).size, tasks.length);
    const made = stages.find(({ id }) => id === "kthreadd");
    assert.equal(made.status, "done");
    assert.ok(made.changed.some((line) => /"net"/.test(line)));

    const calls = kernel.initcalls;
    assert.ok(calls.length >= 5);
    assert.ok(calls.every((c, i) => !i || c.start_us >= calls[i - 1].start_us));
    assert.ok(calls.find(({ name }) => name === "net_init").took_us > 0);

    const { limits } = kernel;
    // fork_init: stacks may use an eighth of memory. 256 MiB less what boot keeps.
    assert.ok(limits.max_threads > 3900 && limits.max_threads <= 4096, `${limits.max_threads}`);
    assert.ok(limits.connections <= limits.max_threads);
    assert.ok(limits.requests <= limits.requests_by_rule);
    assert.ok(limits.reserve_pages > 0);
    assert.notEqual(limits.gfp_allowed_mask_at_boot, limits.gfp_allowed_mask);
    assert.equal(limits.gfp_allowed_mask, "0xffffffff");

    const { clock } = kernel;
    assert.ok(clock.tsc_khz > 1000 && clock.measured_pit_ticks > 1000);
    const now = Date.now() / 1000;
    assert.ok(
      Math.abs(clock.boot_unix_seconds + clock.uptime_us / 1e6 - now) < 120,
      `${clock.boot_unix_seconds} ${now}`,
    );
    assert.ok(clock.idle_us > 0 && clock.idle_us < clock.uptime_us);

    const stat = await guest.text("/proc/stat");
    const [, system, idle] = /^cpu {2}0 0 (\d+) (\d+) 0 0 0 0 0$/m.exec(stat);
    assert.ok(Number(system) + Number(idle) >= clock.uptime_us / 10000 - 1);
    assert.match(stat, new RegExp(`^btime ${clock.boot_unix_seconds}$`, "m"));
    assert.match(stat, /^intr \d+( \d+){16}$/m);
    assert.match(await guest.text("/proc/softirqs"), /^ {6}NET_RX: +[1-9]\d*$/m);
  });
});
