// What the firmware and the machine tell the kernel: each said by QEMU's options or by its monitor, and read
// back over HTTP.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest, STATUS_PANIC } from "../lib/guest.mjs";
import { allHolds } from "../lib/verdicts.mjs";

const firmwareOf = (guest) => guest.json("/api/v1/firmware");
const machineOf = (guest) => guest.json("/api/v1/machine");

async function stageOf(guest, id) {
  const { stages } = await guest.json("/api/v1/boot");
  const stage = stages.find((candidate) => candidate.id === id);
  assert.equal(stage.status, "done", `${id}: ${stage.reason}`);
  return stage;
}

const STAGES = [
  "acpi_mps_check",
  "early_dump_pci_devices",
  "dmi_scan_machine",
  "probe_roms",
  "early_reserve_e820_mpc_new",
  "find_smp_config",
  "generic_apic_probe",
  "early_quirks",
  "acpi_boot_init",
  "init_apic_mappings",
  "reserve_standard_io_resources",
  "mcheck_init",
];

test("pc: MP table at 0xF5BA0, MADT, APICs read through the fixmap, every stage in its place", async () => {
  await Guest.with({ memory: 64 }, async (guest) => {
    await allHolds(guest);
    const { mp, madt, boot_words } = await firmwareOf(guest);
    assert.equal(mp.pointer, "0xf5ba0");
    assert.equal(mp.table, "0xf5bb0");
    assert.deepEqual(mp.cpus, [{ apic_id: 0, enabled: true, boot: true }]);
    assert.equal(mp.copy, null);
    assert.deepEqual(madt.cpus, [{ apic_id: 0, enabled: true, boot: false }]);
    assert.deepEqual([madt.oem, mp.oem], ["BOCHS", "BOCHSCPU"]);
    assert.deepEqual(boot_words, {
      lowmem_kib: 639,
      ebda_segment: "0x9fc0",
      conventional_end: "0x9fc00",
    });

    const { stages, early_res } = await guest.json("/api/v1/boot");
    const made = early_res.filter((res) => res.made_by === "find_smp_config");
    const named = made.filter((res) => res.name.startsWith("MP-table"));
    assert.deepEqual(
      named.map(({ name, start, end }) => [name, start, end]),
      [
        ["MP-table mpf", "0xf5ba0", "0xf5bb0"],
        ["MP-table mpc", "0xf5bb0", `0x${(0xf5bb0 + mp.table_bytes).toString(16)}`],
      ],
    );
    const order = STAGES.map((id) => stages.find((stage) => stage.id === id));
    for (const stage of order) assert.equal(stage.status, "done", stage.id);
    const starts = order.map((stage) => stage.order);
    assert.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
    );

    const { apic, ioapics, interrupts } = await machineOf(guest);
    assert.equal(apic.mapped, true);
    assert.equal(apic.address, "0xfee00000");
    const lapic = await guest.hmp("info lapic");
    const lint0 = Number(/LVT0\s+(0x[0-9a-f]+)/.exec(lapic)[1]);
    assert.equal(Number(apic.registers.lvt_lint0), lint0, lapic);
    assert.equal(Number(apic.registers.version) & 0xff, 0x14);
    assert.equal(ioapics.length, 1);
    assert.equal(ioapics[0].pins, 24);
    assert.equal(ioapics[0].redirection.length, 24);
    assert.equal(interrupts.nr_irqs_gsi, 24);
    // uncached, at the documented index
    const tables = await guest.text("/sys/kernel/debug/kernel_page_tables");
    assert.match(tables, /^0xffffa000-0xffffc000 +8K +RW PWT PCD +GLB x {2}pte$/m);
    const iomem = await guest.text("/proc/iomem");
    assert.match(iomem, /^fee00000-fee00fff : Local APIC$/m);
    assert.match(iomem, /^fec00000-fec003ff : IOAPIC 0$/m);
    // the screen's ROM, whose length QEMU's memory holds in its third byte
    const [, blocks] = /0x55 0xaa (0x[0-9a-f]{2})/.exec(await guest.hmp("xp /3xb 0xc0000"));
    const last = (0xc0000 + Number(blocks) * 512 - 1).toString(16).padStart(8, "0");
    assert.match(iomem, new RegExp(`^000c0000-${last} : Video ROM$`, "m"));
    assert.match(iomem, /^ {2}000f0000-000fffff : System ROM$/m);
  });
});

