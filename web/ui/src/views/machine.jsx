// The machine: what the firmware says of it, and what the kernel found. For one who runs a lab and
// has never seen this box.

import { bytes, count, hex, plural } from "../model/format.js";
import { className, id, identity, interruptLines, processors } from "../model/machine.js";
import { Panel } from "../parts/panel.jsx";
import { Facts, Scroll } from "../parts/table.jsx";
import { useStore } from "../store.js";

const view = {
  id: "machine",
  title: "Machine",
  lead: "What this machine says of itself: the firmware's tables, the processor, the devices on its buses, and the interrupts that come through. A table whose sum is wrong is listed and not used.",
  needs: ["machine", "firmware", "pci"],
  View,
};
export default view;

function View({ live }) {
  const state = useStore(live.store, (all) => all.machine);
  const firmware = useStore(live.store, (all) => all.firmware);
  const pci = useStore(live.store, (all) => all.pci);
  const data = state.data &&
    firmware.data &&
    pci.data && { machine: state.data, firmware: firmware.data, pci: pci.data };
  const error = state.error ?? firmware.error ?? pci.error;
  return (
    <Panel view={view} feed={{ data, error }}>
      {({ machine, firmware: fw, pci: bus }) => (
        <div class="maps">
          <Identity fw={fw} machine={machine} />
          <Interrupts machine={machine} fw={fw} />
          <Devices bus={bus} />
          <Tables fw={fw} />
          <MemoryTypes mtrr={machine.mtrr} gap={machine.gap} />
          <Roms fw={fw} />
        </div>
      )}
    </Panel>
  );
}

