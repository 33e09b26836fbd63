// Answers that a stream keeps up to date in parts: `view` events of /events.
//
// An event's lines are parts that have changed, "12 text" ("12|text": a line feed follows), and at last a
// line of JSON: {view, status, parts, more, cycles, bytes, uptime_ms}, the cost only at the end of an answer
// that there is. The answer is its parts one after the other.

import { AnswerError, pick } from "./answer.js";

const TAIL = { view: "number", status: "number", parts: "number", more: "boolean" };

// createParts(count): take(data) gives {view, status, text, cost} when the answer of one instant is whole, and null
// while more of it is to come.
export function createParts(count) {
  const views = Array.from({ length: count }, () => []);
  return {
    take(data) {
      const lines = data.split("\n");
      const last = JSON.parse(lines.pop());
      const tail = pick(last, TAIL, "view");
      const parts = views[tail.view];
      if (!parts) throw new AnswerError(`view.view: there is no view ${tail.view}, only ${count}`);
      for (const line of lines) {
        const [, index, end] = /^(\d+)([ |])/.exec(line) ?? [];
        if (index === undefined) throw new AnswerError(`view: not a part: ${line.slice(0, 40)}`);
        parts[index] = line.slice(index.length + 1) + (end === "|" ? "\n" : "");
      }
      if (tail.more) return null;
      parts.length = tail.parts;
      if (Object.keys(parts).length !== tail.parts)
        throw new AnswerError(`view: a part of ${tail.parts} was never told`);
      const { cycles, bytes, uptime_ms } = last;
      const cost = cycles === undefined ? null : { cycles, bytes, uptime_ms };
      return { view: tail.view, status: tail.status, text: parts.join(""), cost };
    },
  };
}

// A value of a query that holds addresses: what would end it, or be taken for an escape, is escaped.
export const inQuery = (address) => address.replace(/[%&+# ]/g, encodeURIComponent);

// Which of these addresses one stream can carry, as the kernel limits it.
export const VIEWS_MAX = 10;
const ALL_MAX = 639;
const ONE_MAX = 255;

export function carried(addresses) {
  const out = [];
  let bytes = 0;
  for (const address of new Set(addresses)) {
    if (out.length === VIEWS_MAX || address.length > ONE_MAX) continue;
    if (bytes + address.length + 1 > ALL_MAX) continue;
    bytes += address.length + 1;
    out.push(address);
  }
  return out;
}
