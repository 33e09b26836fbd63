#!/usr/bin/env node
// stage-words.mjs [--json FILE.json]: docs/stages.md against kernel/stages.def.
//
// docs/stages.md says in a line `- SYMBOL: WORDS` what each stage is for. Checked: every row of the table
// has its line, in the table's order, of a sentence or two. Prints FILE:LINE: REASON for each breach; the
// status is 1 if there is any. --json writes what the kernel serves: the lines' words, in that order.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const LIST = "docs/stages.md";
const [LEAST, MOST] = [20, 200]; // characters
const read = (file) => readFileSync(join(ROOT, file), "utf8");

const symbols = [...read("kernel/stages.def").matchAll(/^STAGE\((\w+),/gm)].map((row) => row[1]);
const lines = read(LIST)
  .split("\n")
  .map((text, i) => ({ line: i + 1, found: /^- (\w+): (.*)$/.exec(text) }))
  .filter(({ found }) => found)
  .map(({ line, found }) => ({ line, symbol: found[1], words: found[2] }));

let breaches = 0;
function breach(line, reason) {
  console.log(`${LIST}:${line}: ${reason}`);
  breaches++;
}

for (let i = 0; i < Math.max(symbols.length, lines.length); i++) {
  const { line, symbol, words } = lines[i] ?? { line: lines.at(-1)?.line };
  if (symbol !== symbols[i]) {
    breach(line, `${symbol ?? "nothing"} where kernel/stages.def has ${symbols[i] ?? "no more"}`);
    break;
  }
  if (words.length < LEAST || words.length > MOST || !/[.:]$/.test(words))
    breach(line, `${symbol}: expected a sentence or two of ${LEAST} to ${MOST} characters`);
}

const at = process.argv.indexOf("--json");
if (at > 0 && !breaches)
  writeFileSync(process.argv[at + 1], JSON.stringify(lines.map(({ words }) => words)));
process.exit(breaches ? 1 : 0);
