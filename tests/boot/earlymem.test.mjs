// What happens to memory before there is an allocator: the memory test, the watch on low memory, the
// crash kernel's place, maps that modules extend, modules wherever the loader put them, and the record
// of allocations and reservations.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { gdb, gdbOptions } from "../lib/gdb.mjs";
import { Guest } from "../lib/guest.mjs";
import { allHolds } from "../lib/verdicts.mjs";

const dir = mkdtempSync(join(tmpdir(), "memscope-early-"));
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));

const MIB = 1 << 20;
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
const early = (guest) => guest.json("/api/v1/early");
const stage = async (guest, id) =>
  (await guest.json("/api/v1/boot")).stages.find((s) => s.id === id);
const logged = (guest, pattern) => guest.lines.filter((line) => pattern.test(line));

function file(name, content) {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

// --- W-46 ---

test("memtest= runs every pattern over all free low memory, and wipes", async () => {
  await Guest.with({ memory: 16, append: "memtest=17", timeout: 90000 }, async (guest) => {
    const { memtest } = await early(guest);
    const { use } = await allHolds(guest);
    assert.equal(memtest.passes, 18);
    assert.equal(memtest.bad_words, 0);
    assert.ok(memtest.tested_bytes > 13 * MIB && memtest.tested_bytes < 16 * MIB);
    assert.equal(use.bad_ram, 0);
    const patterns = logged(guest, /memtest: pass/).map((l) => /pattern (\w+)/.exec(l)[1]);
    const digits = [..."0f5a1248369c7bde"].map((digit) => digit.repeat(16));
    assert.deepEqual(patterns, [...digits, "65706f63736d656d", digits[0]]);
    assert.equal((await stage(guest, "early_memtest")).status, "done");
  });
});

test("memtest without a number is 17 passes, 0 is none; 100 is refused", async () => {
  const asked = async (append) =>
    Guest.with({ memory: 8, append, timeout: 90000 }, async (guest) => [
      (await early(guest)).memtest.passes_asked,
      logged(guest, /memtest=100 refused/).length,
    ]);
  assert.deepEqual(await asked("memtest"), [17, 0]);
  assert.deepEqual(await asked("memtest=0"), [0, 0]);
  assert.deepEqual(await asked("memtest=100"), [0, 1]);
});

for (const generation of ["", "bootmem=bitmap", "mm=2.4"])
  test(`bad words stay out of the buddy system for good ${generation}`, async () => {
    const stuck = "0x500000:0,0x500008:3,0x500010:63,0xfff:1,0x9eff8:1,0x1800ff8:5,0x1801000:5";
    const append = [`memtest=2 memtest_stuck=${stuck}`, generation];
    await Guest.with({ memory: 32, append, timeout: 90000 }, async (guest) => {
      const { memtest } = await early(guest);
      const { use } = await allHolds(guest);
      // page 0 is no RAM by then; neighbours are one run; the last run lies in two frames
      assert.equal(memtest.bad_words, 6);
      assert.equal(memtest.bad_runs, 3);
      assert.equal(use.bad_ram, 4);
      const { early_res: list } = await guest.json("/api/v1/boot");
      const bad = list.filter(({ name }) => name === "BAD RAM");
      assert.deepEqual(
        bad.map(({ start, end }) => [start, end]),
        [
          ["0x9eff8", "0x9f000"],
          ["0x500000", "0x500018"],
          ["0x1800ff8", "0x1801008"],
        ],
      );
      for (const { made_by } of bad) assert.equal(made_by, "early_memtest");
      assert.ok(logged(guest, /by option, bits .* read as 1: no real fault/).length === 7);
    });
  });

// --- W-30 ---

test("the watch on low memory finds a write, tells it once, and clears it", async () => {
  const socket = join(dir, "gdb-watch");
  const append = "memory_corruption_check=1 memory_corruption_check_period=1";
  const options = { memory: 32, append, extra: gdbOptions(socket) };
  await Guest.with(options, async (guest) => {
    const before = (await early(guest)).corruption_check;
    assert.equal(before.enabled, true);
    assert.equal(before.changes, 0);
    assert.deepEqual(before.areas, [{ start: "0x2000", end: "0x10000" }]);
    const { e820 } = await guest.json("/api/v1/boot");
    const step = e820.find((s) => s.step === "setup_bios_corruption_check");
    const area = step.entries.find((e) => e.type === "reserved" && e.start === "0x2000");
    assert.equal(area.end, "0x10000");

    await gdb(socket, "set *(unsigned *)0xc0003454 = 0xdeadbeef");
    await guest.waitForLine(/corruption check: 0xdeadbeef at 0x3454 was 0: cleared/, 15000);
    const word = await guest.hmp("xp /1wx 0x3454");
    assert.match(word, /0x00000000/);
    const after = (await early(guest)).corruption_check;
    assert.equal(after.changes, 1);
    assert.equal(after.found[0].address, "0x3454");
    assert.equal(after.found[0].value, "0xdeadbeef");
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const later = (await early(guest)).corruption_check;
    assert.ok(later.rounds > after.rounds, "it goes on looking");
    assert.equal(later.changes, 1, "one change is told once");
    await allHolds(guest);
  });
});

test("it is off unless asked for, and takes the documented size", async () => {
  const check = async (append) =>
    Guest.with({ memory: 16, append }, async (guest) => {
      await allHolds(guest);
      return (await early(guest)).corruption_check;
    });
  const off = await check("memory_corruption_check_size=128K");
  assert.deepEqual([off.enabled, off.areas], [false, []]);
  const larger = await check("memory_corruption_check=1 memory_corruption_check_size=128K");
  assert.deepEqual(larger.areas, [{ start: "0x2000", end: "0x20000" }]);
});

// --- W-49 ---

async function crash(memory, value) {
  return Guest.with({ memory, append: `crashkernel=${value}` }, async (guest) => {
    const { use } = await allHolds(guest);
    const iomem = /^ +(\w+)-(\w+) : Crash kernel$/m.exec(await guest.text("/proc/iomem"));
    const { crashkernel } = await early(guest);
    const refused = logged(guest, /crashkernel=.* refused/);
    return { pages: use.crash_kernel, iomem, crashkernel, refused };
  });
}

test("crashkernel=SIZE: from 16 MiB, with a use and a resource of its own", async () => {
  const { pages, iomem, crashkernel } = await crash(128, "24M");
  assert.equal(pages, 24 * 256);
  assert.deepEqual([iomem[1], iomem[2]], ["01000000", "027fffff"]);
  assert.equal(crashkernel.start, "0x1000000");
  assert.equal(crashkernel.kernel_loaded, false);
});

test("crashkernel=SIZE@BASE: exactly there", async () => {
  const { pages, iomem } = await crash(128, "8M@33M");
  assert.equal(pages, 2048);
  assert.equal(iomem[1], "02100000");
});

test("crashkernel= with ranges takes the one that holds the memory", async () => {
  assert.equal((await crash(128, "32M-64M:4M,64M-256M:8M,256M-:16M")).pages, 2048);
  const none = await crash(64, "512M-2G:64M,2G-:128M");
  assert.deepEqual([none.pages, none.crashkernel, none.refused], [0, null, []]);
});

for (const [value, why] of [
  ["8M@1M", /in use, is no RAM/],
  ["8M@0x2080000", /no multiple of 1 MiB/],
  ["200M", /too little low memory/],
  ["48M", /no free low memory of that size/],
  ["8M@16M@3", /expected SIZE/],
  ["0", /expected SIZE/],
  ["64M-32M:8M", /expected SIZE/],
])
  test(`crashkernel=${value} is refused in one line`, async () => {
    const { pages, refused, crashkernel } = await crash(64, value);
    assert.equal(pages, 0);
    assert.equal(crashkernel, null);
    assert.equal(refused.length, 1);
    assert.match(refused[0], why);
  });

// --- W-12, W-13 ---

/** One entry of the format: 20 bytes. */
function entry(start, size, type) {
  const bytes = Buffer.alloc(20);
  bytes.writeBigUInt64LE(BigInt(start), 0);
  bytes.writeBigUInt64LE(BigInt(size), 8);
  bytes.writeUInt32LE(type, 16);
  return bytes;
}

for (const loader of ["kernel", "grub", "grub2", "ipxe"])
  test(`a module extends the map (${loader})`, async () => {
    const content = Buffer.concat([
      entry(0x1800000, 0x100000, 2), // RAM becomes reserved
      entry(0xc0000000, 0x200000, 4), // nothing was there
    ]);
    const modules = [`${file("extension", content)} setup_data=e820_ext`];
    await Guest.with({ memory: 64, loader, modules, timeout: 60000 }, async (guest) => {
      const { use } = await allHolds(guest);
      const boot = await guest.json("/api/v1/boot");
      const step = (name) => boot.e820.find((s) => s.step === name).entries;
      const extended = step("parse_setup_data");
      assert.ok(extended.some((e) => e.start === "0x1800000" && e.end === "0x1900000"));
      const nvs = extended.find((e) => e.start === "0xc0000000");
      assert.equal(nvs.type, "ACPI Non-volatile Storage");
      assert.equal(use.cut_by_option, 256);
      // the module's own bytes: type 128, and reserved under their own name
      const [module] = (await guest.json("/api/v1/modules")).modules;
      assert.equal(module.extends_map, true);
      const kept = step("e820_reserve_setup_data").find((e) => e.type_code === 128);
      assert.deepEqual([kept.start, kept.end], [module.start, module.end]);
      const own = boot.early_res.filter((r) => r.start === module.start && r.end === module.end);
      assert.deepEqual(
        own.map(({ name, freed_by }) => [name, freed_by]),
        [
          ["RAMDISK", "reserve_early_setup_data"],
          ["setup data", null],
        ],
      );
      for (const id of ["parse_setup_data", "e820_reserve_setup_data", "reserve_early_setup_data"])
        assert.equal(boot.stages.find((s) => s.id === id).status, "done");
      assert.equal(hash((await guest.get("/api/v1/modules/0")).body), hash(content));
    });
  });

test("entries that make no sense are dropped with a line each, the others are used", async () => {
  const content = Buffer.concat([
    entry(0x2000000, 0, 1),
    entry("0xffffffffffff0000", 0x20000, 2),
    entry(0x2000000, 0x1000, 0),
    entry(0x2000000, 0x1000, 128),
    entry(0x2000000, 0x2000, 2),
    entry(0x2001000, 0x2000, 3), // overlaps the one before
    Buffer.alloc(13),
  ]);
  const modules = [`${file("odd", content)} setup_data=e820_ext`];
  await Guest.with({ memory: 64, modules }, async (guest) => {
    await allHolds(guest);
    assert.equal(logged(guest, /extension entry 0, .* size is 0: dropped/).length, 1);
    assert.equal(logged(guest, /extension entry 1, .* end wraps: dropped/).length, 1);
    assert.equal(
      logged(guest, /extension entry [23], .* type is none of 1 to 5: dropped/).length,
      2,
    );
    assert.equal(logged(guest, /extension entry 5 .* overlaps .* the higher type wins/).length, 1);
    assert.equal(
      logged(guest, /133 bytes, not a multiple of 20: the last 13 are left out/).length,
      1,
    );
    const { e820 } = await guest.json("/api/v1/boot");
    const { entries } = e820.find((s) => s.step === "parse_setup_data");
    const at = (start) => entries.find((e) => e.start === start);
    assert.deepEqual([at("0x2000000").end, at("0x2000000").type_code], ["0x2001000", 2]);
    assert.deepEqual([at("0x2001000").end, at("0x2001000").type_code], ["0x2003000", 3]);
  });
});

test("an extension that leaves too little RAM, or adds RAM that is not there, is refused", async () => {
  const all = [`${file("all", entry(0x200000, 0x80000000, 2))} setup_data=e820_ext`];
  await Guest.with({ memory: 64, modules: all }, async (guest) => {
    const { use } = await allHolds(guest);
    assert.equal(logged(guest, /with the extension too little RAM is left/).length, 1);
    assert.equal(use.cut_by_option, 0);
  });
  const ghost = [`${file("ghost", entry(0x10000000, 0x1000000, 1))} setup_data=e820_ext`];
  await Guest.with({ memory: 64, modules: ghost }, async (guest) => {
    await allHolds(guest);
    assert.equal(logged(guest, /add RAM .* none answers at .*: refused/).length, 1);
  });
});

test("an extension that fills the map leaves room for the edits that follow", async () => {
  const entries = Array.from({ length: 3000 }, (_, i) => entry(0x40000000 + i * 0x2000, 0x1000, 2));
  const modules = [`${file("full", Buffer.concat(entries))} setup_data=e820_ext`];
  const append = "mem=40M crashkernel=4M@20M";
  await Guest.with({ memory: 64, modules, append }, async (guest) => {
    const { use } = await allHolds(guest);
    assert.equal(logged(guest, /of 3000 entries taken: the map is full/).length, 1);
    assert.equal(use.cut_by_option, (24 * MIB - 128 * 1024) / 4096);
    assert.ok(use.trimmed < 20, `${use.trimmed} frames trimmed`);
    assert.equal(use.crash_kernel, 1024);
  });
});

test("two nodes, with all of it at once", async () => {
  const node = (n) => [
    ...["-object", `memory-backend-ram,id=m${n},size=256M`],
    ...["-numa", `node,nodeid=${n},cpus=${n},memdev=m${n}`],
  ];
  const modules = [
    `${file("ext", entry(0x70000, 0x1000, 2))} setup_data=e820_ext`,
    file("plain", randomBytes(MIB)),
  ];
  const append =
    "memtest=1 memtest_stuck=0x1800000:1,0x18000000:2 crashkernel=32M memory_corruption_check=1";
  const extra = ["-smp", "2", ...node(0), ...node(1)];
  const options = { memory: 512, extra, modules, append, timeout: 90000 };
  await Guest.with(options, async (guest) => {
    const { use } = await allHolds(guest);
    assert.deepEqual([use.bad_ram, use.crash_kernel, use.boot_modules], [2, 8192, 256]);
  });
});

// --- W-48 ---

test("modules are served as they are", async () => {
  const contents = [randomBytes(5 * MIB + 123), Buffer.from("x"), randomBytes(4096)];
  const modules = contents.map((content, i) => `${file(`module${i}`, content)} number ${i}`);
  await Guest.with({ memory: 64, modules }, async (guest) => {
    const { use } = await allHolds(guest);
    const { modules: list } = await guest.json("/api/v1/modules");
    assert.equal(list.length, 3);
    assert.ok(use.boot_modules >= 1282, `${use.boot_modules} pages of modules`);
    for (const [i, content] of contents.entries()) {
      const answer = await guest.get(`/api/v1/modules/${i}`);
      assert.equal(answer.headers["content-length"], String(content.length));
      assert.equal(answer.headers["content-type"], "application/octet-stream");
      assert.equal(hash(answer.body), hash(content));
      assert.match(list[i].name, new RegExp(`number ${i}$`));
    }
    for (const path of ["3", "", "x", "-1"]) {
      const answer = await guest.request(`/api/v1/modules/${path}`);
      assert.equal(answer.status, 404);
      assert.match(answer.json().error.message, /there are 3/);
    }
  });
});

/**
 * Starts a guest whose one module lies at `address`: no loader puts one that high by itself, so QEMU
 * puts the bytes there, and the loader's list is changed before the first instruction of the image.
 */
async function withModuleAt(address, content, options, body) {
  const socket = join(dir, `gdb-${address}`);
  const path = file(`at-${address}`, content);
  const guest = await Guest.start({
    ...options,
    modules: [file("stub", "stub")],
    extra: [
      ...gdbOptions(socket),
      ...["-S", "-device", `loader,file=${path},addr=${address},force-raw=on`],
    ],
  });
  try {
    await gdb(
      socket,
      "hbreak *((unsigned)&_start - 0xc0000000)",
      "continue",
      "set $list = *(unsigned *)($ebx + 24)",
      `set *(unsigned *)$list = ${address}`,
      `set *(unsigned *)($list + 4) = ${address + content.length}`,
      "delete",
    );
    await guest.waitReady(60000);
    return await body(guest);
  } finally {
    await guest.stop();
  }
}

test("a module in high memory is moved into low memory", async () => {
  const content = randomBytes(3 * MIB + 77);
  const options = { memory: 256, append: "highmem=180M" };
  await withModuleAt(0x9000123, content, options, async (guest) => {
    const { use } = await allHolds(guest);
    const [module] = (await guest.json("/api/v1/modules")).modules;
    assert.equal(module.moved, true);
    assert.equal(module.high, false);
    assert.equal(module.given_start, "0x9000123");
    assert.equal(use.boot_modules, 769);
    assert.equal(hash((await guest.get("/api/v1/modules/0")).body), hash(content));
    const { early_res: list } = await guest.json("/api/v1/boot");
    assert.equal(list.find((r) => r.name === "NEW RAMDISK").start, module.start);
    assert.equal(list.find((r) => r.name === "RAMDISK").freed_by, "reserve_initrd");
  });
});

for (const generation of ["mm=2.6", "mm=2.4"])
  for (const [where, address] of [
    ["in high memory", 0x6000123],
    ["across the end of low memory", 0x4000123],
  ])
    test(`a module ${where} that is too large to move is read there (${generation})`, async () => {
      const content = randomBytes(40 * MIB + 5);
      const options = { memory: 256, append: `highmem=180M ${generation}` };
      await withModuleAt(address, content, options, async (guest) => {
        const { use } = await allHolds(guest);
        const [module] = (await guest.json("/api/v1/modules")).modules;
        assert.deepEqual([module.moved, module.high], [false, true]);
        assert.equal(use.boot_modules, 40 * 256 + 1);
        assert.equal(logged(guest, /no room for it in low memory .* it stays there/).length, 1);
        const answer = await guest.get("/api/v1/modules/0", { timeout: 60000 });
        assert.equal(answer.headers["content-length"], String(content.length));
        assert.equal(hash(answer.body), hash(content));
        await allHolds(guest);
      });
    });

// --- W-10, W-21, W-24 ---

test("firmware_map= hides the loader's map: the two sizes take its place", async () => {
  const source = async (memory, value) =>
    Guest.with({ memory, append: `firmware_map=${value}` }, async (guest) => {
      const { use } = await allHolds(guest);
      const boot = await guest.json("/api/v1/boot");
      const steps = boot.e820.map((s) => s.step).filter((name) => name.startsWith("BIOS"));
      const last = boot.e820.find((s) => s.step === steps.at(-1)).entries;
      return { steps, last: last.map((e) => [e.start, e.end, e.type_code]), use };
    });
  const e801 = await source(128, "e801");
  assert.deepEqual(e801.steps, ["BIOS-e820", "BIOS-e801"]);
  assert.deepEqual(e801.last, [
    ["0x0", "0x9f000", 1],
    ["0x100000", "0x7fe0000", 1],
  ]);
  assert.equal(e801.use.cut_by_option, 0);
  // the 88 figure has 16 bits: 65535 KiB above 1 MiB
  const old = await source(128, "88");
  assert.deepEqual(old.steps, ["BIOS-e820", "BIOS-88"]);
  assert.deepEqual(old.last[1], ["0x100000", "0x40ffc00", 1]);
  assert.equal(old.use.cut_by_option, 0x7fe0 - 0x40ff);
});

test("a map from options is shown under the name user", async () => {
  const append = "memmap=exactmap memmap=639K@0,31M@1M";
  await Guest.with({ memory: 64, append }, async (guest) => {
    const { use } = await allHolds(guest);
    assert.equal(logged(guest, / user: \[.*\) System RAM$/).length, 2);
    assert.equal(use.cut_by_option, (63 * MIB - 128 * 1024 - 31 * MIB) / 4096);
    const edits = (await stage(guest, "parse_early_param")).changed.join("\n");
    assert.match(
      edits,
      /memmap=: \[0, 0x9fc00\) type 1 added\nmemmap=: \[0x100000, 0x2000000\) type 1 added/,
    );
    assert.match((await stage(guest, "finish_e820_parsing")).changed.join("\n"), /user map: 2 /);
  });
});

test("256 KiB are reserved on a Pentium Pro with erratum 50", async () => {
  const cpu = "qemu32,vendor=GenuineIntel,family=6,model=1,stepping=7";
  await Guest.with({ memory: 2048, cpu }, async (guest) => {
    await allHolds(guest);
    const { e820 } = await guest.json("/api/v1/boot");
    const { entries } = e820.find((s) => s.step === "ppro_with_ram_bug");
    const bad = entries.find((e) => e.start === "0x70000000");
    assert.deepEqual([bad.end, bad.type], ["0x70040000", "reserved"]);
    const record = await stage(guest, "ppro_with_ram_bug");
    assert.match(record.changed.join("\n"), /family 6 model 1 stepping 7: affected/);
  });
});

// --- W-31, W-34, W-40, W-91: the records ---

test("the record of early allocations and reservations", async () => {
  await Guest.with({ memory: 64 }, async (guest) => {
    const { allocations, allocations_lost: lost, early_res: list } = await early(guest);
    const boot = await guest.json("/api/v1/boot");
    assert.equal(lost, 0);
    assert.deepEqual([list.capacity, list.doubled, list.forgotten], [32, false, 0]);
    // each of them is a reservation "BOOTMEM" of those bytes, in that order
    const bootmem = boot.early_res.filter(({ name }) => name === "BOOTMEM");
    assert.ok(allocations.length > 5);
    assert.deepEqual(
      allocations.map((a) => [Number(a.result), Number(a.result) + a.size_bytes]),
      bootmem.map((r) => [Number(r.start), Number(r.end)]),
    );
    for (const a of allocations) {
      assert.equal(a.goal, "0x1000000");
      assert.equal(Number(a.result) % a.align_bytes, 0);
      assert.equal(a.below_goal, false);
      assert.equal(Number(a.limit), 64 * MIB - 128 * 1024);
    }
    assert.equal(allocations.find((a) => a.owner === "memory_map").size_bytes, 16384 * 32);
    // the boot code is the one piece that is released after the hand-over
    const image = boot.early_res.filter(({ name }) => name === "TEXT DATA BSS");
    assert.deepEqual(
      image.map((r) => r.freed_by),
      ["free_initmem", null, null],
    );
    // the MP table lies in the BIOS area, and is cut out of it twice: pointer and table
    assert.deepEqual(
      list.ended.map((e) => [e.name, e.how, e.freed_by]),
      [
        ["TEXT DATA BSS", "split", "free_initmem"],
        ["BIOS reserved", "split", "find_smp_config"],
        ["BIOS reserved", "cut", "find_smp_config"],
      ],
    );
    const trampoline = boot.early_res.find(({ name }) => name === "TRAMPOLINE");
    assert.ok(
      Number(trampoline.end) <= MIB && Number(trampoline.end) - Number(trampoline.start) === 4096,
    );
    assert.match((await stage(guest, "reserve_brk")).changed.join(), /no early brk area/);
  });
});

test("nothing at the goal: boot memory comes from below 16 MiB", async () => {
  await Guest.with({ memory: 16 }, async (guest) => {
    const { allocations } = await early(guest);
    assert.ok(allocations.length > 5);
    for (const a of allocations) {
      assert.equal(a.below_goal, true);
      assert.ok(Number(a.result) < 16 * MIB);
    }
  });
});

test("the list doubles when it fills, and its own memory is handed over", async () => {
  const modules = Array.from({ length: 8 }, (_, i) => file(`filler${i}`, `${i}`));
  const stuck = Array.from({ length: 8 }, (_, i) => `${0x800000 + i * 0x10000}:1`).join();
  const append = `memtest=1 memtest_stuck=${stuck}`;
  await Guest.with({ memory: 32, append, modules }, async (guest) => {
    const { use } = await allHolds(guest);
    const { early_res: list } = await early(guest);
    assert.equal(list.capacity, 64);
    assert.equal(list.doubled, true);
    assert.equal(Number(list.end) - Number(list.start), 64 * 32);
    assert.ok(list.used > 24, `${list.used} used`);
    const own = list.ended.find(({ name }) => name === "early_res list");
    assert.deepEqual([own.start, own.end, own.how], [list.start, list.end, "freed"]);
    assert.equal(own.freed_by, "get_free_all_memory_range");
    assert.equal(use.bad_ram, 8);
    assert.match((await stage(guest, "check_and_double_early_res")).changed.join(), /room for 64/);
  });
});

test("the boot bitmap's own pages are handed over", async () => {
  await Guest.with({ memory: 64, append: "bootmem=bitmap" }, async (guest) => {
    const { early_res: list } = await guest.json("/api/v1/boot");
    const { freed_by: by } = list.find(({ name }) => name === "BOOTMAP");
    assert.match(by, /^free_all_bootmem_core/);
  });
});
