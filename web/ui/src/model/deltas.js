// The numbers of an answer by their place, and the text of server-sent events.
//
// /events names the i-th number of /api/v1/memory by i. A template is such an answer; its numbers are
// those before `structure`, in the order of the text.

import { AnswerError, take } from "./answer.js";

// Members behind the numbers that events carry.
const BEHIND = new Set(["structure", "snapshot"]);

function split(answer) {
  const body = Object.fromEntries(Object.entries(answer).filter(([key]) => !BEHIND.has(key)));
  return { body, structure: take(answer, "structure", "string", "memory") };
}

function collect(value, out) {
  if (typeof value === "number") out.push(value);
  else if (value !== null && typeof value === "object")
    for (const item of Object.values(value)) collect(item, out);
  return out;
}

// A copy of `value` with its numbers replaced, in order, by those that `next` gives.
function replace(value, next) {
  if (typeof value === "number") return next();
  if (Array.isArray(value)) return value.map((item) => replace(item, next));
  if (value === null || typeof value !== "object") return value;
  const copy = {};
  for (const [key, item] of Object.entries(value)) copy[key] = replace(item, next);
  return copy;
}

// createNumbers(answer): {structure, reset(), apply(event)}. apply() takes a memory event and gives the
// whole answer as of that instant, or null while more of it is to come. What it gives is never changed
// afterwards.
export function createNumbers(answer) {
  const { body, structure } = split(answer);
  const count = collect(body, []).length;
  let numbers = collect(body, []);

  return {
    structure,
    // A stream begins by telling every number that is not 0.
    reset() {
      numbers = new Array(count).fill(0);
    },
    apply(event) {
      const set = take(event, "set", "array", "event");
      for (let i = 0; i + 1 < set.length; i += 2) {
        if (!Number.isInteger(set[i]) || set[i] < 0 || set[i] >= count)
          throw new AnswerError(`event.set: there is no number ${set[i]}, only ${count} of them`);
        numbers[set[i]] = set[i + 1];
      }
      if (take(event, "more", "boolean", "event")) return null;
      let at = 0;
      return {
        ...replace(body, () => numbers[at++]),
        structure,
        snapshot: {
          cycles: take(event, "cycles", "number", "event"),
          uptime_ms: take(event, "uptime_ms", "number", "event"),
        },
      };
    },
  };
}

// createEventParser(onEvent): a function that takes the stream's text piece by piece and calls
// onEvent({id, event, data}) for each whole event (WHATWG HTML 9.2.6).
export function createEventParser(onEvent) {
  let rest = "";
  let event = {};
  const line = (text) => {
    if (text === "") {
      if ("data" in event) onEvent({ id: null, event: "message", ...event });
      event = {};
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return; // a comment
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data" && "data" in event) event.data += `\n${value}`;
    else if (field === "data" || field === "event" || field === "id") event[field] = value;
  };
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const text of lines) line(text.replace(/\r$/, ""));
  };
}
