// Fragmentation by order, and why a request of some order would fail or be served now.

import { useState } from "preact/hooks";
import { count, pageBytes } from "../model/format.js";
import {
  bitmapRows,
  extfragWords,
  KINDS,
  largestServed,
  readBuddy,
  requestWords,
  thousandths,
  trialWords,
} from "../model/fragmentation.js";
import { Meter } from "./bar.jsx";
import { useLive } from "./live.js";
import { Choice, Scroll } from "./table.jsx";

export function Fragmentation({ live }) {
  const { data: buddy, error } = useLive(live, "/api/v1/buddy", readBuddy);
  return (
    <section class="part fragmentation" aria-label="Fragmentation">
      <h3>Would a request succeed now?</h3>
      {buddy ? (
        <>
          <Why buddy={buddy} />
          <Indexes zones={buddy.zones} />
          <Bitmaps rows={bitmapRows(buddy)} />
        </>
      ) : (
        <p class="muted">
          {error ? `${error.message}. Trying again.` : "Waiting for the answer …"}
        </p>
      )}
    </section>
  );
}

// With mm=2.4: one bit for each pair of buddies, 1 while exactly one of the two is free.
function Bitmaps({ rows }) {
  if (rows.length === 0) return null;
  return (
    <Scroll label="Pair bitmaps">
      <table class="data bitmaps">
        <caption>Pair bitmaps: bits set, of all pairs, and where the map lies</caption>
        <thead>
          <tr>
            <th scope="col">Order</th>
            {rows[0].maps.map(({ node, zone }) => (
              <th key={`${node} ${zone}`} scope="col" class="num">
                {zone}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ order, maps }) => (
            <tr key={order}>
              <th scope="row">{order}</th>
              {maps.map((map) => (
                <td key={`${map.node} ${map.zone}`} class="num" data-bits={map.set_bits}>
                  {count(map.set_bits)} of {count(map.pairs)}
                  <small>
                    <code>{map.address}</code>
                  </small>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Why({ buddy }) {
  const [kind, setKind] = useState("kernel");
  const [order, setOrder] = useState(3);
  const orders = buddy.requests.filter((request) => request.kind === kind);
  const request = orders.find((item) => item.order === order) ?? orders.at(-1);
  const largest = largestServed(buddy, kind);
  return (
    <>
      <div class="controls">
        <Choice
          name="request-kind"
          label="Kind of request"
          options={KINDS}
          value={kind}
          onChange={setKind}
        />
        <label class="select">
          Size
          <select value={order} onChange={(event) => setOrder(Number(event.target.value))}>
            {orders.map((item) => (
              <option key={item.order} value={item.order}>
                order {item.order}, {pageBytes(2 ** item.order)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="why" data-served={request.served}>
        <p class={request.served ? "good" : "bad"}>{requestWords(request)}</p>
        <ol>
          {request.zones.map((trial) => (
            <li key={`${trial.node}-${trial.zone}`} data-verdict={trial.verdict}>
              {trialWords(trial, request.order)}
            </li>
          ))}
        </ol>
        <p class="muted">
          Zones are tried in this order.{" "}
          {largest < 0
            ? "No request of this kind would be served."
            : `The largest block of this kind that would be had: ${pageBytes(2 ** largest)}.`}
        </p>
      </div>
    </>
  );
}

function Indexes({ zones }) {
  const orders = zones[0]?.orders ?? [];
  return (
    <Scroll label="Fragmentation by order">
      <table class="data">
        <caption>Fragmentation by order</caption>
        <thead>
          <tr>
            <th scope="col">Order</th>
            {zones.map(({ node, zone }) => (
              <th key={`${node}-${zone}`} scope="col">
                {zone}: unusable, and why no block
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {orders.map(({ order }) => (
            <tr key={order} data-frag-order={order}>
              <th scope="row">{order}</th>
              {zones.map(({ node, zone, orders: rows }) => {
                const { unusable_thousandths: lost, extfrag_thousandths: index } = rows[order];
                return (
                  <td key={`${node}-${zone}`} data-frag-zone={zone}>
                    <Meter share={lost / 1000} /> {thousandths(lost)}{" "}
                    <span class="muted">
                      {index === -1000 ? "" : `${thousandths(index)} `}
                      {extfragWords(index)}
                    </span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
