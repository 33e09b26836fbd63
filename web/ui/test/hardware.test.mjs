// The model of the machine view, against the made-up machine and against one that has next to nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  className,
  id,
  identity,
  interruptLines,
  processors,
  readFirmware,
  readMachine,
  readPci,
} from "../src/model/machine.js";
import * as machine from "./machine.mjs";

const bare = () => readFirmware({ ...machine.firmware(), dmi: null, madt: null, mp: null });

test("answers of another shape are named", () => {
  const without = machine.hardware();
  delete without.mtrr;
  assert.throws(() => readMachine(without), /machine\.mtrr: expected object, found nothing/);
  assert.throws(() => readFirmware({ roms: [] }), /firmware\.boot_words/);
  assert.throws(() => readFirmware(null), /firmware is not an object/);
  assert.throws(() => readPci({ present: true, devices: {} }), /pci\.devices: expected array/);
});

test("interrupt lines: the MADT lists exceptions, the MP table what there is; a PCI bus is no ISA bus", () => {
  const lines = interruptLines(readMachine(machine.hardware()), readFirmware(machine.firmware()));
  assert.equal(lines.length, 16);
  assert.deepEqual(lines[0].madt, { pin: 2, words: "" });
  assert.deepEqual(lines[5].madt, { pin: 5, words: "" });
  assert.deepEqual(lines[11].madt, { pin: 20, words: "level, low" });
  assert.deepEqual(lines[1].mp, { pin: 1, words: "" });
  assert.equal(lines[11].mp, null); // 11 is on the PCI bus there: device 2, pin 3
  assert.equal(lines[11].taken, 34567);
});

test("without tables there are no pins and no processors", () => {
  const [line] = interruptLines(readMachine(machine.hardware()), bare());
  assert.equal(line.madt, null);
  assert.equal(line.mp, null);
  assert.deepEqual(processors(bare()), []);
  assert.deepEqual(identity(bare()), []);
});

test("processors: both tables beside each other", () => {
  assert.deepEqual(processors(readFirmware(machine.firmware())), [
    { apic_id: 0, madt: "usable", mp: "usable", boot: true },
    { apic_id: 1, madt: "disabled", mp: "–", boot: false },
  ]);
});

test("identity: what the firmware left blank is left out", () => {
  assert.deepEqual(identity(readFirmware(machine.firmware())), [
    ["Maker", "QEMU"],
    ["Product", "Standard PC pc-7.2"],
    ["Case", "QEMU"],
    ["Firmware", "SeaBIOS 1.16.2 04/01/2014"],
  ]);
});

test("names of devices: by subclass, by class, or the number", () => {
  assert.equal(className("0x60000"), "Host bridge");
  assert.equal(className("0x68000"), "Bridge");
  assert.equal(className("0xff0000"), "Class ff0000");
  assert.equal(id("0x8086", "0x7"), "8086:0007");
});
