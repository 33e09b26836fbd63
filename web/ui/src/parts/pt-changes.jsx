// What is different between two moments of the page tables; and the mark that makes a moment of now.

import { useState } from "preact/hooks";
import { bytes, count, duration, hex, pageBytes, plural } from "../model/format.js";
import { csv, fileName } from "../model/export.js";
import {
  bitWords,
  changeRows,
  diffMoments,
  flagNames,
  frameWords,
  readAll,
  SPACE_END,
} from "../model/pt-diff.js";
import { refusal } from "../feed.js";
import { Menu, saveCsv, saveJson } from "./export.jsx";
import { Scroll } from "./table.jsx";

const SHOWN = 200;

// The text of an answer, or what the kernel says against it.
export async function ask(path) {
  const response = await fetch(path, { cache: "no-store" }).catch(() => {
    throw new Error("no connection");
  });
  if (!response.ok) throw await refusal(response);
  return response.text();
}

const moment = () => readAll(async (path) => JSON.parse(await ask(path)));

// The mark stays while the page is open, also when another view is looked at.
let kept = null;

export function Differences() {
  const [mark, setMark] = useState(kept);
  const [changes, setChanges] = useState(null);
  const [wrong, setWrong] = useState("");
  const look = (use) => async () => {
    try {
      use(await moment());
      setWrong("");
    } catch (failed) {
      setWrong(failed.message);
    }
  };
  const onMark = look((now) => {
    setMark((kept = now));
    setChanges(null);
  });
  const onCompare = look((now) => setChanges(diffMoments(mark, now)));
  return (
    <section class="part differences" aria-label="Differences between two moments">
      <h3>Differences between two moments</h3>
      <div class="controls">
        <button type="button" class="button" onClick={onMark}>
          Mark this moment
        </button>
        <button type="button" class="button" disabled={!mark} onClick={onCompare}>
          Compare with the mark
        </button>
        <span class="muted" role="status">
          {mark
            ? `Marked ${duration(mark.uptime_ms)} after the start; reading the tables cost ${count(mark.cost.cycles)} cycles and ${bytes(mark.cost.bytes)}.`
            : "Mark a moment, let something happen, and compare."}
        </span>
      </div>
      {wrong && <p class="bad">{wrong}.</p>}
      {changes && <Changes changes={changes} />}
    </section>
  );
}

export function Changes({ changes }) {
  const { from_ms, to_ms, end, directory, runs } = changes;
  const none = directory.length === 0 && runs.length === 0;
  const rows = changeRows(changes);
  const name = (ending) => fileName("page-tables", "differences", Date.now(), ending);
  return (
    <>
      <p class="muted" data-changes={rows.length}>
        From {duration(from_ms)} to {duration(to_ms)} after the start
        {end < SPACE_END && `, below ${hex(end)}: there is too much beyond`}:{" "}
        {none
          ? "no entry is different."
          : `${plural(directory.length, "entry", "entries")} of the directory, ${plural(runs.length, "range")} of pages.`}
      </p>
      {!none && (
        <>
          <Menu
            label="Export"
            items={[
              {
                label: "JSON",
                onPick: () =>
                  saveJson(`${JSON.stringify({ from_ms, to_ms, rows })}\n`, name("json")),
              },
              { label: "CSV", onPick: () => saveCsv(csv(rows), name("csv")) },
            ]}
          />
          {directory.length > 0 && <Directory entries={directory} />}
          {runs.length > 0 && <Ranges runs={runs} />}
        </>
      )}
    </>
  );
}

function Directory({ entries }) {
  return (
    <Scroll label="Changed entries of the directory">
      <table class="data">
        <caption>Entries of the directory</caption>
        <thead>
          <tr>
            <th scope="col">Entry, for 4 MiB from</th>
            <th scope="col">What</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
            <th scope="col">Bits</th>
          </tr>
        </thead>
        <tbody>
          {entries.slice(0, SHOWN).map(({ index, address, what, before, after, bits }) => (
            <tr key={index} data-what={what}>
              <th scope="row">
                {index}, <code>{hex(address)}</code>
              </th>
              <td>{what}</td>
              <td>
                <code>{hex(before)}</code>
              </td>
              <td>
                <code>{hex(after)}</code>
              </td>
              <td>{bits.length > 0 ? bitWords(bits) : flagNames(after || before).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function side(flags, first, pages, size) {
  if (flags === null) return "nothing";
  const words = frameWords(first, pages);
  return size > 4096 ? `${words}, 4 MiB pages` : words;
}

function Ranges({ runs }) {
  return (
    <Scroll label="Changed ranges of pages">
      <table class="data">
        <caption>
          Pages
          {runs.length > SHOWN && `: the first ${SHOWN} ranges; the files have all`}
        </caption>
        <thead>
          <tr>
            <th scope="col">From – to (exclusive)</th>
            <th scope="col" class="num">
              Size
            </th>
            <th scope="col">What</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
            <th scope="col">Bits</th>
          </tr>
        </thead>
        <tbody>
          {runs.slice(0, SHOWN).map((run) => (
            <tr key={run.start} data-what={run.what} data-pages={run.pages}>
              <th scope="row">
                <code>
                  {hex(run.start)} – {hex(run.end)}
                </code>
              </th>
              <td class="num">{pageBytes(run.pages)}</td>
              <td>{run.what}</td>
              <td>{side(run.before, run.frame_before, run.pages, run.size_before)}</td>
              <td>{side(run.after, run.frame_after, run.pages, run.size_after)}</td>
              <td>
                {run.bits.length > 0
                  ? bitWords(run.bits)
                  : flagNames(run.after ?? run.before).join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