function Part({ title, children }) {
  const name = `machine-${title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
  return (
    <section aria-labelledby={name}>
      <h3 id={name}>{title}</h3>
      {children}
    </section>
  );
}

// heads: [label, is a number]; rows: [key, cells], the first cell is the row's heading.
function Table({ label, heads, rows }) {
  return (
    <Scroll label={label}>
      <table class="data">
        <caption class="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {heads.map(([head, num]) => (
              <th key={head} scope="col" class={num ? "num" : ""}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([key, [first, ...rest]]) => (
            <tr key={key}>
              <th scope="row" class={heads[0][1] ? "num" : ""}>
                {first}
              </th>
              {rest.map((cell, i) => (
                <td key={i} class={heads[i + 1][1] ? "num" : ""}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const code = (text) => <code>{text}</code>;

function Identity({ fw, machine }) {
  const { cpu, machine_checks: mce } = machine;
  const facts = identity(fw);
  return (
    <Part title="What it is">
      {fw.dmi ? (
        <Facts facts={facts} />
      ) : (
        <p class="muted">The firmware has no SMBIOS: it does not say who made this machine.</p>
      )}
      {fw.dmi?.bad_bios && (
        <p class="bad">
          Firmware like “{fw.dmi.bad_bios}” is known to write to low memory: its first 64 KiB are
          not used.
        </p>
      )}
      <Facts
        facts={[
          ["Processor", cpu.model_name || cpu.vendor],
          ["Family, model, stepping", `${cpu.family}, ${cpu.model}, ${cpu.stepping}`],
          ["Clock", `${count(cpu.khz / 1000)} MHz`],
          ["Cache line", bytes(cpu.cache_line_bytes)],
          ["Runs on", cpu.hypervisor || "bare hardware"],
          ["Screen", machine.console],
          [
            "Machine checks",
            mce.enabled
              ? `on, ${plural(mce.banks, "bank")}${mce.left_over ? `, ${count(mce.left_over)} held an error from before` : ""}`
              : mce.has_mce
                ? "off: the processor has no banks"
                : "the processor has none",
          ],
          ["Pentium Pro erratum 50", cpu.ppro_with_ram_bug ? "yes: 256 KiB are not used" : "no"],
        ]}
      />
      <p class="muted">
        Features: <code>{cpu.features.join(" ")}</code>
        {cpu.features_not_used.length > 0 && (
          <>
            ; switched off: <code>{cpu.features_not_used.join(" ")}</code>
          </>
        )}
      </p>
    </Part>
  );
}

const pin = (route) => (route ? `pin ${route.pin}${route.words ? ` (${route.words})` : ""}` : "–");

function Interrupts({ machine, fw }) {
  const { apic, ioapics, interrupts } = machine;
  const cpus = processors(fw);
  return (
    <Part title="Processors and interrupts">
      <p>
        Interrupts come through the two 8259 controllers. The last columns say where the firmware’s
        tables would lead a line if the I/O APIC were used.
      </p>
      <Table
        label="Interrupt lines"
        heads={[
          ["Line", true],
          ["Vector", true],
          ["Taken", true],
          ["For"],
          ["By the MADT"],
          ["By the MP table"],
        ]}
        rows={interruptLines(machine, fw).map((line) => [
          line.line,
          [
            line.line,
            line.vector,
            count(line.taken),
            line.handlers.join(", ") || (
              <span class="muted">{line.masked ? "masked" : "second 8259"}</span>
            ),
            pin(line.madt),
            pin(line.mp),
          ],
        ])}
      />
      <p class="muted">
        {plural(interrupts.spurious, "interrupt")} came without a device that asked for it.
      </p>
      {cpus.length === 0 ? (
        <p class="muted">Neither a MADT nor an MP table: the firmware lists no processors.</p>
      ) : (
        <Table
          label="Processors"
          heads={[["APIC", true], ["In the MADT"], ["In the MP table"], ["Started"]]}
          rows={cpus.map((cpu) => [
            cpu.apic_id,
            [cpu.apic_id, cpu.madt, cpu.mp, cpu.boot ? "runs this kernel" : "no"],
          ])}
        />
      )}
      <Facts
        facts={[
          [
            "Local APIC",
            apic.mapped
              ? `at ${apic.address}, seen at ${apic.mapped_at}, version ${hex(Number(apic.registers.version) & 255, 2)}`
              : apic.why_not,
          ],
          ...ioapics.map((io) => [
            `I/O APIC ${io.id}`,
            `at ${io.address}, seen at ${io.mapped_at}, ${plural(io.pins, "pin")}`,
          ]),
        ]}
      />
    </Part>
  );
}

function Region({ region }) {
  const names = { bar: `BAR ${region.bar}`, rom: "ROM", window: "passes on" };
  const more = [region.is_64bit && "64 bits", region.prefetchable && "prefetchable"];
  return (
    <li>
      {names[region.kind]}: {region.space === "io" ? "ports" : "memory"}{" "}
      {BigInt(region.start) ? code(region.start) : "at no address"}, {bytes(region.bytes)}
      {more.filter(Boolean).map((word) => `, ${word}`)}
    </li>
  );
}

function Devices({ bus }) {
  return (
    <Part title="PCI devices">
      {bus.devices.length === 0 ? (
        <p class="muted">
          {bus.present ? "The bus is empty." : "There is no PCI bus, so no network card is found."}
        </p>
      ) : (
        <Table
          label="PCI devices"
          heads={[["Address"], ["What"], ["Device"], ["Subsystem"], ["Line", true], ["Regions"]]}
          rows={bus.devices.map((d) => [
            d.address,
            [
              code(d.address),
              <>
                {className(d.class)}
                {d.secondary_bus > 0 && ` to bus ${d.secondary_bus}`}
              </>,
              code(id(d.vendor, d.device)),
              code(id(d.subsystem_vendor, d.subsystem)),
              d.irq_pin ? d.irq_line : "–",
              <ul>
                {d.regions.map((region, i) => (
                  <Region key={i} region={region} />
                ))}
              </ul>,
            ],
          ])}
        />
      )}
    </Part>
  );
}

function Tables({ fw }) {
  const { acpi, mp } = fw;
  return (
    <Part title="ACPI and MP tables">
      {acpi.tables.length === 0 ? (
        <p class="muted">
          {acpi.off ? "Switched off by acpi=off." : "The firmware has no ACPI tables."}
        </p>
      ) : (
        <Table
          label="ACPI tables"
          heads={[["Name"], ["Address"], ["Size", true], ["Revision", true], ["Maker"], ["Sum"]]}
          rows={acpi.tables.map((t) => [
            t.address,
            [
              code(t.signature),
              code(t.address),
              bytes(t.bytes),
              t.revision,
              t.oem.trim(),
              t.sum_ok ? "right" : <span class="bad">wrong: not used</span>,
            ],
          ])}
        />
      )}
      {mp ? (
        <p>
          MP floating pointer at <code>{mp.pointer}</code>
          {mp.table_bytes > 0 && (
            <>
              , its table at <code>{mp.table}</code>, {bytes(mp.table_bytes)}, by {mp.oem}
            </>
          )}
          {mp.default_config && ", one of the default configurations"}
          {mp.copy && (
            <>
              ; copy at <code>{mp.copy.address}</code>{" "}
              {mp.copy.sum_ok ? "intact" : <span class="bad">not intact</span>}
            </>
          )}
          .
        </p>
      ) : (
        <p class="muted">There is no MP table.</p>
      )}
    </Part>
  );
}

function MemoryTypes({ mtrr, gap }) {
  return (
    <Part title="Memory types and the gap">
      {mtrr.present ? (
        <>
          <p>
            Where no range says otherwise, memory is {mtrr.default_type}.{" "}
            {mtrr.not_trimmed_because
              ? `No RAM was taken away: ${mtrr.not_trimmed_because}.`
              : `RAM that would be slow and is not used: ${bytes(mtrr.trimmed_bytes)}.`}
          </p>
          {mtrr.ranges.length > 0 && (
            <Table
              label="Memory type ranges"
              heads={[["From – to (exclusive)"], ["Size", true], ["Type"]]}
              rows={mtrr.ranges.map((r) => [
                r.register,
                [
                  code(`${hex(r.start)} – ${hex(r.end)}`),
                  bytes(Number(BigInt(r.end) - BigInt(r.start))),
                  r.type,
                ],
              ])}
            />
          )}
        </>
      ) : (
        <p class="muted">The processor has no memory type ranges (MTRRs).</p>
      )}
      <p>
        No RAM and no firmware in{" "}
        <code>
          {hex(gap.start)} – {hex(gap.end)}
        </code>
        : there is room for devices from <code>{hex(gap.devices_from)}</code>.
      </p>
    </Part>
  );
}

function Roms({ fw }) {
  const words = fw.boot_words;
  return (
    <Part title="Low memory and ROMs">
      <p>
        The BIOS says that there are {count(words.lowmem_kib)} KiB of conventional memory and that
        its own data begins at segment <code>{words.ebda_segment}</code>: conventional memory ends
        at <code>{words.conventional_end}</code>.
      </p>
      <Table
        label="ROMs"
        heads={[["What"], ["From – to (exclusive)"], ["Size", true], ["For"], ["Sum"]]}
        rows={fw.roms.map((rom) => [
          rom.start,
          [
            rom.name,
            code(`${rom.start} – ${rom.end}`),
            bytes(Number(rom.end) - Number(rom.start)),
            Number(rom.vendor) ? code(id(rom.vendor, rom.device)) : "–",
            rom.sum_ok ? "right" : <span class="bad">wrong</span>,
          ],
        ])}
      />
    </Part>
  );
}
