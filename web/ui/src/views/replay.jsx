// The replay: a slider over the stages that ran; at each what it is for, what it changed, and the machine as
// it was behind it: page directory, zones, memory map, early reservations.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { momentAfter, moments, statusOf } from "../model/boot.js";
import { bytes, count, hex, plural } from "../model/format.js";
import { areaOf, ENTRIES, replayAt, stopOf } from "../model/replay.js";
import { Meter } from "../parts/bar.jsx";
import { Scroll } from "../parts/table.jsx";
import { href } from "../routes.js";
import { Changes, Held, MapTable } from "./boot-maps.jsx";

const PACES = [
  [2000, "slowly"],
  [700, "steadily"],
  [150, "fast"],
];
const NARROW = "(max-width: 46rem)";
const ADDRESS_MS = 300; // the address follows the slider when it rests
const VIEW_ID = "boot";

// Which stage is shown: `id`, and how to choose another. Links lead to one by the address; what the slider
// chooses goes into the address, too, without a step in the browser's history.
function useStage(place) {
  const [id, setId] = useState(place);
  const moved = useRef(false);
  useEffect(() => {
    const look = () => {
      moved.current = false;
      setId(place);
    };
    look();
    const onHash = () => {
      const [, rest] = /^#\/boot\/(.+)$/.exec(location.hash) ?? [];
      if (rest) {
        moved.current = false;
        setId(decodeURIComponent(rest));
      }
    };
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, [place]);
  useEffect(() => {
    if (!moved.current || !location.hash.startsWith(href(VIEW_ID))) return;
    const timer = setTimeout(() => history.replaceState(null, "", href(VIEW_ID, id)), ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [id]);
  const choose = (next) => {
    moved.current = true;
    setId(next);
  };
  return [id, choose, moved];
}

export function Replay({ boot, words, place, onStage }) {
  const stops = useMemo(() => moments(boot), [boot]);
  const [id, choose, moved] = useStage(place);
  const section = useRef(null);
  const found = stopOf(stops, boot.stages, id);
  const index = found < 0 ? stops.length - 1 : found;
  const stage = boot.stages.find((item) => item.id === id) ?? stops[index];
  useEffect(() => {
    onStage(id);
    if (!id || moved.current || !section.current) return;
    const { top } = section.current.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) section.current.scrollIntoView({ block: "start" });
  }, [id]);
  if (!stage) return null;
  const go = (to) => choose(stops[Math.min(Math.max(to, 0), stops.length - 1)].id);
  return (
    <section class="moment" aria-labelledby="moment-title" ref={section}>
      <h3 id="moment-title">The machine behind a stage</h3>
      <Controls stops={stops} index={index} go={go} />
      <About stage={stage} words={words[stage.index]} stop={stops[index]} />
      <Machine boot={boot} stops={stops} index={index} stage={stage} />
    </section>
  );
}

function Controls({ stops, index, go }) {
  const [playing, setPlaying] = useState(false);
  const [pace, setPace] = useState(PACES[1][0]);
  const last = stops.length - 1;
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => (index < last ? go(index + 1) : setPlaying(false)), pace);
    return () => clearTimeout(timer);
  }, [playing, index, pace]);
  const toggle = () => {
    if (!playing && index === last) go(0);
    setPlaying(!playing);
  };
  return (
    <div class="scrub">
      <input
        type="range"
        aria-label="Behind which stage"
        aria-valuetext={`${index + 1} of ${stops.length}: ${stops[index].name}`}
        min={0}
        max={last}
        value={index}
        onInput={(event) => {
          setPlaying(false);
          go(Number(event.currentTarget.value));
        }}
      />
      <div class="controls">
        <button type="button" class="button" disabled={index === 0} onClick={() => go(index - 1)}>
          Back
        </button>
        <button type="button" class="button play" onClick={toggle}>
          {playing ? "Stop" : "Play"}
        </button>
        <button
          type="button"
          class="button"
          disabled={index === last}
          onClick={() => go(index + 1)}
        >
          Next
        </button>
        <label class="select">
          <span class="visually-hidden">How fast to play</span>
          <select value={pace} onChange={(event) => setPace(Number(event.currentTarget.value))}>
            {PACES.map(([ms, label]) => (
              <option key={ms} value={ms}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <span class="muted">
          stop {index + 1} of {stops.length}
        </span>
      </div>
    </div>
  );
}

function About({ stage, words, stop }) {
  const status = statusOf(stage.status);
  return (
    <div class="about-stage">
      <h4>
        <span class="muted">{stage.entry}</span>{" "}
        <a href={href(VIEW_ID, stage.id)} data-here={stage.id}>
          {stage.name}
        </a>{" "}
        <span class="muted">{stage.section}</span>{" "}
        <span class={`state ${status.tone}`}>{status.label}</span>
      </h4>
      <p class="for">{words}</p>
      <div class="scroll what" role="group" aria-label="What it found and changed" tabIndex={0}>
        {stage.ran ? (
          <Changes key={stage.id} stage={stage} />
        ) : (
          <p class="muted">
            Did not run: {stage.reason}. Below is the machine behind {stop.name}.
          </p>
        )}
      </div>
    </div>
  );
}

const SINCE = { began: "this stage began", stop: "the stop before" };

function Machine({ boot, stops, index, stage }) {
  const [since, setSince] = useState("began");
  const now = stops[index].end_cycles;
  const began = stage.ran ? stage.start_cycles : now;
  const before = since === "began" ? began : index > 0 ? stops[index - 1].end_cycles : -1;
  const saved = boot.stages.find(({ id }) => id === "save_pg_dir")?.end_cycles ?? 0;
  const state = useMemo(
    () => replayAt(boot.replay, now, before, saved),
    [boot, now, before, saved],
  );
  const earlier = momentAfter(boot, { end_cycles: before });
  const { map, reservations } = momentAfter(boot, stops[index]);
  return (
    <>
      <label class="select">
        <span>Mark what has changed since</span>
        <select value={since} onChange={(event) => setSince(event.currentTarget.value)}>
          {Object.entries(SINCE).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <Directory layout={boot.replay.layout} state={state} />
      <Zones state={state} />
      <div class="moment-tables">
        <section aria-labelledby="then-map">
          <h4 id="then-map">Memory map: {plural(map?.entries.length ?? 0, "entry", "entries")}</h4>
          <div class="fixed">
            {map && <MapTable entries={map.entries} before={earlier.map?.entries} />}
          </div>
        </section>
        <section aria-labelledby="then-held">
          <h4 id="then-held">{plural(reservations.length, "early reservation")}</h4>
          <div class="fixed">
            {reservations.length > 0 && <Held list={reservations} before={earlier.reservations} />}
          </div>
        </section>
      </div>
    </>
  );
}

const KINDS = {
  large: "4 MiB page of the direct map",
  moved: "4 MiB page of a node's memory",
  table: "page table",
  empty: "empty",
};

const square = (i, columns) => `M${i % columns} ${Math.floor(i / columns)}h.88v.88h-.88z`;

function Directory({ layout, state }) {
  const [pointed, setPointed] = useState(null);
  const columns = matchMedia(NARROW).matches ? 32 : 64;
  const { cells, changed, areas, areas_before: before, unlike_saved: unlike } = state;
  const paths = {};
  cells.forEach(({ kind }, i) => (paths[kind] = (paths[kind] ?? "") + square(i, columns)));
  const marks = changed.map((i) => square(i, columns)).join("");
  const total = (kind) => cells.filter((cell) => cell.kind === kind).length;
  const point = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const y = Math.floor(((event.clientY - box.top) / box.height) * (ENTRIES / columns));
    setPointed(Math.min(Math.max(y * columns + x, 0), ENTRIES - 1));
  };
  return (
    <section class="then" aria-labelledby="then-directory">
      <h4 id="then-directory">The page directory at that time</h4>
      <p class="summary">
        {plural(total("table"), "entry", "entries")} with a table,{" "}
        {plural(total("large") + total("moved"), "page")} of 4 MiB; {count(changed.length)} changed
        (framed)
      </p>
      <p class="muted">
        A cell is an entry of the page directory, 4 MiB of addresses; a row is {columns * 4} MiB.
        The first is address 0; the last {ENTRIES / columns / 4} rows are the kernel's.
      </p>
      <svg
        class="directory"
        viewBox={`0 0 ${columns} ${ENTRIES / columns}`}
        role="img"
        aria-label="The page directory; the table below has its figures by area"
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setPointed(null)}
      >
        {Object.entries(paths).map(([kind, d]) => (
          <path key={kind} class={`kind-${kind}`} d={d} />
        ))}
        <path class="marks" d={marks} />
      </svg>
      <p class="muted pointed">
        {pointed === null
          ? unlike === null
            ? "Point at a cell to read it."
            : `${plural(unlike, "entry", "entries")} ${unlike === 1 ? "differs" : "differ"} from the saved directory.`
          : `Entry ${pointed}, from ${hex(pointed * 2 ** 22)}: ${KINDS[cells[pointed].kind]}${
              cells[pointed].kind === "table" ? `, ${cells[pointed].present} of 1024 present` : ""
            } (${areaOf(layout, pointed)?.name})`}
      </p>
      <ul class="legend">
        {Object.entries(KINDS).map(([kind, label]) => (
          <li key={kind}>
            <span class={`swatch kind-${kind}`} aria-hidden="true" />
            {label}
          </li>
        ))}
      </ul>
      <Scroll label="The page directory by area">
        <table class="data narrow areas">
          <caption class="visually-hidden">The page directory by area at that time</caption>
          <thead>
            <tr>
              <th scope="col">Area</th>
              <th scope="col" class="num">
                With a table
              </th>
              <th scope="col" class="num">
                4 MiB pages
              </th>
              <th scope="col" class="num">
                4 KiB entries present
              </th>
            </tr>
          </thead>
          <tbody>
            {areas.map((row, i) => (
              <tr key={row.area} data-area={row.area}>
                <th scope="row">{row.area}</th>
                <Figure now={row.table} before={before[i].table} />
                <Figure now={row.large + row.moved} before={before[i].large + before[i].moved} />
                <Figure now={row.present} before={before[i].present} />
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

// A figure, and how it differs from the one at the stop before.
function Figure({ now, before, known = true, children }) {
  const more = now - before;
  return (
    <td class={`num ${more ? "changed" : ""}`}>
      <span class="value">{known ? count(now) : "–"}</span>
      <small class="delta">
        {more ? `${more > 0 ? "+" : "−"}${count(Math.abs(more))}` : "\u00a0"}
      </small>
      {children}
    </td>
  );
}

function Zones({ state: { zones, bounds } }) {
  const limits = [...bounds].filter(([, { from_pfn: from, to_pfn: to }]) => to > from);
  return (
    <section class="then" aria-labelledby="then-zones">
      <h4 id="then-zones">The zones at that time</h4>
      <p class="muted limits">
        {limits.length > 0
          ? `Limits by frame: ${limits.map(([name, { from_pfn: from, to_pfn: to }]) => `${name} ${hex(from, 1)} to ${hex(to, 1)}`).join(", ")}`
          : zones.some(({ known }) => known)
            ? "Limits by frame: without holes"
            : "No zone is sized yet."}
      </p>
      <Scroll label="Zones at that time">
        <table class="data zones-then">
          <caption class="visually-hidden">Zones at that time</caption>
          <thead>
            <tr>
              <th scope="col">Zone</th>
              <th scope="col" class="num">
                First frame
              </th>
              {["Spanned", "Present", "Free", "Per CPU", "min", "low", "high"].map((name) => (
                <th scope="col" class="num" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {zones.map((zone) => (
              <tr
                key={`${zone.node} ${zone.zone}`}
                class={zone.known ? "" : "zero"}
                data-zone={`${zone.node} ${zone.zone}`}
              >
                <th scope="row">
                  Node {zone.node} {zone.zone}
                </th>
                <td class="num">{zone.known ? hex(zone.start_pfn, 1) : "–"}</td>
                {["spanned", "present", "free", "per_cpu", "min", "low", "high"].map((word) => (
                  <Figure key={word} now={zone[word]} before={zone.before[word]} known={zone.known}>
                    {word === "free" && (
                      <Meter share={zone.present ? zone.free / zone.present : 0} />
                    )}
                  </Figure>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="muted">In pages of {bytes(4096)}; below a figure how it has changed.</p>
    </section>
  );
}
