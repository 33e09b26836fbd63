// The page tables: the kernel's gigabyte as a strip, then every area and its ranges.

import { useMemo } from "preact/hooks";
import { bytes, hex, plural } from "../model/format.js";
import { areaMeaning, FLAGS, strip } from "../model/pagetables.js";
import { Bar } from "../parts/bar.jsx";
import { Panel } from "../parts/panel.jsx";
import { Differences } from "../parts/pt-changes.jsx";
import { Facts, Scroll } from "../parts/table.jsx";
import { useStore } from "../store.js";
import { Audit, Walk } from "./walk.jsx";

const KERNEL_START = 0xc0000000;
const KERNEL_END = 2 ** 32;

const view = {
  id: "page-tables",
  title: "Page tables",
  lead: "The processor reaches memory only through these tables: they say for each virtual address which frame is meant, and what may be done with it. Neighbours that are mapped alike are shown as one range.",
  needs: ["pagetables"],
  View,
};
export default view;

function View({ live, rest }) {
  const feed = useStore(live.store, (state) => state.pagetables);
  return (
    <Panel view={view} feed={feed}>
      {(tables) => (
        <>
          <div class="controls">
            <button
              type="button"
              class="button"
              disabled={feed.loading}
              onClick={() => live.refresh("pagetables")}
            >
              Read again
            </button>
            <span class="muted">Read every 10 seconds while this is on screen.</span>
          </div>
          <KernelStrip areas={tables.areas} />
          <Audit live={live} />
          <Differences />
          <Walk key={rest} live={live} place={rest} />
          {tables.areas.map((area) => (
            <Area key={area.name} area={area} />
          ))}
        </>
      )}
    </Panel>
  );
}

const STATES = { rw: "writable", ro: "read-only", empty: "not mapped" };

function KernelStrip({ areas }) {
  const runs = useMemo(() => strip(areas, KERNEL_START, KERNEL_END), [areas]);
  return (
    <figure class="strip">
      <figcaption>The kernel's gigabyte, {hex(KERNEL_START)} to 4 GiB</figcaption>
      <Bar
        label="Which parts of the kernel's gigabyte are mapped; the areas below have the figures"
        segments={runs.map((run) => ({
          key: run.start,
          size: run.end - run.start,
          className: `map-${run.state}`,
          title: `${hex(run.start)}, ${bytes(run.end - run.start)}: ${STATES[run.state]} (${run.area})`,
        }))}
      />
      <ul class="legend">
        {Object.entries(STATES).map(([state, label]) => (
          <li key={state}>
            <span class={`swatch map-${state}`} aria-hidden="true" />
            {label}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function Area({ area }) {
  return (
    <details class="area" open={area.mapped_ranges > 0} data-area={area.name}>
      <summary>
        <h3>{area.name}</h3>
        <span class="muted">
          from {hex(area.start)}, {bytes(area.bytes)}
        </span>
        <span class="area-mapped">
          {area.mapped_bytes ? `${bytes(area.mapped_bytes)} mapped` : "nothing mapped"}
        </span>
      </summary>
      <p class="muted">{areaMeaning(area.name)}</p>
      <Facts
        facts={[
          ["Large pages (4 MiB)", area.large_pages.toLocaleString("en-US")],
          ["Small pages (4 KiB)", area.small_pages.toLocaleString("en-US")],
          ["Writable", bytes(area.writable_bytes)],
          ["Reachable from user mode", bytes(area.user_bytes)],
        ]}
      />
      <Ranges area={area} />
    </details>
  );
}

function Ranges({ area }) {
  return (
    <Scroll label={`Ranges of ${area.name}`}>
      <table class="data ranges">
        <caption class="visually-hidden">{plural(area.ranges.length, "range")}</caption>
        <thead>
          <tr>
            <th scope="col">From – to (exclusive)</th>
            <th scope="col" class="num">
              Size
            </th>
            <th scope="col">What may be done</th>
            <th scope="col">Level</th>
          </tr>
        </thead>
        <tbody>
          {area.ranges.map((range) => (
            <tr key={range.start} class={range.mapped ? "" : "zero"}>
              <td>
                <code>
                  {hex(range.start)} – {hex(range.end)}
                </code>
              </td>
              <td class="num">{bytes(range.bytes)}</td>
              <td>{range.mapped ? describe(range) : "not mapped"}</td>
              <td>{range.level}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const SHORT = {
  rw: "writable",
  ro: "read-only",
  x: "executable",
  nx: "not executable",
  user: "user",
  global: "global",
  large: "4 MiB pages",
  pwt: "write-through",
  pcd: "uncached",
  pat: "PAT",
};

function describe(range) {
  return FLAGS.filter(([flag]) => range[flag]).map(([flag, meaning], i) => (
    <span key={flag} class={`flag flag-${flag}`} title={meaning}>
      {i > 0 && ", "}
      {SHORT[flag]}
    </span>
  ));
}
