// The page around the views: header with the state of the connection, navigation, footer.

import { useEffect, useRef, useState } from "preact/hooks";
import { RATES } from "./events.js";
import { connection } from "./live.js";
import { costWords } from "./model/costs.js";
import { duration, pageBytes } from "./model/format.js";
import { Live } from "./parts/live.js";
import { href, readRoute } from "./routes.js";
import { useStore } from "./store.js";
import { VIEWS } from "./views/index.js";

export function App({ live }) {
  const { id: route, rest } = useRoute();
  const shown = VIEWS.filter((view) => (route === "" ? !view.alone : view.id === route));

  useEffect(() => {
    live.need(shown.flatMap((view) => view.needs));
    document.title = route === "" ? "memscope" : `${shown[0].title} – memscope`;
  }, [route]);

  return (
    <Live value={live}>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <div class="top">
        <Header live={live} />
        <Navigation route={route} />
      </div>
      <main id="main" tabIndex={-1}>
        <h1 class="visually-hidden">memscope: the memory of this machine</h1>
        {shown.map(({ id, View }) => (
          <View key={id} live={live} rest={rest} />
        ))}
      </main>
      <Footer live={live} />
    </Live>
  );
}

// The address is the route, so the link must not change it.
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

// Another view begins at its top; another place in the same view is brought into sight by the view.
function useRoute() {
  const [route, setRoute] = useState(() => readRoute(location.hash, VIEWS));
  useEffect(() => {
    const look = () => {
      const next = readRoute(location.hash, VIEWS);
      setRoute((now) => {
        if (now.id !== next.id) scrollTo(0, 0);
        return next;
      });
    };
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return route;
}

function Header({ live }) {
  const memory = useStore(live.store, (state) => state.memory);
  const paused = useStore(live.store, (state) => state.paused);
  return (
    <header class="header">
      <a class="brand" href={href("")}>
        memscope
      </a>
      <p class="machine">
        {memory.data ? (
          <>
            <span>{pageBytes(memory.data.ram_pages)} of RAM,</span>{" "}
            <span>up {duration(memory.data.snapshot.uptime_ms)}</span>
          </>
        ) : (
          "\u00a0"
        )}
      </p>
      <Status live={live} />
      <Rate live={live} />
      <button type="button" class="button" onClick={() => live.setPaused(!paused)}>
        {paused ? "Resume" : "Pause"}
      </button>
    </header>
  );
}

const STATUS = {
  connecting: ["Connecting", "Waiting for the first answer"],
  live: ["Live", ""],
  asking: ["Live", "Every second: all event streams are taken"],
  hidden: ["Resting", "Refreshing goes on when this tab is seen"],
  paused: ["Paused", "These figures stand still"],
  lost: ["Connection lost", "Trying again; figures are the last known"],
  busy: ["Kernel busy", "It asked to wait; trying again"],
  wrong: ["Unexpected answer", "Trying again; figures are the last known"],
};

function Status({ live }) {
  const state = useStore(live.store, connection);
  const error = useStore(live.store, ({ memory }) => memory.error);
  const [word, words] = STATUS[state];
  return (
    <p class="status" role="status" data-state={state} title={error ? error.message : ""}>
      <span class="dot" aria-hidden="true" />
      <strong>{word}</strong>
      <span class="status-words">{words}</span>
    </p>
  );
}

function Rate({ live }) {
  const rate = useStore(live.store, (state) => state.rate);
  return (
    <label class="select rate">
      <span class="visually-hidden">Updates a second</span>
      <select value={rate} onChange={(event) => live.setRate(Number(event.target.value))}>
        {RATES.map((hz) => (
          <option key={hz} value={hz}>
            {hz} a second
          </option>
        ))}
      </select>
    </label>
  );
}

function Navigation({ route }) {
  const bar = useRef(null);
  // On a narrow screen the bar scrolls: the current view's name is brought into sight.
  useEffect(() => {
    const link = bar.current.querySelector("[aria-current]");
    bar.current.scrollLeft = link.offsetLeft - bar.current.clientWidth / 3;
  }, [route]);
  return (
    <nav aria-label="Views" ref={bar}>
      {[{ id: "", title: "Everything" }, ...VIEWS].map(({ id, title }) => (
        <a key={id} href={href(id)} aria-current={id === route ? "page" : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

const TEXTS = [
  "/proc/buddyinfo",
  "/proc/slabinfo",
  "/proc/zoneinfo",
  "/proc/meminfo",
  "/proc/vmstat",
  "/proc/pagetypeinfo",
  "/proc/vmallocinfo",
  "/proc/iomem",
  "/proc/kmsg",
  "/metrics",
  "/proc/",
];

// Drawn again with every answer of the heartbeat: what the others have cost is as old as that at most.
function Footer({ live }) {
  useStore(live.store, (state) => state.memory);
  return (
    <footer class="footer">
      <p>What each answer on this page has cost the machine:</p>
      <ul class="costs">
        {costWords(live.documents()).map(({ path, words }) => (
          <li key={path} data-cost={path}>
            <code>{path}</code> {words}
          </li>
        ))}
      </ul>
      <p class="text-links">
        The same as text, for curl and other tools:{" "}
        {TEXTS.map((path) => (
          <a key={path} href={path}>
            {path}
          </a>
        ))}
      </p>
    </footer>
  );
}
