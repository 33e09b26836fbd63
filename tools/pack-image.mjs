#!/usr/bin/env node
// pack-image KERNEL OUT.S: packs a linked kernel for kernel/boot/unpack.S; nm's list of its symbols
// comes on standard input.
//
// KERNEL is the flat binary (objcopy -O binary). The distances of its calls are made targets; that is
// written as sequences of literals and a match each, in LZ4's manner, with a shorter form for what lies
// near (unpack.S says how). What was written is unpacked here and compared before anything is put out.
//
//   _text, _end, _start   the kernel's, from nm
//   .room                 what lies between the headers and the packed kernel
//   packed, packed_stop   the block; packed_end: behind its zeros, a multiple of 64 bytes
//   packed_sum, packed_sum_of_sums   over its 32-bit words, and over the sums up to every 16th
//   calls_bytes           how many bytes, from the first on, are looked at for calls

import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const MATCH_MIN = 3;
const MATCH_RUN = 15; // in the token: this many more than MATCH_MIN, or more, and bytes that say so
const LITERALS_RUN = 7; // the same; the last sequence has at least so many
const NEAR = 0x10; // in the token: the offset is one byte
const OFFSET_MIN = 4; // a match is copied four bytes at a time
const OFFSET_NEAR = 259;
const OFFSET_FAR = 65535;
const SLACK = 16; // bytes that may be written behind the output's end
const HEADERS = 64; // bytes kept for the Multiboot headers at the first address
const WORDS = 16; // the sums go over so many 32-bit words at a time
const CALL = 0xe8; // call, followed by the distance to its target in 32 bits
const LOADED_AT = 0x100000; // the physical address of the first byte

const fail = (message) => {
  console.error(`pack-image: ${message}`);
  process.exit(1);
};

/** Bytes that a length takes behind its token: 255 while there is more. */
const extra = (n, run) => (n < run ? 0 : 1 + Math.floor((n - run) / 255));

/**
 * The longest matches behind each place, one near and one far: `find(i, take)` calls take(offset,
 * longest) for them, and enters the place. Places whose next three bytes are alike form a chain.
 */
function matches(raw) {
  const TRIES = 4000;
  const LONGEST = 1024;
  const head = new Int32Array(1 << 16).fill(-1);
  const before = new Int32Array(raw.length).fill(-1);
  return (i, take) => {
    if (i + MATCH_MIN > raw.length) return;
    const key = (Math.imul(raw.readUIntLE(i, 3), 2654435761) >>> 16) & 0xffff;
    const room = Math.min(raw.length - i, LONGEST);
    const best = { near: 0, far: 0, nearOffset: 0, farOffset: 0 };
    let tries = TRIES;
    for (let at = head[key]; at >= 0 && i - at <= OFFSET_FAR && tries-- > 0; at = before[at]) {
      const offset = i - at;
      if (offset < OFFSET_MIN) continue;
      const longest = Math.max(best.near, best.far);
      if (longest === room) break;
      if (raw[at + longest] !== raw[i + longest]) continue;
      let n = 0;
      while (n < room && raw[at + n] === raw[i + n]) n++;
      if (n <= longest) continue;
      if (offset <= OFFSET_NEAR) Object.assign(best, { near: n, nearOffset: offset });
      else Object.assign(best, { far: n, farOffset: offset });
    }
    before[i] = head[key];
    head[key] = i;
    if (best.near) take(best.nearOffset, best.near);
    if (best.far) take(best.farOffset, best.far);
  };
}

/**
 * The cheapest sequences that make these bytes: [literals, then a match], the last without a match.
 * price[i] is what the first i bytes take at the least. A sequence costs the start of the kernel some
 * twenty instructions, which is put at a third of a byte.
 */
function sequences(raw) {
  const SEQUENCE = 1 + 1 / 3;
  const end = raw.length;
  const price = new Float64Array(end + 1).fill(Infinity);
  const literals = new Int32Array(end + 1); // that end here, one after another
  const match = new Int32Array(end + 1); // the length of the match that ends here
  const offsets = new Int32Array(end + 1);
  const find = matches(raw);
  price[0] = SEQUENCE;
  for (let i = 0; i < end; i++) {
    const n = literals[i] + 1;
    const alone = price[i] + 1 + extra(n, LITERALS_RUN) - extra(n - 1, LITERALS_RUN);
    if (alone < price[i + 1]) {
      price[i + 1] = alone;
      literals[i + 1] = n;
      match[i + 1] = 0;
    }
    find(i, (offset, longest) => {
      const near = offset <= OFFSET_NEAR;
      const most = Math.min(longest, end - LITERALS_RUN - i);
      for (let n = MATCH_MIN; n <= most; n++) {
        const cost = price[i] + SEQUENCE + (near ? 1 : 2) + extra(n - MATCH_MIN, MATCH_RUN);
        if (cost >= price[i + n]) continue;
        price[i + n] = cost;
        literals[i + n] = 0;
        match[i + n] = n;
        offsets[i + n] = offset;
      }
    });
  }
  const list = [{ literals: literals[end], offset: 0, match: 0 }];
  for (let at = end - literals[end]; at > 0; at -= literals[at]) {
    const [offset, n] = [offsets[at], match[at]];
    at -= n;
    list.push({ literals: literals[at], offset, match: n });
  }
  return list.reverse();
}

