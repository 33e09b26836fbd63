#!/usr/bin/env node
// coverage.mjs DIR [FILE]: runs the host tests that were built under DIR with --coverage, and prints how
// many lines and branches of each mm/*.c they take. With FILE, lists the lines of that file with branches
// that nobody takes.
//
// The last line leaves out what no test on the host can take: the failing side of assertions, and the
// kernel's own tests, which run in the machine (test=NAME).

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const [dir, only] = process.argv.slice(2);

function filesUnder(path, suffix) {
  return readdirSync(path).flatMap((name) => {
    const full = join(path, name);
    if (statSync(full).isDirectory()) return filesUnder(full, suffix);
    return name.endsWith(suffix) ? [full] : [];
  });
}

for (const old of filesUnder(dir, ".gcda")) rmSync(old);
const programs = readdirSync(dir).filter((n) => /^test_\w+$/.test(n));
let bad = 0;
for (const name of programs.sort()) {
  const done = spawnSync(join(dir, name), { encoding: "utf8", timeout: 400000 });
  if (done.status === 0) continue;
  bad++;
  console.log(`${name}: status ${done.status ?? done.signal}`);
}

// A test may compile a source file into itself: its counts are added to those of the library's copy.
const files = new Map();
for (const data of filesUnder(dir, ".gcno")) {
  const text = execFileSync("gcov", ["--json-format", "--stdout", "-b", data], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  for (const json of text.split("\n").filter(Boolean))
    for (const { file, lines } of JSON.parse(json).files) {
      if (!/^mm\/\w+\.c$/.test(file)) continue;
      const known = files.get(file) ?? new Map();
      files.set(file, known);
      for (const line of lines) {
        const key = `${line.line_number} ${line.function_name}`;
        const sum = known.get(key) ?? { line: line.line_number, count: 0, branches: [] };
        known.set(key, sum);
        sum.count += line.count;
        line.branches.forEach((b, i) => (sum.branches[i] = (sum.branches[i] ?? 0) + b.count));
      }
    }
}

const share = (n, all) => (all ? ((100 * n) / all).toFixed(1) : "100.0").padStart(6);
const LIVE_ONLY = /(alloc_bench|_selftest)\.c$/;
const counted = { branches: 0, hit: 0 };
const total = { lines: 0, taken: 0, branches: 0, hit: 0 };
console.log("file                          lines      %   branches      %");
for (const name of readdirSync("mm")
  .filter((n) => n.endsWith(".c"))
  .sort()) {
  const file = `mm/${name}`;
  if (!existsSync(join(dir, file.replace(/c$/, "o"))))
    throw new Error(`${file} is not in the build`);
  const lines = [...(files.get(file) ?? new Map()).values()];
  const branches = lines.flatMap((l) => l.branches);
  const hit = branches.filter((n) => n > 0).length;
  const taken = lines.filter((l) => l.count > 0).length;
  if (!LIVE_ONLY.test(file)) {
    const source = readFileSync(file, "utf8").split("\n");
    for (const l of lines) {
      const asserts = /\b(BUG_ON|WARN_ON)\(/.test(source[l.line - 1]);
      counted.branches += asserts ? 0 : l.branches.length;
      counted.hit += asserts ? 0 : l.branches.filter((n) => n > 0).length;
    }
  }
  total.lines += lines.length;
  total.taken += taken;
  total.branches += branches.length;
  total.hit += hit;
  const none = taken ? "" : "   no test runs it";
  console.log(
    `${file.padEnd(28)} ${String(lines.length).padStart(6)} ${share(taken, lines.length)} ` +
      `${`${hit}/${branches.length}`.padStart(10)} ${share(hit, branches.length)}${none}`,
  );
  if (only === file)
    for (const l of lines.sort((a, b) => a.line - b.line)) {
      const never = l.branches.filter((n) => !n).length;
      if (never || !l.count)
        console.log(
          `  ${file}:${l.line}: ${l.count ? `${never} of ${l.branches.length} branches` : "not run"}`,
        );
    }
}
console.log(
  `${"mm/".padEnd(28)} ${String(total.lines).padStart(6)} ${share(total.taken, total.lines)} ` +
    `${`${total.hit}/${total.branches}`.padStart(10)} ${share(total.hit, total.branches)}`,
);
console.log(
  `without assertions and the machine's own tests: ${counted.hit}/${counted.branches} branches, ` +
    `${share(counted.hit, counted.branches).trim()} %`,
);
process.exitCode = bad ? 1 : 0;