test("two processors: both tables list them, one is the boot processor", async () => {
  await Guest.with({ memory: 64, extra: ["-smp", "2,sockets=2"] }, async (guest) => {
    await allHolds(guest);
    const { mp, madt } = await firmwareOf(guest);
    assert.deepEqual(
      madt.cpus.map((cpu) => [cpu.apic_id, cpu.enabled]),
      [
        [0, true],
        [1, true],
      ],
    );
    assert.deepEqual(
      mp.cpus.map((cpu) => [cpu.apic_id, cpu.boot]),
      [
        [0, true],
        [1, false],
      ],
    );
  });
});

test("SMBIOS strings are those that QEMU was given", async () => {
  const given = {
    bios_vendor: "Lab Firmware Works",
    bios_version: "v7.3-beta",
    bios_date: "02/29/2024",
    sys_vendor: "Miller & Sons",
    product_name: 'Rack <1> "unit"',
    product_version: "rev. B",
    product_serial: "SN-000042",
    board_vendor: "Boards R Us",
    board_name: "X-1",
    board_version: "1.01",
    chassis_vendor: "Tin Can",
  };
  const extra = [
    "-smbios",
    `type=0,vendor=${given.bios_vendor},version=${given.bios_version},date=${given.bios_date}`,
    "-smbios",
    `type=1,manufacturer=${given.sys_vendor},product=${given.product_name},version=${given.product_version},serial=${given.product_serial}`,
    "-smbios",
    `type=2,manufacturer=${given.board_vendor},product=${given.board_name},version=${given.board_version}`,
    "-smbios",
    `type=3,manufacturer=${given.chassis_vendor}`,
  ];
  await Guest.with({ memory: 64, extra }, async (guest) => {
    const { dmi } = await firmwareOf(guest);
    assert.deepEqual(dmi.strings, given);
    assert.equal(dmi.complete, true);
    assert.equal(dmi.bad_bios, null);
    assert.match(dmi.anchor, /^0xf[0-9a-f]{3}0$/);
  });
});

test("firmware of the bad list loses its first 64 KiB, and every frame stays accounted for", async () => {
  const extra = ["-smbios", "type=0,vendor=American Megatrends Inc."];
  await Guest.with({ memory: 64, extra }, async (guest) => {
    const { use } = await allHolds(guest);
    assert.equal((await firmwareOf(guest)).dmi.bad_bios, "American Megatrends Inc.");
    assert.match(await guest.text("/proc/iomem"), /^00000000-0000ffff : reserved$/m);
    assert.ok(use.trimmed >= 16, `trimmed: ${use.trimmed}`);
    const { e820, early_res } = await guest.json("/api/v1/boot");
    assert.ok(e820.some((step) => step.step === "dmi_check_system"));
    const trampoline = early_res.find((res) => res.name === "TRAMPOLINE");
    assert.equal(trampoline.start, "0x10000");
    assert.match(guest.serial, /known to write to low memory: \[0, 0x10000\) is not used/);
  });
});

test("alloc_mptable keeps the top of an area in both maps, with a copy of the table", async () => {
  await Guest.with({ memory: 64, append: "alloc_mptable" }, async (guest) => {
    await allHolds(guest);
    const { mp } = await firmwareOf(guest);
    assert.equal(mp.copy.address, "0x9ec00"); // RAM ends at 0x9FC00
    assert.equal(mp.copy.room_bytes, 4096);
    assert.equal(mp.copy.bytes, mp.table_bytes);
    assert.equal(mp.copy.sum_ok, true);
    const { e820, e820_saved } = await guest.json("/api/v1/boot");
    const piece = { start: "0x9ec00", end: "0xa0000", type: "reserved", type_code: 2 };
    for (const entries of [e820.at(-1).entries, e820_saved]) {
      assert.deepEqual(
        entries.find((entry) => entry.start === "0x9ec00"),
        piece,
      );
    }
    const bytes = await guest.hmp(`xp /4xb 0x9ec00`);
    assert.match(bytes, /0x50 0x43 0x4d 0x50/); // PCMP
  });
});

