// The sample configuration with the real Prometheus: it scrapes a machine, its rules hold, and every
// query of the sample dashboard finds something.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { freePort, run, unpacked, withFolder } from "../lib/clients.mjs";
import { Guest, ROOT } from "../lib/guest.mjs";

const docs = (name) => readFileSync(join(ROOT, "docs", name), "utf8");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("promtool accepts the sample configuration and its rules", async () => {
  const { status, stdout, stderr } = await run(unpacked("promtool"), [
    "check",
    "config",
    join(ROOT, "docs/prometheus.yml"),
  ]);
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /4 rules found/);
});

/** Prometheus with the sample configuration, scraping `target` four times a second. */
async function withPrometheus(target, body) {
  await withFolder(async (dir) => {
    const port = await freePort();
    const config = docs("prometheus.yml")
      .replaceAll("127.0.0.1:8080", target)
      .replaceAll("5s", "250ms");
    assert.ok(config.includes(target));
    writeFileSync(join(dir, "prometheus.yml"), config);
    writeFileSync(join(dir, "prometheus-rules.yml"), docs("prometheus-rules.yml"));
    const child = spawn(unpacked("prometheus"), [
      `--config.file=${join(dir, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(dir, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    let log = "";
    child.stderr.on("data", (data) => (log += data));
    const ask = async (path) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
      const { status, data, error } = await answer.json();
      assert.equal(status, "success", `${path}: ${error}`);
      return data;
    };
    try {
      await body(ask, () => log);
    } finally {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill();
      await ended;
    }
  });
}

const query = (ask, text) => ask(`query?query=${encodeURIComponent(text)}`);

async function until(check, what, seconds = 40) {
  const deadline = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      last = await check();
      if (last) return last;
    } catch (error) {
      last = error.message;
    }
    if (Date.now() > deadline) throw new Error(`${what}: ${JSON.stringify(last)}`);
    await sleep(250);
  }
}

test("Prometheus scrapes the machine, every panel has data, no alert fires", async () => {
  const guest = await Guest.ready({ memory: 1024 });
  const target = `127.0.0.1:${guest.port}`;
  try {
    await withPrometheus(target, async (ask, log) => {
      const up = await until(async () => {
        const { activeTargets } = await ask("targets");
        return activeTargets.find(({ health }) => health === "up");
      }, `no target is up\n${log()}`);
      assert.equal(up.lastError, "");
      const panels = JSON.parse(docs("grafana.json")).panels;
      assert.ok(panels.length >= 10);
      for (const { title, targets } of panels)
        for (const { expr } of targets) {
          const text = expr.replaceAll("$instance", target).replaceAll("[1m]", "[5s]");
          await until(
            async () => (await query(ask, text)).result.length > 0,
            `${title}: ${text} finds nothing`,
          );
        }
      const sum = `sum(memscope_frames) - scalar(memscope_ram_frames)`;
      assert.equal(Number((await query(ask, sum)).result[0].value[1]), 0);
      const { groups } = await ask("rules");
      const rules = await until(
        async () => {
          const { groups: now } = await ask("rules");
          const all = now.flatMap(({ rules: list }) => list);
          return all.every(({ health }) => health === "ok") && all;
        },
        `rules are not evaluated: ${JSON.stringify(groups)}`,
      );
      assert.equal(rules.length, 4);
      for (const { name, state } of rules) assert.equal(state, "inactive", name);
    });
  } finally {
    await guest.stop();
  }
});
