// /api/v1/machine, /api/v1/firmware and /api/v1/pci: what the machine is made of.

import { pick } from "./answer.js";

export const readMachine = (json) =>
  pick(
    json,
    {
      cpu: "object",
      apic: "object",
      ioapics: "array",
      interrupts: "object",
      machine_checks: "object",
      mtrr: "object",
      gap: "object",
      hooks: "array",
      console: "string",
    },
    "machine",
  );

export function readFirmware(json) {
  const shape = { boot_words: "object", acpi: "object", roms: "array" };
  const { dmi = null, madt = null, mp = null } = json ?? {};
  return { ...pick(json, shape, "firmware"), dmi, madt, mp };
}

export const readPci = (json) => pick(json, { present: "boolean", devices: "array" }, "pci");

// Names by class and subclass, or else by class (PCI Code and ID Assignment).
const CLASSES = {
  "00": "Old device",
  "01": "Storage",
  "0101": "IDE controller",
  "0106": "SATA controller",
  "0108": "NVMe controller",
  "02": "Network",
  "0200": "Ethernet",
  "03": "Display",
  "04": "Multimedia",
  "05": "Memory",
  "06": "Bridge",
  "0600": "Host bridge",
  "0601": "ISA bridge",
  "0604": "PCI bridge",
  "07": "Communication",
  "08": "System device",
  "09": "Input",
  "0c": "Serial bus",
  "0c03": "USB controller",
  "0c05": "SMBus",
  "0d": "Wireless",
};

export function className(code) {
  const digits = Number(code).toString(16).padStart(6, "0");
  return CLASSES[digits.slice(0, 4)] ?? CLASSES[digits.slice(0, 2)] ?? `Class ${digits}`;
}

export const id = (vendor, device) =>
  [vendor, device].map((n) => Number(n).toString(16).padStart(4, "0")).join(":");

const TRIGGER = { 1: "edge", 3: "level" };
const POLARITY = { 1: "high", 3: "low" };

function flagWords(flags) {
  return [TRIGGER[flags >> 2], POLARITY[flags & 3]].filter(Boolean).join(", ");
}

// Which pin of an I/O APIC a table leads an ISA line to. The MADT lists exceptions only.
function madtPin(madt, line) {
  const route = madt.routes.find((r) => r.type === "int" && r.to === "ioapic" && r.irq === line);
  return route ? { pin: route.pin, words: flagWords(route.flags) } : { pin: line, words: "" };
}

function mpPin(mp, line) {
  const isa = mp.buses.filter((bus) => bus.name === "ISA" || bus.name === "EISA");
  const route = mp.routes.find(
    (r) =>
      r.type === "int" && r.to === "ioapic" && r.irq === line && isa.some((b) => b.id === r.bus),
  );
  return route ? { pin: route.pin, words: flagWords(route.flags) } : null;
}

// The sixteen lines with what came through them, and where the tables would lead them.
export function interruptLines(machine, { madt, mp }) {
  return machine.interrupts.lines.map((line) => ({
    ...line,
    madt: madt ? madtPin(madt, line.line) : null,
    mp: mp?.valid ? mpPin(mp, line.line) : null,
  }));
}

// The processors of both tables, by the identifier of their APIC.
export function processors({ madt, mp }) {
  const all = new Map();
  const entry = (apic_id) => all.get(apic_id) ?? { apic_id, madt: "–", mp: "–", boot: false };
  for (const cpu of madt?.cpus ?? []) {
    all.set(cpu.apic_id, { ...entry(cpu.apic_id), madt: cpu.enabled ? "usable" : "disabled" });
  }
  for (const cpu of mp?.cpus ?? []) {
    const words = cpu.enabled ? "usable" : "disabled";
    all.set(cpu.apic_id, { ...entry(cpu.apic_id), mp: words, boot: cpu.boot });
  }
  return [...all.values()].sort((a, b) => a.apic_id - b.apic_id);
}

// What the firmware calls the machine, as pairs to show; what it left blank is left out.
export function identity({ dmi }) {
  if (!dmi) return [];
  const s = dmi.strings;
  const join = (...parts) => parts.filter(Boolean).join(" ");
  return [
    ["Maker", s.sys_vendor],
    ["Product", join(s.product_name, s.product_version)],
    ["Serial number", s.product_serial],
    ["Board", join(s.board_vendor, s.board_name, s.board_version)],
    ["Case", s.chassis_vendor],
    ["Firmware", join(s.bios_vendor, s.bios_version, s.bios_date)],
  ].filter(([, value]) => value);
}
