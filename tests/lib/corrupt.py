# Runs inside gdb, on a guest that is held in memstat_check(): writes each word named below, has the
# guest walk its memory, reads what the walk found, and puts the word back. One line of JSON for each
# word that is not as it should be (not named, or the walk itself fell over), one with the totals.
#
# The walk runs with the guest's own code on the guest's own stack; its answer goes into a free page.

import json
import os
import struct

import gdb

SIZEOF_ENTRY = 160  # struct memstat_disagreement
PAGE_OFFSET = 0xC0000000
REGISTERS = ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags"]


def value(expression):
    return int(gdb.parse_and_eval(expression))


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def write(address, data):
    gdb.selected_inferior().write_memory(address, data)


def word(address):
    return struct.unpack("<I", read(address, 4))[0]


for command in ("set pagination off", "set confirm off", "set unwindonsignal on"):
    gdb.execute(command)
gdb.execute("target remote " + os.environ["GDB_SOCKET"])
gdb.execute("hbreak memstat_check")
gdb.execute("continue", to_string=True)
gdb.execute("delete")
gdb.execute("break halt_forever")  # where a panic ends
saved = {name: value("(unsigned)$" + name) for name in REGISTERS}

mem_map = value("(unsigned long)mem_map")
frames = min(value("max_mapnr"), 0x38000)
data = read(mem_map, 32 * frames)
pages = [struct.unpack_from("<IiiIIIII", data, 32 * pfn) for pfn in range(frames)]
RESERVED, BUDDY, SLAB = 1 << 6, 1 << 11, 1 << 5
HOLE, PCP = value("(int)OWNER_HOLE"), value("(int)OWNER_PCP")


def owner(page):
    return page[0] >> 16 & 63


def state_of(page):
    if page[0] & RESERVED:
        return "hole" if owner(page) == HOLE else "reserved"
    if page[0] & BUDDY:
        return "free head"
    if page[0] & SLAB:
        return "slab head" if owner(page) else "slab tail"
    if owner(page) == PCP:
        return "per-cpu list"
    return "allocated head" if owner(page) else "tail"


# The first frame of each state; tails by the head before them.
sample = {}
scratch = None
for pfn, page in enumerate(pages):
    state = state_of(page)
    if state == "tail":
        continue
    order = page[3] if state == "free head" else page[0] >> 22 & 15
    if state in ("free head", "allocated head") and order:
        sample.setdefault(state.replace("head", "tail"), pfn + 1)
        if state == "free head" and order >= 5:
            scratch = pfn + (1 << order) - 1
    sample.setdefault(state, pfn)
answer = PAGE_OFFSET + 4096 * scratch

totals = {"tried": 0, "missed": 0, "fell": 0, "states": sorted(sample)}


def walk():
    """The disagreements, or None if the walk did not come back."""
    try:
        # gdb puts the argument on the stack; the function takes it from EAX.
        gdb.execute("set $eax = %d" % answer)
        gdb.execute("call (void)memstat_check((struct memstat_check *)%d)" % answer, to_string=True)
    except gdb.error:
        for name in REGISTERS:
            gdb.execute("set $%s = %d" % (name, saved[name]))
        return None
    count, kept = struct.unpack_from("<II", read(answer, 12), 4)
    text = read(answer + 12, kept * SIZEOF_ENTRY)
    found = []
    for i in range(kept):
        entry = text[i * SIZEOF_ENTRY : (i + 1) * SIZEOF_ENTRY]
        fields = (entry[:40], entry[40:96], entry[96:128], entry[128:160])
        found.append([f.split(b"\0")[0].decode("latin1") for f in fields])
    assert bool(count) == bool(found)
    return found


def attempt(what, address, new, names):
    """Writes `new`; the walk has to name it: `names` occurs in what or where of some line."""
    old = read(address, len(new))
    if old == new:
        return
    write(address, new)
    found = walk()
    write(address, old)
    totals["tried"] += 1
    if found is None:
        totals["fell"] += 1
    elif any(names in line[0] + " " + line[1] and line[2] != line[3] for line in found):
        return
    else:
        totals["missed"] += 1
    print(json.dumps({"what": what, "old": old.hex(), "new": new.hex(), "found": found}))


def flipped(address, mask):
    return struct.pack("<I", word(address) ^ mask)


def attempt_word(what, address, names, masks=(1, 0x40, 0x80000000)):
    for mask in masks:
        attempt(what, address, flipped(address, mask), names)
    attempt(what, address, b"\xff\xff\xff\xff", names)
    attempt(what, address, b"\x10\0\0\0", names)  # a pointer to nothing


