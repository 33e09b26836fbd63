// tools/soak as a person uses it: its exit status and its lines, against machines of its own over a line
// that loses frames, and against machines that refuse, are not there, or go away.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";

import { Guest, IMAGE, ROOT } from "../lib/guest.mjs";

const TOKEN = "t0kenOfTheTool";
const dir = mkdtempSync(join(tmpdir(), "memscope-soak-"));
after(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the tool; gives { status, out }. `meanwhile` gets its process. */
async function soak(args, meanwhile) {
  const child = spawn(join(ROOT, "tools/soak"), args, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (out += data));
  const closed = new Promise((resolve) => child.once("close", resolve));
  await meanwhile?.(child, () => out);
  return { status: await closed, out };
}

const until = async (what) => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 100));
};
const at = (guest) => ["--host", `127.0.0.1:${guest.port}`, "--token", TOKEN];

/** As the tool will: a namespace with a tap. */
function noNamespace() {
  const map = process.getuid() === 0 ? [] : ["--map-root-user"];
  const probe = "ip link set lo up && ip tuntap add probe mode tap";
  const tried = spawnSync("unshare", ["--net", ...map, "sh", "-c", probe], { encoding: "utf8" });
  return tried.status !== 0 && `cannot run here: no network namespace with a tap: ${tried.stderr}`;
}

const skip = noNamespace();
test("a suite of both generations at once over a line that loses 3 %", { skip }, async () => {
  const json = join(dir, "suite.json");
  const { status, out } = await soak([
    ...["suite", "--minutes", "0.1", "--seconds", "6", "--clients", "4", "--quiet"],
    ...["--qemu", IMAGE, "--memory", "96", "--append", "mm=2.6", "--append", "mm=2.4"],
    ...["--lossy", "3", "--seed", "5", "--json", json, "--junit", join(dir, "suite.xml")],
  ]);
  assert.equal(status, 0, out);
  const results = JSON.parse(readFileSync(json, "utf8"));
  const totals = results.filter(({ name }) => name === "totals");
  assert.equal(totals.length, 2);
  for (const { detail } of totals) {
    assert.deepEqual(detail.after.active, detail.before.active);
    assert.equal(detail.after.frames.page_tables, detail.before.frames.page_tables);
    assert.equal(detail.check.ok, true);
  }
  for (const { detail } of results.filter(({ name }) => name === "network")) {
    assert.equal(detail.wrong, 0);
    assert.ok(detail.page_answer_ms.asked > 0);
  }
  const xml = readFileSync(join(dir, "suite.xml"), "utf8");
  assert.equal(xml.match(/<testcase /g).length, results.length);
  assert.match(xml, /failures="0" errors="0"/);
});

test("what cannot be done has status 2 and one line that says why", async () => {
  await Guest.with({ memory: 32, token: TOKEN }, async (guest) => {
    const host = ["--host", `127.0.0.1:${guest.port}`];
    for (const [args, line] of [
      [["run", "web_server", "--host", "127.0.0.1:1"], /ERROR 127\.0\.0\.1:1 .*refused/],
      [["run", "web_server", ...host, "--token", "no"], /401: this is not the token/],
      [["run", "no_such", ...at(guest)], /400: profile: "no_such" is none of/],
      [["run", ...at(guest), '{"operations":'], /soak: the document: /],
      [["compare", "/no/such/file", "/nor/this"], /soak: \/no\/such\/file: /],
      [["compare"], /soak: compare: which two files/],
      [["stop", ...at(guest)], /soak: stop: which job/],
      [["run", "web_server", "--qemu", "/no/image"], /could not open kernel file/],
    ]) {
      const { status, out } = await soak(args);
      assert.equal(status, 2, `${args}: ${out}`);
      assert.match(out, line);
      assert.doesNotMatch(out, /Traceback/);
    }
  });
});

test("Ctrl-C stops the jobs, and a machine that dies is an error beside one that passes", async () => {
  const guests = [];
  try {
    for (let i = 0; i < 2; i++) guests.push(await Guest.ready({ memory: 32, token: TOKEN }));
    const [one, two] = guests;
    const both = [...at(one), ...at(two)];
    const endless = ["run", "steady_state", "--duration", "600", ...both];
    const stopped = await soak(endless, async (child, out) => {
      await until(() => out().match(/running/g)?.length === 2);
      child.kill("SIGINT");
    });
    assert.equal(stopped.status, 2, stopped.out);
    assert.match(stopped.out, /Ctrl-C: the jobs that were started are stopped first/);
    for (const guest of guests) assert.deepEqual((await guest.json("/api/v1/soak")).jobs, []);
    const died = await soak(
      ["run", "steady_state", "--duration", "5", ...both, "--junit", join(dir, "died.xml")],
      async (child, out) => {
        await until(() => out().match(/running/g)?.length === 2);
        await two.stop();
      },
    );
    assert.equal(died.status, 2, died.out);
    assert.match(died.out, /1 passed, 0 failed, 1 could not be done/);
    assert.match(readFileSync(join(dir, "died.xml"), "utf8"), /<error message="[^"]+"/);
  } finally {
    for (const guest of guests) await guest.stop();
  }
});

test("two runs of one document are compared: the same calls, the same state", async () => {
  const files = [join(dir, "a.json"), join(dir, "b.json"), join(dir, "c.json")];
  await Guest.with({ memory: 48, token: TOKEN }, async (guest) => {
    for (const [i, seed] of ["3", "3", "4"].entries()) {
      const run = ["run", "packet_storm", "--operations", "4000", "--arena", "8", "--seed", seed];
      assert.equal((await soak([...run, ...at(guest), "--json", files[i]])).status, 0);
    }
  });
  const same = await soak(["compare", files[0], files[1]]);
  assert.equal(same.status, 0, same.out);
  assert.match(same.out, /state +0x[0-9a-f]+ == 0x/);
  const other = await soak(["compare", files[0], files[2]]);
  assert.equal(other.status, 1);
  assert.match(other.out, /calls +0x[0-9a-f]+ != 0x/);
});
