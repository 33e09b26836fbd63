// The network: the card, its rings, the stack's memory, and who is connected.

import { useRef } from "preact/hooks";
import { bytes, count, hex, percent, plural } from "../model/format.js";
import {
  connectionWords,
  counterRows,
  heldBytes,
  heldParts,
  PARTS,
  readNet,
} from "../model/net.js";
import { Bar, Meter } from "../parts/bar.jsx";
import { useLive } from "../parts/live.js";
import { Panel } from "../parts/panel.jsx";
import { Facts, Scroll } from "../parts/table.jsx";
import { href } from "../routes.js";

const view = {
  id: "network",
  title: "Network",
  lead: "How this page comes to you, and what it costs in memory. The card takes whole [page frame]s as receive buffers, by way of [descriptor ring]s; the stack, [lwIP], takes its objects from slab [cache]s of its own; each connection holds what it needs and no more.",
  needs: [],
  alone: true,
  View,
};
export default view;

function View({ live }) {
  const feed = useLive(live, "/api/v1/net", readNet);
  return (
    <Panel view={view} feed={feed}>
      {(net) => (
        <>
          {net.interface ? (
            <Card net={net} />
          ) : (
            <p class="waiting">There is no network card that could be used.</p>
          )}
          <Connections net={net} />
          {net.interface && <Counters net={net} />}
          <Pools net={net} />
        </>
      )}
    </Panel>
  );
}

