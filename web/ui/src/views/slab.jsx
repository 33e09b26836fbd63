// The slab caches: a table that sorts by any column and filters by words; a cache opens above it.

import { useMemo, useState } from "preact/hooks";
import { sparkline } from "../model/activity.js";
import { bytes, count, percent, plural } from "../model/format.js";
import { COLUMNS, filterRows, firstDirection, slabRow, sortRows, totals } from "../model/slab.js";
import { Meter } from "../parts/bar.jsx";
import { Panel } from "../parts/panel.jsx";
import { Scroll, SortHeading, useHeldOrder } from "../parts/table.jsx";
import { href } from "../routes.js";
import { useStore } from "../store.js";
import { SlabDetail } from "./slab-detail.jsx";

const view = {
  id: "slab",
  title: "Slab caches",
  lead: "Most requests are much smaller than a page. The slab allocator keeps a [cache] for each kind of object: it takes whole blocks of pages ([slab]s), cuts them into objects of one size, and hands those out and takes them back without a search. A cache that is hardly filled holds memory that it could give back. Open one to see its slabs, object by object.",
  needs: [],
  View,
};
export default view;

function View({ live, rest }) {
  const feed = useStore(live.store, (state) => state.memory);
  return (
    <Panel view={view} feed={feed}>
      {(memory) => (
        <>
          {memory.caches.some(({ name }) => name === rest) ? (
            <SlabDetail key={rest} live={live} cache={rest} />
          ) : (
            rest && <p class="bad">There is no cache “{rest}” on this machine now.</p>
          )}
          <Caches live={live} caches={memory.caches} />
        </>
      )}
    </Panel>
  );
}

const WIDTH = 96;
const HEIGHT = 20;

// The sparkline of each cache, drawn anew once a second.
function useActivity(live) {
  const activity = useStore(live.store, (state) => state.activity);
  return useMemo(() => {
    const names = activity.samples.at(-1)?.caches.keys() ?? [];
    return Object.fromEntries(
      [...names].map((name) => [name, sparkline(activity, name, WIDTH, HEIGHT)]),
    );
  }, [activity]);
}

function Caches({ live, caches }) {
  const lines = useActivity(live);
  const [sort, setSort] = useState({ key: "bytes", direction: "descending" });
  const [words, setWords] = useState("");
  const all = useMemo(() => {
    const now = Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, line.now]));
    return caches.map((cache) => slabRow(cache, now));
  }, [caches, lines]);
  const sorted = useMemo(() => sortRows(filterRows(all, words), sort), [all, words, sort]);
  const [rows, again] = useHeldOrder(
    sorted,
    `${sort.key} ${sort.direction} ${words}`,
    ({ name }) => name,
  );

  function onSort(key) {
    const turned = sort.direction === "ascending" ? "descending" : "ascending";
    setSort({ key, direction: key === sort.key ? turned : firstDirection(key) });
  }

  return (
    <>
      <div class="controls">
        <label class="search">
          <span>Find</span>
          <input
            type="search"
            value={words}
            placeholder="name or owner"
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </label>
        <span class="muted">
          {rows.length === all.length
            ? plural(all.length, "cache")
            : `${count(rows.length)} of ${plural(all.length, "cache")}`}
        </span>
        <ul class="legend spark-legend">
          <li>
            <span class="swatch spark-allocs" aria-hidden="true" />
            handed out
          </li>
          <li>
            <span class="swatch spark-frees" aria-hidden="true" />
            given back, each second of the last minute
          </li>
        </ul>
        {again}
      </div>
      <Scroll label="Slab caches">
        <table class="data slab">
          <caption class="visually-hidden">Slab caches</caption>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <SortHeading key={column.key} column={column} sort={sort} onSort={onSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Cache key={row.name} row={row} line={lines[row.name]} />
            ))}
            {rows.length === 0 && (
              <tr>
                <td colSpan={COLUMNS.length} class="muted">
                  No cache matches “{words}”.
                </td>
              </tr>
            )}
          </tbody>
          <Totals rows={rows} />
        </table>
      </Scroll>
    </>
  );
}

function Cache({ row, line }) {
  return (
    <tr data-cache={row.name} class={row.total ? "" : "zero"}>
      <th scope="row">
        <a href={href(view.id, row.name)}>{row.name}</a>
        {row.lwip && <span class="tag own">lwIP pool</span>}
      </th>
      <td class="muted">{row.owner}</td>
      <td class="num">{bytes(row.object_bytes)}</td>
      <td class="num" data-active={row.active}>
        {count(row.active)}
      </td>
      <td class="num" data-total={row.total}>
        {count(row.total)}
      </td>
      <td class="num filled">
        <Meter share={row.use} />
        <span class="figure">{row.total ? percent(row.active, row.total) : "–"}</span>
      </td>
      <td class="num">{count(row.slabs)}</td>
      <td class="num">{bytes(row.bytes)}</td>
      <td class="num activity" data-activity={row.activity}>
        {line && <Sparkline line={line} />}
        <span class="figure">{count(Math.round(row.activity))}</span>
      </td>
    </tr>
  );
}

function Sparkline({ line }) {
  const most = count(Math.round(line.most));
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`at most ${most} a second in the last minute; now`}
    >
      <polyline class="spark-frees" points={line.frees} />
      <polyline class="spark-allocs" points={line.allocs} />
    </svg>
  );
}

function Totals({ rows }) {
  const sum = totals(rows);
  return (
    <tfoot>
      <tr>
        <th scope="row" colSpan={3}>
          All of these
        </th>
        <td class="num">{count(sum.active)}</td>
        <td class="num">{count(sum.total)}</td>
        <td class="num">{percent(sum.active, sum.total)}</td>
        <td class="num">{count(sum.slabs)}</td>
        <td class="num">{bytes(sum.bytes)}</td>
        <td class="num">{count(Math.round(sum.activity))}</td>
      </tr>
    </tfoot>
  );
}
