// The buddy allocator at work: its events as they come, and one block that is split and joined slowly.

import { useEffect, useState } from "preact/hooks";
import { count, plural } from "../model/format.js";
import { eventWords, isHeld, NOTHING, step } from "../model/buddy-steps.js";
import { change, Token } from "../views/soak.jsx";

const SHOWN = 12;

export function BuddyLive() {
  const [listening, setListening] = useState(false);
  const [events, setEvents] = useState([]);
  const [block, setBlock] = useState(NOTHING);
  const [lost, setLost] = useState(false);
  const [order, setOrder] = useState(6);

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
      <h3>Watch the real one</h3>
      <p class="muted">
        Now the real one. “Split one block slowly” asks this machine's own allocator for a block of
        the order you choose: you see one of the largest blocks cut in two again and again until a
        piece fits, that piece handed out, given back, and joined with its buddies, a step at a
        time. “Listen to events” lists every split and join of the machine as it happens.
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
        <Steps
          order={order}
          onOrder={setOrder}
          onStarted={() => setListening(true)}
          onReset={() => setBlock(NOTHING)}
        />
      </div>
      {lost && <p class="bad">The stream of events was lost; trying again.</p>}
      {block.top && <Block block={block} order={order} />}
      {listening && <Events events={events} />}
    </section>
  );
}

function Steps({ order, onOrder, onStarted, onReset }) {
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
        <select value={order} onChange={(event) => onOrder(Number(event.currentTarget.value))}>
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
function Block({ block, order }) {
  const { top, pieces, words } = block;
  const least = Math.min(order, ...pieces.map((piece) => piece.order));
  const orders = Array.from({ length: top.order - least + 1 }, (_, i) => top.order - i);
  const share = (piece) => 2 ** (piece.order - top.order);
  return (
    <figure class="block-steps">
      <div
        role="img"
        aria-label={`Block of ${2 ** top.order} frames from frame ${top.pfn} on, in ${plural(pieces.length, "piece")}`}
      >
        {orders.map((row) => (
          <div key={row} class="row">
            <span>order {row}</span>
            <div class={row === top.order ? "track outline" : "track"}>
              {pieces
                .filter((piece) => piece.order === row)
                .map((piece) => (
                  <i
                    key={piece.pfn}
                    class={isHeld(block, piece) ? "held" : "free"}
                    style={{
                      left: `${(100 * (piece.pfn - top.pfn)) / 2 ** top.order}%`,
                      width: `${100 * share(piece)}%`,
                    }}
                  >
                    {share(piece) >= 0.25 && plural(2 ** row, "frame")}
                  </i>
                ))}
            </div>
          </div>
        ))}
      </div>
      <figcaption>
        <p role="status">{words}</p>
        <ul class="legend">
          <li>
            <span class="swatch held" aria-hidden="true" />
            the piece that is cut, handed out or given back
          </li>
          <li>
            <span class="swatch free" aria-hidden="true" />
            free pieces, on the list of their order
          </li>
        </ul>
      </figcaption>
    </figure>
  );
}

function Events({ events }) {
  if (events.length === 0) return <p class="waiting">Nothing has happened yet.</p>;
  return (
    <ol class="buddy-events" aria-label="The last events of the buddy allocator">
      {events.map((event) => (
        <li key={event.seq} data-event={event.event} class={event.stepped ? "stepped" : undefined}>
          <span class="muted">{count(event.seq)}</span> <strong>{event.event}</strong>{" "}
          {eventWords(event)}
        </li>
      ))}
    </ol>
  );
}
