// Virtual memory beyond the direct map: vmalloc areas, permanent kmaps, fixmaps.

import { bytes, count, hex, percent, plural } from "../model/format.js";
import { fixmapName, FIXMAPS, readVm, slotRuns } from "../model/vm.js";
import { Bar } from "../parts/bar.jsx";
import { useLive } from "../parts/live.js";
import { Panel } from "../parts/panel.jsx";
import { Facts, Scroll, useSome } from "../parts/table.jsx";
import { href } from "../routes.js";

const view = {
  id: "vm",
  title: "vmalloc and kmap",
  lead: "Most memory is reached at a fixed distance from its physical address, in the [direct map]. Three areas above it are filled as needed: [vmalloc] joins scattered frames and device registers into areas, each with a [guard page] behind it; [kmap] gives frames of high memory an address for a while; and the [fixmap] has addresses that are known when the kernel is built.",
  needs: [],
  View,
};
export default view;

function View({ live }) {
  const feed = useLive(live, "/api/v1/vm", readVm);
  return (
    <Panel view={view} feed={feed}>
      {(vm) => (
        <>
          <Vmalloc vmalloc={vm.vmalloc} />
          <Kmaps kmap={vm.kmap} />
          <Fixmaps fixmap={vm.fixmap} />
        </>
      )}
    </Panel>
  );
}

function FrameLink({ pfn }) {
  return <a href={href("picture", String(pfn))}>{count(pfn)}</a>;
}

const AREAS_SHOWN = 40;

function Vmalloc({ vmalloc }) {
  const [areas, more] = useSome(vmalloc.areas, AREAS_SHOWN);
  return (
    <section class="part">
      <h3>vmalloc areas</h3>
      <p class="muted">
        {bytes(vmalloc.used_bytes)} of {bytes(vmalloc.total_bytes)} of addresses in use (
        {percent(vmalloc.used_bytes, vmalloc.total_bytes)}). After each area a page stays unmapped,
        so that running past its end faults.
      </p>
      {vmalloc.areas.length === 0 ? (
        <p class="waiting">There is no area.</p>
      ) : (
        <Scroll label="vmalloc areas">
          <table class="data">
            <caption class="visually-hidden">vmalloc areas</caption>
            <thead>
              <tr>
                <th scope="col">From – to</th>
                <th scope="col" class="num">
                  Size
                </th>
                <th scope="col">Guard page</th>
                <th scope="col">Holds</th>
                <th scope="col">Made by</th>
              </tr>
            </thead>
            <tbody>
              {areas.map((area) => (
                <tr key={area.start}>
                  <td>
                    <code>
                      {hex(area.start)} – {hex(area.end)}
                    </code>
                  </td>
                  <td class="num">{bytes(area.end - area.start)}</td>
                  <td>
                    <code>{hex(area.guard)}</code>
                  </td>
                  <td>{holds(area)}</td>
                  <td>
                    <code>{area.caller ?? "–"}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {more}
        </Scroll>
      )}
    </section>
  );
}

function holds(area) {
  if (area.kind === "ioremap") return `device memory at ${hex(area.physical)}`;
  return `${plural(area.pages, "frame")}${area.kind === "vmap" ? " of others" : ""}`;
}

const SLOTS = {
  used: "in use",
  waiting: "no longer used, mapped until the next flush",
  empty: "empty",
};

function Kmaps({ kmap }) {
  return (
    <section class="part">
      <h3>Permanent kmaps</h3>
      <Bar
        label={`${kmap.slots} slots: ${kmap.mapped} in use, ${kmap.waiting_for_flush} waiting for a flush`}
        segments={slotRuns(kmap).map((run, i) => ({
          key: i,
          size: run.count,
          className: `slot-${run.state}`,
          title: `${plural(run.count, "slot")}: ${SLOTS[run.state]}`,
        }))}
      />
      <ul class="legend">
        {Object.entries(SLOTS).map(([state, words]) => (
          <li key={state}>
            <span class={`swatch slot-${state}`} aria-hidden="true" />
            {words}
          </li>
        ))}
      </ul>
      <Facts
        facts={[
          ["Slots in use", `${count(kmap.mapped)} of ${count(kmap.slots)}`],
          ["Mapped so far", count(kmap.maps)],
          ["Times the search began again", count(kmap.wraps)],
          ["Slots flushed then", count(kmap.flushed)],
          ["Refused, all in use", count(kmap.refused)],
          ["Temporary mappings so far", count(kmap.atomic_maps)],
          ["Unused records of the page-address hash", count(kmap.hash_records_free)],
        ]}
      />
      {kmap.in_use.length > 0 && (
        <Scroll label="Permanent kmaps">
          <table class="data">
            <caption class="visually-hidden">Permanent kmaps</caption>
            <thead>
              <tr>
                <th scope="col" class="num">
                  Slot
                </th>
                <th scope="col">Address</th>
                <th scope="col" class="num">
                  Frame
                </th>
                <th scope="col" class="num">
                  Users
                </th>
              </tr>
            </thead>
            <tbody>
              {kmap.in_use.slice(0, 64).map((slot) => (
                <tr key={slot.slot} class={slot.users ? "" : "zero"}>
                  <td class="num">{slot.slot}</td>
                  <td>
                    <code>{hex(slot.address)}</code>
                  </td>
                  <td class="num">
                    <FrameLink pfn={slot.pfn} />
                  </td>
                  <td class="num">{count(slot.users)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function Fixmaps({ fixmap }) {
  return (
    <section class="part">
      <h3>Fixmap</h3>
      <Scroll label="Fixmap">
        <table class="data">
          <caption class="visually-hidden">Fixmap</caption>
          <thead>
            <tr>
              <th scope="col" class="num">
                Index
              </th>
              <th scope="col">Name</th>
              <th scope="col">Address</th>
              <th scope="col" class="num">
                Frame
              </th>
              <th scope="col">For</th>
            </tr>
          </thead>
          <tbody>
            {fixmap.map((entry) => (
              <tr key={entry.index} class={entry.pfn === null ? "zero" : ""}>
                <td class="num">{entry.index}</td>
                <td>
                  <code>{fixmapName(entry)}</code>
                </td>
                <td>
                  <code>{hex(entry.address)}</code>
                </td>
                <td class="num">{entry.pfn === null ? "–" : hex(entry.pfn, 1)}</td>
                <td>{FIXMAPS[entry.name] ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
