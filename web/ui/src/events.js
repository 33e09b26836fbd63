// The page's life line: /api/v1/memory once, and from then on /events, which tells what has changed.
//
// It looks like a feed (feed.js) to its users: start, stop, forget, refresh, and a state with the last
// good answer. All numbers of one answer are of one instant: what comes in several events is shown when
// the last of them is there. An event every second at the least says that the machine is alive; silence
// for TIMEOUT_MS is a lost connection. When the kernel has no stream to spare (503), the answer is asked
// for once a second instead, `mode` says "asking", and a stream is tried again from time to time.
//
// Other answers come on the same stream while a view shows them, in parts (model/parts.js), so that an open
// page is one connection. What it does not carry, feeds ask for themselves.
//
// Lines of the log come on the same stream while someone wants them; each has a number, and a new
// stream goes on behind the last one. While there is no stream, /proc/kmsg is the log.
//
// No DOM: fetch and the clock are handed in.

import { EMPTY, explain, nextRetry, refusal, Refused, TIMEOUT_MS } from "./feed.js";
import { errorMessage } from "./model/answer.js";
import { createEventParser, createNumbers } from "./model/deltas.js";
import { carried, createParts, inQuery } from "./model/parts.js";

export const RATES = [1, 2, 4, 10];
export const RATE_DEFAULT = 2;
export const ASK_MS = 1000; // between answers without a stream
export const TRY_STREAM_MS = 10_000; // how long to do without before one is tried again
const AGAIN_MS = 50; // before another structure is read
export const SETTLE_MS = 200; // views that come and go together make one new stream

const MEMORY = "/api/v1/memory";

