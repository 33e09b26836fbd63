// What the boot record holds besides the stages: changes, memory maps, early reservations, options.

import { mapEdits } from "../model/boot.js";
import { bytes, hex, plural } from "../model/format.js";
import { Scroll } from "../parts/table.jsx";

function size(start, end) {
  return bytes(Number(end - start));
}

function Range({ start, end }) {
  return (
    <code>
      {hex(start)} – {hex(end)}
    </code>
  );
}

// Everything one stage changed, as a list.
export function Changes({ stage }) {
  return (
    <ul class="changes">
      {(stage.inputs.length > 0 || stage.other_inputs) && (
        <li class="muted">
          Goes by{" "}
          {[...stage.inputs.map(({ name, value }) => `${name} ${value}`), stage.other_inputs]
            .filter(Boolean)
            .join(", ")}
        </li>
      )}
      {stage.outputs.map(({ name, before, after }) => (
        <li key={`o${name}`}>
          <code>{name}</code> {before} → {after}
        </li>
      ))}
      {stage.notes.map((note, i) => (
        <li key={`n${i}`}>{note}</li>
      ))}
      {stage.notes_lost > 0 && (
        <li class="muted">{plural(stage.notes_lost, "more line")}, not kept</li>
      )}
      {stage.map_edits.map((edit, i) => (
        <li key={`m${i}`}>
          Memory map {edit.sign} <Range {...edit} /> {edit.type}
        </li>
      ))}
      {stage.edits.map((edit, i) => (
        <li key={`e${i}`}>
          Map: {edit.op} <Range {...edit} />, type {edit.old_type_code} → {edit.new_type_code},{" "}
          {bytes(edit.changed_bytes)}
        </li>
      ))}
      {stage.tables.map((row, i) => (
        <li key={`t${i}`}>
          {plural(row.pages, "page table")} from {hex(row.start)} at directory entry{" "}
          {row.directory_entry} ({row.source.replaceAll("_", " ")})
        </li>
      ))}
      {stage.reserved.map((res, i) => (
        <li key={`r${i}`}>
          Reserved <Range {...res} /> for “{res.name}”
        </li>
      ))}
      {stage.released.map((res, i) => (
        <li key={`f${i}`}>
          Ended <Range {...res} /> of “{res.name}” ({res.how})
        </li>
      ))}
    </ul>
  );
}

export function Maps({ boot }) {
  return (
    <div class="maps">
      <Reservations list={boot.early_res} />
      <Options boot={boot} />
    </div>
  );
}

// Early reservations; those that were not there before are marked.
export function Held({ list, before }) {
  return (
    <Scroll label="Reservations at that time">
      <table class="data narrow">
        <caption class="visually-hidden">Early reservations at that time</caption>
        <thead>
          <tr>
            <th scope="col">Reserved</th>
            <th scope="col" class="num">
              Size
            </th>
            <th scope="col">Name</th>
          </tr>
        </thead>
        <tbody>
          {list.map((res, i) => (
            <tr key={i} class={before && !before.includes(res) ? "changed" : ""}>
              <td>
                <Range {...res} />
              </td>
              <td class="num">{size(res.start, res.end)}</td>
              <td>{res.name}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

// A memory map; entries that were not there before are marked.
export function MapTable({ entries, before }) {
  const added = before ? mapEdits(before, entries) : [];
  const isNew = ({ start, end }) =>
    added.some((edit) => edit.sign === "+" && edit.start === start && edit.end === end);
  return (
    <Scroll label="Memory map">
      <table class="data narrow">
        <caption class="visually-hidden">Memory map</caption>
        <thead>
          <tr>
            <th scope="col">From – to (exclusive)</th>
            <th scope="col" class="num">
              Size
            </th>
            <th scope="col">Type</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, i) => (
            <tr key={i} class={isNew(entry) ? "changed" : ""}>
              <td>
                <Range {...entry} />
              </td>
              <td class="num">{size(entry.start, entry.end)}</td>
              <td>{entry.type}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Reservations({ list }) {
  return (
    <section aria-labelledby="res-title">
      <h3 id="res-title">Early reservations</h3>
      {list.length === 0 ? (
        <p class="muted">None were made.</p>
      ) : (
        <Scroll label="Early reservations">
          <table class="data">
            <caption class="visually-hidden">Early reservations</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">From – to (exclusive)</th>
                <th scope="col" class="num">
                  Size
                </th>
                <th scope="col">Made by</th>
                <th scope="col">Ended by</th>
              </tr>
            </thead>
            <tbody>
              {list.map((res, i) => (
                <tr key={i}>
                  <th scope="row">{res.name}</th>
                  <td>
                    <Range {...res} />
                  </td>
                  <td class="num">{size(res.start, res.end)}</td>
                  <td>{res.made_by}</td>
                  <td class={res.freed_by ? "" : "muted"}>
                    {res.freed_by ? `${res.freed_by} (${res.how})` : "kept"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function Options({ boot }) {
  const given = boot.params.filter((param) => param.value !== null);
  const others = boot.params.filter((param) => param.value === null);
  return (
    <section aria-labelledby="params-title">
      <h3 id="params-title">Options</h3>
      {boot.loader && (
        <p class="muted">
          Loaded by {boot.loader.name || "an unnamed loader"}, with Multiboot{" "}
          {boot.loader.multiboot}.
        </p>
      )}
      {given.length === 0 ? (
        <p>None was given: every option has its default.</p>
      ) : (
        <OptionList params={given} />
      )}
      {boot.unknown_params.length > 0 && (
        <p class="bad">
          Not understood: <code>{boot.unknown_params.join(" ")}</code>
        </p>
      )}
      {others.length > 0 && (
        <details>
          <summary>{plural(others.length, "option")} not given</summary>
          <OptionList params={others} />
        </details>
      )}
    </section>
  );
}

function OptionList({ params }) {
  return (
    <dl class="options">
      {params.map((param) => (
        <div key={param.name}>
          <dt>
            <code>{param.value ? `${param.name}=${param.value}` : param.name}</code>
          </dt>
          <dd>
            {param.meaning}
            {param.value === null && param.fallback && ` (default: ${param.fallback})`}
            {param.refused && <span class="bad"> The value was refused.</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
