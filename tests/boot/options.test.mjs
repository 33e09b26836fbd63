// Command-line options that change the map: what is cut is accounted for, not forgotten.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { firmwareMap, ramPages } from "../lib/proc.mjs";
import { allHolds } from "../lib/verdicts.mjs";

const zoneOf = async (guest, name) =>
  (await guest.json("/api/v1/memory")).zones.find((zone) => zone.name === name);

test("mem= cuts RAM and says how much", async () => {
  await Guest.with({ memory: 128, append: "mem=64M" }, async (guest) => {
    const { use } = await allHolds(guest);
    const kept = (await firmwareMap(guest)).map(({ start, end, type }) => ({
      start,
      end: end < 0x4000000n ? end : 0x4000000n > start ? 0x4000000n : start,
      type,
    }));
    const all = ramPages(await firmwareMap(guest));
    assert.equal(use.cut_by_option, all - ramPages(kept));
  });
});

test("mem=nopentium takes the large pages away", async () => {
  await Guest.with({ memory: 64, append: "mem=nopentium" }, async (guest) => {
    await allHolds(guest);
    assert.match(await guest.text("/proc/meminfo"), /^DirectMap4M: +0 kB$/m);
  });
});

test("memmap=exactmap replaces the firmware's map", async () => {
  const append = "memmap=exactmap memmap=639K@0 memmap=31M@1M";
  await Guest.with({ memory: 128, append }, async (guest) => {
    const { use, pages } = await allHolds(guest);
    assert.equal(use.cut_by_option, pages - 159 - 31 * 256);
  });
});

test("memmap=SIZE$START takes a hole out of RAM", async () => {
  await Guest.with({ memory: 64, append: "memmap=1M$32M" }, async (guest) => {
    const { use } = await allHolds(guest);
    assert.equal(use.cut_by_option, 256);
    assert.match(await guest.text("/proc/iomem"), /02000000-020fffff : reserved/);
  });
});

for (const piece of ["64M@512M", "512M@0", "99999999999999999999@0"]) {
  test(`RAM that is not there is refused, and named: memmap=${piece}`, async () => {
    await Guest.with({ memory: 128, append: `memmap=${piece}` }, async (guest) => {
      const { use } = await allHolds(guest);
      assert.equal(use.cut_by_option, 0);
      const lines = guest.lines.filter((line) => /none answers at 0x.*: refused/.test(line));
      assert.ok(lines.length >= 1 && lines.length <= 3, lines.join("\n"));
    });
  });
}

test("memmap= gives back RAM that the firmware kept, and it serves", async () => {
  const append = "memmap=exactmap memmap=639K@0 memmap=63M@1M";
  await Guest.with({ memory: 64, append }, async (guest) => {
    await allHolds(guest);
    assert.match(await guest.text("/proc/iomem"), /00100000-03ffffff : System RAM/);
  });
});

test("highmem= gives a small machine a HighMem zone of that size", async () => {
  await Guest.with({ memory: 256, append: "highmem=64M" }, async (guest) => {
    await allHolds(guest);
    assert.equal((await zoneOf(guest, "HighMem")).spanned, 64 * 256);
  });
});

test("highmem= larger than there is RAM is refused in one line, and boot goes on", async () => {
  await Guest.with({ memory: 64, append: "highmem=512M" }, async (guest) => {
    await allHolds(guest);
    const lines = guest.lines.filter((line) => /highmem=\d+K: more than all RAM/.test(line));
    assert.equal(lines.length, 1, guest.serial);
    assert.equal((await zoneOf(guest, "HighMem"))?.present ?? 0, 0);
  });
});

for (const bad of ["mem=potato", "memmap=1M@", "highmem=x", "loglevel=loud", "ip=999.1.2.3"]) {
  test(`a bad value is named on serial and boot goes on: ${bad}`, async () => {
    const guest = await Guest.start({ memory: 64, append: bad });
    try {
      await guest.waitForLine(/^memscope: ready/);
      const [name, value] = bad.split("=");
      const about = guest.lines.filter((line) => line.includes(name) && line.includes(value));
      const complaints = about.filter((line) => !line.includes(`${bad} debug_exit`));
      assert.equal(complaints.length, 1, `lines about it: ${JSON.stringify(about)}`);
    } finally {
      await guest.stop();
    }
  });
}

test("an unknown option is listed in the log and in /api/v1/boot", async () => {
  await Guest.with({ memory: 64, append: "frobnicate=7" }, async (guest) => {
    assert.match(await guest.text("/proc/kmsg"), /frobnicate/);
    assert.deepEqual((await guest.json("/api/v1/boot")).unknown_params, ["frobnicate"]);
  });
});

test("the first word is dropped only if it is the image's name", async () => {
  await Guest.with({ memory: 64, append: "loglevel=6" }, async (guest) => {
    assert.equal(await guest.text("/proc/cmdline"), "loglevel=6 debug_exit\n");
  });
});
