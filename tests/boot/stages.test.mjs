// The record of the boot stages: all of them in the documented order, with what each went by, put out
// and changed; and that what is told of the map, the page tables and the early reservations adds up.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import test, { after, before } from "node:test";

import { symbol } from "../lib/golden.mjs";
import { Guest, ROOT } from "../lib/guest.mjs";

// Kept by hand, not made from the kernel's table: a stage that is moved, lost or added shows here.
const DOCUMENTED = readFileSync(join(ROOT, "tests/boot/documented-order.txt"), "utf8")
  .split(/\s+/)
  .filter(Boolean);

// Mechanisms that serve several stages: they first run with whoever needs them first.
const SERVICES = new Set([
  ...["reserve_early", "check_and_double_early_res", "find_e820_area", "find_early_area"],
  // The image has both forms of initmem_init: what the nodes are is asked before either.
  ...["get_memcfg_numa", "get_memcfg_numa_flat"],
]);

const R1 = { memory: "1048696K" };
/** The record once the machine has slept for the first time: nothing is added to it from then on. */
async function record(machine) {
  for (;;) {
    const { text } = await machine.get("/api/v1/boot");
    const json = JSON.parse(text);
    const idle = json.stages.find(({ id }) => id === "cpu_idle");
    if (idle.status === "done") return { text, json };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let guest;
let boot;
let stage;
before(async () => {
  guest = await Guest.ready({ ...R1, append: "memmap=64K$128M" });
  boot = (await record(guest)).json;
  stage = Object.fromEntries(boot.stages.map((item) => [item.id, item]));
});
after(() => guest?.stop());

const output = ({ outputs }, word) => outputs.find(({ name }) => name === word);
const bytesOf = ({ start, end }) => BigInt(end) - BigInt(start);

test("every documented stage is listed, in the documented order, done or with a reason", () => {
  assert.deepEqual(
    boot.stages.map(({ id }) => id),
    DOCUMENTED,
  );
  const entries = new Set(boot.stages.map(({ entry }) => entry));
  for (let n = 0; n <= 137; n++)
    assert.ok(entries.has(`W-${String(n).padStart(2, "0")}`), `W-${n}`);
  for (let n = 1; n <= 14; n++) assert.ok(entries.has(`N-${String(n).padStart(2, "0")}`), `N-${n}`);
  for (const { id, status, reason, mark, section, changed } of boot.stages) {
    assert.match(section, /§|2\.6\.34|2\.4/, id);
    if (status === "done") assert.ok(changed.length > 0, `${id} is done and tells nothing`);
    else assert.ok(reason, `${id} is ${status}, and nothing says why`);
    assert.ok(!["silent", "running", "not_reached"].includes(status), `${id} is ${status}`);
    if (mark === "N/A") assert.equal(status, "not_applicable", id);
  }
});

test("stages that ran began in the documented order", () => {
  for (const depth of [0, 1, 2]) {
    let last = -1;
    for (const { id, order, depth: at } of boot.stages) {
      if (order < 0 || at !== depth || SERVICES.has(id)) continue;
      assert.ok(order > last, `${id} began before one that stands before it`);
      last = order;
    }
  }
});

test("a stage lies within the one around it, in time", () => {
  const ran = boot.stages.filter(({ order }) => order >= 0).sort((a, b) => a.order - b.order);
  const open = [];
  for (const item of ran) {
    assert.ok(item.end_cycles > item.start_cycles, item.id);
    open.length = item.depth;
    const outer = open.at(-1);
    if (outer) assert.ok(item.start_cycles >= outer.start_cycles, `${item.id} in ${outer.id}`);
    open.push(item);
  }
});

test("outputs hand over: what one stage puts out is what the next goes by", () => {
  assert.deepEqual(output(stage.e820_end_of_ram_pfn, "max_pfn")?.after ?? null, "0x3fffe");
  assert.deepEqual(stage.find_low_pfn_range.inputs, [{ name: "max_pfn", value: "0x3fffe" }]);
  assert.deepEqual(output(stage.find_low_pfn_range, "max_low_pfn"), {
    name: "max_low_pfn",
    before: "0x0",
    after: "0x38000",
  });
  for (const id of ["init_memory_mapping", "initmem_init", "zone_sizes_init"])
    assert.ok(
      stage[id].inputs.some(({ name, value }) => name === "max_low_pfn" && value === "0x38000"),
      id,
    );
  assert.equal(output(stage.setup_arch, "max_low_pfn").after, "0x38000");
  assert.equal(output(stage.gfp_allowed_mask, "gfp_allowed_mask").after, "0xffffffff");
  assert.equal(stage.gfp_allowed_mask.inputs[0].value, "0xffffff2f");
  const { before: none, after: all } = output(stage.free_all_bootmem, "totalram_pages");
  assert.equal(none, 0);
  assert.equal(output(stage.set_highmem_pages_init, "totalhigh_pages").after, 32766);
  assert.equal(output(stage.mem_init, "totalram_pages").after, all + 32766);
  assert.deepEqual(boot.lost, { values: 0, e820_edits: 0, page_tables: 0, replay: 0 });
  assert.deepEqual(
    boot.stages.filter(({ notes_lost: lost }) => lost).map(({ id }) => id),
    [],
  );
});

test("stages say what else they go by", () => {
  for (const item of boot.stages.filter(({ status }) => status === "done"))
    assert.ok(item.inputs.length > 0 || item.other_inputs, `${item.id} goes by nothing`);
});

test("edits of the map are logged, and turn one copy of it into the next", () => {
  const edit = boot.e820_edits.find(({ op }) => op === "update");
  assert.ok(edit, "the option's edit is not there");
  const option = boot.e820_edits.find(({ start }) => start === "0x8000000");
  assert.equal(option.changed_bytes, 65536);
  for (let i = 1; i < boot.e820.length; i++) {
    const ram = ({ entries }) =>
      entries
        .filter(({ type_code: type }) => type === 1)
        .reduce((sum, entry) => sum + bytesOf(entry), 0n);
    const edits = boot.e820_edits.filter(
      ({ cycles }) => cycles > boot.e820[i - 1].cycles && cycles <= boot.e820[i].cycles,
    );
    const change = edits.reduce((sum, { op, old_type_code: from, new_type_code: to, ...rest }) => {
      const bytes = BigInt(rest.changed_bytes);
      if (to === 1) return sum + bytes;
      // Reserved memory that is added lies over RAM, but for the firmware's own.
      return from === 1 || (op === "add" && i > 1) ? sum - bytes : sum;
    }, 0n);
    const start = i === 1 ? 0n : ram(boot.e820[i - 1]); // the first copy is built from nothing
    assert.equal(ram(boot.e820[i]), start + change, boot.e820[i].step);
  }
});

test("early reservations can be replayed to what is handed over", () => {
  const at = stage.free_all_memory_core_early.start_cycles;
  const held = boot.early_res.filter(
    ({ made_cycles: made, freed_cycles: freed }) => made < at && (!freed || freed > at),
  );
  const told = stage.subtract_early_res.changed
    .map((line) => /\[(0x[0-9a-f]+), (0x[0-9a-f]+)\)/.exec(line))
    .filter(Boolean)
    .map(([, start, end]) => ({ start, end }));
  const key = ({ start, end }) => `${start}-${end}`;
  assert.deepEqual(held.map(key).sort(), told.map(key).sort());
  for (const res of boot.early_res) {
    assert.ok(res.made_by && res.made_cycles > 0, res.name);
    assert.equal(res.freed_cycles > 0, res.freed_by !== null, res.name);
  }
});

test("both boot mappings were there before low memory was mapped anew", () => {
  const [line] = stage.boot_mapping.changed;
  const [, pgd, pte] = /pgd\[0\] = pgd\[768\] = (0x[0-9a-f]+), pte\[1\] = (0x[0-9a-f]+)/.exec(line);
  assert.equal(Number(pgd) & 0xfff, 0x067);
  assert.equal(pte, "0x1003");
  assert.ok(stage.boot_mapping.end_cycles < stage.init_memory_mapping.start_cycles);
  const tables = boot.page_tables.filter(({ source }) => source === "boot");
  const first = Number(pgd) - 0x67;
  for (const entry of [0, 768])
    assert.equal(Number(tables.find((row) => row.directory_entry === entry).start), first);
});

test("two passes over the direct map, page tables with their source", async () => {
  const lines = stage.kernel_physical_mapping_init.changed.join("\n");
  assert.match(lines, /pass 1: .* 1024 4 KiB entries, first 0x3\n.*pass 2: first 0x163/);
  assert.match(lines, /223 4 MiB entries, first 0x400083\n.*pass 2: first 0x4001e3/);
  const sum = boot.page_tables.reduce((n, { pages }) => n + pages, 0);
  assert.equal(sum, boot.page_table_pages);
  assert.equal(
    boot.page_tables.find((row) => row.directory_entry === 1022).source,
    "boot_allocator",
  );
  await Guest.with({ memory: 256, cpu: "qemu32,-pse" }, async (small) => {
    const { page_tables: rows } = await small.json("/api/v1/boot");
    const early = rows.filter(({ source }) => source === "early_area");
    assert.equal(
      early.reduce((n, { pages }) => n + pages, 0),
      (256 - 8) / 4,
      "a table for each 4 MiB past the boot mapping",
    );
  });
});

test("init_mm has the bounds of the image that the linker made", () => {
  const [line] = stage.init_mm.changed;
  const found = [...line.matchAll(/(\w+) (0x[0-9a-f]+)/g)].map(([, name, value]) => [name, value]);
  const at = (name) => `0x${symbol(name).toString(16)}`;
  assert.deepEqual(found, [
    ["start_code", at("_text")],
    ["end_code", at("_etext")],
    ["end_data", at("_edata")],
    ["brk", at("_end")],
  ]);
});

test("boot entries past the end of low memory are cleared and counted", async () => {
  await Guest.with({ memory: 6 }, async (small) => {
    const stages = (await small.json("/api/v1/boot")).stages;
    const [line] = stages.find(({ id }) => id === "pagetable_setup_start").changed;
    const [, cleared, limit] = /^(\d+) boot-time entries past pfn (0x[0-9a-f]+)/.exec(line);
    assert.equal(Number(cleared), 2048 - Number(limit), line);
  });
});

test("snapshots: saved directory, slab arrays and lists, pagesets, before and after", () => {
  assert.match(stage.zap_low_mappings.changed.join("\n"), /2 entries differ from the saved/);
  for (const id of ["slab_replace_arrays", "slab_replace_lists"])
    for (const line of stage[id].changed) {
      const [, from, to] = /(0x[0-9a-f]+) -> (0x[0-9a-f]+)/.exec(line);
      assert.ok(from < "0xc1000000" && to > "0xc1000000", `${id}: ${line}`);
    }
  assert.match(
    stage.setup_per_cpu_pageset.changed.join("\n"),
    /DMA: high 0 -> 0, batch 1 -> 1\n.*Normal: high 0 -> 186, batch 1 -> 31\n.*HighMem: high 0 -> 42, batch 1 -> 7/,
  );
});

test("the text tells the same stages as the JSON", async () => {
  const text = await guest.text("/api/v1/boot.txt");
  const [list] = text.split("\nMemory map after each step\n");
  const names = list
    .split("\n")
    .filter((line) => /^[WN]-\d/.test(line))
    .map((line) => line.slice(7).trim().split(/ {2,}/)[0]);
  assert.deepEqual(
    names,
    boot.stages.map(({ name }) => name),
  );
  for (const { name } of boot.early_res) assert.ok(text.includes(`"${name}"`), name);
  assert.match(list, / < max_pfn 0x3fffe; highmem=\n +> max_low_pfn 0x0 -> 0x38000\n/);
});

test("a small machine gives the whole record to many slow readers at once", async () => {
  await Guest.with({ memory: 8 }, async (small) => {
    const { text: whole } = await record(small);
    const read = () =>
      new Promise((resolve, reject) => {
        let text = "";
        const socket = net.connect(small.port, small.host, () =>
          socket.write("GET /api/v1/boot HTTP/1.0\r\n\r\n"),
        );
        socket.setTimeout(30000, () => socket.destroy(new Error("no answer for 30 s")));
        socket.setEncoding("latin1");
        socket.on("data", (chunk) => {
          text += chunk;
          socket.pause();
          setTimeout(() => socket.resume(), 20);
        });
        socket.on("error", reject);
        socket.on("end", () => resolve(text));
      });
    const texts = await Promise.all(Array.from({ length: 6 }, read));
    for (const text of texts) {
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
      const body = Buffer.from(text.slice(text.indexOf("\r\n\r\n") + 4), "latin1").toString();
      const record = (answer) => answer.slice(0, answer.indexOf('"snapshot":'));
      assert.ok(
        record(whole).length > 50000 && record(body) === record(whole),
        "an answer differs",
      );
    }
  });
});
