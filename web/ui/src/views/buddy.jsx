// The buddy system: /proc/buddyinfo as a table, then each zone with its migrate types.

import { useMemo } from "preact/hooks";
import { matrix, TYPE_MEANINGS } from "../model/buddy.js";
import { count, hex, pageBytes, percent, plural } from "../model/format.js";
import { Bar } from "../parts/bar.jsx";
import { BuddyLive } from "../parts/buddy-live.jsx";
import { Fragmentation } from "../parts/fragmentation.jsx";
import { TinyBuddy } from "../parts/tiny-buddy.jsx";
import { Panel } from "../parts/panel.jsx";
import { Facts, Scroll } from "../parts/table.jsx";
import { useStore } from "../store.js";

const view = {
  id: "buddy",
  title: "Free blocks",
  lead: "Whoever needs memory asks the buddy allocator for a [block] of [page frame]s, and its free blocks are what is listed here, by [order], [zone] and [migrate type]. Many large blocks at the bottom of a table are good; free memory that lies in small blocks only is [fragmented], and large requests fail although enough is free.",
  needs: [],
  View,
};
export default view;

function View({ live }) {
  const feed = useStore(live.store, (state) => state.memory);
  return (
    <Panel view={view} feed={feed}>
      {(memory) => (
        <>
          <TinyBuddy />
          <BuddyLive />
          <Zones zones={memory.zones} />
          <Fragmentation live={live} />
        </>
      )}
    </Panel>
  );
}

function Zones({ zones }) {
  const model = useMemo(() => matrix(zones), [zones]);
  if (model.views.length === 0) return <p class="waiting">No zone has memory.</p>;
  return (
    <>
      <div class="blocks">
        <Matrix model={model} />
        <div class="about">
          <TypeLegend types={model.views[0].types} />
        </div>
      </div>
      <div class="blocks">
        {model.views.map((zone) => (
          <Zone key={zone.key} model={zone} nodes={model.nodes} />
        ))}
      </div>
    </>
  );
}

function zoneName({ zone }, nodes) {
  return nodes > 1 ? `${zone.name}, node ${zone.node}` : zone.name;
}

function Matrix({ model }) {
  return (
    <Scroll label="Free blocks by order and zone">
      <table class="data matrix">
        <caption>Free blocks by order and zone</caption>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col">Block</th>
            {model.views.map((zone) => (
              <th key={zone.key} scope="col" class="num">
                {zoneName(zone, model.nodes)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {model.rows.map((row) => (
            <tr key={row.order}>
              <th scope="row">{row.order}</th>
              <td>{pageBytes(row.block_pages)}</td>
              {row.cells.map((cell, i) => (
                <td
                  key={model.views[i].key}
                  class={cell?.blocks ? "num" : "num zero"}
                  data-zone={model.views[i].key}
                  data-order={row.order}
                >
                  {cell ? count(cell.blocks) : "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              Free
            </th>
            {model.views.map((zone) => (
              <td key={zone.key} class="num">
                {pageBytes(zone.zone.free)}
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}

function TypeLegend({ types }) {
  return (
    <>
      <h3>By migrate type</h3>
      <p class="muted">
        Blocks are kept apart by whether their contents could be moved, so that what cannot move
        does not end up everywhere.
      </p>
      <ul class="type-legend">
        {types.map((name) => (
          <li key={name}>
            <span class={`swatch type-${name}`} aria-hidden="true" />
            <strong>{name}</strong> {TYPE_MEANINGS[name] ?? ""}
          </li>
        ))}
      </ul>
    </>
  );
}

function Zone({ model, nodes }) {
  const { zone, pressure } = model;
  const name = zoneName(model, nodes);
  return (
    <article class="zone" aria-label={`Zone ${name}`}>
      <h3>
        Zone {name}
        <span class={`tag ${pressure.level}`}>{pressure.text}</span>
      </h3>
      <Facts
        facts={[
          ["Present", pageBytes(zone.present)],
          ["Free", freeWords(zone)],
          ["From frame", `${count(zone.start_pfn)} (${hex(zone.start_pfn * 4096)})`],
          ["Spanned", plural(zone.spanned, "frame")],
          ["Min, low, high", `${count(zone.min)}, ${count(zone.low)}, ${count(zone.high)} frames`],
        ]}
      />
      <Scroll label={`Free blocks of zone ${name} by order and migrate type`}>
        <ZoneTable model={model} name={name} />
      </Scroll>
      {!model.agrees && (
        <p class="bad">
          The blocks add up to {plural(model.sum_pages, "frame")}, the zone's counter says{" "}
          {count(zone.free)}.
        </p>
      )}
    </article>
  );
}

// What is present leaves out the zone's share of the memory map, wherever that lies: in HighMem more may
// be free than is present.
function freeWords({ free, present }) {
  return free > present ? pageBytes(free) : `${pageBytes(free)} (${percent(free, present)})`;
}

function ZoneTable({ model, name }) {
  return (
    <table class="data zone-table">
      <caption class="visually-hidden">Zone {name}: free blocks by order and migrate type</caption>
      <thead>
        <tr>
          <th scope="col">Order</th>
          {model.types.map((type) => (
            <th key={type} scope="col" class="num">
              {type}
            </th>
          ))}
          <th scope="col" class="num">
            Free
          </th>
          <th scope="col" class="bar-column">
            <span class="visually-hidden">Picture</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {model.orders.map((row) => (
          <tr key={row.order}>
            <th scope="row">{row.order}</th>
            {row.types.map((type) => (
              <td
                key={type.name}
                class={type.blocks ? "num" : "num zero"}
                data-order={row.order}
                data-type={type.name}
              >
                {count(type.blocks)}
              </td>
            ))}
            <td class={row.pages ? "num" : "num zero"}>{pageBytes(row.pages)}</td>
            <td class="bar-column">
              <OrderBar row={row} widest_pages={model.widest_pages} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function OrderBar({ row, widest_pages }) {
  const segments = row.types.map((type) => ({
    key: type.name,
    size: type.blocks * row.block_pages,
    className: `type-${type.name}`,
    title: `${type.name}: ${plural(type.blocks, "block")}`,
  }));
  const rest = { key: "rest", size: widest_pages - row.pages, className: "rest" };
  return <Bar className="thin" segments={[...segments, rest]} label={pageBytes(row.pages)} />;
}
