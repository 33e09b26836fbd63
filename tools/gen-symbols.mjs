#!/usr/bin/env node
// gen-symbols: turns the output of nm (on standard input) into the assembly source of the table of
// function names that kernel/symbols.c reads: sorted by address, one name for each address.
//
//   symtab_count    number of functions
//   symtab_stream   for each: bytes from the function before it (the first: its address) as a ULEB128
//                   number, length of the packed name, packed name
//   symtab_pairs    what bytes from 0x80 on in a packed name stand for: two bytes, each again a letter
//                   or a pair of lower number
//
// The pairs are found by replacing the most frequent two bytes by a new one, again and again. That
// makes the table a third of what addresses and names take.

import { readFileSync } from "node:fs";

const PAIRS = 128;
const NAME_MAX = 63; // as long as struct symbol holds

// Names that the linker script gives to the bounds of sections are no functions.
const BOUNDS = /^(_(text|stext|etext|end|sinittext|einittext)|__.*_(start|begin|end|stop))$/;

/** nm's text as [address, name], ascending; of an address's names the first in the alphabet. */
function functions(text) {
  const names = new Map();
  for (const line of text.split("\n")) {
    const [address, type, name] = line.split(" ");
    if (!/^[tT]$/.test(type ?? "") || name.startsWith(".L") || BOUNDS.test(name)) continue;
    const at = parseInt(address, 16);
    if (!names.has(at) || name < names.get(at)) names.set(at, name);
  }
  return [...names].sort((a, b) => a[0] - b[0]);
}

/** Packs the names in place (arrays of bytes) and returns the pairs. */
function pack(names) {
  const pairs = [];
  while (pairs.length < PAIRS) {
    const count = new Map();
    for (const name of names)
      for (let i = 0; i + 1 < name.length; i++) {
        const key = name[i] * 256 + name[i + 1];
        count.set(key, (count.get(key) ?? 0) + 1);
      }
    const [best, uses] = [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [0, 0];
    if (uses < 4) break;
    const pair = [best >> 8, best & 255];
    for (const name of names)
      for (let i = 0; i + 1 < name.length; i++)
        if (name[i] === pair[0] && name[i + 1] === pair[1]) name.splice(i, 2, 0x80 + pairs.length);
    pairs.push(pair);
  }
  return pairs;
}

function uleb128(n) {
  const bytes = [];
  do {
    bytes.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
    n = Math.floor(n / 128);
  } while (n);
  return bytes;
}

const out = ["/* Made by tools/gen-symbols.mjs from the output of nm. */"];
function table(label, align, lines) {
  out.push(`\t.section .rodata.${label}, "a", @progbits`);
  out.push(`\t.balign ${align}\n\t.globl ${label}\n${label}:`, ...lines);
}
const bytes = (list) => `\t.byte ${list.join(", ")}`;

const all = functions(readFileSync(0, "latin1"));
const packed = all.map(([, name]) => [...Buffer.from(name.slice(0, NAME_MAX), "latin1")]);
const pairs = pack(packed);
let last = 0;
const stream = all.map(([address], i) => {
  const line = bytes([...uleb128(address - last), packed[i].length, ...packed[i]]);
  last = address;
  return line;
});

table("symtab_count", 4, [`\t.long ${all.length}`]);
table("symtab_pairs", 1, pairs.map(bytes));
table("symtab_stream", 1, stream);
out.push('\t.section .note.GNU-stack, "", @progbits');
console.log(out.join("\n"));
