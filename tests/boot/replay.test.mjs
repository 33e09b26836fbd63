// The replay of boot: what /api/v1/boot says became of the page directory and of the zones. At its end it must
// be the machine that answers; on the way it must agree with what the stages noted.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { zoneinfo } from "../lib/proc.mjs";

const node = (n, mib, cpus = "") => [
  ...["-object", `memory-backend-ram,size=${mib}M,id=m${n}`],
  ...["-numa", `node,nodeid=${n},memdev=m${n}${cpus}`],
];
const MACHINES = {
  "64 MiB": { memory: 64 },
  "3.5 GiB": { memory: 3584 },
  "mm=2.4": { memory: 64, append: "mm=2.4" },
  "mm=2.4, 3.5 GiB": { memory: 3584, append: "mm=2.4" },
  "two nodes": { memory: 512, extra: [...node(0, 256, ",cpus=0"), ...node(1, 256)] },
  "two nodes without windows": {
    memory: 512,
    append: "numa=noremap",
    extra: [...node(0, 256, ",cpus=0"), ...node(1, 256)],
  },
  "small pages only": { memory: 64, cpu: "qemu32,-pse" },
  "less than the first tables map": { memory: 6 },
};

/** The record once boot is over, and the live answers of the same machine. */
async function answers(guest) {
  for (;;) {
    const boot = await guest.json("/api/v1/boot");
    if (boot.stages.find(({ id }) => id === "cpu_idle").status === "done")
      return {
        boot,
        text: await guest.text("/api/v1/boot.txt"),
        live: (await guest.json("/api/v1/pagetables")).directory,
        zones: zoneinfo(await guest.text("/proc/zoneinfo")),
        vm: await guest.json("/api/v1/vm"),
      };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function directoryAt(boot, now) {
  const cells = Array.from({ length: 1024 }, () => ({ kind: "empty", present: 0 }));
  for (const { directory_entry: first, entries, kind, present, cycles } of boot.directory)
    if (cycles <= now) cells.fill({ kind, present }, first, first + entries);
  return cells;
}

const words = (row) =>
  Object.entries(row).filter(([key]) => !["node", "zone", "by", "cycles"].includes(key));

function zonesAt(boot, now) {
  const zones = {};
  for (const row of boot.zones.filter(({ cycles }) => cycles <= now)) {
    const key = `${row.node} ${row.zone}`;
    zones[key] = { ...zones[key], ...Object.fromEntries(words(row)) };
  }
  return zones;
}

const sum = (zones, word) =>
  Object.entries(zones)
    .filter(([key]) => !key.startsWith("-1"))
    .reduce((n, [, zone]) => n + (zone[word] ?? 0), 0);

function theEndIsNow({ boot, live, zones, vm }) {
  const cells = directoryAt(boot, Infinity);
  for (const { index, count, kind, present } of live)
    for (let i = index; i < index + count; i++) {
      const cell = cells[i];
      assert.equal(cell.kind === "moved" ? "large" : cell.kind, kind, `entry ${i}`);
      if (kind === "table") assert.equal(cell.present, present, `entry ${i}`);
    }
  const seen = zonesAt(boot, Infinity);
  for (const zone of zones) {
    const record = seen[`${zone.node} ${zone.name}`];
    for (const word of ["spanned", "present", "min", "low", "high"])
      assert.equal(record[word] ?? 0, zone[word], `node ${zone.node} ${zone.name} ${word}`);
    if (zone.present) assert.equal(record.start_pfn ?? 0, zone.start_pfn);
    // Answering takes pages, and gives them back.
    const moved = (record.free ?? 0) + (record.per_cpu ?? 0) - zone.free - zone.per_cpu;
    assert.ok(Math.abs(moved) < 64, `node ${zone.node} ${zone.name}: ${moved} pages moved`);
  }
  assert.deepEqual(
    boot.layout,
    vm.layout.map(({ name, start, end }) => ({ name, start, end })),
  );
}

function stagesAgree({ boot }) {
  const stage = Object.fromEntries(boot.stages.map((item) => [item.id, item]));
  for (const list of [boot.directory, boot.zones])
    for (let i = 1; i < list.length; i++) assert.ok(list[i].cycles >= list[i - 1].cycles);
  let checked = 0;
  for (const { id, outputs, end_cycles: end } of boot.stages) {
    const free = outputs.find(({ name }) => name === "free_pages");
    if (!free || !end) continue;
    assert.equal(sum(zonesAt(boot, end), "free"), free.after, `free pages behind ${id}`);
    checked++;
  }
  assert.ok(checked > 5, `${checked} stages put out free pages`);

  // Before head.S's directory nothing; behind it both mappings; they end where the documents say.
  const first = directoryAt(boot, stage.boot_mapping.end_cycles);
  const tables = first.map(({ kind }, i) => (kind === "table" ? i : -1)).filter((i) => i >= 0);
  const low = tables.filter((i) => i < 768);
  assert.deepEqual(
    tables,
    [...low, ...low.map((i) => i + 768)],
    "head.S maps the same at 0 and at 3 GiB",
  );
  assert.ok(low.length >= 2 && low.every((i) => first[i].present === 1024));
  const saved = directoryAt(boot, stage.save_pg_dir.end_cycles);
  const zapped = directoryAt(boot, stage.zap_low_mappings.end_cycles);
  const differ = zapped.filter((cell, i) => cell.kind !== saved[i].kind).length;
  assert.equal(differ, low.length);
  assert.ok(
    stage.zap_low_mappings.changed.some((line) => line.startsWith(`${differ} entries differ`)),
  );
  assert.ok(zapped.slice(0, 768).every(({ kind }) => kind === "empty"));

  // Nothing is sized before the stage that does it, nothing free before the hand-over.
  const core = stage.free_area_init_core.end_cycles
    ? "free_area_init_core"
    : "n_free_area_init_core";
  const before = zonesAt(boot, stage[core].start_cycles - 1);
  assert.equal(sum(before, "spanned"), 0);
  const sized = zonesAt(boot, stage[core].end_cycles);
  const end = zonesAt(boot, Infinity);
  for (const word of ["spanned", "present"]) assert.equal(sum(sized, word), sum(end, word), word);
  assert.ok(sum(sized, "spanned") > 0);
  assert.equal(sum(zonesAt(boot, stage.mem_init.start_cycles), "free"), 0);
  assert.ok(sum(zonesAt(boot, stage.mem_init.end_cycles), "free") > 0);
  assert.equal(boot.lost.replay, 0);
}

function theTextSaysTheSame({ boot, text }) {
  const part = (title) =>
    text.split(`\n${title}`)[1].split("\n\n")[0].split("\n").slice(1).filter(Boolean);
  assert.deepEqual(
    part("The page directory, from stage to stage"),
    boot.directory.map(
      ({ directory_entry: first, entries, kind, present, by }) =>
        `[${first}, ${first + entries}) ${kind}${kind === "table" ? `, ${present} present` : ""}, by ${by}`,
    ),
  );
  assert.deepEqual(
    part("Zones, from stage to stage"),
    boot.zones.map((row) => {
      const said = words(row).map(([word, value]) => ` ${word} ${value},`);
      return `${row.node < 0 ? "" : `node ${row.node} `}${row.zone}:${said.join("")} by ${row.by}`;
    }),
  );
}

for (const [what, machine] of Object.entries(MACHINES))
  test(`${what}: the replay ends in the machine that answers, and agrees with the stages`, () =>
    Guest.with(machine, async (guest) => {
      const all = await answers(guest);
      theEndIsNow(all);
      stagesAgree(all);
      theTextSaysTheSame(all);
      const kinds = new Set(all.boot.directory.map(({ kind }) => kind));
      assert.equal(kinds.has("large"), what !== "small pages only" && machine.memory > 8);
      assert.equal(kinds.has("moved"), what === "two nodes");
      const limits = all.boot.zones.filter(({ node: nid }) => nid === -1);
      assert.equal(limits.length > 0, !what.startsWith("mm=2.4"));
    }));

test("every stage has words on what it is for", () =>
  Guest.with({ memory: 16 }, async (guest) => {
    const { stages } = await guest.json("/api/v1/boot");
    const { status, headers, body } = await guest.get("/stages.json", {
      headers: { "Accept-Encoding": "gzip" },
    });
    assert.equal(status, 200);
    assert.equal(headers["content-encoding"], "gzip");
    const { gunzipSync } = await import("node:zlib");
    const lines = JSON.parse(gunzipSync(body).toString());
    assert.equal(lines.length, stages.length);
    const by = Object.fromEntries(stages.map(({ id }, i) => [id, lines[i]]));
    assert.match(by.zap_low_mappings, /address 0/);
    assert.match(by.n_rmqueue, /splits it/);
    for (const line of lines) assert.ok(line.length >= 20 && line.length <= 200, line);
  }));
