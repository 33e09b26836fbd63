// What the page knows and how it stays so: the feeds, when they run, and the state of the
// connection. No DOM here either; main.jsx tells it about tabs being hidden.
//
// Whatever is asked for again and again comes on the stream of events, at the rate that the viewer chose; the
// feed itself asks for the first answer, and where there is no stream.
//
// A feed runs while a view that is on screen needs it, the tab is visible, and the user has not
// paused. Memory comes by events (events.js), and with it the heartbeat: it always runs, and its
// failures are what "connection lost" means. The log comes on the same stream while a view needs it.

import { EMPTY_ACTIVITY, rememberActivity } from "./model/activity.js";
import { createEvents, RATE_DEFAULT } from "./events.js";
import { createFeed, EMPTY } from "./feed.js";
import { readBoot, readStageWords } from "./model/boot.js";
import { readCheck } from "./model/check.js";
import { readFidelity } from "./model/fidelity.js";
import { readFirmware, readMachine, readPci } from "./model/machine.js";
import { EMPTY_HISTORY, remember } from "./model/history.js";
import { appendLines, EMPTY_LOG, readKmsg } from "./model/log.js";
import { readMemory } from "./model/memory.js";
import { readPageTables } from "./model/pagetables.js";
import { createStore } from "./store.js";

const json = (read) => (text) => read(JSON.parse(text));

const FEEDS = {
  boot: { url: "/api/v1/boot", read: json(readBoot), every_ms: 0 },
  fidelity: { url: "/fidelity.json", read: json(readFidelity), every_ms: 0 },
  words: { url: "/stages.json", read: json(readStageWords), every_ms: 0 },
  pagetables: {
    url: "/sys/kernel/debug/kernel_page_tables",
    read: readPageTables,
    every_ms: 10_000,
  },
  machine: { url: "/api/v1/machine", read: json(readMachine), every_ms: 2000 },
  firmware: { url: "/api/v1/firmware", read: json(readFirmware), every_ms: 0 },
  pci: { url: "/api/v1/pci", read: json(readPci), every_ms: 0 },
  check: { url: "/api/v1/check", read: json(readCheck), every_ms: 0 },
};

const HEARTBEAT = "memory";
const LOG = "log"; // not a feed: lines on the heartbeat's stream

export function createLive(env) {
  const store = createStore({
    memory: EMPTY,
    boot: EMPTY,
    fidelity: EMPTY,
    words: EMPTY,
    pagetables: EMPTY,
    check: EMPTY,
    machine: EMPTY,
    firmware: EMPTY,
    pci: EMPTY,
    log: EMPTY_LOG,
    history: EMPTY_HISTORY,
    activity: EMPTY_ACTIVITY,
    rate: RATE_DEFAULT,
    paused: false,
    hidden: false,
  });
  const needed = new Set([HEARTBEAT]);
  const events = createEvents({
    read: readMemory,
    env,
    onChange: (state) => changed(HEARTBEAT, state),
    onView: (address, text, error, cost) => {
      for (const feed of repeating()) {
        if (error) feed.refuse(address, error);
        else feed.take(address, text, cost);
      }
    },
    onLog: ({ lines, text, gone }) => {
      if (gone) store.set({ log: EMPTY_LOG });
      else if (text !== undefined) store.set({ log: readKmsg(text) });
      else store.set({ log: appendLines(store.get().log, lines) });
    },
  });
  const feeds = { [HEARTBEAT]: events };
  const attached = new Set(); // feeds that views brought along
  let with_log = false;
  const repeated = new Set(); // those of them, and of FEEDS, that ask again and again
  const repeating = () => [...repeated].filter((feed) => feed.running());
  for (const [name, config] of Object.entries(FEEDS))
    feeds[name] = create(config, (state) => changed(name, state));

  function create(config, onChange) {
    const feed = createFeed({ ...config, onChange, env });
    if (config.every_ms > 0) repeated.add(feed);
    return feed;
  }

  function changed(name, state) {
    const before = store.get()[name];
    store.set({ [name]: state });
    if (name !== HEARTBEAT) return;
    if (state.data && state.data !== before.data)
      store.set({
        history: remember(store.get().history, state.data),
        activity: rememberActivity(store.get().activity, state.data),
      });
    if (rebooted(before, state)) forget();
  }

  // Time went backwards: another boot answers now, and what was read once is of the last one.
  function rebooted(before, after) {
    return (
      before.data !== null &&
      after.data !== before.data &&
      after.data.snapshot.uptime_ms < before.data.snapshot.uptime_ms
    );
  }

  function forget() {
    for (const [name, feed] of Object.entries(feeds)) {
      if (name !== HEARTBEAT) feed.forget();
    }
    for (const feed of attached) feed.forget();
  }

  function schedule() {
    const { paused, hidden } = store.get();
    for (const [name, feed] of Object.entries(feeds)) {
      if (needed.has(name) && !paused && !hidden) feed.start();
      else if (feed.running()) feed.stop();
    }
    for (const feed of attached) {
      if (!paused && !hidden) feed.start();
      else feed.stop();
    }
    events.setViews(repeating().map((feed) => feed.address()));
  }

  return {
    store,
    // Which feeds the views on screen need, besides the heartbeat.
    need(names) {
      needed.clear();
      for (const name of [HEARTBEAT, ...names]) needed.add(name);
      with_log = needed.delete(LOG);
      events.setLog(with_log);
      schedule();
    },
    // A feed of one view's own, which runs until it is detached. refresh() asks at once, unless
    // everything rests.
    attach({ url, read, every_ms, onChange }) {
      const feed = create({ url, read, every_ms }, onChange);
      attached.add(feed);
      schedule();
      return {
        refresh() {
          schedule();
          return feed.running() ? feed.refresh() : undefined;
        },
        detach() {
          attached.delete(feed);
          repeated.delete(feed);
          feed.stop();
          schedule();
        },
      };
    },
    setPaused(paused) {
      store.set({ paused });
      schedule();
    },
    // How many times a second the kernel shall tell what has changed.
    setRate(rate) {
      store.set({ rate });
      events.setRate(rate);
    },
    setHidden(hidden) {
      store.set({ hidden });
      schedule();
    },
    refresh: (name) => feeds[name].refresh(),
    // The answers that are on screen, as they came: [{path, at_ms, json or text, cost}].
    documents() {
      const shown = Object.keys(feeds).filter((name) => needed.has(name));
      const log = { path: "/proc/kmsg", at_ms: env.now(), json: store.get().log, cost: null };
      return [
        ...[...shown.map((name) => feeds[name]), ...attached].map((feed) => feed.get().answer),
        with_log ? log : null,
      ].filter(Boolean);
    },
    stop() {
      for (const feed of [...Object.values(feeds), ...attached]) feed.stop();
    },
  };
}

// The state of the connection in one word, for the status line.
export function connection({ memory, paused, hidden }) {
  if (paused) return "paused";
  if (memory.error) return memory.error.kind;
  if (hidden) return "hidden";
  if (!memory.data) return "connecting";
  return memory.mode === "asking" ? "asking" : "live";
}
