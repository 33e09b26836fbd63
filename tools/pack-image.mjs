#!/usr/bin/env node
// pack-image KERNEL OUT.S: packs a linked kernel for kernel/boot/unpack.S; nm's list of its symbols
// comes on standard input.
//
// KERNEL is the flat binary (objcopy -O binary). The distances of its calls are made targets; `lz4` makes
// one LZ4 block of that; its sequences are then changed a little, so that unpacking needs no checks (unpack.S says which), and written again in the
// same format. What was written is unpacked here and compared before anything is put out.
//
//   _text, _end, _start   the kernel's, from nm
//   .room                 what lies between the headers and the packed kernel
//   packed, packed_stop   the block; packed_end: behind its zeros, a multiple of 64 bytes
//   packed_sum, packed_sum_of_sums   over its 32-bit words
//   calls_bytes           how many bytes, from the first on, are looked at for calls

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const MATCH_MIN = 4;
const OFFSET_MIN = 4; // a match is copied four bytes at a time
const LITERALS_LAST = 9; // the last sequence has at least so many
const SLACK = 16; // bytes that may be written behind the output's end
const HEADERS = 64; // bytes kept for the Multiboot headers at the first address
const WORDS = 16; // the sums go over so many 32-bit words at a time
const CALL = 0xe8; // call, followed by the distance to its target in 32 bits
const LOADED_AT = 0x100000; // the physical address of the first byte

const fail = (message) => {
  console.error(`pack-image: ${message}`);
  process.exit(1);
};

/** The one block in the frame that lz4 writes. */
function lz4(file) {
  // -B7: blocks of 4 MiB, so there is one.
  const frame = execFileSync("lz4", ["-12", "-B7", "--no-frame-crc", "-q", "-c", file], {
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"], // -q does not silence all of it
  });
  const word = frame.readUInt32LE(7);
  const size = word & 0x7fffffff;
  if (frame.readUInt32LE(0) !== 0x184d2204 || frame.length !== 11 + size + 4)
    fail(`${file}: lz4 made something else than a frame of one block`);
  const block = frame.subarray(11, 11 + size);
  return word >>> 31 ? literalsOnly(block) : block; // the top bit: lz4 found nothing to pack
}

/** A block of one sequence that is nothing but these bytes. */
function literalsOnly(bytes) {
  if (bytes.length < 15) return Buffer.concat([Buffer.from([bytes.length << 4]), bytes]);
  const rest = bytes.length - 15;
  const length = Buffer.alloc(1 + Math.floor(rest / 255), 255);
  length[length.length - 1] = rest % 255;
  return Buffer.concat([Buffer.from([0xf0]), length, bytes]);
}

/** A block's sequences: literals, then a match (the last one has none). */
function* sequences(block) {
  let at = 0;
  const length = (nibble) => {
    let n = nibble;
    if (nibble === 15) for (let byte = 255; byte === 255; n += byte) byte = block[at++];
    return n;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = length(token >> 4);
    at += literals;
    if (at === block.length) return yield { literals, offset: 0, match: 0 };
    const offset = block.readUInt16LE(at);
    at += 2;
    yield { literals, offset, match: length(token & 15) + MATCH_MIN };
  }
}

/** The same bytes in sequences that unpack.S can take. */
function adapt(list) {
  const out = [];
  let carried = 0; // literals that come before the next sequence
  for (const { offset, ...found } of list) {
    // What repeats every OFFSET bytes repeats every multiple of it too.
    const far = offset && Math.ceil(OFFSET_MIN / offset) * offset;
    const literals = carried + found.literals + far - offset;
    const match = found.match - (far - offset);
    carried = 0;
    if (offset && match < MATCH_MIN) carried = literals + match;
    else out.push({ literals, offset: far, match });
  }
  const last = out.at(-1);
  if (last.match) fail("the block does not end in literals");
  while (last.literals < LITERALS_LAST) {
    const { literals, match } = out.splice(-2, 1)[0] ?? fail("too little to pack");
    last.literals += literals + match;
  }
  return out;
}

/** Writes the sequences as a block; also how far the output runs ahead of the input at the most. */
function write(list, raw) {
  const bytes = [];
  let from = 0;
  let ahead = 0;
  const more = (n) => {
    if (n < 15) return;
    for (n -= 15; n >= 255; n -= 255) bytes.push(255);
    bytes.push(n);
  };
  const step = () => (ahead = Math.max(ahead, from + SLACK - bytes.length));
  for (const { literals, offset, match } of list) {
    step();
    bytes.push((Math.min(literals, 15) << 4) | (match && Math.min(match - MATCH_MIN, 15)));
    more(literals);
    for (const end = from + literals; from < end; from++) bytes.push(raw[from]);
    if (!match) break;
    bytes.push(offset & 255, offset >> 8);
    from += match;
    step();
    more(match - MATCH_MIN);
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

function unpack(block) {
  const out = [];
  let at = 0;
  for (const { literals, offset, match } of sequences(block)) {
    at += 1 + (literals < 15 ? 0 : 1 + Math.floor((literals - 15) / 255));
    for (let i = 0; i < literals; i++) out.push(block[at++]);
    for (let i = 0; i < match; i++) out.push(out[out.length - offset]);
    if (match) at += 2 + (match < 19 ? 0 : 1 + Math.floor((match - 19) / 255));
  }
  return Buffer.from(out);
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
writeFileSync(`${output}.calls`, changed);
const { block, ahead } = write(adapt(sequences(lz4(`${output}.calls`))), changed);
if (!targetsToCalls(unpack(block), calls).equals(raw))
  fail("what was packed does not unpack to the kernel");
for (const { literals, offset, match } of sequences(block))
  if (match ? offset < OFFSET_MIN : literals < LITERALS_LAST)
    fail("a sequence unpack.S cannot take");

const size = Math.ceil(block.length / (4 * WORDS)) * 4 * WORDS;
const padded = Buffer.concat([block, Buffer.alloc(size - block.length)]);
let sum = 0;
let sums = 0;
for (let i = 0; i < size; i += 4) {
  sum = (sum + padded.readUInt32LE(i)) >>> 0;
  sums = (sums + sum) >>> 0;
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
