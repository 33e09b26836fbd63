// The slab caches: a table that sorts by any column and filters by words; a cache opens above it.

import { useMemo, useState } from "preact/hooks";
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
    <Panel view={view} feed={feed} links={["/proc/slabinfo", "/proc/vmallocinfo"]}>
      {(memory) => (
        <>
          {memory.caches.some(({ name }) => name === rest) && (
            <SlabDetail key={rest} live={live} cache={rest} />
          )}
          <Caches caches={memory.caches} />
        </>
      )}
    </Panel>
  );
}

function Caches({ caches }) {
  const [sort, setSort] = useState({ key: "bytes", direction: "descending" });
  const [words, setWords] = useState("");
  const all = useMemo(() => caches.map(slabRow), [caches]);
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
              <Cache key={row.name} row={row} />
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

function Cache({ row }) {
  return (
    <tr data-cache={row.name} class={row.total ? "" : "zero"}>
      <th scope="row">
        <a href={href(view.id, row.name)}>{row.name}</a>
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
    </tr>
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
      </tr>
    </tfoot>
  );
}