// createEvents({read, onChange, onLog, onView, env}): onView(address, text, error, cost) for an answer that
// was carried, or refused; onLog({lines}) for lines that came, {text} for all of
// /proc/kmsg, {gone: true} when what was told before is of another boot.
export function createEvents({ read, onChange, onLog = () => {}, onView = () => {}, env }) {
  let state = { ...EMPTY, mode: "stream" };
  let running = false;
  let hz = RATE_DEFAULT;
  let log = false;
  let last_id = null;
  let timer = null; // the next step, when nothing is under way
  let current = null; // what is under way: {controller, silent, timed_out}
  let without_until = 0; // no stream before this time
  let template = null; // the last whole answer, whose numbers a stream replaces
  let views = []; // addresses that the stream shall carry
  let refused = null; // those that the kernel did not want to carry

  const change = (patch) => onChange((state = { ...state, ...patch }));

  function later(ms) {
    env.clearTimeout(timer);
    timer = running ? env.setTimeout(begin, ms) : null;
  }

  function drop() {
    env.clearTimeout(timer);
    timer = null;
    if (!current) return;
    const old = current;
    current = null;
    env.clearTimeout(old.silent);
    old.controller.abort();
  }

  // Something came: silence begins anew.
  function heard(step) {
    env.clearTimeout(step.silent);
    step.silent = env.setTimeout(() => {
      step.timed_out = true;
      step.controller.abort();
    }, TIMEOUT_MS);
  }

  async function get(step, url, headers = {}) {
    const response = await env.fetch(url, {
      signal: step.controller.signal,
      cache: "no-store",
      headers,
    });
    if (!response.ok) throw await refusal(response);
    heard(step);
    return response;
  }

  function good(answer, bytes, mode) {
    const snapshot = { ...answer.snapshot, bytes };
    const data = read({ ...answer, snapshot });
    const before = state.data?.snapshot.uptime_ms ?? 0;
    if (data.snapshot.uptime_ms < before) {
      last_id = null;
      onLog({ gone: true });
    }
    change({
      data,
      answer: { path: MEMORY, at_ms: env.now(), json: { ...answer, snapshot }, cost: snapshot },
      at_ms: env.now(),
      error: null,
      failures: 0,
      loading: false,
      mode,
    });
  }

  function streamUrl() {
    const other = views.length > 0 ? `&views=${views.map(inQuery).join("%20")}` : "";
    return `/events?hz=${hz}${log ? "&of=memory,log" : ""}${other}`;
  }

  async function begin() {
    drop();
    const step = { controller: new AbortController(), silent: null, timed_out: false };
    current = step;
    change({ loading: true });
    try {
      heard(step);
      const asking = env.now() < without_until;
      if (asking || !template || !running) {
        const text = await (await get(step, MEMORY)).text();
        if (current !== step) return;
        template = JSON.parse(text);
        good(template, text.length, asking ? "asking" : state.mode);
      }
      if (asking && log) {
        const kmsg = await (await get(step, "/proc/kmsg")).text();
        if (current === step) onLog({ text: kmsg });
        last_id = null; // the text has no numbers: a stream begins with the oldest line
      }
      if (current !== step) return;
      const wait_ms = asking || !running ? ASK_MS : await follow(step, createNumbers(template));
      if (current !== step) return;
      drop();
      later(wait_ms);
    } catch (error) {
      if (current !== step) return;
      drop();
      template = null;
      const { kind, message, retry_ms } = explain(error, step.timed_out);
      const failures = state.failures + 1;
      change({ error: { kind, message }, failures, loading: false });
      later(retry_ms || nextRetry(failures));
    }
  }

  // Reads the stream until it ends; gives how long to wait before the next beginning.
  async function follow(step, numbers) {
    let response;
    try {
      step.following = true;
      const headers = log && last_id !== null ? { "Last-Event-ID": last_id } : {};
      response = await get(step, streamUrl(), headers);
    } catch (error) {
      if (error.kind === "wrong" && views.length > 0) {
        refused = views.join(" ");
        views = [];
        return 0;
      }
      if (error.kind !== "busy") throw error;
      without_until = env.now() + TRY_STREAM_MS;
      change({ mode: "asking" });
      return 0;
    }
    numbers.reset();
    const asked = views;
    const parts = createParts(asked.length);
    let other = false;
    let bytes = 0;
    let lines = [];
    const parse = createEventParser(({ id, event, data }) => {
      if (event === "changed") other = true;
      if (event === "view") viewed(asked, parts.take(data));
      if (event === "log") {
        last_id = id;
        lines.push({ seq: Number(id), ...JSON.parse(data) });
      }
      if (event !== "memory" || other) return;
      const delta = JSON.parse(data);
      other = delta.structure !== numbers.structure;
      if (other) return;
      bytes += data.length;
      const answer = numbers.apply(delta);
      if (!answer) return;
      good(answer, bytes, "stream");
      bytes = 0;
    });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    while (!other) {
      const { value, done } = await reader.read();
      if (current !== step) return 0;
      if (done) throw new Refused("lost", "the stream of events ended");
      heard(step);
      parse(decoder.decode(value, { stream: true }));
      if (lines.length > 0) onLog({ lines });
      lines = [];
    }
    template = null;
    return AGAIN_MS;
  }

  // An answer that was carried; a refusal has its reason as text.
  function viewed(asked, whole) {
    if (!whole) return;
    const { view, status, text, cost } = whole;
    const kind = status === 503 ? "busy" : "wrong";
    const error =
      status === 200
        ? null
        : new Refused(kind, `the kernel answered ${status}: ${errorMessage(text) || text || kind}`);
    onView(asked[view], text, error, cost);
  }

  function anew() {
    if (running) begin();
  }

  return {
    get: () => state,
    running: () => running,
    hz: () => hz,
    start() {
      if (running) return;
      running = true;
      without_until = 0;
      later(0);
    },
    stop() {
      running = false;
      drop();
      if (state.loading) change({ loading: false });
    },
    forget() {
      drop();
      change({ ...EMPTY, mode: "stream" });
      if (running) later(0);
    },
    refresh: () => begin(),
    // Times a second, one of RATES.
    setRate(rate) {
      hz = rate;
      anew();
    },
    // Addresses whose answers are wanted. Those on the stream already stay there.
    setViews(addresses) {
      const wanted = carried(addresses);
      if (wanted.join(" ") === views.join(" ") || wanted.join(" ") === refused) return;
      views = wanted;
      refused = null;
      if (running && current?.following) later(SETTLE_MS);
    },
    // Whether lines of the log are wanted; `from_start`: all that the kernel still has.
    setLog(wanted, from_start = false) {
      if (from_start) last_id = null;
      if (wanted === log) return;
      log = wanted;
      anew();
    },
  };
}
