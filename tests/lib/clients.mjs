// Programs written elsewhere, and how a test runs them.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { ROOT } from "./guest.mjs";

/** Path of a program that tools/setup unpacked rather than installed. */
export function unpacked(name) {
  const path = join(ROOT, "build/debs/usr/bin", name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run tools/setup`);
  return path;
}

/** Runs a command to its end; gives { status, stdout, stderr }. Never throws for a status. */
export function run(command, args, { input, timeout = 60000, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, timeout });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** A folder for one test, gone afterwards. */
export async function withFolder(body) {
  const dir = mkdtempSync(join(tmpdir(), "memscope-test-"));
  try {
    return await body(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Fetches /proc texts into a folder laid out as /proc is. */
export async function procFolder(guest, dir, names) {
  for (const name of names) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await guest.text(`/proc/${name}`));
  }
  return dir;
}

/**
 * Runs a command that reads fixed paths under /proc, with the texts of `dir` bound over them in a
 * mount namespace of its own.
 */
export function runOverProc(dir, names, command, ...args) {
  const binds = names.map((name) => `mount --bind "${dir}/${name}" "/proc/${name}"`);
  const script = `${binds.join(" && ")} && exec "$@"`;
  const user = process.getuid() === 0 ? [] : ["--map-root-user"];
  const env = { TERM: "dumb", LC_ALL: "C" };
  return run("unshare", [...user, "--mount", "sh", "-c", script, "sh", command, ...args], { env });
}

/** A TCP port of 127.0.0.1 that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Prometheus text as a map from `name{labels}` to its value; checks that no series comes twice. */
export function series(text) {
  const map = new Map();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)$/.exec(line);
    if (!match) throw new Error(`not a series: ${line}`);
    if (map.has(match[1])) throw new Error(`twice: ${match[1]}`);
    map.set(match[1], Number(match[2]));
  }
  return map;
}
