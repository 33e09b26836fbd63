// Server-sent events as a client reads them, and the numbers of a JSON text by their place.

import http from "node:http";

/** Splits the text of a stream into events: { events: [{ id, event, data }], rest }. */
export function parseEvents(text) {
  const parts = text.split("\n\n");
  const rest = parts.pop();
  const events = parts.map((part) => {
    const event = { id: null, event: "message", data: "" };
    for (const line of part.split("\n")) {
      const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (!(field in event)) throw new Error(`not a line of an event: ${JSON.stringify(line)}`);
      if (field === "data" && event.data !== "") event.data += "\n";
      event[field] = field === "data" ? event.data + value : value;
    }
    return event;
  });
  return { events, rest };
}

/**
 * Opens a stream. Gives { status, next(), pause(), resume(), close() }; next() waits for one more
 * event and gives null when the stream has ended.
 */
export async function openEvents(origin, path, { headers = {}, timeout = 15000 } = {}) {
  const request = http.get(new URL(path, origin), { headers, agent: false });
  const response = await new Promise((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
  });
  response.setEncoding("utf8");
  const queue = [];
  let text = "";
  let ended = false;
  let wake = () => {};
  response.on("data", (chunk) => {
    const { events, rest } = parseEvents(text + chunk);
    text = rest;
    queue.push(
      ...events.map(({ event, id, data }) => ({
        id,
        event,
        data: event === "view" ? data : JSON.parse(data),
      })),
    );
    wake();
  });
  for (const name of ["end", "error", "close"])
    response.on(name, () => {
      ended = true;
      wake();
    });
  request.on("error", () => {});
  return {
    status: response.statusCode,
    headers: response.headers,
    pause: () => response.socket.pause(),
    resume: () => response.socket.resume(),
    close: () => request.destroy(),
    async next() {
      const deadline = Date.now() + timeout;
      while (queue.length === 0) {
        if (ended) return null;
        if (Date.now() > deadline) throw new Error(`no event in ${timeout} ms`);
        await new Promise((resolve) => {
          wake = resolve;
          setTimeout(resolve, 250);
        });
      }
      return queue.shift();
    },
  };
}

/**
 * Answers put together from the view events of a stream, by a reader of the tests' own. `take(data)` gives
 * { view, status, text, told } when one is whole, with the number of parts that were told for it; else null.
 */
export function viewReader() {
  const views = [];
  return (data) => {
    const lines = data.split("\n");
    const { view, status, parts, more } = JSON.parse(lines.pop());
    const state = (views[view] ??= { parts: new Map(), told: 0 });
    for (const line of lines) {
      const blank = line.search(/[ |]/);
      const index = Number(line.slice(0, blank));
      if (!(index < 65536)) throw new Error(`not a part: ${line}`);
      state.parts.set(index, line.slice(blank + 1) + (line[blank] === "|" ? "\n" : ""));
      state.told++;
    }
    if (more) return null;
    const { told } = state;
    state.told = 0;
    const texts = Array.from({ length: parts }, (_, i) => state.parts.get(i));
    if (texts.includes(undefined)) throw new Error(`part ${texts.indexOf(undefined)} was not told`);
    return { view, status, text: texts.join(""), told };
  };
}

/** Every number of a value that JSON.parse gave, in the order of the text. */
export function numbers(value, out = []) {
  if (typeof value === "number") out.push(value);
  else if (value !== null && typeof value === "object")
    for (const item of Object.values(value)) numbers(item, out);
  return out;
}
