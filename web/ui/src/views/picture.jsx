// All page frames as a picture: a cell is a frame, or many; one pans, zooms, searches and clicks.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, hex, pageBytes, plural } from "../model/format.js";
import { frameFacts, readFrame, STATES } from "../model/frame.js";
import { useLabel } from "../model/frames.js";
import { colourOf, isBackground, opacity } from "../model/palette.js";
import {
  cellsShown,
  centre,
  clamp,
  pan,
  parsePlace,
  readPicture,
  step,
  url,
  whole,
  zoom,
} from "../model/picture.js";
import { useLive } from "../parts/live.js";
import { Panel } from "../parts/panel.jsx";
import { Choice, Facts, Scroll } from "../parts/table.jsx";
import { href } from "../routes.js";
import { useStore } from "../store.js";

const view = {
  id: "picture",
  title: "Page frames",
  lead: "Every [page frame] of this machine, from the first on, line by line. Zoomed out, a cell stands for several frames and has the colour of most of them, the paler the fewer; zoomed in, a cell is one frame. Choose what the colour means, from [zone] and [node] to [slab] [cache] and age; click a cell to come closer, and a frame to learn all about it.",
  needs: [],
  View,
};
export default view;

const BY = [
  { value: "state", label: "State" },
  { value: "use", label: "Use" },
  { value: "zone", label: "Zone" },
  { value: "node", label: "Node" },
  { value: "order", label: "Free block" },
  { value: "cache", label: "Slab cache" },
  { value: "type", label: "Migrate type" },
  { value: "age", label: "Age" },
];
const CELL_MIN = 4; // pixels, of which one is the gap
const HEIGHT = 440;

function View({ live, rest }) {
  const memory = useStore(live.store, (state) => state.memory);
  return (
    <Panel view={view} feed={memory}>
      {(data) => <Explorer live={live} end_pfn={lastFrame(data.zones)} place={rest} />}
    </Panel>
  );
}

function lastFrame(zones) {
  return Math.max(1, ...zones.map((zone) => zone.start_pfn + zone.spanned));
}

function Explorer({ live, end_pfn, place }) {
  const [by, setBy] = useState("use");
  const box = useRef(null);
  const grid = useGrid(box);
  const [wanted, setWindow] = useState(null);
  const [selected, setSelected] = useState(null);
  const window = grid && clamp(wanted ?? whole(grid, end_pfn), grid, end_pfn);
  const feed = useLive(live, window && url(by, window, grid, end_pfn), readPicture);

  const select = (pfn) => {
    setSelected(pfn);
    history.replaceState(null, "", href(view.id, pfn === null ? "" : String(pfn)));
  };
  const goTo = (pfn) => {
    setWindow(centre(grid, end_pfn, pfn));
    select(pfn);
  };
  const nowhere = place !== "" && parsePlace(place, end_pfn) === null;
  useEffect(() => {
    const pfn = parsePlace(place, end_pfn);
    if (grid && pfn !== null && pfn !== selected) goTo(pfn);
  }, [place, grid !== null]);
  return (
    <div class="picture">
      <div class="picture-tools">
        <Choice name="by" label="Coloured by" options={BY} value={by} onChange={setBy} />
        <Zoom window={window} grid={grid} end_pfn={end_pfn} onChange={setWindow} />
        <Search end_pfn={end_pfn} onPlace={goTo} />
      </div>
      <p class="muted picture-where" aria-live="polite">
        {window ? whereWords(window, grid, end_pfn) : "\u00a0"}
      </p>
      <div class="picture-box" ref={box}>
        {window && (
          <Canvas
            picture={feed.data}
            by={by}
            window={window}
            grid={grid}
            end_pfn={end_pfn}
            selected={selected}
            onWindow={setWindow}
            onSelect={select}
          />
        )}
      </div>
      {nowhere && (
        <p class="bad">
          “{place}” is no frame of this machine: they are numbered from 0 to {count(end_pfn - 1)}.
        </p>
      )}
      {feed.error && <p class="bad">The picture stands still: {feed.error.message}.</p>}
      {feed.data && feed.data.by === by && <Legend picture={feed.data} />}
      {feed.data && hasNoAges(feed.data) && (
        <p class="muted">
          No frame shown has an age: the kernel records when a block was handed out only if it was
          booted with <code>page_owner=on</code>.
        </p>
      )}
      {selected !== null && (
        <Frame live={live} pfn={selected} onGo={goTo} onClose={() => select(null)} />
      )}
    </div>
  );
}

