// Machines that QEMU cannot make: the guest is stopped at its first instruction, where the loader has
// done its work and the kernel has not begun, and what the loader handed over is replaced.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { gdb, gdbOptions } from "./gdb.mjs";
import { Guest } from "./guest.mjs";

export const MIB = 0x100000;
export const RAM = 1;
export const RESERVED = 2;

const BLOCK = 0x20000; // conventional memory that no loader of ours uses
const ENTRY = "((unsigned int)&_start - 0xC0000000)";

export const u8 = (...v) => Buffer.from(v);
export const u16 = (v) => Buffer.from([v & 0xff, (v >>> 8) & 0xff]);
export const u32 = (v) => Buffer.concat([u16(v & 0xffff), u16(v >>> 16)]);
export const u64 = (v) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(v)));
  return bytes;
};
const text = (s) => Buffer.from(`${s}\0`, "latin1");

/** A Multiboot 1 block at BLOCK. sizes: [lower, upper] in KiB, or null; map: or null for none. */
function multiboot1({ map, sizes, modules, line }) {
  const flags = (sizes ? 1 : 0) | 4 | (modules.length ? 8 : 0) | (map ? 64 : 0);
  const entries = Buffer.concat(
    (map ?? []).map(([s, n, t]) => Buffer.concat([u32(20), u64(s), u64(n), u32(t)])),
  );
  const mods = modules.map(([s, e]) => Buffer.concat([u32(s), u32(e), u32(0), u32(0)]));
  const words = new Array(29).fill(0);
  const at = { line: BLOCK + 0x100, mods: BLOCK + 0x900, map: BLOCK + 0xa00 };
  Object.assign(words, { 0: flags, 1: sizes?.[0] ?? 0, 2: sizes?.[1] ?? 0, 4: at.line });
  Object.assign(words, { 5: modules.length, 6: at.mods, 11: entries.length, 12: at.map });
  const block = Buffer.alloc(0xa00 + entries.length);
  Buffer.concat(words.map(u32)).copy(block, 0);
  text(line).copy(block, 0x100);
  Buffer.concat(mods).copy(block, 0x900);
  entries.copy(block, 0xa00);
  return { block, magic: 0x2badb002 };
}

function multiboot2({ map, sizes, modules, line }) {
  const tag = (type, ...parts) => {
    const body = Buffer.concat(parts);
    const whole = Buffer.concat([u32(type), u32(8 + body.length), body]);
    return Buffer.concat([whole, Buffer.alloc((8 - (whole.length % 8)) % 8)]);
  };
  const entries = (map ?? []).map(([s, n, t]) => Buffer.concat([u64(s), u64(n), u32(t), u32(0)]));
  const tags = [tag(1, text(line))];
  if (sizes) tags.push(tag(4, u32(sizes[0]), u32(sizes[1])));
  for (const [s, e] of modules) tags.push(tag(3, u32(s), u32(e), text("")));
  if (map) tags.push(tag(6, u32(24), u32(0), ...entries));
  tags.push(tag(0));
  const body = Buffer.concat(tags);
  return { block: Buffer.concat([u32(8 + body.length), u32(0), body]), magic: 0x36d76289 };
}

/**
 * Starts a guest, stops it at its first instruction, writes [[address, bytes], ...] into physical memory,
 * runs gdb's `commands` and lets it go on. The caller stops the guest.
 */
export async function stoppedAtEntry(options, writes, commands = []) {
  const dir = mkdtempSync(join(tmpdir(), "memscope-forge-"));
  const path = join(dir, "gdb");
  const extra = [...(options.extra ?? []), "-S", ...gdbOptions(path)];
  const guest = await Guest.start({ ...options, extra });
  const restores = writes.map(([address, bytes], i) => {
    writeFileSync(join(dir, `${i}.bin`), bytes);
    return `restore ${join(dir, `${i}.bin`)} binary 0x${address.toString(16)}`;
  });
  try {
    await gdb(path, `hbreak *${ENTRY}`, "continue", ...restores, ...commands, "delete");
    return guest;
  } catch (error) {
    await guest.stop();
    throw error;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * A guest whose loader said something else.
 *   map        [[start, size, type], ...], or null: the loader gives none
 *   sizes      [KiB below 640 KiB, KiB from 1 MiB up], or null (the default)
 *   loaded     modules: [[start, end], ...]  protocol   1 or 2
 *   append     the command line             writes     [[address, bytes], ...]
 * and Guest's other options.
 */
export function forged(options) {
  const { map, sizes = null, loaded = [], protocol = 1, append = "", writes = [] } = options;
  const line = `memscope.elf ${append} debug_exit`;
  const make = protocol === 1 ? multiboot1 : multiboot2;
  const { block, magic } = make({ map, sizes, modules: loaded, line });
  return stoppedAtEntry(
    options,
    [...writes, [BLOCK, block]],
    [`set $eax = 0x${magic.toString(16)}`, `set $ebx = 0x${BLOCK.toString(16)}`],
  );
}

/** Frames of RAM in a map: between any two bounds the largest type wins; whole frames only. */
export function framesOf(map) {
  const good = map
    .map(([s, n, t]) => [BigInt.asUintN(64, BigInt(s)), BigInt(n), t])
    .filter(([s, n]) => n > 0n && s + n < 1n << 64n);
  const bounds = [...new Set(good.flatMap(([s, n]) => [s, s + n]))].sort((a, b) =>
    a < b ? -1 : 1,
  );
  let frames = 0n;
  let run = null;
  for (const bound of bounds) {
    const types = good.filter(([s, n]) => bound >= s && bound < s + n).map(([, , t]) => t);
    const isRam = types.length > 0 && Math.max(...types) === RAM;
    if (isRam) run ??= bound;
    if (!isRam && run !== null) {
      const [first, last] = [(run + 4095n) >> 12n, bound >> 12n];
      if (last > first) frames += last - first;
      run = null;
    }
  }
  return Number(frames);
}
