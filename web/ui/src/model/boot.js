// /api/v1/boot: the documented stages, what each changed, and the maps around them.

import { AnswerError, pick } from "./answer.js";
import { readReplay } from "./replay.js";

const STAGE = { id: "string", name: "string", section: "string", status: "string" };

// How each status is put to a reader.
const STATUS = {
  done: { label: "ran", tone: "good" },
  running: { label: "runs now", tone: "busy" },
  silent: { label: "ran, left no record", tone: "plain" },
  not_applicable: { label: "does not apply", tone: "muted" },
  not_reached: { label: "not reached", tone: "bad" },
};

export function statusOf(status) {
  return STATUS[status] ?? { label: status.replaceAll("_", " "), tone: "plain" };
}

function readStage(json, index) {
  const stage = pick(json, STAGE, `boot.stages[${index}]`);
  const start = json.start_cycles ?? 0;
  const end = json.end_cycles ?? 0;
  const ran = end > 0 && end >= start;
  return {
    ...stage,
    index,
    entry: json.entry ?? "",
    reason: json.reason ?? "",
    runs: json.runs ?? (ran ? 1 : 0),
    depth: ran ? (json.depth ?? null) : null,
    ran,
    start_cycles: start,
    end_cycles: end,
    cycles: json.total_cycles ?? (ran ? end - start : 0),
    notes: (json.changed ?? []).map(String),
    inputs: json.inputs ?? [],
    other_inputs: json.other_inputs ?? "",
    outputs: json.outputs ?? [],
    notes_lost: json.notes_lost ?? 0,
  };
}

function readEntries(entries) {
  return entries.map(({ start, end, type }) => ({
    start: BigInt(start),
    end: BigInt(end),
    type: String(type),
  }));
}

export function readBoot(json) {
  const boot = pick(
    json,
    { stages: "array", e820: "array", early_res: "array", params: "array" },
    "boot",
  );
  const stages = boot.stages.map(readStage);
  const steps = boot.e820.map((item) => ({
    step: String(item.step),
    cycles: item.cycles ?? 0,
    entries: readEntries(item.entries),
  }));
  const early_res = boot.early_res.map((item) => ({
    start: BigInt(item.start),
    end: BigInt(item.end),
    name: String(item.name),
    made_by: item.made_by ?? "",
    freed_by: item.freed_by ?? "",
    how: item.how ?? "freed",
    made_cycles: item.made_cycles ?? 0,
    freed_cycles: item.freed_cycles ?? 0,
  }));
  const edits = (json.e820_edits ?? []).map((item) => ({
    ...item,
    start: BigInt(item.start),
    end: BigInt(item.end),
  }));
  const page_tables = (json.page_tables ?? []).map((item) => ({
    ...item,
    start: BigInt(item.start),
  }));
  const params = boot.params.map((item) => ({
    name: String(item.name),
    value: item.value ?? null,
    meaning: item.meaning ?? "",
    fallback: item.default ?? "",
    refused: item.refused === true,
  }));
  return {
    stages: withChanges(withTimes(stages), { steps, early_res, edits, page_tables }),
    page_tables,
    replay: readReplay(json),
    steps,
    early_res,
    params,
    unknown_params: (json.unknown_params ?? []).map(String),
    loader: json.loader ?? null,
    cycles_per_us: (json.cycles_per_ms ?? 0) / 1000,
    ...summary(stages),
  };
}

function summary(stages) {
  const ran = stages.filter((stage) => stage.ran);
  const first_cycles = Math.min(...ran.map((stage) => stage.start_cycles));
  const last_cycles = Math.max(...ran.map((stage) => stage.end_cycles));
  return {
    ran: stages.filter((stage) => stage.status === "done").length,
    skipped: stages.filter((stage) => statusOf(stage.status).tone === "muted").length,
    boot_cycles: ran.length ? last_cycles - first_cycles : 0,
  };
}

// Adds `offset` and `width`, both 0 to 1, to place each stage on a common time line, and `depth`:
// as the kernel says, or in how many stages that contain it a stage lies. One that did not run is
// indented like the next one that did.
function withTimes(stages) {
  const ran = stages.filter((stage) => stage.ran);
  const zero = Math.min(...ran.map((stage) => stage.start_cycles));
  const whole = Math.max(...ran.map((stage) => stage.end_cycles)) - zero || 1;
  const deep = (stage) => stage.depth ?? ran.filter((other) => contains(other, stage)).length;
  return stages.map((stage, i) => ({
    ...stage,
    depth: deep(stages.slice(i).find((next) => next.ran) ?? stage),
    offset: stage.ran ? (stage.start_cycles - zero) / whole : 0,
    width: stage.ran ? (stage.end_cycles - stage.start_cycles) / whole : 0,
  }));
}

function contains(outer, inner) {
  return (
    outer !== inner &&
    outer.start_cycles <= inner.start_cycles &&
    outer.end_cycles >= inner.end_cycles &&
    outer.end_cycles - outer.start_cycles > inner.end_cycles - inner.start_cycles
  );
}

// Adds what each stage changed: its own notes, its edits of the memory map, and the early
// reservations it made and released. A map step or a reservation names its stage.
function withChanges(stages, { steps, early_res, edits, page_tables }) {
  return stages.map((stage) => {
    const is = (name) => name !== "" && (name === stage.name || name === stage.id);
    return {
      ...stage,
      map_edits: steps.flatMap((step, i) =>
        i > 0 && is(step.step) ? mapEdits(steps[i - 1].entries, step.entries) : [],
      ),
      reserved: early_res.filter((res) => is(res.made_by)),
      released: early_res.filter((res) => is(res.freed_by)),
      edits: edits.filter((edit) => is(edit.by)),
      tables: page_tables.filter((row) => is(row.by)),
    };
  });
}

// What an edit did to the memory map: entries that are new, entries that are gone.
export function mapEdits(before, after) {
  const key = ({ start, end, type }) => `${start}-${end}-${type}`;
  const had = new Set(before.map(key));
  const has = new Set(after.map(key));
  return [
    ...before.filter((entry) => !has.has(key(entry))).map((entry) => ({ sign: "−", ...entry })),
    ...after.filter((entry) => !had.has(key(entry))).map((entry) => ({ sign: "+", ...entry })),
  ];
}

export function changeCount(stage) {
  return (
    stage.notes.length +
    stage.outputs.length +
    stage.map_edits.length +
    stage.edits.length +
    stage.tables.length +
    stage.reserved.length +
    stage.released.length
  );
}

// The machine as it was behind a stage: the map's last copy, the reservations that were held, the page
// tables that were made. Times are processor cycles.
export function momentAfter(boot, stage) {
  const now = stage.end_cycles;
  const held = ({ made_cycles: made, freed_cycles: freed }) =>
    made <= now && (!freed || freed > now);
  return {
    map: boot.steps.filter(({ cycles }) => cycles <= now).at(-1) ?? null,
    reservations: boot.early_res.filter(held).sort((a, b) => (a.start < b.start ? -1 : 1)),
    page_tables: boot.page_tables.filter(({ cycles }) => cycles <= now),
  };
}

// The stages that ran, in the order in which they ended: the moments there are.
export function moments(boot) {
  return boot.stages
    .filter((stage) => stage.ran)
    .sort((a, b) => a.end_cycles - b.end_cycles || b.depth - a.depth);
}

// /stages.json: what each stage is for, in the order of the stages.
export function readStageWords(json) {
  if (!Array.isArray(json)) throw new AnswerError("stages.json is not an array");
  return json.map(String);
}
