// The page directory and the table below one of its entries as maps to choose from, and all of it as a tree.

import { useState } from "preact/hooks";
import { bytes, count, hex, plural } from "../model/format.js";
import {
  branches,
  directoryCells,
  keyStep,
  outline,
  rangesBelow,
  tableCells,
} from "../model/ptmap.js";
import { href } from "../routes.js";

const KINDS = { large: "maps 4 MiB itself", table: "names a table", empty: "empty" };
const STATES = {
  rw: "writable",
  ro: "read-only",
  user: "open to user mode",
  empty: "not mapped",
};

const place = (address) => href("page-tables", hex(address));

export function Maps({ directory, areas, address }) {
  const index = address >>> 22;
  const page = (address >>> 12) & 1023;
  const entries = directoryCells(directory);
  const pages = tableCells(areas, index);
  const large = entries[index] === "large";
  return (
    <div class="pt-maps">
      <Map
        name="directory"
        title="The directory"
        words={`entry ${index}, from ${hex(index * 2 ** 22)}: ${KINDS[entries[index]]}`}
        cells={entries}
        kinds={KINDS}
        prefix="kind"
        chosen={index}
        addressOf={(cell) => cell * 2 ** 22}
      />
      <Map
        name="table"
        title={large ? "The 4 MiB below it, in pages" : "The table below it"}
        words={`page ${page}, at ${hex(address - (address & 4095))}: ${STATES[pages[page]]}${large ? ", by the directory's entry" : ""}`}
        cells={pages}
        kinds={STATES}
        prefix="map"
        chosen={page}
        addressOf={(cell) => index * 2 ** 22 + cell * 4096}
      />
    </div>
  );
}

function Map({ name, title, words, cells, kinds, prefix, chosen, addressOf }) {
  const present = Object.keys(kinds).filter((kind) => cells.includes(kind));
  const key = (event) => {
    const next = keyStep(event.key, chosen);
    if (next === null || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    location.replace(place(addressOf(next)));
  };
  const click = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = (distance, size) => Math.max(0, Math.min(31, Math.floor((distance / size) * 32)));
    const line = at(event.clientY - box.top, box.height);
    location.hash = place(addressOf(line * 32 + at(event.clientX - box.left, box.width)));
  };
  return (
    <figure class="pt-map" data-map={name}>
      <figcaption>
        <strong>{title}</strong>, 1024 entries
      </figcaption>
      <svg
        viewBox="-0.06 -0.06 32 32"
        tabIndex={0}
        role="img"
        aria-label={`${title}: ${words}. Arrow keys choose another entry.`}
        onKeyDown={key}
        onClick={click}
      >
        {present.map((kind) => (
          <path key={kind} class={`${prefix}-${kind}`} d={outline(cells, kind)} />
        ))}
        <rect
          class="chosen-cell"
          x={chosen % 32}
          y={Math.floor(chosen / 32)}
          width="0.88"
          height="0.88"
        />
      </svg>
      <p role="status">{words}</p>
      <ul class="legend">
        {present.map((kind) => (
          <li key={kind}>
            <span class={`swatch ${prefix}-${kind}`} aria-hidden="true" />
            {kinds[kind]}
          </li>
        ))}
      </ul>
    </figure>
  );
}

export function Tree({ directory, areas, cr3 }) {
  return (
    <section class="part" aria-label="The tables as a tree">
      <h3>As a tree</h3>
      <p class="muted">
        CR3, a register of the processor, says where the directory is: at <code>{hex(cr3)}</code>.
        Its 1024 entries cover 4 MiB each.
      </p>
      <ul class="pt-tree">
        {branches(directory).map((branch) => (
          <li key={branch.index} data-kind={branch.kind}>
            <Branch branch={branch} areas={areas} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function entryNames({ index, last }) {
  return index === last ? `Entry ${index}` : `Entries ${index} to ${last}`;
}

function Branch({ branch, areas }) {
  const [open, setOpen] = useState(false);
  const where = (
    <a href={place(branch.start)}>
      <code>{hex(branch.start)}</code>
    </a>
  );
  const size = bytes(branch.end - branch.start);
  if (branch.kind !== "table")
    return (
      <span class={branch.kind === "empty" ? "muted" : ""}>
        {entryNames(branch)}: {branch.kind === "empty" ? "empty" : "one 4 MiB page each"}, {where},{" "}
        {size}
        {branch.kind === "large" && (
          <>
            {" "}
            of RAM from <code>{hex(Number(branch.entry) & 0xffc00000)}</code>
          </>
        )}
      </span>
    );
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {entryNames(branch)}: a table, from <code>{hex(branch.start)}</code>;{" "}
        {plural(branch.present, "entry", "entries")} of 1024 present, {branch.writable} writable
      </summary>
      {open && (
        <ul>
          <li>
            The table lies in{" "}
            <a href={href("picture", String(Number(branch.entry) >>> 12))}>
              frame {count(Number(branch.entry) >>> 12)}
            </a>
            ; a walk of its first address: {where}
          </li>
          {rangesBelow(areas, branch.index).map((range) => (
            <li key={range.start} class={range.mapped ? "" : "muted"}>
              <a href={place(range.start)}>
                <code>{hex(range.start)}</code>
              </a>{" "}
              {plural(range.bytes / 4096, "page")},{" "}
              {range.mapped ? STATES[range.user ? "user" : range.rw ? "rw" : "ro"] : "not mapped"}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
