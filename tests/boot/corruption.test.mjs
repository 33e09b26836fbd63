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

const NORMAL = "contig_page_data.node_zones[1]";

const frame = (pfn) => `frame 0x${pfn.toString(16).padStart(5, "0")}`;

/**
 * What is overwritten, how gdb says it, and the line that the check's answer has to hold. `pfn` is the
 * first frame of a free block of order 10.
 */
const CASES = [
  {
    title: "a zone's free page counter",
    set: `${NORMAL}.vm_stat[0] += 5`,
    what: /^NR_FREE_PAGES$/,
    where: () => "node 0 zone Normal",
  },
  {
    title: "the count of free blocks of one order",
    set: `${NORMAL}.free_area[3].nr_free += 1`,
    what: /nr_free$/,
    where: () => "node 0 zone Normal order 3",
  },
  {
    title: "the owner of a frame of the kernel's image",
    set: "mem_map[0x110].flags ^= (5 << 16)",
    what: /^owner_pages$/,
    where: () => "owner kernel_image",
  },
  {
    title: "an owner's counter",
    set: "owner_pages[3] += 1",
    what: /^owner_pages$/,
    where: () => "owner memory_map",
  },
  {
    title: "the order of a free block's head",
    set: "mem_map[$pfn].private = 3",
    what: /^use of a frame$/,
    where: (pfn) => frame(pfn + 8),
  },
  {
    title: "the mark of a free block's head",
    set: "mem_map[$pfn].flags &= ~(1 << 11)",
    what: /^use of a frame$/,
    where: frame,
  },
  {
    title: "the reference count of a free frame",
    set: "mem_map[$pfn + 1]._count = 1",
    what: /^page\._count$/,
    where: (pfn) => frame(pfn + 1),
  },
  {
    title: "a list pointer of a free block, pointing nowhere",
    set: "mem_map[$pfn].lru.next = 0x10",
    what: /^page\.lru\.next$/,
    where: frame,
  },
  {
    title: "a slab cache's count of free objects",
    set: "cache_cache.nodelists[0].free_objects += 1",
    what: /^kmem_list3 free_objects$/,
    where: () => "kmem_cache",
  },
  {
    title: "a slab's count of objects in use",
    set: "((struct slab *)cache_cache.nodelists[0].slabs_full.next).inuse -= 1",
    what: /^slab inuse/,
    where: () => "kmem_cache slab 0x",
  },
  {
    title: "a slab's list pointer, pointing nowhere",
    set: "((struct slab *)cache_cache.nodelists[0].slabs_full.next).list.next = 0x10",
    what: /^link of a slab list$/,
    where: () => "kmem_cache",
  },
  {
    title: "the cache that a slab's page names",
    set: "mem_map[((unsigned long)cache_cache.next.prev - 0xc0000000) >> 12].slab_cache = 0x1234",
    what: /^page descriptor slab_cache$/,
    where: () => "",
  },
  {
    title: "an object in a per-cpu array",
    // One more than there are: the reaper may have emptied the array.
    set: "cache_cache.array[0].entry[cache_cache.array[0].avail++] = 0x10",
    what: /^object in the per-cpu array$/,
    where: () => "kmem_cache",
  },
  {
    title: "the list of vmalloc areas",
    set: "vmap_area_list.next = 0x10",
    what: /^link of vmap_area_list$/,
    where: () => "0xc4",
  },
];

// The first block on Normal's list of order 10, where boot puts free memory: movable.
const FIND_FREE = [
  `set $list = &${NORMAL}.free_area[10].free_list[2]`,
  "set $lru = (unsigned long)&((struct page *)0)->lru",
  "set $pfn = ((unsigned long)$list->next - $lru - (unsigned long)mem_map) / sizeof(struct page)",
  'printf "pfn %u\\n", $pfn',
];

for (const { title, set, what, where } of CASES) {
  test(`the check names ${title}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), "memscope-gdb-"));
    const socket = join(dir, "gdb");
    try {
      await Guest.with({ memory: 64, extra: gdbOptions(socket) }, async (guest) => {
        await checkAgrees(guest);
        const printed = await gdb(socket, ...FIND_FREE, `set var ${set}`);
        const [, pfn] = /^pfn (\d+)$/m.exec(printed);
        const check = await guest.json("/api/v1/check");
        assert.equal(check.ok, false, "the check saw nothing");
        for (const line of check.disagreements)
          assert.deepEqual(Object.keys(line).sort(), ["expected", "found", "what", "where"]);
        const found = check.disagreements.find(
          (line) => what.test(line.what) && line.where.startsWith(where(Number(pfn))),
        );
        assert.ok(found, `no such line in ${JSON.stringify(check.disagreements)}`);
        assert.notEqual(found.expected, found.found);
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