function whereWords(window, grid, end_pfn) {
  const end = Math.min(end_pfn, window.start + cellsShown(window, grid, end_pfn) * window.per);
  const cell = window.per === 1 ? "a cell is one frame" : `a cell is ${count(window.per)} frames`;
  return `Frames ${count(window.start)} to ${count(end - 1)} (${hex(window.start * 4096)} to ${hex(end * 4096)}); ${cell}, ${pageBytes(window.per)}.`;
}

// The grid that fills the box's width; null before that is known. A power of two columns, so that
// blocks and their buddies stand under each other.
function useGrid(box) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return useMemo(() => {
    if (!width) return null;
    const columns = 2 ** Math.floor(Math.log2(width / CELL_MIN));
    return { columns, rows: Math.floor((HEIGHT * columns) / width), width };
  }, [width]);
}

// Where column or line n begins, in pixels.
function edge(n, grid) {
  return Math.round((n * grid.width) / grid.columns);
}

function atEnd(window, grid, end_pfn) {
  return window.start + grid.columns * grid.rows * window.per >= end_pfn;
}

function Zoom({ window, grid, end_pfn, onChange }) {
  const coarsest = window && window.per >= whole(grid, end_pfn).per;
  const middle = grid && Math.floor((grid.columns * grid.rows) / 2 + grid.columns / 2);
  return (
    <div class="zoom" role="group" aria-label="Zoom and move">
      <button
        type="button"
        class="button"
        disabled={!window || window.per === 1}
        onClick={() => onChange(zoom(window, grid, end_pfn, middle, 2))}
      >
        Closer
      </button>
      <button
        type="button"
        class="button"
        disabled={!window || coarsest}
        onClick={() => onChange(zoom(window, grid, end_pfn, middle, -2))}
      >
        Further
      </button>
      <button
        type="button"
        class="button"
        disabled={!window || coarsest}
        onClick={() => onChange(null)}
      >
        All
      </button>
      <button
        type="button"
        class="button"
        disabled={!window || window.start === 0}
        onClick={() => onChange(pan(window, grid, end_pfn, -Math.ceil(grid.rows / 2)))}
      >
        Up
      </button>
      <button
        type="button"
        class="button"
        disabled={!window || atEnd(window, grid, end_pfn)}
        onClick={() => onChange(pan(window, grid, end_pfn, Math.ceil(grid.rows / 2)))}
      >
        Down
      </button>
    </div>
  );
}

function Search({ end_pfn, onPlace }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const submit = (event) => {
    event.preventDefault();
    const pfn = parsePlace(text, end_pfn);
    setWrong(pfn === null ? `not a frame below ${count(end_pfn)} or an address in RAM` : "");
    if (pfn !== null) onPlace(pfn);
  };
  return (
    <form class="place" onSubmit={submit}>
      <label>
        Frame or address{" "}
        <input
          type="text"
          value={text}
          placeholder="4660 or 0x1234000"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
          aria-invalid={wrong ? "true" : undefined}
          aria-describedby="search-wrong"
        />
      </label>
      <button type="submit" class="button">
        Show
      </button>
      <span class="muted">an address ends in 000 or begins with @; all else is a frame</span>
      <span id="search-wrong" class="bad" role="alert">
        {wrong}
      </span>
    </form>
  );
}

// ---- The canvas ----

function theme() {
  const style = getComputedStyle(document.documentElement);
  return {
    token: (name) => style.getPropertyValue(name).trim(),
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
  };
}

// Any CSS colour as [red, green, blue].
const rgbCache = new Map();
function rgb(colour) {
  if (!rgbCache.has(colour)) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    rgbCache.set(colour, [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]);
  }
  return rgbCache.get(colour);
}

