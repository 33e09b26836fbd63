// The shipped image: smaller than what is in it, refused when it is damaged, and unpacked to what was packed, whatever
// that was.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { Guest, IMAGE, ROOT } from "../lib/guest.mjs";

const DAMAGED =
  /^memscope: panic: image: damaged: its bytes do not have the sum they were made with$/;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);

/** Runs `body` with a folder of its own. */
async function inFolder(body) {
  const dir = mkdtempSync(join(tmpdir(), "memscope-image-"));
  try {
    return await body(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** File offset and size of the last segment: the packed kernel and what unpacks it. */
function packedPart(image) {
  const at = image.readUInt32LE(28) + (image.readUInt16LE(44) - 1) * image.readUInt16LE(42);
  return [image.readUInt32LE(at + 4), image.readUInt32LE(at + 16)];
}

test("the packed image is smaller than the kernel in it, by a quarter at least", () => {
  const [packed, whole] = [IMAGE, join(ROOT, "build/memscope.bin")].map(
    (file) => readFileSync(file).length,
  );
  assert.ok(packed < 0.75 * whole, `${packed} bytes for ${whole}`);
});

// The code that unpacks takes the last bytes of the part, less than 2 KiB.
for (const [name, where] of [
  ["first byte", () => 0],
  ["middle", (size) => size >> 1],
  ["last bytes", (size) => size - 2048],
]) {
  test(`an image whose packed kernel is damaged is refused: ${name}`, async () => {
    await inFolder(async (dir) => {
      const image = readFileSync(IMAGE);
      const [offset, size] = packedPart(image);
      image[offset + where(size)] ^= 0x10;
      writeFileSync(join(dir, "image.elf"), image);
      const guest = await Guest.start({ image: join(dir, "image.elf"), nic: "none" });
      try {
        await guest.waitForLine(DAMAGED);
        assert.match(await guest.hmp("info registers"), /HLT=1/);
        assert.equal(guest.serial.trim().split("\n").length, 1, guest.serial);
        const screen = await guest.hmp("xp /54hx 0xb8000");
        const letters = [...screen.matchAll(/0x4f([0-9a-f]{2})/g)].map((m) => parseInt(m[1], 16));
        assert.match(String.fromCharCode(...letters), /^memscope: panic: image: damaged: /);
      } finally {
        await guest.stop();
      }
    });
  });
}

test("two swapped words of the packed kernel are seen", async () => {
  await inFolder(async (dir) => {
    const image = readFileSync(IMAGE);
    const [offset] = packedPart(image);
    const [a, b] = [offset + 4000, offset + 8000];
    const [first, second] = [image.readUInt32LE(a), image.readUInt32LE(b)];
    assert.notEqual(first, second);
    image.writeUInt32LE(second, a);
    image.writeUInt32LE(first, b);
    writeFileSync(join(dir, "image.elf"), image);
    const guest = await Guest.start({ image: join(dir, "image.elf"), nic: "none" });
    try {
      await guest.waitForLine(DAMAGED);
    } finally {
      await guest.stop();
    }
  });
});

// --- Kernels of a few instructions and any bytes, which compare themselves -------------------------

function generator(state) {
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Bytes that take every path: literals of any number, matches of any length and offset. */
function oddBytes(random, size) {
  const out = [];
  while (out.length < size) {
    const n = 1 + random([4, 20, 300, 20000][random(4)]);
    const period = 1 + random(9);
    const back = 1 + random(Math.min(out.length, 65535) + 1);
    const kind = out.length < 64 ? 0 : random(3);
    for (let i = 0; i < n; i++)
      if (kind === 0) out.push(random(256));
      else if (kind === 1) out.push(i < period ? random(256) : out[out.length - period]);
      else out.push(out[out.length - Math.min(back, out.length)]);
  }
  return Buffer.from(out.slice(0, size));
}

/** A kernel that ends QEMU with 33 if EAX, EBX, its bytes and its .bss are as they should be. */
function kernelSource(bytes, bss) {
  let [sum, sums] = [0, 0];
  for (let i = 0; i < bytes.length; i += 4) {
    sum = (sum + bytes.readUInt32LE(i)) >>> 0;
    sums = (Math.imul(sums, 33) + sum) >>> 0;
  }
  return `
	.set OFFSET, 0xC0000000
	.text
	.skip 64
	.globl _start
_start:	cmpl $0x2badb002, %eax
	jne bad
	testl $64, (%ebx)
	jz bad
	movl $data - OFFSET, %esi
	xorl %ebx, %ebx
	xorl %edx, %edx
1:	addl (%esi), %ebx
	imull $33, %edx
	addl %ebx, %edx
	addl $4, %esi
	cmpl $data_end - OFFSET, %esi
	jb 1b
	cmpl $${sum}, %ebx
	jne bad
	cmpl $${sums}, %edx
	jne bad
	movl $data_end - OFFSET, %edi
	movl $_end - OFFSET, %ecx
	subl %edi, %ecx
	xorl %eax, %eax
	repe scasb
	jne bad
	movb $0x10, %al
2:	outb %al, $0xf4
	hlt
bad:	movb $0x20, %al
	jmp 2b
	.balign 16
data:	.incbin "odd.bin"
data_end:
	.bss
	.skip ${bss}
`;
}

const SCRIPT = `SECTIONS { . = 0xC0100000; _text = .; .text : { *(.text) _einittext = .; }
	.bss : { *(.bss) . = ALIGN(4096); } _end = .; /DISCARD/ : { *(.note*) } }`;

function makeOdd(dir, bytes, bss) {
  const run = (command, args, options) => execFileSync(command, args, { cwd: dir, ...options });
  writeFileSync(join(dir, "odd.bin"), bytes);
  writeFileSync(join(dir, "odd.S"), kernelSource(bytes, bss));
  writeFileSync(join(dir, "odd.ld"), SCRIPT);
  run("gcc", ["-m32", "-c", "odd.S", "-o", "odd.o"]);
  const link = (...args) => run("ld", ["-m", "elf_i386", "--no-warn-rwx-segments", ...args]);
  link("-T", "odd.ld", "odd.o", "-o", "odd");
  run("objcopy", ["-O", "binary", "odd", "odd.flat"]);
  const symbols = run("nm", ["odd"]);
  run(join(ROOT, "tools/pack-image.mjs"), ["odd.flat", "packed.S"], { input: symbols });
  run("gcc", ["-m32", "-c", "packed.S", "-o", "packed.o"]);
  const unpack = join(ROOT, "build/kernel/boot/unpack.o");
  const script = join(ROOT, "kernel/boot/unpack.ld");
  link("-z", "max-page-size=64", "-T", script, unpack, "packed.o", "-o", "image");
  return join(dir, "image");
}

const noise = (random, size) =>
  Buffer.concat([
    Buffer.from(Array.from({ length: size - 512 }, () => random(256))),
    Buffer.alloc(512),
  ]);

const randomBytes = (random, size) => Buffer.from(Array.from({ length: size }, () => random(256)));

const ODD = [
  ["a few bytes", 16, 16],
  ["zeros", 200000, 16, () => Buffer.alloc(200000)],
  ["noise, which hardly packs", 100000, 4096, noise],
  ["noise, which does not pack at all", 60000, 4096, randomBytes],
  ["mixed, hardly any .bss", 150000, 16],
  ["mixed, .bss larger than the packed kernel", 150000, 400000],
];
for (let i = 0; i < 8; i++) ODD.push([`mixed ${i}`, 16 * (1 + (i + 1) * 700), 16 + i * 30000]);

test(`kernels of any bytes are unpacked exactly, seed ${seed}`, async (t) => {
  const random = generator(seed);
  for (const [name, size, bss, make] of ODD)
    await t.test(name, () =>
      inFolder(async (dir) => {
        const bytes = make ? make(random, size) : oddBytes(random, size);
        const image = makeOdd(dir, bytes, bss);
        const guest = await Guest.start({ image, nic: "none" });
        const timer = setTimeout(() => guest.stop(), 30000);
        try {
          assert.equal(await guest.exit, 33, guest.serial);
        } finally {
          clearTimeout(timer);
          await guest.stop();
        }
      }),
    );
});
