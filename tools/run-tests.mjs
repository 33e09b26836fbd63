#!/usr/bin/env node
// run-tests.mjs LAYER...: runs the tests of the layers named (check, host, fuzz, pages, boot, net, http,
// browser, or a file), prints what they print, and adds it all up. The last line is `N passed, N failed`; the
// status says the same.
//
// A test program speaks TAP: build/host/test_* through cmocka, tests/LAYER/*.test.mjs through node's
// test runner. Only leaves are counted, not the suites around them. A program that dies, hangs or
// reports fewer tests than it planned counts as one more failure. A skipped test counts as failed,
// unless its reason begins with "cannot run here": those are listed with the reason. A figure of
// tests/golden/values.txt whose test is in a program that ran, and did not pass, is one more failure.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { notRun } from "./check-golden.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const LOGS = join(ROOT, "build/test-logs");
const JOBS = Number(process.env.TEST_JOBS ?? 2);
const LIMIT_MS = Number(process.env.TEST_LIMIT_S ?? 420) * 1000;
const EXCUSE = /^cannot run here/;

const FUZZ_SECONDS = Number(process.env.FUZZ_SECONDS ?? 20);

/** A fuzz target counts as one test: it passes if it ran its time without a finding. */
function fuzzTest(file) {
  const target = basename(file, ".c");
  const name = target.replace("fuzz_", "");
  const dir = (what) => join("build/fuzz", what, name);
  for (const what of ["corpus", "crashes"]) mkdirSync(join(ROOT, dir(what)), { recursive: true });
  const args = [`-max_total_time=${FUZZ_SECONDS}`, "-timeout=20", "-rss_limit_mb=1500"];
  args.push("-detect_leaks=0", "-print_final_stats=1", `-artifact_prefix=${dir("crashes")}/`);
  if (process.env.SEED) args.push(`-seed=${process.env.SEED}`);
  return {
    name: `tests/fuzz/${file}`,
    command: [join("build/fuzz", target), ...args, dir("corpus"), dir("seeds")],
    env: {},
    limit: (FUZZ_SECONDS + 180) * 1000,
    digest: (err) => err.split("\n").filter((l) => /Seed:|^Done|^fuzz:|Test unit|^stat/.test(l)),
    count: (out, err) => {
      const runs = Number(/^Done (\d+) runs/m.exec(err)?.[1] ?? 0);
      const unit = /Test unit written to (\S+)/.exec(err)?.[1];
      const failures = [];
      if (unit) {
        // The input goes into the output: the file may be gone with the machine that met it.
        const why = /^(fuzz: .*|SUMMARY: .*)$/m.exec(err)?.[1] ?? "";
        const input = readFileSync(join(ROOT, unit));
        const base64 = input.length <= 4096 ? `base64 ${input.toString("base64")}` : "";
        const again = `again: build/fuzz/${target} -detect_leaks=0 ${unit}`;
        failures.push([again, why, base64].join("\n    "));
      } else if (runs < FUZZ_SECONDS) failures.push(`only ${runs} runs in ${FUZZ_SECONDS} s`);
      return { passed: 1, failed: failures.length, skipped: 0, failures, excuses: [] };
    },
  };
}

function programs(layer) {
  if (existsSync(layer) && layer.endsWith(".mjs")) return [nodeTest(layer)];
  // Each part of `make check` counts as one test.
  if (layer === "check")
    return ["check-format", "check-rules", "check-analysis", "check-scripts"].map((target) => ({
      name: `make ${target}`,
      command: ["make", "--no-print-directory", target],
      env: {},
      count: () => ({ passed: 1, failed: 0, skipped: 0, failures: [], excuses: [] }),
    }));
  if (layer === "host") {
    const dir = join(ROOT, "build/host");
    const names = readdirSync(join(ROOT, "tests/host")).filter((n) => /^test_.*\.c$/.test(n));
    return names.sort().map((name) => ({
      name: `tests/host/${name}`,
      command: [join(dir, name.replace(/\.c$/, ""))],
      env: { CMOCKA_MESSAGE_OUTPUT: "TAP" },
    }));
  }
  if (layer === "fuzz") {
    const wanted = (process.env.TARGETS ?? "").split(/[ ,]+/).filter(Boolean);
    const names = readdirSync(join(ROOT, "tests/fuzz")).filter((n) => /^fuzz_.*\.c$/.test(n));
    return names
      .filter((n) => !wanted.length || wanted.includes(n.slice(5, -2)))
      .sort()
      .map(fuzzTest);
  }
  const dir = layer === "pages" ? "web/ui/test" : `tests/${layer}`;
  if (!existsSync(join(ROOT, dir))) return [];
  const files = readdirSync(join(ROOT, dir)).filter((n) => n.endsWith(".test.mjs"));
  return files.sort().map((name) => nodeTest(`${dir}/${name}`));
}

