#!/usr/bin/env node
// fidelity.mjs [--check] [--page FILE.html] [--json FILE.json]: docs/fidelity.md against the tree.
//
// docs/fidelity.md holds one record for each line of docs/checklist.txt, in its order: a heading with the
// line's name, then fields `- KEY: VALUE`, each of which may stand several times:
//
//   mark    MUST, ANALOGUE or N/A, as in the checklist
//   stages  the symbols of kernel/stages.def that are this line, blanks between them
//   code    FILE:SYMBOL, where it is done
//   test    FILE:FUNCTION (C) or FILE "TITLE" (node), what shows it
//   user    FILE:SYMBOL and a few words: who uses it outside the tests
//   differs how it differs from the documents, and why
//   reason  why it is not done: the reasons of the stages, joined with "; "
//
// Checked: every line of the checklist has its record, in order, with its mark; every row of
// kernel/stages.def stands in a record whose entry number it has, and every entry number of the rows
// stands in the list; files, symbols and tests exist; a record has code, test and user, or a reason, and
// then its stages say the same one. Prints FILE:LINE: REASON for each breach; the status is 1 if there
// is any. --json writes what the kernel serves, --page a page that needs no server.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const LIST = "docs/fidelity.md";
const KEYS = ["mark", "stages", "code", "test", "user", "differs", "reason"];
const read = (file) => readFileSync(join(ROOT, file), "utf8");

let breaches = 0;
function breach(record, reason) {
  console.log(`${LIST}:${record.line}: ${record.name}: ${reason}`);
  breaches++;
}

/** docs/checklist.txt: `MARK NAME` a line; `# PART` and `## SECTION` between them. */
function checklist() {
  return read("docs/checklist.txt")
    .split("\n")
    .filter((line) => /^(MUST|ANALOGUE|N\/A) /.test(line))
    .map((line) => ({
      mark: line.split(" ")[0],
      name: line.slice(line.indexOf(" ") + 1).trim(),
    }));
}

/** The records of docs/fidelity.md, in order. */
function records() {
  const found = [];
  let section = "";
  let record;
  read(LIST)
    .split("\n")
    .forEach((line, i) => {
      const field = /^- (\w+): (.*)$/.exec(line);
      if (line.startsWith("## ")) section = line.slice(3);
      else if (line.startsWith("### ")) {
        record = { name: line.slice(4).trim(), section, line: i + 1 };
        for (const key of KEYS) record[key] = [];
        found.push(record);
      } else if (record && field && KEYS.includes(field[1])) record[field[1]].push(field[2].trim());
      else if (record && line.startsWith("- ")) breach(record, `cannot read "${line}"`);
    });
  return found;
}

