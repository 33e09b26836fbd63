// /api/v1/net: the interface, its rings and counters, lwIP's pools, connections and what each holds.

import { pick } from "./answer.js";

const INTERFACE = { name: "string", driver: "string", mac: "string", link_up: "boolean" };
const RING = { name: "string", descriptors: "number", in_use: "number", bytes: "number" };
const CONNECTION = { state: "string", local_port: "number", held_bytes: "number" };

function each(json, field, shape) {
  return json[field].map((item, i) => ({ ...item, ...pick(item, shape, `net.${field}[${i}]`) }));
}

export function readNet(json) {
  pick(json, { pools: "array", connections: "array", events: "object" }, "net");
  pick(json, { viewer_connection: "number" }, "net"); // the one this answer came over
  const nic = json.interface ? { ...json.interface } : null;
  if (nic) {
    pick(nic, INTERFACE, "net.interface");
    pick(json, { features: "array", rings: "array", counters: "object", buffers: "object" }, "net");
  }
  return {
    ...json,
    interface: nic,
    rings: nic ? each(json, "rings", RING) : [],
    connections: each(json, "connections", CONNECTION),
  };
}

// The counters in words; one that is not here is shown under its own name.
const COUNTERS = {
  rx_packets: "frames received",
  rx_bytes: "bytes received",
  rx_dropped: "received frames dropped",
  rx_no_buffer: "times the receive ring was empty",
  rx_refill_failed: "times there was no page for the ring",
  rx_malformed: "received frames that were malformed",
  rx_padded: "received frames filled up to Ethernet's minimum",
  rx_over_limit: "dropped: too many pages wait in the stack",
  rx_refused: "frames the stack did not take",
  tx_packets: "frames sent",
  tx_bytes: "bytes sent",
  tx_ring_full: "times the transmit ring was full",
  tx_errors: "frames that could not be sent",
  tx_segmented: "packets that the card cut into segments",
  tx_merged: "segments merged into longer packets",
  tx_copied: "packets copied together",
  tx_no_memory: "packets without memory to send them",
  tcp_duplicates: "segments that had come before",
  tcp_bad_options: "segments dropped for their options",
  half_open_dropped: "half-open connections that made way",
  interrupts: "interrupts",
  polls: "polls",
};

// [{name, label, value, rate}]: rate is per second since `before`, null without one.
export function counterRows(net, before) {
  const seconds = before ? (net.snapshot.uptime_ms - before.snapshot.uptime_ms) / 1000 : 0;
  return Object.entries(net.counters).map(([name, value]) => {
    const old = before?.counters?.[name];
    const rate = seconds > 0 && old !== undefined ? Math.max(0, value - old) / seconds : null;
    return { name, label: COUNTERS[name] ?? name.replaceAll("_", " "), value, rate };
  });
}

// What a connection holds, in the order of the bar; names are those of the API without _bytes.
export const PARTS = [
  { part: "control", label: "control block" },
  { part: "http", label: "HTTP state" },
  { part: "send", label: "send queue" },
  { part: "early", label: "out of order" },
  { part: "pending", label: "not read yet" },
  { part: "snapshot", label: "answer under way" },
  { part: "events", label: "events" },
];

export function heldParts(connection) {
  return PARTS.map(({ part, label }) => ({ part, label, bytes: connection[`${part}_bytes`] ?? 0 }));
}

// What the connection is for, in words.
export function connectionWords(connection) {
  if (connection.state === "LISTEN") return "waits for connections";
  if (connection.events_hz > 0) return `events, ${connection.events_hz} a second`;
  if (connection.number === 0) return "ends: the stack has it to itself";
  if (connection.requests === 0) return "no request yet";
  return connection.requests === 1 ? "1 request" : `${connection.requests} requests`;
}

export function heldBytes(net) {
  return net.connections.reduce((sum, { held_bytes }) => sum + held_bytes, 0);
}
