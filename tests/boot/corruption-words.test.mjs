// A word of each kind, in a frame of each state, in zones, counters, caches, slabs, areas and what
// boot decided: written one at a time while the guest is held, the check names every one, and agrees
// again when the word is put back. tests/lib/corrupt.py does it, inside gdb, in one session.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";

import { gdbOptions } from "../lib/gdb.mjs";
import { Guest, ROOT } from "../lib/guest.mjs";

/** Runs the script on a guest whose next /api/v1/check holds it. Gives its lines, read. */
async function corrupt(socket) {
  const args = ["-q", "-nx", "-batch", "-iex", "set auto-load off"];
  args.push("-x", join(ROOT, "tests/lib/corrupt.py"), join(ROOT, "build/memscope.debug"));
  const { stdout, stderr } = await promisify(execFile)("gdb", args, {
    env: { ...process.env, GDB_SOCKET: socket },
    timeout: 300000,
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  assert.ok(lines.length > 0, stderr);
  return lines.map((line) => JSON.parse(line));
}

test("every corrupted word is named, and nothing else is", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "memscope-gdb-"));
  const socket = join(dir, "gdb");
  try {
    await Guest.with({ memory: 128, extra: gdbOptions(socket) }, async (guest) => {
      await guest.json("/api/v1/check");
      const done = corrupt(socket);
      let held = true;
      done.catch(() => {}).finally(() => (held = false));
      // The script waits for the check to be asked for; asked until it has what it needs.
      while (held) await guest.request("/api/v1/check", { timeout: 300000 });
      const lines = await done;
      const { totals } = lines.pop();
      t.diagnostic(`${totals.tried} words`);
      assert.deepEqual(lines, []);
      assert.deepEqual([totals.missed, totals.fell, totals.after], [0, 0, []]);
      for (const state of ["reserved", "hole", "free head", "free tail", "allocated head"])
        assert.ok(totals.states.includes(state), `no frame is ${state}: ${totals.states}`);
      for (const state of ["allocated tail", "slab head", "per-cpu list"])
        assert.ok(totals.states.includes(state), `no frame is ${state}: ${totals.states}`);
      assert.ok(totals.tried > 800, `${totals.tried} words tried`);
      assert.equal((await guest.json("/api/v1/check")).ok, true);
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