// Pixels of every value in every share, as 32-bit words over the page's colour.
function pixelTable(picture) {
  const themed = theme();
  const paper = rgb(themed.token("--paper"));
  const table = new Uint32Array(picture.values.length * 9);
  picture.values.forEach((name, index) => {
    const colour = rgb(colourOf(picture.by, name, index, themed));
    for (let eighths = 0; eighths <= 8; eighths++) {
      const alpha = opacity(eighths);
      const [r, g, b] = colour.map((c, i) => Math.round(c * alpha + paper[i] * (1 - alpha)));
      table[index * 9 + eighths] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
  });
  return table;
}

// Draws the cells of a picture that the window shows, also while the picture is still that of another
// window: cells that it does not know stay empty.
function draw(canvas, picture, window, grid, end_pfn, selected) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(grid.width, edge(grid.rows, grid));
  const pixels = new Uint32Array(image.data.buffer);
  const width = image.width;
  const table = pixelTable(picture);
  const shown = cellsShown(window, grid, end_pfn);
  for (let cell = 0; cell < shown; cell++) {
    const frame = window.start + cell * window.per;
    const from = Math.floor((frame - picture.start) / picture.per);
    if (from < 0 || from >= picture.value.length) continue;
    const colour = table[picture.value[from] * 9 + picture.eighths[from]];
    const column = cell % grid.columns;
    const line = Math.floor(cell / grid.columns);
    const [left, right] = [edge(column, grid), edge(column + 1, grid) - 1];
    const bottom = edge(line + 1, grid) - 1;
    for (let y = edge(line, grid); y < bottom; y++)
      pixels.fill(colour, y * width + left, y * width + right);
  }
  context.putImageData(image, 0, 0);
  mark(context, window, grid, selected);
}

function mark(context, window, grid, selected) {
  const cell = selected === null ? -1 : Math.floor((selected - window.start) / window.per);
  if (cell < 0 || cell >= grid.columns * grid.rows) return;
  context.strokeStyle = theme().token("--ink");
  context.lineWidth = 2;
  const side = edge(1, grid) + 1;
  const column = cell % grid.columns;
  const line = Math.floor(cell / grid.columns);
  context.strokeRect(edge(column, grid) - 1, edge(line, grid) - 1, side, side);
}

function cellAt(event, grid) {
  const box = event.currentTarget.getBoundingClientRect();
  const x = Math.floor(((event.clientX - box.left) / box.width) * grid.columns);
  const y = Math.floor(((event.clientY - box.top) / box.height) * grid.rows);
  return (
    Math.max(0, Math.min(grid.rows - 1, y)) * grid.columns +
    Math.max(0, Math.min(grid.columns - 1, x))
  );
}

const KEYS = {
  ArrowUp: (w, g, e) => pan(w, g, e, -1),
  ArrowDown: (w, g, e) => pan(w, g, e, 1),
  PageUp: (w, g, e) => pan(w, g, e, -g.rows),
  PageDown: (w, g, e) => pan(w, g, e, g.rows),
  Home: (w, g, e) => clamp({ ...w, start: 0 }, g, e),
  End: (w, g, e) => clamp({ ...w, start: e }, g, e),
  "+": (w, g, e) => zoom(w, g, e, Math.floor((g.columns * g.rows) / 2), 1),
  "-": (w, g, e) => zoom(w, g, e, Math.floor((g.columns * g.rows) / 2), -1),
};

// How many cells further the chosen frame is; Enter chooses one.
const PICKS = { ArrowLeft: -1, ArrowRight: 1, Enter: 0, " ": 0 };

function Canvas({ picture, by, window, grid, end_pfn, selected, onWindow, onSelect }) {
  const canvas = useRef(null);
  const drag = useRef(null);
  useEffect(() => {
    if (!picture || picture.by !== by) return undefined;
    const again = () => draw(canvas.current, picture, window, grid, end_pfn, selected);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    again();
    dark.addEventListener("change", again);
    return () => dark.removeEventListener("change", again);
  }, [picture, by, window.start, window.per, grid, end_pfn, selected]);
  useWheel(canvas, (event) => {
    const cell = cellAt(event, grid);
    return event.ctrlKey || event.metaKey
      ? onWindow(zoom(window, grid, end_pfn, cell, event.deltaY < 0 ? 1 : -1))
      : onWindow(pan(window, grid, end_pfn, Math.sign(event.deltaY) * 4));
  });

  const key = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = KEYS[event.key === "=" ? "+" : event.key];
    const pick = PICKS[event.key];
    if (!act && pick === undefined) return;
    event.preventDefault();
    if (act) onWindow(act(window, grid, end_pfn));
    else onSelect(step(window, grid, end_pfn, selected, pick));
  };
  const down = (event) => {
    drag.current = { y: event.clientY, window, moved: false };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event) => {
    if (!drag.current) return;
    const lines = Math.round(((drag.current.y - event.clientY) * grid.columns) / grid.width);
    if (lines === 0 && !drag.current.moved) return;
    drag.current.moved = true;
    onWindow(pan(drag.current.window, grid, end_pfn, lines));
  };
  const up = (event) => {
    const moved = drag.current?.moved;
    drag.current = null;
    if (moved) return;
    const cell = cellAt(event, grid);
    const pfn = window.start + cell * window.per;
    if (pfn >= end_pfn) return;
    if (window.per > 1) onWindow(zoom(window, grid, end_pfn, cell, 3));
    else onSelect(pfn);
  };
  return (
    <canvas
      ref={canvas}
      width={grid.width}
      height={edge(grid.rows, grid)}
      tabIndex={0}
      role="img"
      aria-label="Page frames of this machine. Up, down and the page keys move, plus and minus zoom, Enter chooses a frame in sight, left and right the next one; the search field shows a frame by number."
      onKeyDown={key}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={() => (drag.current = null)}
    />
  );
}

