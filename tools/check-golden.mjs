#!/usr/bin/env node
// check-golden.mjs: tests/golden/values.txt against the tree. Its head says what a line is.
//
// Checked: numbers run from 1 in each section without a gap; the class is one of Q R U B -; each place
// where a figure is shown exists: a test's title in its file, a function in HOST_MAIN, an assertion's
// message or condition, a comment's words. Prints FILE:LINE: REASON for each breach; the status is 1 if
// there is any. rows() and notRun() serve tools/run-tests.mjs.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
export const LIST = "tests/golden/values.txt";
const read = (file) => readFileSync(join(ROOT, file), "utf8");
const AND = / \+ (?=(?:live|notes|boot|http|net|host|built|said) )/;
const LIVE = { live: "golden", notes: "golden24" };

/** `live "title"` and its like: { kind, file, name }, or null. */
function place(text) {
  const short = /^(live|notes) "(.+)"$/.exec(text);
  if (short) return { kind: "node", file: `tests/boot/${LIVE[short[1]]}.test.mjs`, name: short[2] };
  const node = /^(boot|http|net) ([\w-]+) "(.+)"$/.exec(text);
  if (node) return { kind: "node", file: `tests/${node[1]}/${node[2]}.test.mjs`, name: node[3] };
  const host = /^host (\w+) (\w+)$/.exec(text);
  if (host) return { kind: "host", file: `tests/host/test_${host[1]}.c`, name: host[2] };
  const other = /^(built|said) (\S+) "(.+)"$/.exec(text);
  return other && { kind: other[1], file: other[2], name: other[3] };
}

/** Every line: { line, id, kind, what, places, text }. */
export function rows() {
  const found = [];
  read(LIST)
    .split("\n")
    .forEach((text, i) => {
      if (!text || text.startsWith("#")) return;
      const match = /^((?:[\w-]+\.)+\d+) ([QRUB-]) (.+?) \| (.+)$/.exec(text);
      const [, id, kind, what, where] = match ?? [];
      const places = !match || kind === "-" ? [] : where.split(AND).map(place);
      found.push({ line: i + 1, id, kind, what, places, text });
    });
  return found;
}

/** The lines whose tests are of a program that ran and did not pass: `passed` by file, a Set of names. A
 * title may end in a blank that the report of the tests has not. */
export function notRun(passed) {
  const missing = [];
  for (const { id, places } of rows())
    for (const { kind, file, name } of places)
      if (
        (kind === "node" || kind === "host") &&
        passed.has(file) &&
        !passed.get(file).has(name.trimEnd())
      )
        missing.push(`${LIST}: ${id}: ${name} of ${file} did not pass`);
  return missing;
}

const squeeze = (text) => text.replace(/\s+/g, " ");
const inComment = (text) => squeeze(text.replace(/^\s*(\*|\/\/)/gm, " "));

/** Is the title one that a file's template strings can give? */
function fromTemplate(text, title) {
  for (const [, template] of text.matchAll(/`([^`]*\$\{[^`]*)`/g)) {
    const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replace(/[^\w ]/g, "\\$&"));
    if (parts.join("").trim() && new RegExp(`^${parts.join(".*")}$`).test(title)) return true;
  }
  return false;
}

/** Why a place does not exist, or "". */
function absent({ kind, file, name }) {
  if (!existsSync(join(ROOT, file))) return `there is no ${file}`;
  const text = read(file);
  const there = {
    node: () => text.includes(JSON.stringify(name)) || fromTemplate(text, name),
    host: () => text.includes(`cmocka_unit_test(${name})`),
    built: () =>
      [...text.matchAll(/^(?:_Static_assert|BUILD_BUG_ON)\(([^;]*)\);/gm)].some(([, inside]) =>
        squeeze(inside).includes(name),
      ),
    said: () => inComment(text).includes(name),
  }[kind]();
  return there ? "" : `${file} has no ${JSON.stringify(name)}`;
}

function check() {
  let breaches = 0;
  const next = new Map();
  const list = rows();
  const breach = ({ line, id }, reason) => {
    console.log(`${LIST}:${line}: ${id ?? ""}: ${reason}`);
    breaches++;
  };
  for (const row of list) {
    if (!row.id) {
      breach(row, `not understood: ${row.text}`);
      continue;
    }
    const [, section, number] = /^(.*)\.(\d+)$/.exec(row.id);
    const want = next.get(section) ?? 1;
    if (Number(number) !== want) breach(row, `${section}.${want} was to follow`);
    next.set(section, Number(number) + 1);
    if (row.kind !== "-" && !row.places.length) breach(row, "says not where it is shown");
    for (const each of row.places) {
      const reason = each ? absent(each) : "a place is not understood";
      if (reason) breach(row, reason);
    }
    if (row.kind !== "-" && row.places.every((each) => each?.kind === "said"))
      breach(row, "has a comment, and no test");
  }
  console.log(`check-golden: ${list.length} lines, ${breaches} breaches`);
  return breaches ? 1 : 0;
}

if (argv[1] === fileURLToPath(import.meta.url)) process.exit(check());
