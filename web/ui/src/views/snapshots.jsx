// Moments that were saved, and what is different between two of them. They are kept in this browser and can
// be saved as files, so that machines and boots can be compared.

import { useEffect, useMemo, useState } from "preact/hooks";
import { csv, fileName } from "../model/export.js";
import { bytes, count, duration, plural } from "../model/format.js";
import {
  compare,
  compareDocument,
  compareRows,
  createShelf,
  FILE_BYTES_MAX,
  KEPT_BYTES_MAX,
  machineWords,
  takeSnapshot,
} from "../model/snapshots.js";
import { Menu, saveCsv, saveJson } from "../parts/export.jsx";
import { Panel } from "../parts/panel.jsx";
import { ask, Changes } from "../parts/pt-changes.jsx";
import { Scroll } from "../parts/table.jsx";

const view = {
  id: "snapshots",
  title: "Snapshots",
  lead: "Save a moment, let something happen, save another, and see what is different: by use of frames, by free blocks, by cache, by area of the page tables, by call site. All figures of a snapshot are of one instant.",
  needs: [],
  alone: true,
  View,
};
export default view;

// What a browser that keeps nothing has instead: until the page is closed.
function memory() {
  const all = new Map();
  return {
    get length() {
      return all.size;
    },
    key: (i) => [...all.keys()][i],
    getItem: (key) => all.get(key) ?? null,
    setItem: (key, text) => all.set(key, text),
    removeItem: (key) => all.delete(key),
  };
}

const shelf = createShelf(
  (() => {
    try {
      return localStorage;
    } catch {
      return memory();
    }
  })(),
);

function View() {
  const [list, setList] = useState(() => shelf.list());
  const [wrong, setWrong] = useState("");
  const [chosen, setChosen] = useState({ before: "", after: "" });
  const again = () => setList(shelf.list());
  useEffect(() => {
    addEventListener("storage", again);
    return () => removeEventListener("storage", again);
  }, []);

  // The last two stand for comparison until something else is chosen.
  const pick = (id, i) => list.find((one) => one.id === id) ?? list.at(i);
  const after = pick(chosen.after, -1);
  const before = pick(chosen.before, -2);

  const attempt = async (what, text) => {
    try {
      shelf.add(await text());
      setWrong("");
      setChosen({ before: "", after: "" });
    } catch (failed) {
      setWrong(`${what}: ${failed.message}.`);
    }
    again();
  };
  const remove = (id) => {
    shelf.remove(id);
    again();
  };
  return (
    <Panel view={view} feed={{ data: list, error: null }}>
      {() => (
        <>
          <Take onTake={(name) => attempt("Not saved", () => taken(name))} />
          <Open onFile={(file) => attempt(`${file.name} was not opened`, () => textOf(file))} />
          <p class="bad" role="alert">
            {wrong}
          </p>
          <List list={list} before={before} after={after} onChoose={setChosen} onRemove={remove} />
          {list.length > 1 && before !== after && <Comparison before={before} after={after} />}
          {list.length > 1 && before === after && (
            <p class="waiting">Choose two different snapshots to compare them.</p>
          )}
        </>
      )}
    </Panel>
  );
}

async function taken(name) {
  const now_ms = Date.now();
  const id = `${now_ms.toString(36)}-${Math.floor(Math.random() * 36 ** 6).toString(36)}`;
  return JSON.stringify(await takeSnapshot(ask, { name, now_ms, id }));
}

async function textOf(file) {
  if (file.size > FILE_BYTES_MAX)
    throw new Error(`it has ${bytes(file.size)}, a snapshot at most ${bytes(FILE_BYTES_MAX)}`);
  return file.text();
}

function Take({ onTake }) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    await onTake(name.trim() || `Snapshot ${new Date().toLocaleTimeString()}`);
    setName("");
    setBusy(false);
  };
  return (
    <form class="place" onSubmit={submit}>
      <label>
        Name{" "}
        <input
          type="text"
          value={name}
          maxLength={60}
          placeholder="before the test"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button" disabled={busy}>
        Save this moment
      </button>
    </form>
  );
}

function Open({ onFile }) {
  const open = async ({ currentTarget: input }) => {
    if (input.files[0]) await onFile(input.files[0]);
    input.value = "";
  };
  return (
    <label class="file">
      Open a file <input type="file" accept=".json,application/json" onChange={open} />
    </label>
  );
}

