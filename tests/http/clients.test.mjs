// The server, judged by clients written elsewhere: curl, wrk, nmap.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { run, withFolder } from "../lib/clients.mjs";
import { Guest } from "../lib/guest.mjs";
import { checkAgrees } from "../lib/verdicts.mjs";

let guest;
before(async () => {
  guest = await Guest.ready({ memory: 64 });
});
after(() => guest?.stop());

const curl = (...args) => run("curl", ["--silent", "--show-error", "--max-time", "30", ...args]);

test("curl keeps one connection for many requests", async () => {
  const urls = Array.from({ length: 20 }, () => `${guest.origin}/proc/buddyinfo`);
  const format = ["--write-out", "%{stderr}%{http_code} %{num_connects} %{http_version}\n"];
  const { status, stdout, stderr } = await curl(...format, ...urls);
  assert.equal(status, 0, stderr);
  const lines = stderr.trim().split("\n");
  assert.equal(lines.length, 20);
  assert.equal(lines[0], "200 1 1.1");
  for (const line of lines.slice(1)) assert.equal(line, "200 0 1.1");
  assert.equal(stdout.match(/^Node 0, zone +DMA( +\d+){11} $/gm).length, 20);
});

test("curl's HEAD gets the headers of GET and no body", async () => {
  const head = await curl("--head", `${guest.origin}/proc/version`);
  assert.equal(head.status, 0, head.stderr);
  assert.match(head.stdout, /^HTTP\/1\.1 200 /);
  const version = await guest.text("/proc/version");
  assert.match(head.stdout, new RegExp(`^content-length: ${version.length}\r$`, "im"));
});

test("curl accepts the page compressed and plain, with the same bytes inside", async () => {
  const [plain, gzip] = await Promise.all([
    curl(`${guest.origin}/`),
    curl("--compressed", `${guest.origin}/`),
  ]);
  assert.equal(plain.status, 0, plain.stderr);
  assert.equal(gzip.status, 0, gzip.stderr);
  assert.match(plain.stdout, /<html/i);
  assert.equal(plain.stdout, gzip.stdout);
});

test("curl revalidates the page by its ETag", async () => {
  await withFolder(async (dir) => {
    const etag = `${dir}/etag`;
    const code = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    const first = await curl("--compressed", "--etag-save", etag, ...code, `${guest.origin}/`);
    assert.equal(first.stdout, "200", first.stderr);
    const second = await curl("--compressed", "--etag-compare", etag, ...code, `${guest.origin}/`);
    assert.equal(second.stdout, "304", second.stderr);
  });
});

test("curl downloads a large pattern that depends only on its seed", async () => {
  const bytes = 3_000_001;
  const get = (seed) =>
    guest.get(`/api/v1/net/source?bytes=${bytes}&seed=${seed}`, { agent: false });
  const [a, b, c] = [await get(7), await get(7), await get(8)];
  assert.equal(a.body.length, bytes);
  assert.equal(a.headers["content-length"], String(bytes));
  assert.ok(a.body.equals(b.body), "the same seed gave other bytes");
  assert.ok(!a.body.equals(c.body), "another seed gave the same bytes");
  const done = await curl(
    ...["--output", "/dev/null", "--write-out", "%{size_download}"],
    `${guest.origin}/api/v1/net/source?bytes=20000000&seed=1`,
  );
  assert.equal(done.status, 0, done.stderr);
  assert.equal(done.stdout, "20000000");
});

test("curl breaks off in the middle of a download, and nothing is lost", async () => {
  const cut = ["--range", "0-", "--max-filesize", "1000000000", "--limit-rate", "100k"];
  const gone = await run("curl", [
    ...["--silent", "--max-time", "1", "--output", "/dev/null", ...cut],
    `${guest.origin}/api/v1/net/source?bytes=500000000&seed=1`,
  ]);
  assert.equal(gone.status, 28, "curl was to run out of time");
  await checkAgrees(guest);
});

test("wrk finds no error, with and without keep-alive", async () => {
  for (const header of ["Connection: keep-alive", "Connection: close"]) {
    const { status, stdout } = await run("wrk", [
      ...["--threads", "1", "--connections", "8", "--duration", "3s", "--header", header],
      `${guest.origin}/proc/buddyinfo`,
    ]);
    assert.equal(status, 0, stdout);
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/, header);
    const [, requests] = /(\d+) requests in/.exec(stdout);
    assert.ok(Number(requests) > 100, stdout);
  }
  await checkAgrees(guest);
});

test("nmap's HTTP scripts find their way, and leave the server whole", async () => {
  // The plus runs a script though the port is no well-known one.
  const scripts = "+http-methods,+http-headers,+http-title";
  const scan = () =>
    run("nmap", [
      ...["-Pn", "-n", "-sT", "-p", String(guest.port), "--script", scripts],
      ...["--host-timeout", "60s", "127.0.0.1"],
    ]);
  let { status, stdout } = await scan();
  // A script that lost its one connection says nothing: QEMU's user network drops some right after
  // wrk's hundreds. It is asked again, twice at most.
  for (let tries = 0; tries < 2 && !stdout.includes("http-title"); tries++)
    ({ status, stdout } = await scan());
  assert.equal(status, 0, stdout);
  assert.match(stdout, new RegExp(`^${guest.port}/tcp +open`, "m"));
  assert.match(stdout, /Supported Methods: (?=.*GET)(?=.*HEAD)/);
  assert.match(stdout, /Content-Security-Policy: /);
  assert.match(stdout, /http-title: .*memscope/);
  await checkAgrees(guest);
});

test("nmap's service probes are all refused or answered, and leave the server whole", async () => {
  const { status, stdout } = await run("nmap", [
    ...["-Pn", "-n", "-sT", "-sV", "-p", String(guest.port), "--host-timeout", "60s", "127.0.0.1"],
  ]);
  assert.equal(status, 0, stdout);
  const answers = stdout.replaceAll("\nSF:", "");
  assert.match(answers, /GetRequest,[0-9A-F]+,"HTTP\/1\\\.1\\x20200/);
  assert.equal((await guest.get("/proc/version")).status, 200);
  await checkAgrees(guest);
});