function Card({ net }) {
  const { interface: nic, features, buffers } = net;
  return (
    <section class="part" aria-label="Interface">
      <h3>
        {nic.name}
        <span class={`tag ${nic.link_up ? "ok" : "below-min"}`}>
          {nic.link_up ? "link up" : "no link"}
        </span>
      </h3>
      <Facts
        facts={[
          ["Driver", nic.driver],
          ["MAC", <code>{nic.mac}</code>],
          ["Address", nic.address ? `${nic.address}, mask ${nic.netmask}` : "none yet"],
          ["Gateway", nic.gateway ?? "none"],
          ["Name", nic.hostname || "none"],
          ["MTU", plural(nic.mtu_bytes, "byte")],
          ["HTTP port", nic.http_port],
        ]}
      />
      <p>
        <span class="muted">Features in use: </span>
        {features.map(({ name, bit, negotiated }) => (
          <span key={bit} class={negotiated ? "feature" : "feature off"} data-bit={bit}>
            {name ?? `bit ${bit}`}
            {!negotiated && <span class="visually-hidden"> (offered, not used)</span>}
          </span>
        ))}
      </p>
      <p class="muted">Struck through: offered by the device, not asked for.</p>
      <Scroll label="Descriptor rings">
        <table class="data">
          <caption>Descriptor rings</caption>
          <thead>
            <tr>
              <th scope="col">Ring</th>
              <th scope="col">In use</th>
              <th scope="col" class="num">
                Descriptors
              </th>
              <th scope="col" class="num">
                Free
              </th>
              <th scope="col" class="num">
                Handed over
              </th>
              <th scope="col" class="num">
                Came back
              </th>
              <th scope="col" class="num">
                Memory
              </th>
              <th scope="col">Lies at</th>
            </tr>
          </thead>
          <tbody>
            {net.rings.map((ring) => (
              <tr key={ring.index} data-ring={ring.name}>
                <th scope="row">{ring.name}</th>
                <td>
                  <Meter share={ring.in_use / ring.descriptors} /> {count(ring.in_use)}
                </td>
                <td class="num">{count(ring.descriptors)}</td>
                <td class="num">{count(ring.free)}</td>
                <td class="num">{count(ring.made_available)}</td>
                <td class="num">{count(ring.taken_back)}</td>
                <td class="num">{bytes(ring.bytes)}</td>
                <td>
                  <a href={href("picture", String(Number(ring.desc) / 4096))}>
                    <code>{hex(ring.desc)}</code>
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="muted">
        The card holds {plural(buffers.receive, "receive page")} of {count(buffers.receive_target)};
        the stack holds {count(buffers.receive_pages_in_stack)} (at most{" "}
        {count(buffers.receive_pages_in_stack_most)} so far);{" "}
        {plural(buffers.transmit_in_flight, "packet")} on the way out.
      </p>
    </section>
  );
}

function Connections({ net }) {
  const { connections, connections_most: most, events } = net;
  const widest = Math.max(1, ...connections.map(({ held_bytes }) => held_bytes));
  const own = useRef(new Set());
  own.current.add(net.viewer_connection);
  return (
    <section class="part" aria-label="Connections">
      <h3>Connections</h3>
      <p class="muted">
        {count(net.connections_open)} of at most {count(most)} HTTP connections, which hold{" "}
        {bytes(heldBytes(net))} in all; {plural(events.open, "event stream")} of{" "}
        {count(events.most)} open. What this page came over is marked; a browser’s idle connections
        end after 30 s.
      </p>
      <ul class="type-legend held-legend">
        {PARTS.map(({ part, label }) => (
          <li key={part}>
            <span class={`swatch held-${part}`} aria-hidden="true" />
            {label}
          </li>
        ))}
      </ul>
      <Scroll label="TCP connections">
        <table class="data">
          <caption class="visually-hidden">TCP connections</caption>
          <thead>
            <tr>
              <th scope="col">Peer</th>
              <th scope="col">State</th>
              <th scope="col">What for</th>
              <th scope="col" class="num">
                Segments queued
              </th>
              <th scope="col" class="num">
                Holds
              </th>
              <th scope="col" class="bar-column">
                Of what
              </th>
            </tr>
          </thead>
          <tbody>
            {connections.map((item) => (
              <Connection
                key={`${item.peer_address}:${item.peer_port}:${item.local_port}`}
                item={item}
                own={item.number > 0 && own.current.has(item.number)}
                widest={widest}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Connection({ item, own, widest }) {
  const parts = heldParts(item);
  const segments = parts.map(({ part, label, bytes: size }) => ({
    key: part,
    size,
    className: `held-${part}`,
    title: `${label}: ${bytes(size)}`,
  }));
  const rest = { key: "rest", size: widest - item.held_bytes, className: "rest" };
  const words = parts
    .filter((part) => part.bytes > 0)
    .map((part) => `${part.label} ${bytes(part.bytes)}`)
    .join(", ");
  return (
    <tr data-port={item.peer_port} data-own={own}>
      <th scope="row">
        {item.peer_address ? `${item.peer_address}:${item.peer_port}` : `port ${item.local_port}`}
        {own && <span class="tag own">this browser</span>}
      </th>
      <td>{item.state}</td>
      <td>{connectionWords(item)}</td>
      <td class="num">{count(item.send_segments)}</td>
      <td class="num">{bytes(item.held_bytes)}</td>
      <td class="bar-column">
        <Bar className="thin" segments={[...segments, rest]} label={words} />
      </td>
    </tr>
  );
}

// Rates are over the time between the last two answers.
function Counters({ net }) {
  const seen = useRef({ now: null, before: null });
  if (seen.current.now !== net) seen.current = { now: net, before: seen.current.now };
  const rows = counterRows(net, seen.current.before);
  return (
    <section class="part" aria-label="Counters">
      <h3>Counters</h3>
      <table class="data narrow">
        <caption class="visually-hidden">Counters since the start</caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" class="num">
              Since the start
            </th>
            <th scope="col" class="num">
              A second
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, label, value, rate }) => (
            <tr key={name} class={value ? "" : "zero"} data-counter={name}>
              <th scope="row">{label}</th>
              <td class="num">{count(value)}</td>
              <td class="num">{rate === null ? "–" : count(rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Pools({ net }) {
  return (
    <section class="part" aria-label="Pools">
      <h3>lwIP’s pools</h3>
      <p class="muted">
        Each pool is a slab cache of the same name, with a quota: when it is used up, the stack ends
        old connections. Beside them lwIP holds {bytes(net.heap_bytes)} of packets.
      </p>
      <Scroll label="lwIP's pools">
        <table class="data">
          <caption class="visually-hidden">lwIP’s pools</caption>
          <thead>
            <tr>
              <th scope="col">Pool</th>
              {["Object", "In use", "Most ever", "Quota", "Share", "Refused"].map((head) => (
                <th key={head} scope="col" class="num">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {net.pools.map((pool) => (
              <tr key={pool.name} class={pool.used ? "" : "zero"} data-pool={pool.name}>
                <th scope="row">
                  <a href={href("slab", pool.name)}>{pool.name}</a>
                </th>
                <td class="num">{bytes(pool.object_bytes)}</td>
                <td class="num">{count(pool.used)}</td>
                <td class="num">{count(pool.most)}</td>
                <td class="num">{count(pool.quota)}</td>
                <td class="num">{percent(pool.used, pool.quota)}</td>
                <td class="num">{count(pool.failed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