test("alloc_mptable=SIZE: too small for the table is said; no number is refused", async () => {
  await Guest.with({ memory: 64, append: "alloc_mptable=64" }, async (guest) => {
    await allHolds(guest);
    const { mp } = await firmwareOf(guest);
    assert.deepEqual(mp.copy, { address: "0x9fbc0", room_bytes: 64, bytes: 0, sum_ok: false });
    assert.match(guest.serial, /alloc_mptable: 64 bytes are too few for a table of \d+/);
  });
  await Guest.with({ memory: 64, append: "alloc_mptable=x" }, async (guest) => {
    assert.equal((await firmwareOf(guest)).mp.copy, null);
    assert.match(guest.serial, /alloc_mptable=x refused/);
  });
});

for (const [name, options] of [
  ["-machine acpi=off", { extra: ["-machine", "pc,acpi=off"] }],
  ["acpi=off", { append: "acpi=off" }],
]) {
  test(`${name}: the MP table serves instead of the MADT`, async () => {
    await Guest.with({ memory: 64, ...options }, async (guest) => {
      await allHolds(guest);
      const { acpi, madt, mp } = await firmwareOf(guest);
      assert.equal(acpi.off, name === "acpi=off");
      assert.deepEqual(acpi.tables, []);
      assert.equal(madt, null);
      assert.equal(mp.valid, true);
      const { apic, ioapics } = await machineOf(guest);
      assert.equal(apic.mapped, true);
      assert.equal(ioapics[0].pins, 24);
    });
  });
}

test("neither ACPI nor MP table: the local APIC is not used", async () => {
  await Guest.with({ memory: 64, append: "acpi=off mptable=off" }, async (guest) => {
    await allHolds(guest);
    const { cpu, apic, ioapics, interrupts } = await machineOf(guest);
    assert.deepEqual(cpu.features_not_used, ["apic"]);
    assert.ok(!cpu.features.includes("apic"));
    assert.equal(apic.mapped, false);
    assert.equal(apic.why_not, "switched off");
    assert.deepEqual(ioapics, []);
    assert.equal(interrupts.nr_irqs_gsi, 16);
    assert.equal((await firmwareOf(guest)).mp, null);
    assert.doesNotMatch(await guest.text("/proc/cpuinfo"), /\bapic\b/);
  });
});

test("a processor without a local APIC: nothing is mapped, and why is said", async () => {
  await Guest.with({ memory: 64, cpu: "qemu32,-apic" }, async (guest) => {
    await allHolds(guest);
    const { apic } = await machineOf(guest);
    assert.equal(apic.why_not, "the processor has none");
  });
});

test("q35: ACPI with an MCFG, and the PCI devices of that chipset", async () => {
  await Guest.with({ memory: 64, extra: ["-machine", "q35"] }, async (guest) => {
    await allHolds(guest);
    const { acpi } = await firmwareOf(guest);
    const mcfg = acpi.tables.find((table) => table.signature === "MCFG");
    assert.equal(mcfg.sum_ok, true);
    const { devices } = await guest.json("/api/v1/pci");
    assert.equal(devices[0].device, "0x29c0");
    const { changed } = await stageOf(guest, "early_quirks");
    assert.match(changed.join(), /host bridge 8086:29c0.*0 found/);
  });
});

test("isapc: no ACPI, no PCI, no network: it comes up and says so", async () => {
  const guest = await Guest.start({ memory: 64, nic: "none", extra: ["-machine", "isapc"] });
  try {
    await guest.waitForLine(/^memscope: ready, no network: /);
    assert.match(guest.serial, /acpi: no root pointer: no tables/);
    assert.match(guest.serial, /dmi: Bochs Bochs, /);
  } finally {
    await guest.stop();
  }
});

test("graphics=off: the console goes to the serial line, and it serves", async () => {
  const extra = ["-machine", "pc,graphics=off", "-vga", "none"];
  await Guest.with({ memory: 64, extra }, async (guest) => {
    await allHolds(guest);
    const { roms } = await firmwareOf(guest);
    assert.equal(roms.at(-1).name, "System ROM");
    const { devices } = await guest.json("/api/v1/pci");
    assert.ok(!devices.some((device) => device.class.startsWith("0x3")));
  });
});

