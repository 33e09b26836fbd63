// The views behind the pages: /api/v1/frames, frame, slab, vm and pagetables, against the texts of the
// same machine and against QEMU's own view of it.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { Guest } from "../lib/guest.mjs";
import { buddyinfo, infoMem, pageTables, slabinfo } from "../lib/proc.mjs";

let guest;
before(async () => {
  // More than 896 MiB, so that there is high memory.
  guest = await Guest.ready({ memory: 1024 });
});
after(() => guest?.stop());

const ALPHABET = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter(
  (c) => !/[0-9"\\]/.test(c),
);

/** The cells of a picture: [{ value, eighths }]. */
function cells(answer) {
  const list = [];
  const shares = answer.frames_per_cell > 1;
  const token = shares ? /(\d*)([^0-9])([a-h])/gy : /(\d*)([^0-9])/gy;
  let end = 0;
  for (const [all, run, char, share] of answer.picture.matchAll(token)) {
    end += all.length;
    const value = ALPHABET.indexOf(char);
    assert.ok(value >= 0 && value < answer.values.length, `value of ${char}`);
    for (let i = 0; i < Number(run || 1); i++)
      list.push({ value, eighths: shares ? share.charCodeAt(0) - 96 : 8 });
  }
  assert.equal(end, answer.picture.length, "the picture is runs to its end");
  assert.equal(list.length, answer.cells);
  return list;
}

/** All frames one by one, of one way of colouring, in pieces of 65536 cells. */
async function everyFrame(by) {
  const frames = [];
  let names;
  for (let start = 0, end = 1; start < end; start += 65536) {
    const { end_pfn } = await guest.json("/api/v1/frames?cells=1");
    end = end_pfn;
    const n = Math.min(65536, end - start);
    const answer = await guest.json(
      `/api/v1/frames?by=${by}&start=${start}&frames=${n}&cells=${n}`,
    );
    assert.equal(answer.frames_per_cell, 1);
    names = answer.values;
    for (const { value } of cells(answer)) frames.push(value);
  }
  return { frames, names };
}

function counts({ frames, names }) {
  const sum = new Map(names.map((name) => [name, 0]));
  for (const value of frames) sum.set(names[value], sum.get(names[value]) + 1);
  return sum;
}

/** Free memory and slabs move by a few frames between two answers. */
function near(found, expected, what, slack = 64) {
  assert.ok(Math.abs(found - expected) <= slack, `${what}: ${found}, not about ${expected}`);
}

test("the frames by use add up to the uses of /api/v1/memory", async () => {
  const sum = counts(await everyFrame("use"));
  const memory = await guest.json("/api/v1/memory");
  for (const { use, pages } of memory.frames) {
    if (use === "above_4g" || use === "cut_by_option" || use === "trimmed") continue;
    near(sum.get(use) ?? 0, pages, use);
  }
});

test("the frames by order add up to buddyinfo", async () => {
  const sum = counts(await everyFrame("order"));
  const zones = buddyinfo(await guest.text("/proc/buddyinfo"));
  for (let order = 0; order <= 10; order++) {
    const blocks = zones.reduce((all, zone) => all + zone.blocks[order], 0);
    near(sum.get(`order ${order}`), blocks * 2 ** order, `order ${order}`, 64 * 2 ** order);
  }
  const top = zones.reduce((all, zone) => all + zone.blocks[10], 0);
  near(sum.get("order 10") / 1024, top, "blocks of order 10", 1);
});

test("the frames by zone, migrate type and cache agree with zoneinfo, pagetypeinfo and slabinfo", async () => {
  const zones = counts(await everyFrame("zone"));
  const spans = [
    ...(await guest.text("/proc/zoneinfo")).matchAll(
      /zone +(\S+)\n(?:.*\n)*? +spanned +(\d+)\n +present +(\d+)/g,
    ),
  ];
  for (const [, name, spanned, present] of spans) {
    const found = zones.get(`node 0 ${name}`);
    assert.ok(found >= Number(present) && found <= Number(spanned), `${name}: ${found}`);
  }
  const types = counts(await everyFrame("type"));
  assert.ok(types.get("Movable") > types.get("Unmovable"));
  const caches = counts(await everyFrame("cache"));
  for (const [name, cache] of slabinfo(await guest.text("/proc/slabinfo")))
    near(caches.get(name), cache.slabs * cache.pagesPerSlab, name, 8);
});

test("a coarse picture shows the same machine", async () => {
  const answer = await guest.json("/api/v1/frames?by=zone&cells=100");
  assert.ok(answer.cells <= 100);
  const list = cells(answer);
  const fine = await everyFrame("zone");
  list.forEach(({ value, eighths }, i) => {
    const piece = fine.frames.slice(i * answer.frames_per_cell, (i + 1) * answer.frames_per_cell);
    if (piece.length < answer.frames_per_cell) return;
    const share = piece.filter((v) => v === value).length / piece.length;
    const others = Math.max(...[...new Set(piece)].map((v) => piece.filter((w) => w === v).length));
    assert.equal(share * piece.length, others, `cell ${i}: the value most frames have`);
    assert.equal(eighths, Math.max(1, Math.floor(share * 8)), `cell ${i}: its share`);
  });
});

test("a frame tells its state, its block and every address it is mapped at", async () => {
  const image = await guest.json("/api/v1/frame?address=0x100000");
  assert.equal(image.state, "reserved");
  assert.equal(image.use, "kernel_image");
  assert.deepEqual(image.descriptor.flag_names, ["reserved"]);
  assert.equal(image.direct_map, "0xc0100000");
  const { frames, names } = await everyFrame("order");
  const pfn = frames.lastIndexOf(names.indexOf("order 10"));
  const free = await guest.json(`/api/v1/frame?pfn=${pfn}`);
  assert.equal(free.state, "free");
  assert.deepEqual(free.block, { pfn: pfn - (pfn % 1024), order: 10 });
  assert.equal(free.zone, "HighMem");
  assert.equal(free.direct_map, null);
  const { vmalloc } = await guest.json("/api/v1/vm");
  assert.ok(vmalloc.areas.length > 0, "the card's registers are mapped");
});

test("a cache's slabs hold as many objects in use as slabinfo says", async () => {
  const caches = slabinfo(await guest.text("/proc/slabinfo"));
  for (const name of ["kmem_cache", "size-32", "size-4096", "PBUF"]) {
    const cache = caches.get(name);
    const answer = await guest.json(`/api/v1/slab?cache=${encodeURIComponent(name)}&slabs=128`);
    assert.equal(answer.slabs.length, answer.slabs_total);
    near(answer.slabs_total, cache.slabs, `${name}: slabs`, 2);
    assert.equal(answer.objects_per_slab, cache.perSlab);
    const states = answer.slabs.map((slab) => slab.objects).join("");
    const count = (state) => states.split(state).length - 1;
    assert.equal(states.length, answer.total, `${name}: every object has a state`);
    assert.equal(count("a"), answer.percpu_array.available, `${name}: objects in the array`);
    for (const slab of answer.slabs) {
      assert.equal(slab.in_use, slab.objects.replaceAll("f", "").length, `${name}: in use`);
      const list = slab.in_use === 0 ? "free" : slab.in_use < cache.perSlab ? "partial" : "full";
      assert.equal(slab.list, list, `${name}: the slab's list`);
      const frame = await guest.json(`/api/v1/frame?pfn=${slab.pfn}`);
      if (frame.slab) assert.equal(frame.slab.cache, name);
    }
  }
});

test("the walk of an address ends where QEMU says it does", async () => {
  for (const address of [0xc0100000, 0xc0400123, 0xf7ffffff, 0xfff00000, 0x1000, 0xf8000000]) {
    const hex = `0x${address.toString(16)}`;
    const { walk } = await guest.json(`/api/v1/pagetables?address=${hex}`);
    const said = await guest.hmp(`gva2gpa ${hex}`);
    const gpa = /gpa: (0x[0-9a-f]+)/.exec(said);
    assert.equal(walk.mapped, Boolean(gpa), `${hex}: ${said}`);
    if (gpa) assert.equal(parseInt(walk.physical, 16), parseInt(gpa[1], 16), hex);
    assert.equal(walk.directory_entry.index, address >>> 22);
    if (walk.table_entry) assert.equal(walk.table_entry.index, (address >>> 12) & 1023);
  }
});

test("the directory agrees with kernel_page_tables and with info mem", async () => {
  const { directory, cr3, audit } = await guest.json("/api/v1/pagetables");
  const registers = await guest.hmp("info registers");
  assert.equal(parseInt(cr3, 16), parseInt(/CR3=([0-9a-f]+)/.exec(registers)[1], 16));
  assert.equal(
    directory.reduce((all, entry) => all + entry.count, 0),
    1024,
  );
  const mapped = (ranges) => ranges.reduce((all, { start, end }) => all + (end - start), 0) / 4096;
  const pages = directory.reduce(
    (all, { kind, count, present }) => all + (kind === "large" ? 1024 * count : present),
    0,
  );
  const ranges = pageTables(await guest.text("/sys/kernel/debug/kernel_page_tables"));
  assert.equal(pages, mapped(ranges.filter((range) => range.mapped)));
  assert.equal(pages, mapped(infoMem(await guest.hmp("info mem"))));
  for (const finding of [
    "user_pages",
    "writable_text_pages",
    "unmapped_direct_pages",
    "mapped_guard_pages",
    "stray_pages",
  ])
    assert.equal(audit[finding], 0, finding);
});

test("the runs of entries are what kernel_page_tables and info mem say, and go on where they were cut", async () => {
  const whole = await guest.json("/api/v1/pagetables?runs=4096");
  assert.equal(whole.next, null);
  const size = (run) => run.count * (run.large ? 2 ** 22 : 4096);
  const bytes = whole.runs.reduce((sum, run) => sum + size(run), 0);
  const mapped = infoMem(await guest.hmp("info mem"));
  assert.equal(
    bytes,
    mapped.reduce((sum, { start, end }) => sum + (end - start), 0),
  );
  for (const { address, entry, count, large } of whole.runs.slice(0, 40)) {
    const last = Number(address) + (count - 1) * (large ? 2 ** 22 : 4096);
    const { walk } = await guest.json(`/api/v1/pagetables?address=0x${last.toString(16)}`);
    const found = Number((walk.table_entry ?? walk.directory_entry).entry);
    assert.equal(found, Number(entry) + (count - 1) * (large ? 2 ** 22 : 4096), address);
  }
  const cut = [];
  for (let from = "0x0"; from; ) {
    const some = await guest.json(`/api/v1/pagetables?runs=3&from=${from}`);
    assert.equal("directory" in some, from === "0x0");
    cut.push(...some.runs);
    from = some.next;
  }
  assert.deepEqual(cut, whole.runs);
});

test("a snapshot has its documents of one instant: their figures belong together", async () => {
  for (let round = 0; round < 5; round++) {
    const text = await guest.text("/api/v1/snapshot");
    const all = JSON.parse(text);
    const { memory, buddy, vm, net, callsites, pagetables } = all;
    const sum = memory.frames.reduce((n, { pages }) => n + pages, 0);
    assert.equal(sum, memory.ram_pages);
    for (const [i, zone] of memory.zones.entries()) {
      const orders = zone.orders.map(({ types }) => Object.values(types).reduce((a, b) => a + b));
      assert.deepEqual(
        buddy.zones[i].orders.map(({ free_blocks }) => free_blocks),
        orders,
      );
    }
    const pbufs = memory.caches.find(({ name }) => name === "TCP_PCB");
    assert.ok(net.connections.length > 0 && pbufs.active > 0);
    assert.ok(vm.layout.length > 4 && callsites.site_count >= 0);
    assert.ok(pagetables.runs.length > 5 && pagetables.directory.length > 5);
    assert.equal(all.snapshot.bytes, text.length);
    const parts = [memory, buddy, vm, net, callsites, pagetables];
    const bytes = parts.reduce((n, { snapshot }) => n + snapshot.bytes, 0);
    assert.ok(bytes < text.length && bytes > text.length - 300, "each says its own length");
  }
});

/** The lines of a twin as the object they were made of: { name: value | [items] | {members} }. */
function readLines(text) {
  const lines = text.trimEnd().split("\n");
  const value = (word) =>
    word === "-"
      ? null
      : word.startsWith('"')
        ? JSON.parse(word)
        : /^-?\d+$/.test(word)
          ? Number(word)
          : word === "true" || word === "false"
            ? word === "true"
            : word;
  const members = (words, into) => {
    for (const [, name, word] of words.matchAll(/ ?([^ =]+)=("(?:[^"\\]|\\.)*"|[^ ]*)/g))
      into[name] = value(word);
    return into;
  };
  const indent = (line) => line.search(/[^ ]/);
  // The lines of `depth` from line i on; gives what they are and where they end.
  function block(i, depth, into) {
    for (; i < lines.length && indent(lines[i]) === depth; ) {
      const line = lines[i].slice(depth);
      const named = /^([a-z_0-9]+):(.*)$/.exec(line);
      if (line.startsWith("-")) {
        const item = members(line.slice(1), {});
        i = block(i + 1, depth + 2, item);
        const words = line.slice(1).trim();
        const list = words && !words.includes("=") ? words.split(" ").map(value) : null;
        (into.items ??= []).push(list ?? item);
      } else if (named) {
        const inner = members(named[2], {});
        const rest = named[2].trim();
        i = block(i + 1, depth + 2, inner);
        const list = rest && !rest.includes("=") ? rest.split(" ").map(value) : null;
        into[named[1]] = list ?? inner.items ?? inner;
      } else {
        members(line, into);
        i++;
      }
    }
    return i;
  }
  const out = {};
  assert.equal(block(0, 0, out), lines.length, `line ${block(0, 0, {}) + 1} is understood`);
  return out;
}

test("a twin in lines has every member of its document", async () => {
  for (const path of ["vm", "net", "firmware", "machine", "pci", "nodes", "kernel", "buddy"]) {
    const json = await guest.json(`/api/v1/${path}`);
    const text = readLines(await guest.text(`/api/v1/${path}.txt`));
    // The same members everywhere; an empty list and an empty object look alike.
    const compare = (a, b, where) => {
      if (a !== null && typeof a === "object") {
        if (Object.keys(a).length === 0) return assert.deepEqual(b, {}, where);
        assert.deepEqual(Object.keys(b), Object.keys(a), where);
        for (const key of Object.keys(a)) compare(a[key], b[key], `${where}.${key}`);
      } else if (typeof a === "string") assert.equal(String(b), a, where);
      else assert.equal(typeof b, typeof a, where);
    };
    compare(json, text, path);
  }
});

test("fixmaps and kmaps are told with their addresses", async () => {
  const { fixmap, kmap, layout, vmalloc } = await guest.json("/api/v1/vm");
  assert.equal(fixmap.length, 31);
  fixmap.forEach((entry, index) => {
    assert.equal(entry.index, index);
    assert.equal(parseInt(entry.address, 16), 0xfffff000 - 4096 * index);
  });
  assert.equal(fixmap[10].name, "FIX_KMAP");
  assert.equal(fixmap[10].address, "0xffff5000");
  assert.equal(kmap.start, "0xff800000");
  assert.equal(kmap.slots, 1024);
  assert.equal(kmap.in_use.length, kmap.mapped + kmap.waiting_for_flush);
  assert.equal(kmap.hash_records_free, 1024 - kmap.in_use.length);
  assert.equal(layout.at(-1).end, "0x100000000");
  const used = vmalloc.areas.reduce((all, { start, end }) => all + (end - start), 0);
  assert.equal(used, vmalloc.used_bytes);
  for (const { guard } of vmalloc.areas) {
    const { walk } = await guest.json(`/api/v1/pagetables?address=${guard}`);
    assert.equal(walk.mapped, false, `the guard page ${guard}`);
  }
});

test("a wrong question is answered with what was expected", async () => {
  const wrong = [
    ["/api/v1/frames?by=colour", 400, /by=colour: there are state, use, zone/],
    ["/api/v1/frames?start=99999999", 400, /start=99999999 is not a number from 0 to/],
    ["/api/v1/frames?cells=0", 400, /cells=0 is not a number from 1 to 65536/],
    ["/api/v1/frames?cels=4", 400, /cels= is not known/],
    ["/api/v1/frame", 400, /pfn= or address= is missing/],
    ["/api/v1/frame?pfn=-1", 400, /pfn=-1 is not a number/],
    ["/api/v1/frame?pfn=1048575", 404, /frame 1048575 has no descriptor/],
    ["/api/v1/frame?address=4096", 400, /address=4096 is not a physical address/],
    ["/api/v1/slab", 400, /cache= is missing/],
    ["/api/v1/slab?cache=nix", 404, /nix is not a cache/],
    ["/api/v1/pagetables?address=0x100000000", 400, /is not an address from 0x0 to 0xffffffff/],
  ];
  for (const [path, status, message] of wrong) {
    const answer = await guest.request(path);
    assert.equal(answer.status, status, path);
    assert.match(JSON.parse(answer.body).error.message, message, path);
  }
});
