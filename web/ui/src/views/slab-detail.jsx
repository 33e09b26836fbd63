// One slab cache close up: its figures, and its slabs with a square for each object.

import { count, hex } from "../model/format.js";
import {
  cacheFacts,
  listFacts,
  OBJECT_STATES,
  readSlab,
  slabWords,
  SLABS_SHOWN,
  url,
} from "../model/slab-detail.js";
import { useLive } from "../parts/live.js";
import { Facts } from "../parts/table.jsx";
import { href } from "../routes.js";

export function SlabDetail({ live, cache }) {
  const { data, error } = useLive(live, url(cache), readSlab);
  const slab = data && data.name === cache ? data : null;
  return (
    <aside class="frame" aria-label={`Cache ${cache}`}>
      <h3>
        {cache}
        {slab && <span class="tag">{slab.owner}</span>}
        <a class="more" href={href("slab")}>
          Close
        </a>
      </h3>
      {error && <p class="bad">{error.message}</p>}
      {slab && (
        <>
          <Facts facts={cacheFacts(slab)} />
          {slab.node_lists.map((list) => (
            <Facts key={list.node} facts={listFacts(list)} />
          ))}
          <States />
          <ul class="slabs">
            {slab.slabs.map((one) => (
              <Slab key={one.address} slab={one} />
            ))}
          </ul>
          {slab.slabs_total === 0 && <p class="muted">It has no slab at this moment.</p>}
          {slab.slabs_total > SLABS_SHOWN && (
            <p class="muted">
              The first {SLABS_SHOWN} of {count(slab.slabs_total)} slabs.
            </p>
          )}
        </>
      )}
    </aside>
  );
}

function States() {
  return (
    <ul class="legend">
      {Object.entries(OBJECT_STATES).map(([state, words]) => (
        <li key={state}>
          <span class={`swatch object-${state}`} aria-hidden="true" />
          {words}
        </li>
      ))}
    </ul>
  );
}

function Slab({ slab }) {
  return (
    <li>
      <div class="slab-head">
        <a href={href("picture", String(slab.pfn))}>frame {count(slab.pfn)}</a>
        <span>{slab.list}</span>
        <span class="muted">
          first object {hex(slab.first_object)}, colour {slab.colour}
        </span>
      </div>
      <div class="objects" role="img" aria-label={slabWords(slab)}>
        {[...slab.objects].map((state, i) => (
          <i key={i} class={`object-${state}`} title={`object ${i}: ${OBJECT_STATES[state]}`} />
        ))}
      </div>
    </li>
  );
}