// Every BAR as QEMU's monitor lists it, also behind a bridge.
test("PCI devices and their regions are those that QEMU lists, behind a bridge too", async () => {
  const extra = [
    ...["-device", "pci-bridge,chassis_nr=1,id=b1"],
    ...["-device", "virtio-rng-pci,bus=b1,addr=3"],
    ...["-device", "e1000,bus=b1,addr=5"],
  ];
  await Guest.with({ memory: 64, extra }, async (guest) => {
    await allHolds(guest);
    const { devices } = await guest.json("/api/v1/pci");
    const ours = devices.flatMap(({ address, regions }) =>
      regions
        .filter(({ kind }) => kind === "bar")
        .map(
          (region) => `${address} ${region.bar} ${region.space} ${region.start} ${region.bytes}`,
        ),
    );
    const theirs = [];
    for (const { bus, slot, function: func, regions, ...device } of await listed(guest)) {
      const address = [bus, slot].map((n) => n.toString(16).padStart(2, "0")).join(":");
      assert.ok(
        devices.some((ours) => ours.address === `0000:${address}.${func}`),
        JSON.stringify(device),
      );
      for (const region of regions.filter(({ bar }) => bar < 6)) {
        const space = region.type === "io" ? "io" : "memory";
        const start = region.address === -1 ? 0 : region.address;
        theirs.push(
          `0000:${address}.${func} ${region.bar} ${space} 0x${start.toString(16)} ${region.size}`,
        );
      }
    }
    assert.deepEqual(ours.toSorted(), theirs.toSorted());
    const behind = devices.filter(({ address }) => address.startsWith("0000:01:"));
    assert.equal(behind.length, 2);
    const ports = await guest.text("/proc/ioports");
    assert.match(
      ports,
      /^[0-9a-f]{4}-[0-9a-f]{4} : PCI Bus 0000:01\n( {2}[0-9a-f-]{9} : 0000:01:0[35]\.0\n){2}/m,
    );
    assert.match(
      await guest.text("/proc/iomem"),
      /^[0-9a-f]{8}-[0-9a-f]{8} : PCI Bus 0000:01\n {2}[0-9a-f-]{17} : 0000:01:0/m,
    );
  });
});

async function listed(guest) {
  const found = [];
  const walk = (devices) => {
    for (const device of devices) {
      found.push(device);
      if (device.pci_bridge) walk(device.pci_bridge.devices ?? []);
    }
  };
  for (const bus of await guest.qmp("query-pci")) walk(bus.devices);
  return found;
}

test("pci=earlydump writes configuration space to the log before the map is final", async () => {
  await Guest.with({ memory: 64, append: "pci=earlydump" }, async (guest) => {
    const log = await guest.text("/proc/kmsg");
    assert.match(log, /pci 0000:00:00\.0 config space:\n.* 00: 12378086 /);
    assert.ok(log.indexOf("config space") < log.indexOf("low memory"), "early");
    const { devices } = await guest.json("/api/v1/pci");
    assert.equal(log.match(/config space:/g).length, devices.length);
  });
});

test("MTRRs: ranges and decision, as JSON and as Linux's text", async () => {
  await Guest.with({ memory: 64, cpu: "qemu32,+mtrr" }, async (guest) => {
    const { mtrr } = await machineOf(guest);
    assert.equal(mtrr.present, true);
    assert.equal(mtrr.default_type, "write-back");
    assert.equal(mtrr.not_trimmed_because, "the default type is not uncached");
    assert.equal(mtrr.trimmed_bytes, 0);
    const [range] = mtrr.ranges;
    assert.deepEqual([range.end, range.type], ["0x100000000", "uncachable"]);
    const base = Number(range.start);
    const mib = String(base / 2 ** 20).padStart(5);
    const size = String((2 ** 32 - base) / 2 ** 20).padStart(5);
    const hex = (base / 4096).toString(16).padStart(6, "0");
    assert.equal(
      await guest.text("/proc/mtrr"),
      `reg00: base=0x${hex}000 (${mib}MB), size=${size}MB, count=1: uncachable\n`,
    );
  });
});

test("the processor's features follow -cpu", async () => {
  await Guest.with({ memory: 64, cpu: "pentium3,vendor=AuthenticAMD" }, async (guest) => {
    const { cpu } = await machineOf(guest);
    assert.deepEqual([cpu.vendor, cpu.family, cpu.model], ["AuthenticAMD", 6, 7]);
    assert.ok(cpu.features.includes("mtrr") && cpu.features.includes("sse"));
    assert.ok(!cpu.features.includes("sse2"));
    assert.match(await guest.text("/proc/cpuinfo"), /^vendor_id\t: AuthenticAMD$/m);
    assert.equal(cpu.hypervisor, "TCGTCGTCGTCG");
    const { changed } = await stageOf(guest, "init_hypervisor_platform");
    assert.match(changed.join(), /"TCGTCGTCGTCG"/);
  });
});

