// Memory sizes and processors: each machine comes up, and all of its RAM is accounted for.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { allHolds } from "../lib/verdicts.mjs";

const SIZES_MIB = [8, 16, 64, 256, 1024, 2048, 3583, 6144];
const CPUS = ["qemu32", "qemu32,-pse", "qemu32,-pge", "qemu32,-pse,-pge"];

// QEMU's PC: 639 KiB below the video memory, and from 1 MiB up without the firmware's 128 KiB.
const LOW_PAGES = 159;
const pagesAbove1M = (mib) => mib * 256 - 256 - 32;

for (const memory of SIZES_MIB) {
  for (const cpu of memory === 256 || memory === 3583 ? CPUS : [CPUS[0]]) {
    test(`${memory} MiB with -cpu ${cpu}`, async () => {
      await Guest.with({ memory, cpu }, async (guest) => {
        const { use, pages } = await allHolds(guest);
        assert.equal(pages, LOW_PAGES + pagesAbove1M(memory), "RAM that QEMU was given");
        if (memory > 4096) assert.equal(use.above_4g, (memory - 3072) * 256, "above_4g");
        else assert.equal(use.above_4g ?? 0, 0, "above_4g");
      });
    });
  }
}

test("large pages map low memory where the processor has them, small ones elsewhere", async () => {
  const levels = async (cpu) =>
    Guest.with({ memory: 64, cpu }, async (guest) => {
      const meminfo = await guest.text("/proc/meminfo");
      const kib = (key) => Number(new RegExp(`^${key}: +(\\d+) kB$`, "m").exec(meminfo)[1]);
      return { small: kib("DirectMap4k"), large: kib("DirectMap4M") };
    });
  const [withPse, without] = [await levels("qemu32"), await levels("qemu32,-pse")];
  assert.ok(withPse.large >= 48 * 1024, `large pages map ${withPse.large} KiB`);
  assert.equal(without.large, 0);
  assert.equal(withPse.small + withPse.large, without.small);
});

test("global pages only where the processor has them", async () => {
  const globals = async (cpu) =>
    Guest.with({ memory: 64, cpu }, async (guest) => {
      const text = await guest.text("/sys/kernel/debug/kernel_page_tables");
      return text.split("\n").filter((line) => line.includes("GLB")).length;
    });
  assert.ok((await globals("qemu32")) > 0);
  assert.equal(await globals("qemu32,-pge"), 0);
});
