// The buddy allocator at work: its events as they come, and one block that is split and joined slowly.

import { useEffect, useState } from "preact/hooks";
import { count } from "../model/format.js";
import { eventWords, isHeld, NOTHING, step } from "../model/buddy-steps.js";
import { change, Token } from "../views/soak.jsx";

const SHOWN = 12;
const WIDTH = 720;
const ROW = 34;

export function BuddyLive() {
  const [listening, setListening] = useState(false);
  const [events, setEvents] = useState([]);
  const [block, setBlock] = useState(NOTHING);
  const [lost, setLost] = useState(false);

  useEffect(() => {
    if (!listening) return;
    const source = new EventSource("/events?hz=10&of=buddy");
    source.addEventListener("open", () => setLost(false));
    source.addEventListener("error", () => setLost(true));
    source.addEventListener("buddy", ({ data }) => {
      const fresh = JSON.parse(data).events;
      setEvents((before) => [...fresh.toReversed(), ...before].slice(0, SHOWN));
      setBlock((before) => fresh.filter((event) => event.stepped).reduce(step, before));
    });
    return () => source.close();
  }, [listening]);

  return (
    <section class="part buddy-live">
      <h3>Watch it work</h3>
      <p class="muted">
        Each split and each join of the running machine, as it happens. One at a time: a block of
        the largest size is cut down to the order you choose, handed out, and joined again, at your
        pace, on the live allocator.
      </p>
      <div class="controls">
        <button
          type="button"
          class="button"
          aria-pressed={listening}
          onClick={() => setListening(!listening)}
        >
          {listening ? "Stop listening" : "Listen to events"}
        </button>
        <Steps onStarted={() => setListening(true)} onReset={() => setBlock(NOTHING)} />
      </div>
      {lost && <p class="bad">The stream of events was lost; trying again.</p>}
      {block.top && <Block block={block} />}
      {listening && <Events events={events} />}
    </section>
  );
}

function Steps({ onStarted, onReset }) {
  const [order, setOrder] = useState(6);
  const [ms, setMs] = useState(1000);
  const [said, setSaid] = useState("");
  const send = async (method, query) => {
    try {
      await change(method, `/api/v1/buddy/step${query}`);
      setSaid("");
      return true;
    } catch (failed) {
      setSaid(failed.message);
      return false;
    }
  };
  const start = async () => {
    onReset();
    onStarted();
    await new Promise((resolve) => setTimeout(resolve, 300)); // the stream is there first
    await send("POST", `?order=${order}&ms=${ms}`);
  };
  return (
    <>
      <label>
        Order{" "}
        <select value={order} onChange={(event) => setOrder(Number(event.currentTarget.value))}>
          {[0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
        </select>
      </label>
      <label>
        A step every{" "}
        <select value={ms} onChange={(event) => setMs(Number(event.currentTarget.value))}>
          {[200, 500, 1000, 2000].map((n) => (
            <option key={n} value={n}>
              {n / 1000} s
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="button" onClick={start}>
        Split one block slowly
      </button>
      <button type="button" class="more" onClick={() => send("DELETE", "")}>
        End it
      </button>
      <Token />
      {said && <p class="bad">{said}</p>}
    </>
  );
}

// A row for each order, the largest on top; every piece as wide as its share of the block.
function Block({ block }) {
  const { top, pieces, words } = block;
  const orders = [...new Set([top.order, ...pieces.map((piece) => piece.order)])];
  orders.sort((a, b) => b - a);
  const x = (pfn) => ((pfn - top.pfn) / 2 ** top.order) * (WIDTH - 70) + 70;
  const width = (order) => (WIDTH - 70) / 2 ** (top.order - order);
  const whole = { ...top, outline: true };
  return (
    <figure class="steps">
      <svg
        viewBox={`0 0 ${WIDTH} ${orders.length * ROW}`}
        role="img"
        aria-label={`Block of ${2 ** top.order} frames from frame ${top.pfn} on, in ${pieces.length} pieces`}
      >
        {orders.map((order, row) => (
          <g key={order}>
            <text x="0" y={row * ROW + 20}>
              order {order}
            </text>
            {[...(order === top.order ? [whole] : []), ...pieces]
              .filter((piece) => piece.order === order)
              .map((piece) => (
                <rect
                  key={`${piece.pfn}${piece.outline ?? ""}`}
                  class={piece.outline ? "outline" : isHeld(block, piece) ? "held" : "free"}
                  x={x(piece.pfn)}
                  y={row * ROW + 4}
                  width={Math.max(2, width(order) - 1)}
                  height={ROW - 8}
                />
              ))}
          </g>
        ))}
      </svg>
      <figcaption role="status">{words}</figcaption>
    </figure>
  );
}

function Events({ events }) {
  if (events.length === 0) return <p class="waiting">Nothing has happened yet.</p>;
  return (
    <ol class="buddy-events" aria-label="The last events of the buddy allocator">
      {events.map((event) => (
        <li key={event.seq} data-event={event.event}>
          <span class="muted">{count(event.seq)}</span> <strong>{event.event}</strong>{" "}
          {eventWords(event)}
        </li>
      ))}
    </ol>
  );
}