/** Writes the sequences as a block; also how far the output runs ahead of the input at the most. */
function write(list, raw) {
  const bytes = [];
  let from = 0;
  let ahead = 0;
  const more = (n, run) => {
    if (n < run) return;
    for (n -= run; n >= 255; n -= 255) bytes.push(255);
    bytes.push(n);
  };
  const step = () => (ahead = Math.max(ahead, from + SLACK - bytes.length));
  for (const { literals, offset, match } of list) {
    const near = offset <= OFFSET_NEAR;
    const code = match && Math.min(match - MATCH_MIN, MATCH_RUN);
    step();
    bytes.push((Math.min(literals, LITERALS_RUN) << 5) | (match && near ? NEAR : 0) | code);
    more(literals, LITERALS_RUN);
    for (const end = from + literals; from < end; from++) bytes.push(raw[from]);
    if (!match) break;
    if (near) bytes.push(OFFSET_NEAR - offset);
    else bytes.push(offset & 255, offset >> 8);
    from += match;
    step();
    more(match - MATCH_MIN, MATCH_RUN);
  }
  return { block: Buffer.from(bytes), ahead };
}

/** Up to here calls are looked for: to the end of the code, or a little less (unpack.S says why). */
function callsEnd(raw, end) {
  end = Math.min(end, raw.length);
  while (raw.subarray(Math.max(end - 4, 0), end).includes(CALL)) end--;
  return end;
}

/** Changes what follows each byte CALL before `end`: `change(bytes, at, place)`, place in memory. */
function changeCalls(raw, end, change) {
  const out = Buffer.from(raw);
  for (let at = out.indexOf(CALL); at >= 0 && at < end; at = out.indexOf(CALL, at)) {
    change(out, at + 1, LOADED_AT + at + 1);
    at += 5;
  }
  return out;
}

const callsToTargets = (raw, end) =>
  changeCalls(raw, end, (out, at, place) =>
    out.writeUInt32BE((out.readUInt32LE(at) + place) >>> 0, at),
  );

/** As unpack.S does it. */
const targetsToCalls = (raw, end) =>
  changeCalls(raw, end, (out, at, place) =>
    out.writeUInt32LE((out.readUInt32BE(at) - place) >>> 0, at),
  );

/** As unpack.S does it; what it relies on is checked. */
function unpack(block) {
  const out = [];
  let at = 0;
  const length = (n, run) => {
    if (n === run) for (let byte = 255; byte === 255; n += byte) byte = block[at++];
    return n;
  };
  for (;;) {
    const token = block[at++];
    const literals = length(token >> 5, LITERALS_RUN);
    for (let i = 0; i < literals; i++) out.push(block[at++]);
    if (at === block.length) {
      if (literals < LITERALS_RUN) fail("the block does not end in literals enough");
      return Buffer.from(out);
    }
    const offset = token & NEAR ? OFFSET_NEAR - block[at++] : block[at++] | (block[at++] << 8);
    if (offset < OFFSET_MIN || offset > out.length) fail(`an offset of ${offset}`);
    const match = length(token & 15, MATCH_RUN) + MATCH_MIN;
    for (let i = 0; i < match; i++) out.push(out[out.length - offset]);
  }
}

const [file, output] = process.argv.slice(2);
if (!output) fail("usage: pack-image KERNEL OUT.S");
const raw = readFileSync(file);
const symbols = { _text: 0, _end: 0, _start: 0, _einittext: 0 };
for (const line of readFileSync(0, "latin1").split("\n")) {
  const [address, , name] = line.split(" ");
  if (name in symbols) symbols[name] = parseInt(address, 16);
}
for (const [name, at] of Object.entries(symbols)) if (!at) fail(`no symbol ${name} from nm`);
const calls = callsEnd(raw, symbols._einittext - symbols._text);
const changed = callsToTargets(raw, calls);
const { block, ahead } = write(sequences(changed), changed);
if (!targetsToCalls(unpack(block), calls).equals(raw))
  fail("what was packed does not unpack to the kernel");

const size = Math.ceil(block.length / (4 * WORDS)) * 4 * WORDS;
const padded = Buffer.concat([block, Buffer.alloc(size - block.length)]);
let sum = 0;
let sums = 0;
for (let i = 0; i < size; i += 4) {
  sum = (sum + padded.readUInt32LE(i)) >>> 0;
  if ((i / 4) % WORDS === WORDS - 1) sums = (sums + sum) >>> 0;
}

// As high as unpacking in place needs, and so that the code behind it is not in the kernel's way.
const align = (n) => Math.ceil(n / 16) * 16;
const from = align(Math.max(symbols._text + ahead, symbols._end - size));

writeFileSync(`${output}.bin`, padded);
const values = {
  ...symbols,
  calls_bytes: calls,
  packed_from: from,
  packed_sum: sum,
  packed_sum_of_sums: sums,
};
writeFileSync(
  output,
  [
    `/* Made by tools/pack-image.mjs from ${file}. */`,
    "\t.globl packed, packed_stop, packed_end",
    ...Object.entries(values).flatMap(([name, n]) => [`\t.globl ${name}`, `\t.set ${name}, ${n}`]),
    '\t.section .room, "aw", @nobits',
    `\t.skip ${from - symbols._text - HEADERS}`,
    '\t.section .packed, "a", @progbits',
    `packed:\n\t.incbin "${resolve(output)}.bin"`,
    `packed_end:\n\t.set packed_stop, packed + ${block.length}`,
    '\t.section .note.GNU-stack, "", @progbits',
    "",
  ].join("\n"),
);
