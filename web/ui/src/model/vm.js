// /api/v1/vm: vmalloc areas, permanent kmaps, fixmaps.

import { pick, take } from "./answer.js";

const VMALLOC = { total_bytes: "number", used_bytes: "number", areas: "array" };
const KMAP = {
  start: "string",
  slots: "number",
  mapped: "number",
  waiting_for_flush: "number",
  hash_records_free: "number",
  maps: "number",
  atomic_maps: "number",
  wraps: "number",
  flushed: "number",
  refused: "number",
  in_use: "array",
};

export function readVm(json) {
  return {
    vmalloc: pick(take(json, "vmalloc", "object", "vm"), VMALLOC, "vm.vmalloc"),
    kmap: pick(take(json, "kmap", "object", "vm"), KMAP, "vm.kmap"),
    fixmap: take(json, "fixmap", "array", "vm"),
  };
}

// The slots of the pkmap area as a row of states: [{state, count}], state "used", "waiting" or "empty".
export function slotRuns(kmap) {
  const states = new Array(kmap.slots).fill("empty");
  for (const { slot, users } of kmap.in_use) states[slot] = users > 0 ? "used" : "waiting";
  const out = [];
  for (const state of states) {
    const last = out.at(-1);
    if (last?.state === state) last.count++;
    else out.push({ state, count: 1 });
  }
  return out;
}

// What each fixed address is for, by its documented name.
export const FIXMAPS = {
  FIX_HOLE: "Never mapped, so that an address just below 4 GiB always faults",
  FIX_VDSO: "A page for user programs; there are none here",
  FIX_DBGP_BASE: "Registers of a USB debug port",
  FIX_EARLYCON_MEM_BASE: "A console in device memory",
  FIX_APIC_BASE: "Registers of the local interrupt controller",
  FIX_IO_APIC_BASE: "Registers of an I/O interrupt controller",
  FIX_F00F_IDT: "Read-only view of the interrupt table, against an erratum of the Pentium",
  FIX_KMAP: "Window of a temporary kmap",
  FIX_TEXT_POKE1: "Writable view of code",
  FIX_TEXT_POKE0: "Writable view of code",
};

export function fixmapName({ name, number }) {
  return number > 0 || name === "FIX_KMAP" || name === "FIX_IO_APIC_BASE"
    ? `${name}+${number}`
    : name;
}
