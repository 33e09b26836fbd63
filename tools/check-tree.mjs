#!/usr/bin/env node
// check-tree.mjs: what a formatter does not see.
//
//   1. Every source file opens with a comment that says what it is.
//   2. A link in a .md file leads somewhere; a path in backticks that begins with a folder of the
//      tree exists (build/ is made, and may be named).
//   3. Nothing is put off in the text.
//
// Prints FILE:LINE: REASON for each breach; the status is 1 if there is any.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const files = execFileSync("git", ["ls-files"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file && existsSync(file));
const FOLDERS = new Set(files.filter((file) => file.includes("/")).map((f) => f.split("/")[0]));
const SOURCE = /\.(c|h|S|mjs|js|jsx|def|ld)$/;
const MARKER = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
// Other people's words, and a directive of TAP.
const NO_MARKERS = /^NOTICE$|package-lock\.json$|^tools\/run-tests\.mjs$/;

let breaches = 0;
function breach(file, line, reason) {
  console.log(`${file}:${line}: ${reason}`);
  breaches++;
}

/** A pattern such as tests/host/test_*.c or tests/boot/{a,b} names something if its fixed part does. */
function exists(path) {
  const fixed = path.replace(/[*{<].*$/, "");
  if (fixed === path) return existsSync(path);
  return files.some((file) => file.startsWith(fixed));
}

function checkDocument(file, text) {
  text.split("\n").forEach((line, i) => {
    for (const [, target] of line.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g))
      if (!/^[a-z]+:/.test(target) && !existsSync(join(dirname(file), target)))
        breach(file, i + 1, `the link to ${target} leads nowhere`);
    for (const [, path] of line.matchAll(/`((?:[\w.-]+\/)+[\w.*{},<>-]*)`/g))
      if (FOLDERS.has(path.split("/")[0]) && !exists(path))
        breach(file, i + 1, `${path} does not exist`);
  });
}

for (const file of files) {
  if (/\.(png|webp|ico|gz)$/.test(file)) continue;
  const text = readFileSync(file, "utf8");
  if (SOURCE.test(file) && !/^(#!.*\n)?\s*(\/\*|\/\/)/.test(text))
    breach(file, 1, "does not open with a comment that says what it is");
  if (file.endsWith(".md")) checkDocument(file, text);
  if (!NO_MARKERS.test(file))
    text.split("\n").forEach((line, i) => {
      if (MARKER.test(line)) breach(file, i + 1, `puts something off: ${line.trim()}`);
    });
}
console.log(`check-tree: ${files.length} files, ${breaches} breaches`);
process.exit(breaches ? 1 : 0);
