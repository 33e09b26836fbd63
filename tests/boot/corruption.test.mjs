// A word that goes wrong is found, and named: each test writes one, in the running machine, behind
// the kernel's back, and asks /api/v1/check.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { gdb, gdbOptions } from "../lib/gdb.mjs";
import { Guest } from "../lib/guest.mjs";
import { checkAgrees } from "../lib/verdicts.mjs";

const NORMAL = "node_data[0].node_zones[1]";

/** What is overwritten, how gdb says it, and what the check's answer has to name. */
const CASES = [
  {
    what: "a zone's free page counter",
    set: `${NORMAL}.vm_stat[0] += 5`,
    names: /free/i,
    where: /Normal/,
  },
  {
    what: "the count of free blocks of one order",
    set: `${NORMAL}.free_area[3].nr_free += 1`,
    names: /free|order/i,
    where: /Normal/,
  },
  {
    what: "the owner of a frame of the kernel's image",
    set: "mem_map[0x110].flags ^= (5 << 16)",
    names: /./,
    where: /./,
  },
  {
    what: "an owner's counter",
    set: "owner_pages[3] += 1",
    names: /./,
    where: /./,
  },
  {
    what: "the order of a free block's head",
    find: "free",
    set: "mem_map[$pfn].private = 3",
    names: /./,
    where: /./,
  },
  {
    what: "the mark of a free block's head",
    find: "free",
    set: "mem_map[$pfn].flags &= ~(1 << 11)",
    names: /./,
    where: /./,
  },
  {
    what: "the reference count of a free frame",
    find: "free",
    set: "mem_map[$pfn + 1]._count = 1",
    names: /./,
    where: /./,
  },
  {
    what: "a list pointer of a free block, pointing nowhere",
    find: "free",
    set: "mem_map[$pfn].lru.next = 0x10",
    names: /./,
    where: /./,
  },
];

// The first block on Normal's list of order 10, movable or not.
const FIND_FREE = [
  `set $list = &${NORMAL}.free_area[10].free_list[2]`,
  "set $lru = (unsigned long)&((struct page *)0)->lru",
  "set $pfn = ((unsigned long)$list->next - $lru - (unsigned long)mem_map) / sizeof(struct page)",
];

for (const { what, set, find, names, where } of CASES) {
  test(`the check names ${what}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), "memscope-gdb-"));
    const socket = join(dir, "gdb");
    try {
      await Guest.with({ memory: 64, extra: gdbOptions(socket) }, async (guest) => {
        await checkAgrees(guest);
        await gdb(socket, ...(find ? FIND_FREE : []), `set var ${set}`);
        const check = await guest.json("/api/v1/check");
        assert.equal(check.ok, false, "the check saw nothing");
        assert.ok(check.disagreements.length > 0);
        for (const line of check.disagreements)
          for (const key of ["what", "where", "expected", "found"])
            assert.ok(key in line, `${key} is missing in ${JSON.stringify(line)}`);
        const text = JSON.stringify(check.disagreements);
        assert.match(text, names);
        assert.match(text, where);
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
