// A feed asks one address again and again, and keeps the last good answer.
//
// It asks only while it runs; the next question is put off until the last one is answered, so a
// slow kernel is never asked faster than it answers. After a failure it waits longer each time,
// up to RETRY_MAX_MS, and Retry-After is kept to. No DOM: fetch and the clock are handed in, so the
// tests run it against their own.
//
// An answer may also be brought, by the stream of events: take() and refuse(). Then nothing is asked.

import { AnswerError, errorMessage } from "./model/answer.js";

export const TIMEOUT_MS = 4000;
export const CARRIED_MS = 4000; // an answer that a stream brings is not asked for, unless it is this old
export const RETRY_FIRST_MS = 500;
export const RETRY_MAX_MS = 4000;

export const EMPTY = {
  data: null, // the last good answer, as `read` made it
  at_ms: 0, // when it came, by the browser's clock
  error: null, // what went wrong since, or null: {kind, message}
  failures: 0, // in a row
  loading: false,
  answer: null, // the same as it came: {path, at_ms, text, cost}
};

// Failures are of three kinds: "lost" (no answer), "busy" (503) and "wrong" (any other answer that
// cannot be used). Only the first means that the connection is gone.
export class Refused extends Error {
  constructor(kind, message, retry_ms = 0) {
    super(message);
    this.kind = kind;
    this.retry_ms = retry_ms;
  }
}

// What an answer has cost, by its header: {cycles, bytes, uptime_ms}; null for one without a snapshot.
export function readCost(header) {
  const numbers = /^cycles=(\d+); bytes=(\d+); uptime_ms=(\d+)$/.exec(header ?? "");
  if (!numbers) return null;
  const [cycles, bytes, uptime_ms] = numbers.slice(1).map(Number);
  return { cycles, bytes, uptime_ms };
}

// The same as JSON says it in its last member.
export function costOf(text) {
  const said = /"snapshot":\{"cycles":(\d+),"uptime_ms":(\d+),"bytes":(\d+)\}\}\s*$/.exec(
    text.slice(-160),
  );
  if (!said) return null;
  const [cycles, uptime_ms, bytes] = said.slice(1).map(Number);
  return { cycles, bytes, uptime_ms };
}

export async function refusal(response) {
  const said = errorMessage(await response.text());
  const message = `the kernel answered ${response.status}${said ? `: ${said}` : ""}`;
  const after_s = Number(response.headers.get("Retry-After")) || 1;
  return response.status === 503
    ? new Refused("busy", message, after_s * 1000)
    : new Refused("wrong", message);
}

export function explain(error, timed_out) {
  if (error instanceof Refused) return error;
  if (error instanceof AnswerError) return new Refused("wrong", error.message);
  if (error instanceof SyntaxError) return new Refused("wrong", "the answer is not valid JSON");
  const why = timed_out ? `no answer in ${TIMEOUT_MS / 1000} s` : "no connection";
  return new Refused("lost", why);
}

// How long to wait after so many failures in a row.
export function nextRetry(failures) {
  return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
}

// createFeed({url, read, every_ms, onChange, env}): `url` is an address or a function that gives the one
// to ask now; `read` makes the model from the answer's text;
// every_ms 0 asks once. env: {fetch, now, setTimeout, clearTimeout}.
export function createFeed({ url, read, every_ms, onChange, env }) {
  let state = EMPTY;
  let timer = null;
  let running = false;
  let request = null; // the AbortController of the question that is out

  function change(patch) {
    state = { ...state, ...patch };
    onChange(state);
  }

  function ask_in(ms) {
    env.clearTimeout(timer);
    timer = running ? env.setTimeout(ask, ms) : null;
  }

  const address = () => (typeof url === "function" ? url() : url);

  // An answer's text, as the state keeps it. One that is sent in pieces has no header: it says itself what
  // it has cost.
  function readAnswer(path, text, cost) {
    const answer = { path, at_ms: env.now(), text, cost: cost ?? costOf(text) };
    return { data: read(text), answer };
  }

  async function ask_for(controller) {
    const path = address();
    const response = await env.fetch(path, { signal: controller.signal, cache: "no-store" });
    if (!response.ok) throw await refusal(response);
    const cost = readCost(response.headers.get("X-Memscope-Snapshot"));
    return readAnswer(path, await response.text(), cost);
  }

  async function ask() {
    const controller = new AbortController();
    request = controller;
    let timed_out = false;
    const deadline = env.setTimeout(() => {
      timed_out = true;
      controller.abort();
    }, TIMEOUT_MS);
    change({ loading: true });
    try {
      const answer = await ask_for(controller);
      if (request === controller) good(answer, every_ms);
    } catch (error) {
      if (request === controller) bad(error, timed_out);
    } finally {
      env.clearTimeout(deadline);
    }
  }

  function good(answer, next_ms) {
    change({ ...answer, at_ms: env.now(), error: null, failures: 0, loading: false });
    if (next_ms > 0) ask_in(next_ms);
  }

  function bad(error, timed_out) {
    const { kind, message, retry_ms } = explain(error, timed_out);
    const failures = state.failures + 1;
    change({ error: { kind, message }, failures, loading: false });
    ask_in(retry_ms || nextRetry(failures));
  }

  function drop() {
    env.clearTimeout(timer);
    timer = null;
    if (request) {
      const controller = request;
      request = null;
      controller.abort();
    }
    if (state.loading) change({ loading: false });
  }

  return {
    get: () => state,
    running: () => running,
    address,
    // Another way has brought the answer of `from`: its text and cost, or an error.
    take(from, text, cost) {
      if (!running || from !== address()) return;
      drop();
      try {
        good(readAnswer(from, text, cost), CARRIED_MS);
      } catch (error) {
        bad(error, false);
      }
    },
    refuse(from, error) {
      if (!running || from !== address()) return;
      drop();
      bad(error, false);
    },
    // Begins to ask, at once or when the last answer has become old. An answer that is asked for
    // only once is not asked for again.
    start() {
      if (running) return;
      running = true;
      if (every_ms === 0 && state.data && !state.error) return;
      const age_ms = state.data ? env.now() - state.at_ms : Infinity;
      ask_in(Math.max(0, every_ms - age_ms));
    },
    stop() {
      running = false;
      drop();
    },
    // Throws the answer away, because it no longer holds; asks anew if the feed runs.
    forget() {
      drop();
      change(EMPTY);
      if (running) ask_in(0);
    },
    // Asks now, whatever the schedule; also while stopped.
    refresh() {
      drop();
      return ask();
    },
  };
}