function List({ list, before, after, onChoose, onRemove }) {
  const used = `${bytes(shelf.used())} of ${bytes(KEPT_BYTES_MAX)}`;
  if (list.length === 0)
    return (
      <p class="waiting">No snapshot has been saved yet. There is room for {used.slice(4)}.</p>
    );
  return (
    <>
      <p class="muted">
        {plural(list.length, "snapshot")}, kept in this browser only: {used}.
      </p>
      <Scroll label="Saved snapshots">
        <table class="data snapshots">
          <caption class="visually-hidden">Saved snapshots</caption>
          <thead>
            <tr>
              <th scope="col">Before</th>
              <th scope="col">After</th>
              <th scope="col">Name</th>
              <th scope="col">Taken</th>
              <th scope="col">After the start</th>
              <th scope="col">Machine</th>
              <th scope="col" class="num">
                Size
              </th>
              <th scope="col">
                <span class="visually-hidden">What can be done with it</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map((one) => (
              <Row
                key={one.id}
                one={one}
                sides={{ before, after }}
                onChoose={onChoose}
                onRemove={onRemove}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Row({ one, sides, onChoose, onRemove }) {
  const [sure, setSure] = useState(false);
  const choose = (side) => () =>
    onChoose({ before: sides.before?.id ?? "", after: sides.after?.id ?? "", [side]: one.id });
  const time_ms = Date.parse(one.taken_at);
  return (
    <tr data-id={one.id}>
      {["before", "after"].map((side) => (
        <td key={side}>
          <input
            type="radio"
            name={`snapshot-${side}`}
            checked={sides[side]?.id === one.id}
            onChange={choose(side)}
            aria-label={`${side === "before" ? "Before" : "After"}: ${one.name}`}
          />
        </td>
      ))}
      <th scope="row">{one.name}</th>
      <td>{new Date(time_ms).toLocaleString()}</td>
      <td>{duration(one.uptime_ms)}</td>
      <td>
        {machineWords(one)}
        <small>
          mm={one.machine.generation} <code>{one.machine.command_line}</code>
        </small>
      </td>
      <td class="num">
        {bytes(one.bytes)}
        <small>{count(one.cost.cycles)} cycles</small>
      </td>
      <td class="actions">
        <button
          type="button"
          class="button"
          onClick={() =>
            saveJson(
              `${JSON.stringify(one.raw)}\n`,
              fileName("snapshot", one.name, time_ms, "json"),
            )
          }
        >
          Save as file
        </button>
        <button
          type="button"
          class="button"
          onClick={() => (sure ? onRemove(one.id) : setSure(true))}
          onBlur={() => setSure(false)}
        >
          {sure ? "Really delete" : "Delete"}
        </button>
      </td>
    </tr>
  );
}

// ---- Two of them ----

const signed = (n) => `${n > 0 ? "+" : n < 0 ? "−" : ""}${count(Math.abs(n))}`;
const signedBytes = (n) => `${n > 0 ? "+" : n < 0 ? "−" : ""}${bytes(Math.abs(n))}`;

function Comparison({ before, after }) {
  const [all, setAll] = useState(false);
  const result = useMemo(() => compare(before, after), [before, after]);
  const name = (ending) => fileName("comparison", "", Date.now(), ending);
  const json = () => `${JSON.stringify(compareDocument(before, after, result))}\n`;
  const items = [
    { label: "JSON", onPick: () => saveJson(json(), name("json")) },
    {
      label: "CSV: all rows",
      onPick: () => saveCsv(csv(compareRows(result)), name("csv")),
    },
  ];
  return (
    <section class="part comparison" aria-label="Comparison">
      <h3>
        From “{before.name}” to “{after.name}”
      </h3>
      {result.warnings.map((text) => (
        <p key={text} class="bad" data-warning>
          {text}
        </p>
      ))}
      <div class="controls">
        <span class="muted">
          {result.elapsed_ms < 0
            ? `The second was taken ${duration(-result.elapsed_ms)} before the first.`
            : `${duration(result.elapsed_ms)} between them.`}
        </span>
        <label class="tick">
          <input
            type="checkbox"
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
          Also what did not change
        </label>
        <Menu label="Export" items={items} />
      </div>
      {result.sections.map((section) => (
        <Section key={section.id} section={section} all={all} />
      ))}
      <h4>Page tables, entry by entry</h4>
      <Changes changes={result.tables} />
    </section>
  );
}

function Section({ section, all }) {
  const { id, title, unit, note, total } = section;
  const rows = all ? section.rows : section.changed;
  return (
    <section class="part" data-section={id}>
      <h4>{title}</h4>
      {note && <p class="muted">{note}</p>}
      {rows.length === 0 ? (
        <p class="muted">Nothing is different.</p>
      ) : (
        <Scroll label={title}>
          <table class="data">
            <caption class="visually-hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                {[
                  `Before, ${unit}`,
                  "After",
                  "Change",
                  "Before, size",
                  "After, size",
                  "Change, size",
                ].map((head, i) => (
                  <th key={i} scope="col" class="num">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.name} data-name={row.name} data-delta={row.delta}>
                  <th scope="row">{id === "frames" ? row.name.replaceAll("_", " ") : row.name}</th>
                  <Figures row={row} />
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">Total</th>
                <Figures row={total} />
              </tr>
            </tfoot>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function Figures({ row }) {
  return (
    <>
      <td class="num">{count(row.before)}</td>
      <td class="num">{count(row.after)}</td>
      <td class="num">{signed(row.delta)}</td>
      <td class="num">{bytes(row.before_bytes)}</td>
      <td class="num">{bytes(row.after_bytes)}</td>
      <td class="num" data-bytes={row.delta_bytes}>
        {signedBytes(row.delta_bytes)}
      </td>
    </>
  );
}
