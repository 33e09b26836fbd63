// The page tables: the kernel's gigabyte as a strip, then every area and its ranges.

import { useMemo } from "preact/hooks";
import { bytes, hex, plural } from "../model/format.js";
import { areaMeaning, FLAGS, strip } from "../model/pagetables.js";
import { parseAddress, readAudit } from "../model/walk.js";
import { Bar } from "../parts/bar.jsx";
import { useLive } from "../parts/live.js";
import { Panel } from "../parts/panel.jsx";
import { Differences } from "../parts/pt-changes.jsx";
import { Maps, Tree } from "../parts/pt-map.jsx";
import { Facts, Scroll, useSome } from "../parts/table.jsx";
import { useStore } from "../store.js";
import { Audit, FIRST_WALKED, Walk } from "./walk.jsx";

const KERNEL_START = 0xc0000000;
const KERNEL_END = 2 ** 32;

const view = {
  id: "page-tables",
  title: "Page tables",
  lead: "The processor reaches memory only through its [page table]s: they say for each [virtual address] which frame is meant, and what may be done with it. Choose an entry of the directory, then one of its table, and see how the processor reads it, bit by bit. Below are all areas; neighbours that are mapped alike are one range.",
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
          <Directory live={live} areas={tables.areas} place={rest} />
          <Differences />
          {tables.areas.map((area) => (
            <Area key={area.name} area={area} />
          ))}
        </>
      )}
    </Panel>
  );
}

// Directory and tables, the walk of the address chosen there, and what the audit of all of it found.
function Directory({ live, areas, place }) {
  const { data, error } = useLive(live, "/api/v1/pagetables", readAudit, 10_000);
  const address = parseAddress(place) ?? FIRST_WALKED;
  return (
    <>
      <section class="part pt-directory" aria-label="The directory and its tables">
        <h3>The directory and its tables</h3>
        {data ? (
          <Maps directory={data.directory} areas={areas} address={address} />
        ) : (
          <p class="muted">{error ? `${error.message}. Trying again.` : "Waiting for it …"}</p>
        )}
      </section>
      <Walk live={live} place={place} />
      {data && (
        <Audit
          data={data}
          writable_bytes={areas.reduce((sum, area) => sum + area.writable_bytes, 0)}
        />
      )}
      {data && <Tree directory={data.directory} areas={areas} cr3={data.cr3} />}
    </>
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

const RANGES_SHOWN = 40;

function Ranges({ area }) {
  const [ranges, more] = useSome(area.ranges, RANGES_SHOWN);
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
          {ranges.map((range) => (
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
      {more}
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