function nodeTest(file) {
  // With --test, node 18 wraps a file's tests in one more test; run by itself it does not.
  return { name: file, command: ["node", "--test-reporter=tap", file], env: {} };
}

/** Counts the leaves of a TAP text: { passed, failed, skipped, planned, failures, excuses }. */
function count(text) {
  const result = { passed: 0, failed: 0, skipped: 0, failures: [], excuses: [], names: new Set() };
  // results[d]: how many results at depth d, and how many bad, since the last one above it.
  const open = [];
  let planned = 0;
  for (const line of text.split("\n")) {
    const plan = /^1\.\.(\d+)/.exec(line);
    // A program may run its tests in several groups, each with a plan.
    if (plan) planned += Number(plan[1]);
    const match = /^( *)(not )?ok \d+ *(?:- )?(.*)$/.exec(line);
    if (!match) continue;
    const depth = Math.floor(match[1].length / 4);
    const [, , bad, rest] = match;
    const [, name, directive, reason] = /^(.*?)(?: *# *(SKIP|TODO) *(.*))?$/i.exec(rest);
    const below = open[depth + 1];
    open.length = depth + 1;
    open[depth] ??= { results: 0, bad: 0 };
    open[depth].results++;
    if (bad) open[depth].bad++;
    if (below?.results && (!bad || below.bad)) continue;
    if (directive && EXCUSE.test(reason)) {
      result.skipped++;
      result.excuses.push(`${name}: ${reason}`);
    } else if (bad || directive) {
      result.failed++;
      result.failures.push(`${name || reason}${directive ? ` (${directive}: ${reason})` : ""}`);
    } else {
      result.passed++;
      result.names.add(name.trim());
    }
  }
  const top = open[0]?.results ?? 0;
  if (planned === 0 || top !== planned) {
    result.failed++;
    result.failures.push(`planned ${planned}, ran ${top}`);
  }
  return result;
}

function run(program) {
  const started = Date.now();
  return new Promise((resolve) => {
    const [command, ...args] = program.command;
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...program.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let out = "";
    let err = "";
    let late = false;
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, "SIGKILL");
    }, program.limit ?? LIMIT_MS);
    const done = (status) => {
      clearTimeout(timer);
      const result = (program.count ?? count)(out, err);
      if (late) result.failures.push(`ended after ${LIMIT_MS / 1000} s`);
      else if (status !== 0 && result.failed === 0) result.failures.push(`status ${status}`);
      result.failed = Math.max(result.failed, result.failures.length);
      if (program.count) result.passed = result.failed ? 0 : 1;
      if (program.digest) out += program.digest(err).join("\n");
      resolve({ ...result, out, err, name: program.name, ms: Date.now() - started });
    };
    child.on("error", (error) => {
      err += error.message;
      done(-1);
    });
    child.on("close", (code, signal) => done(code ?? signal));
  });
}

function report(result) {
  const { name, passed, failed, skipped, ms } = result;
  writeFileSync(join(LOGS, basename(name) + ".tap"), result.out + result.err);
  console.log(`# ${name}`);
  console.log(result.out.trimEnd());
  if (failed && result.err.trim()) console.log(result.err.trimEnd());
  const also = skipped ? `, ${skipped} cannot run here` : "";
  console.log(
    `# ${name}: ${passed} passed, ${failed} failed${also}, ${(ms / 1000).toFixed(1)} s\n`,
  );
}

async function main(layers) {
  mkdirSync(LOGS, { recursive: true });
  const queue = layers.flatMap((layer) => {
    const found = programs(layer);
    if (found.length) return found;
    // A layer without a single test is a mistake, not a success.
    return [{ name: layer, command: ["false"], env: {} }];
  });
  const results = [];
  const worker = async () => {
    for (let program; (program = queue.shift()); ) {
      const result = await run(program);
      results.push(result);
      report(result);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
  // Each figure of the documents has a test: of the programs that ran, those must have passed.
  const passed = new Map(results.map(({ name, names }) => [name, names ?? new Set()]));
  const missing = notRun(passed);
  results.push({
    name: "figures",
    passed: 0,
    failed: missing.length,
    skipped: 0,
    failures: missing,
    excuses: [],
  });
  for (const { name, excuses } of results)
    for (const excuse of excuses) console.log(`skipped: ${name}: ${excuse}`);
  for (const { name, failures } of results)
    for (const failure of failures) console.log(`FAILED: ${name}: ${failure}`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  process.exitCode = sum("failed") || !sum("passed") ? 1 : 0;
}

await main(process.argv.slice(2));