// The wheel pans or zooms the picture while there is somewhere to go, and the page otherwise; preact's
// own handler could not hold the page still.
function useWheel(canvas, onWheel) {
  const handler = useRef(onWheel);
  handler.current = onWheel;
  useEffect(() => {
    const element = canvas.current;
    const wheel = (event) => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== element) return;
      event.preventDefault();
      handler.current(event);
    };
    const turn = (event) => {
      Object.defineProperty(event, "currentTarget", { value: element });
      wheel(event);
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, []);
}

// ---- Around it ----

function hasNoAges({ by, values, counts }) {
  return by === "age" && values.every((name, i) => isBackground(by, name) || counts[i] === 0);
}

function Legend({ picture }) {
  const themed = theme();
  const items = picture.values
    .map((name, index) => ({
      name,
      cells: picture.counts[index],
      colour: colourOf(picture.by, name, index, themed),
      back: isBackground(picture.by, name),
    }))
    .filter(({ cells }) => cells > 0)
    .sort((a, b) => a.back - b.back || b.cells - a.cells);
  return (
    <ul class="picture-legend" aria-label="Colours, and cells shown in each">
      {items.map(({ name, cells, colour }) => (
        <li key={name}>
          <span class="swatch" style={{ background: colour }} aria-hidden="true" />
          {picture.by === "use" ? useLabel(name) : name}{" "}
          <span class="muted">{plural(cells, "cell")}</span>
        </li>
      ))}
    </ul>
  );
}

function Frame({ live, pfn, onGo, onClose }) {
  const { data, error } = useLive(live, `/api/v1/frame?pfn=${pfn}`, readFrame);
  const frame = data && data.pfn === pfn ? data : null;
  return (
    <aside class="frame" aria-label={`Frame ${count(pfn)}`}>
      <h3>
        Frame {count(pfn)} <code>{hex(pfn, 1)}</code>
        {frame && <span class="tag">{frame.state}</span>}
        <button type="button" class="more" onClick={onClose}>
          Close
        </button>
      </h3>
      {error && <p class="bad">{error.message}</p>}
      {frame && (
        <>
          <p class="muted">This frame is {STATES[frame.state] ?? frame.state}.</p>
          <Facts facts={frameFacts(frame)} />
          {frame.block.order > 0 && (
            <p>
              <button type="button" class="more" onClick={() => onGo(frame.block.pfn)}>
                Go to the first frame of its block
              </button>
            </p>
          )}
          {frame.slab && <Objects slab={frame.slab} />}
        </>
      )}
    </aside>
  );
}

function Objects({ slab }) {
  const sites = slab.objects.some(({ site }) => site);
  return (
    <Scroll label={`Objects of ${slab.cache} in this frame`}>
      <table class="data">
        <caption>
          Objects of {slab.cache} in this frame; its slab is managed at {hex(slab.address)}{" "}
          <a class="more" href={href("slab", slab.cache)}>
            the cache
          </a>
        </caption>
        <thead>
          <tr>
            <th scope="col" class="num">
              Object
            </th>
            <th scope="col">Address</th>
            <th scope="col">State</th>
            {sites && <th scope="col">Allocated by</th>}
          </tr>
        </thead>
        <tbody>
          {slab.objects.map((object) => (
            <tr key={object.index}>
              <td class="num">{object.index}</td>
              <td>
                <code>{hex(object.address)}</code>
              </td>
              <td>{object.state}</td>
              {sites && <td>{object.site && <code>{object.site}</code>}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
