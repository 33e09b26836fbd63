// The allocators' self-tests on live machines: what the host tests cannot show, since the translation
// buffer, the fault handler and the physical addresses are stand-ins there. Each also runs
// /api/v1/check's walk at its end.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest, STATUS_TEST_PASSED } from "../lib/guest.mjs";

const MACHINES = [
  { memory: 8, tests: ["slab", "vmalloc"] },
  { memory: 64, tests: ["pages", "slab", "vmalloc"] },
  { memory: 1024, tests: ["pages", "slab", "vmalloc", "kmap"] },
  { memory: 3583, tests: ["slab", "vmalloc", "kmap"] },
  { memory: 256, append: "highmem=64M", tests: ["kmap"] },
  { memory: 1024, cpu: "qemu32,-pse", tests: ["slab", "vmalloc", "kmap"] },
  { memory: 1024, cpu: "qemu32,-pge", tests: ["vmalloc", "kmap"] },
  { memory: 1024, append: "slub_debug=FZP", tests: ["slab", "vmalloc"] },
];

for (const { memory, cpu = "qemu32", append = "", tests } of MACHINES) {
  for (const name of tests) {
    test(`test=${name} with ${memory} MiB, -cpu ${cpu} ${append}`, async () => {
      const guest = await Guest.start({
        memory,
        cpu,
        nic: "none",
        append: `test=${name} ${append}`,
      });
      try {
        assert.equal(await guest.waitExit(), STATUS_TEST_PASSED, guest.serial);
        assert.match(guest.serial, new RegExp(`^memscope: test ${name} passed`, "m"));
      } finally {
        await guest.stop();
      }
    });
  }
}
