// What the answers on screen have cost, in words: cycles from the first look at memory to the last byte of
// text, and the text's length. One that takes no snapshot says so: it is rendered as it is sent, or was made
// when the kernel was built.

import { bytes, count, duration } from "./format.js";

function words({ cost, text }) {
  if (!cost) return text === undefined ? "" : `no snapshot, ${bytes(text.length)}`;
  return `${count(cost.cycles)} cycles, ${bytes(cost.bytes)}, ${duration(cost.uptime_ms)} after the start`;
}

// [{path, words}]; of several answers to the same question the last.
export function costWords(documents) {
  const all = new Map(documents.map((one) => [one.path, { path: one.path, words: words(one) }]));
  return [...all.values()].filter((one) => one.words !== "");
}