test("without the hypervisor bit it is bare hardware", async () => {
  await Guest.with({ memory: 64, cpu: "qemu32,-hypervisor" }, async (guest) => {
    assert.equal((await machineOf(guest)).cpu.hypervisor, "");
    const { changed } = await stageOf(guest, "default_banner");
    assert.deepEqual(changed, ["running on bare hardware"]);
  });
});

test("the Pentium Pro with the erratum is named, and what is compared", async () => {
  const cpu = "qemu32,vendor=GenuineIntel,family=6,model=1,stepping=7";
  await Guest.with({ memory: 64, cpu }, async (guest) => {
    assert.equal((await machineOf(guest)).cpu.ppro_with_ram_bug, true);
    const { changed } = await stageOf(guest, "ppro_with_ram_bug");
    assert.match(changed.join("\n"), /GenuineIntel family 6 model 1 stepping 7: affected/);
  });
  await Guest.with({ memory: 64, cpu: cpu.replace("=7", "=8") }, async (guest) => {
    assert.equal((await machineOf(guest)).cpu.ppro_with_ram_bug, false);
  });
});

test("the saved map stays as the loader gave it", async () => {
  await Guest.with({ memory: 64, append: "mem=32M" }, async (guest) => {
    const { e820, e820_saved } = await guest.json("/api/v1/boot");
    assert.deepEqual(e820_saved, e820[0].entries);
    assert.equal(e820_saved[3].end, "0x3fe0000");
    assert.equal(e820.at(-1).entries.findLast(({ type_code }) => type_code === 1).end, "0x2000000");
  });
});

test("an interrupt is counted once, with its handler's name, and none is spurious", async () => {
  await Guest.with({ memory: 64 }, async (guest) => {
    const lines = async () => {
      const text = await guest.text("/proc/interrupts");
      assert.match(text, /^ {11}CPU0 {7}\n/);
      return {
        net: Number(/^ *\d+: +(\d+) {4}XT-PIC-XT {8}virtio0$/m.exec(text)[1]),
        err: Number(/^ERR: +(\d+)$/m.exec(text)[1]),
      };
    };
    const before = await lines();
    for (let i = 0; i < 20; i++) await guest.text("/proc/uptime");
    const after = await lines();
    assert.ok(after.net > before.net, `${before.net} -> ${after.net}`);
    assert.equal(after.err, 0);
    const { interrupts } = await machineOf(guest);
    const line = interrupts.lines.find(({ handlers }) => handlers.includes("virtio0"));
    assert.equal(line.masked, false);
    const { devices } = await guest.json("/api/v1/pci");
    const card = devices.find(({ vendor }) => vendor === "0x1af4");
    assert.equal(line.line, card.irq_line);
  });
});

test("a machine check is reported with its bank at vector 18", async () => {
  const guest = await Guest.ready({ memory: 64, cpu: "qemu32,+mce,+mca" });
  try {
    const { machine_checks } = await machineOf(guest);
    assert.equal(machine_checks.enabled, true);
    assert.equal(machine_checks.left_over, 0);
    assert.ok(machine_checks.banks > 1);
    await guest.hmp("mce 0 2 0xbe00000000000185 0x5 0x12345000 0");
    assert.equal(await guest.waitExit(), STATUS_PANIC);
    assert.match(guest.serial, /^memscope: panic: trap: machine check \(vector 18/m);
    assert.match(
      guest.serial,
      /bank 2 status 0xbe00000000000185, not corrected, address 0x12345000/,
    );
  } finally {
    await guest.stop();
  }
});

test("the hooks of x86_init and the gap for devices are shown", async () => {
  await Guest.with({ memory: 128 }, async (guest) => {
    const { hooks, gap, console } = await machineOf(guest);
    assert.equal(hooks.length, 8);
    const setup = hooks.find(({ name }) => name === "memory_setup");
    assert.match(setup.function, /^default_machine_specific_memory_setup\+0/);
    assert.deepEqual(gap, { start: "0x8000000", end: "0xfec00000", devices_from: "0x10000000" });
    assert.equal(console, "VGA text, 80x25 at 0xb8000");
  });
});
