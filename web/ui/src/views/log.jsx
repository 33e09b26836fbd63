// The kernel's log as it is written.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { plural } from "../model/format.js";
import { filterLines, levelName, LEVELS, timeText } from "../model/log.js";
import { Panel } from "../parts/panel.jsx";
import { Choice } from "../parts/table.jsx";
import { href } from "../routes.js";
import { useStore } from "../store.js";

const view = {
  id: "log",
  title: "Log",
  lead: "What the kernel says, line by line, with the seconds since it was entered. The ring that holds it is of a fixed size: the oldest lines make room for new ones.",
  needs: ["log"],
  alone: true,
  View,
};
export default view;

function View({ live, rest }) {
  const log = useStore(live.store, (state) => state.log);
  const memory = useStore(live.store, (state) => state.memory);
  const feed = { data: log.lines.length > 0 ? log : null, error: memory.error };
  return (
    <Panel view={view} feed={feed}>
      {({ lines }) => <Lines lines={lines} words={rest} />}
    </Panel>
  );
}

function Lines({ lines, words }) {
  const [level, setLevel] = useState(7);
  const [follow, setFollow] = useState(true);
  const shown = useMemo(() => filterLines(lines, { level, words }), [lines, level, words]);
  const box = useRef(null);

  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, follow]);

  // Whoever scrolls up wants to read; whoever comes back to the end follows again.
  const scrolled = () => {
    if (!box.current) return; // the last event of a view that has just gone
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    setFollow(scrollTop + clientHeight >= scrollHeight - 8);
  };

  return (
    <>
      <div class="controls">
        <Choice
          name="log-level"
          label="Least important lines shown"
          options={LEVELS}
          value={level}
          onChange={setLevel}
        />
        <label class="search">
          Find
          <input
            type="search"
            value={words}
            placeholder="words, e.g. virtio"
            onInput={(event) => location.replace(href("log", event.target.value))}
          />
        </label>
        <label class="tick">
          <input
            type="checkbox"
            checked={follow}
            onChange={(event) => setFollow(event.target.checked)}
          />
          Follow
        </label>
        <span class="muted" role="status">
          {shown.length === lines.length
            ? plural(lines.length, "line")
            : `${shown.length} of ${plural(lines.length, "line")}`}
        </span>
      </div>
      <div
        class="log"
        role="log"
        aria-label="Kernel log"
        aria-live="off"
        tabIndex={0}
        ref={box}
        onScroll={scrolled}
      >
        {shown.length === 0 ? (
          <p class="muted">No line matches.</p>
        ) : (
          shown.map((line) => (
            <div key={line.seq} class={`log-line level-${levelName(line.level)}`}>
              <span class="log-time">{timeText(line.time_us)}</span>
              <span class="log-level">{levelName(line.level)}</span>
              <span class="log-text">{line.text}</span>
            </div>
          ))
        )}
      </div>
    </>
  );
}