/** kernel/stages.def: symbol -> { entry, name, section, mark, reason }. */
function stages() {
  const text = read("kernel/stages.def").replace(/\/\*[^]*?\*\//g, "");
  const rows = new Map();
  const string = String.raw`((?:"(?:[^"\\]|\\.)*"\s*)+)`;
  const row = new RegExp(
    String.raw`STAGE\((\w+),\s*${string},\s*${string},\s*${string},\s*(\w+),\s*(?:NULL|${string})\)`,
    "g",
  );
  const plain = (s) => s && [...s.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => m[1]).join("");
  for (const [, symbol, entry, name, section, mark, reason] of text.matchAll(row))
    rows.set(symbol, {
      entry: plain(entry),
      name: plain(name),
      section: plain(section),
      mark: mark === "NA" ? "N/A" : mark,
      reason: plain(reason),
    });
  const count = (text.match(/STAGE\(/g) ?? []).length;
  if (rows.size !== count) throw new Error(`kernel/stages.def: read ${rows.size} of ${count}`);
  return rows;
}

/** Source without comments, by file. */
const sources = new Map();
function source(file) {
  if (!sources.has(file)) {
    let text = read(file);
    if (/\.(c|h|S|ld|def|m?jsx?)$/.test(file))
      text = text.replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
    sources.set(file, text);
  }
  return sources.get(file);
}

/** True if the file defines the symbol: a function, object, type, macro, constant, label or row. */
function defines(file, symbol) {
  const text = source(file);
  const s = symbol.replace(/\$/g, "\\$&");
  const forms = /\.(m?js|jsx)$/.test(file)
    ? [`\\b(function\\*?|const|let|class)\\s+${s}\\b`, `^\\s*(async )?\\*?${s}\\([^)]*\\) \\{`]
    : [
        `^(?!\\s)(?!return).*\\b${s}\\b(?=\\s*(\\(|\\[|=|;|\\{|,|__))`,
        `^#\\s*define\\s+${s}\\b`,
        `^(struct|union|enum)\\s+${s}\\b`,
        `^\\s+${s}\\b\\s*(=[^=][^;]*)?,?$`,
        `^${s}:`,
        `^\\s*${s}\\s*=`,
        `^[A-Z_]+\\(${s}\\b`,
        `\\b(ENTRY|PROVIDE|SYM)\\(${s}\\b`,
      ];
  return forms.some((form) => new RegExp(form, "m").test(text));
}

/** What is wrong with FILE:SYMBOL, or nothing. */
function badSymbol(value) {
  const m = /^([\w./-]+):([\w$]+)$/.exec(value);
  if (!m) return `"${value}" is not FILE:SYMBOL`;
  if (!existsSync(join(ROOT, m[1]))) return `${m[1]} does not exist`;
  return defines(m[1], m[2]) ? undefined : `${m[1]} does not define ${m[2]}`;
}

/** What is wrong with FILE:FUNCTION or FILE "TITLE", or nothing. */
function badTest(value) {
  const m = /^([\w./-]+)(?::(\w+)| "(.*)")$/.exec(value);
  if (!m) return `"${value}" is neither FILE:FUNCTION nor FILE "TITLE"`;
  const [, file, symbol, title] = m;
  if (!/^tests\/|^web\/ui\/test\//.test(file)) return `${file} holds no tests`;
  if (!existsSync(join(ROOT, file))) return `${file} does not exist`;
  if (symbol)
    return new RegExp(`cmocka_unit_test\\w*\\(\\s*${symbol}\\b`).test(source(file))
      ? undefined
      : `${file} does not run ${symbol}`;
  const titles = [...source(file).matchAll(/\b(?:test|it|row)\(\s*(["'`])((?:\\.|(?!\1).)*)\1/g)];
  return titles.some((t) => t[2].replace(/\\(["'`])/g, "$1") === title)
    ? undefined
    : `${file} has no test "${title}"`;
}

function checkStages(record, rows, used) {
  const entries = record.name.match(/[WN]-\d+|§[\d.]+/g) ?? [];
  const reasons = [];
  let without = 0;
  for (const symbol of record.stages.flatMap((s) => s.split(/\s+/))) {
    const row = rows.get(symbol);
    if (!row) {
      breach(record, `kernel/stages.def has no stage ${symbol}`);
      continue;
    }
    used.add(symbol);
    if (
      !entries.includes(row.entry) &&
      !record.name.includes(`\`${symbol}\``) &&
      !/^§/.test(entries[0])
    )
      breach(record, `stage ${symbol} has the entry ${row.entry}`);
    if (record.mark[0] === "N/A" && row.mark !== "N/A")
      breach(record, `stage ${symbol} is marked ${row.mark}`);
    if (row.mark !== "N/A" && row.reason)
      breach(record, `stage ${symbol} is ${row.mark} and has a reason for not being done`);
    if (!row.reason) without++;
    else if (!reasons.includes(row.reason)) reasons.push(row.reason);
  }
  if (record.mark[0] === "N/A" && (!reasons.length || without))
    breach(record, "is N/A, and not every stage of it has a reason");
  return { reasons, without };
}

function checkRecord(record, rows, used) {
  const { reasons, without } = checkStages(record, rows, used);
  for (const value of record.code) {
    const bad = badSymbol(value);
    if (bad) breach(record, `code: ${bad}`);
  }
  for (const value of record.user) {
    const first = value.split(/[\s,]/)[0];
    const bad = /^tests\//.test(first) ? `${first} is a test` : badSymbol(first);
    if (bad) breach(record, `user: ${bad}`);
  }
  for (const value of record.test) {
    const bad = badTest(value);
    if (bad) breach(record, `test: ${bad}`);
  }
  const reason = record.reason.join(" ");
  if (reason !== reasons.join("; "))
    breach(record, `its reason is "${reason}", the stages say "${reasons.join("; ")}"`);
  if (reason && !without) {
    if (record.mark[0] === "MUST") breach(record, "is MUST, and has only a reason");
    return;
  }
  for (const key of ["code", "test", "user", "differs"])
    if (!record[key].length) breach(record, `has no ${key}`);
}

function check(list) {
  const lines = checklist();
  const rows = stages();
  const used = new Set();
  const end = { line: 1, name: "the list" };
  lines.forEach((line, i) => {
    if (list[i]?.name !== line.name)
      breach(list[i] ?? end, `record ${i + 1} has to be "${line.name}"`);
    else if (list[i].mark.join() !== line.mark)
      breach(list[i], `its mark is ${list[i].mark.join()}, the checklist says ${line.mark}`);
  });
  if (list.length > lines.length)
    breach(list[lines.length], "the checklist has fewer lines than the list has records");
  for (const record of list) checkRecord(record, rows, used);
  for (const symbol of rows.keys())
    if (!used.has(symbol)) breach(end, `the stage ${symbol} stands in no record`);
  console.log(`fidelity: ${list.length} records, ${breaches} breaches`);
}

/** What the kernel serves: keys are left out where there is nothing. */
function json(list) {
  const sections = [];
  for (const { section, name, ...fields } of list) {
    if (sections.at(-1)?.section !== section) sections.push({ section, records: [] });
    const record = { name };
    for (const key of KEYS) {
      if (key === "mark") record.mark = fields.mark[0];
      else if (key === "stages") record.stages = fields.stages.flatMap((s) => s.split(/\s+/));
      else if (fields[key].length) record[key] = fields[key];
    }
    sections.at(-1).records.push(record);
  }
  return JSON.stringify({ sections }) + "\n";
}

const escape = (s) =>
  s
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/`([^`]*)`/g, "<code>$1</code>");

function page(list) {
  const rows = list.map((record) => {
    const cell = (key) => `<td>${record[key].map(escape).join("<br>")}`;
    return (
      `<tr><td>${escape(record.name)}<td>${record.mark[0]}` +
      ["code", "test", "user"].map(cell).join("") +
      `<td>${[...record.differs, ...record.reason].map(escape).join("<br>")}`
    );
  });
  return (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n' +
    '<meta name="viewport" content="width=device-width">\n<title>Fidelity</title>\n' +
    "<style>body{font:14px system-ui;color-scheme:light dark}table{border-collapse:collapse}" +
    "td,th{border:1px solid #8886;padding:.3em;text-align:left;vertical-align:top;" +
    "overflow-wrap:anywhere}</style>\n<h1>Fidelity</h1>\n" +
    `<p>${list.length} lines of the checklist. Made by tools/fidelity.mjs from docs/fidelity.md.\n` +
    "<table>\n<tr><th>line<th>mark<th>code<th>test<th>user<th>differs, or reason\n" +
    rows.join("\n") +
    "\n</table>\n"
  );
}

const argument = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};

const list = records();
if (process.argv.includes("--check")) check(list);
if (argument("--json")) writeFileSync(argument("--json"), json(list));
if (argument("--page")) writeFileSync(argument("--page"), page(list));
process.exit(breaches ? 1 : 0);
