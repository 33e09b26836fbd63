// Every way of loading the one image, at the sizes where the loaders differ most.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Guest, IMAGE } from "../lib/guest.mjs";
import { allHolds } from "../lib/verdicts.mjs";

const SIZES_MIB = [8, 16, 64, 256, 1024, 2048, 3583, 6144];

for (const loader of ["grub", "grub2", "ipxe"]) {
  for (const memory of SIZES_MIB) {
    test(`${loader} loads it with ${memory} MiB`, async () => {
      await Guest.with({ loader, memory, append: "loglevel=6", timeout: 60000 }, async (guest) => {
        await allHolds(guest);
        assert.equal(await guest.text("/proc/cmdline"), "loglevel=6 debug_exit\n");
      });
    });
  }
}

test("the image is ELF32, linked at 0xC0100000, loaded at 1 MiB, headers in its first 8 KiB", () => {
  const image = readFileSync(IMAGE);
  assert.equal(image.subarray(0, 5).toString("latin1"), "\x7fELF\x01");
  const entry = image.readUInt32LE(24);
  assert.ok(entry >= 0xc0100000 && entry < 0xc0400000, `entry 0x${entry.toString(16)}`);
  const [offset, size, count] = [
    image.readUInt32LE(28),
    image.readUInt16LE(42),
    image.readUInt16LE(44),
  ];
  const loads = [];
  for (let i = 0; i < count; i++) {
    const at = offset + i * size;
    if (image.readUInt32LE(at) === 1)
      loads.push({ virtual: image.readUInt32LE(at + 8), physical: image.readUInt32LE(at + 12) });
  }
  assert.equal(Math.min(...loads.map((load) => load.physical)), 0x100000);
  for (const load of loads) assert.equal(load.virtual - load.physical, 0xc0000000);

  const find = (magic, step) => {
    for (let at = 0; at < 8192; at += step) if (image.readUInt32LE(at) === magic) return at;
    return -1;
  };
  assert.ok(find(0x1badb002, 4) >= 0, "no Multiboot header");
  assert.ok(find(0xe85250d6, 8) >= 0, "no Multiboot2 header");
});