WORDS = ["flags", "_count", "_mapcount", "private", "mapping", "index", "lru.next", "lru.prev"]
for state, pfn in sample.items():
    for i, name in enumerate(WORDS):
        masks = [1 << bit for bit in range(32)] if i == 0 else (1, 0x80000000)
        # A wrong link or order is named at the slab, list or block that it belongs to.
        attempt_word("%s %#x %s" % (state, pfn, name), mem_map + 32 * pfn + 4 * i, "", masks)

for zone in (0, 1):
    base = "contig_page_data.node_zones[%d]" % zone
    title = ("DMA", "Normal")[zone]
    for field in [
        "watermark[0]", "watermark[1]", "watermark[2]", "lowmem_reserve[1]", "lowmem_reserve[3]",
        "vm_stat[0]", "vm_stat[1]", "vm_stat[2]", "vm_stat[3]", "pcp.count", "pcp.high",
        "pcp.batch", "free_area[0].nr_free", "free_area[10].nr_free", "free_area[2].nr_type[2]",
        "free_area[10].nr_type[2]", "free_area[7].free_list[4].next", "spanned_pages",
        "present_pages", "zone_start_pfn", "engine", "name", "wait_table",
    ]:
        attempt_word(base + "." + field, value("(unsigned long)&%s.%s" % (base, field)), title)

for variable, names in [
    ("totalram_pages", "totalram_pages"), ("totalhigh_pages", "totalhigh_pages"),
    ("page_extra_refs", "page_extra_refs"), ("min_free_kbytes", "min_free_kbytes"),
    ("max_mapnr", "max_mapnr"), ("mem_map", "mem_map"), ("max_pfn", "max_pfn"),
    ("max_low_pfn", "max_low_pfn"), ("highend_pfn", "highend_pfn"), ("e820.nr_map", "e820"),
    ("e820.map[1].size", "e820"), ("e820_saved.map[0].type", "e820_saved"),
    ("pool[1].size", "memory map"), ("log_count", "early reservations"),
    ("frames.ram_pages", "ram_pages"), ("frames.trimmed_pages", "trimmed"),
    ("frames.cut_by_option_pages", "cut_by_option"), ("frames.above_4g_pages", "above_4g"),
    ("contig_page_data.node_present_pages", "node fields"), ("nr_node_ids", "nr_node_ids"),
    ("contig_page_data.node_zonelists[0][1].zones[0]", "zonelists"), ("mm_seal.zone_count", "mm_seal"),
    ("malloc_sizes[3].cs_cachep", "malloc_sizes"), ("g_cpucache_up", "g_cpucache_up"),
    ("swapper_pg_dir[5]", "swapper_pg_dir"), ("cache_chain.prev", "cache_chain"),
    ("vmap_area_list.prev", "vmap_area_list"),
]:  # fmt: skip
    attempt_word(variable, value("(unsigned long)&%s" % variable), names)
for i in range(value("(int)NR_OWNERS")):
    attempt_word("owner_pages[%d]" % i, value("(unsigned long)&owner_pages[%d]" % i), "owner_pages")
attempt("pageblock_types[1]", value("(unsigned long)&pageblock_types[1]"), b"\x07", "pageblock")


def cache_of(page):
    return gdb.Value(page[6]).cast(gdb.lookup_type("struct kmem_cache").pointer())


cache = cache_of(pages[sample["slab head"]])
title = cache["name"].string()
slab = gdb.Value(pages[sample["slab head"]][7]).cast(gdb.lookup_type("struct slab").pointer())
for base, fields in [
    (cache, ["buffer_size", "num", "limit", "batchcount", "flags", "gfporder", "colour", "ctor",
             "obj_size", "obj_offset", "name", "grown", "nr_slabmgmt"]),
    (cache["nodelists"][0], ["free_objects", "free_limit", "nr_slabs", "nr_free_slabs", "shared"]),
    (cache["array"][0], ["limit", "batchcount"]),
    (slab, ["inuse", "free", "s_mem", "colouroff"]),
]:  # fmt: skip
    for field in fields:
        # Once the constants of a cache are wrong, it is named by its address.
        attempt_word(title + " " + field, int(base[field].address), "")
areas = gdb.parse_and_eval("vmap_area_list.next")
area = gdb.parse_and_eval("(struct vmap_area *)((char *)vmap_area_list.next - "
                          "(unsigned long)&((struct vmap_area *)0)->list)")  # fmt: skip
for field in ("va_start", "va_end", "flags", "vm"):
    attempt_word("vmap_area." + field, int(area[field].address), "")
for field in ("addr", "size", "flags", "nr_pages", "phys_addr"):
    attempt_word("vm_struct." + field, int(area["vm"][field].address), "")

totals["after"] = walk()
print(json.dumps({"totals": totals}))
gdb.execute("delete")
gdb.execute("detach")
