// The walk of one address through directory and table, bit by bit; and what the audit of all mappings found.

import { useEffect, useState } from "preact/hooks";
import { bytes, count, hex } from "../model/format.js";
import {
  addressFields,
  auditWords,
  entryBits,
  entryTarget,
  parseAddress,
  readWalk,
} from "../model/walk.js";
import { useLive } from "../parts/live.js";
import { href } from "../routes.js";

const PATH = "/api/v1/pagetables";

export const FIRST_WALKED = 0xc0100000; // where the kernel's code begins

// The last walk stays until the next is answered, so that nothing jumps.
export function Walk({ live, place }) {
  const asked = parseAddress(place);
  const address = asked ?? FIRST_WALKED;
  const [text, setText] = useState(place || hex(FIRST_WALKED));
  const [wrong, setWrong] = useState("");
  const { data: walk } = useLive(live, `${PATH}?address=${hex(address)}`, readWalk);
  useEffect(() => {
    if (asked !== null) setText(hex(asked));
  }, [asked]);
  const submit = (event) => {
    event.preventDefault();
    const value = parseAddress(text);
    setWrong(value === null ? "not an address below 4 GiB" : "");
    if (value !== null) location.hash = href("page-tables", hex(value));
  };
  return (
    <section class="part">
      <h3>Walk an address</h3>
      <form class="place" onSubmit={submit}>
        <label>
          Virtual address{" "}
          <input
            type="text"
            value={text}
            spellcheck={false}
            onInput={(event) => setText(event.currentTarget.value)}
            aria-invalid={wrong ? "true" : undefined}
            aria-describedby="walk-wrong"
          />
        </label>
        <button type="submit" class="button">
          Walk
        </button>
        <span id="walk-wrong" class="bad" role="alert">
          {wrong}
        </span>
      </form>
      <ul class="fields" aria-label={`The fields of ${hex(address)}`}>
        {addressFields(address).map((field) => (
          <li key={field.name}>
            <span class="muted">bits {field.bits}</span>
            <strong>{count(field.value)}</strong>
            <span>{field.name}</span>
          </li>
        ))}
      </ul>
      {walk && <Steps walk={walk} address={Number(walk.address)} />}
    </section>
  );
}

function Steps({ walk, address }) {
  const { directory_entry: pgd, table_entry: pte } = walk;
  return (
    <>
      <div class="steps">
        <Entry
          title={`Directory entry ${pgd.index}`}
          lead={`CR3 says that the directory is at ${hex(walk.cr3)}; the entry is at ${hex(pgd.address)}.`}
          entry={pgd.entry}
          target={pgd.large ? "4 MiB page at" : "table at"}
          large={pgd.large}
        />
        {pte && (
          <Entry
            title={`Table entry ${pte.index}`}
            lead={`The entry is at ${hex(pte.address)}.`}
            entry={pte.entry}
            target="page at"
          />
        )}
      </div>
      <p class={walk.mapped ? "good" : "muted"} data-walk={walk.mapped ? "mapped" : "unmapped"}>
        {walk.mapped ? (
          <>
            {hex(address)} is physical {hex(walk.physical)}, in{" "}
            <a href={href("picture", String(walk.pfn))}>frame {count(walk.pfn)}</a> ({walk.area}).
          </>
        ) : (
          <>
            {hex(address)} is mapped to nothing ({walk.area}): touching it faults.
          </>
        )}
      </p>
    </>
  );
}

function Entry({ title, lead, entry, target, large }) {
  const bits = entryBits(entry);
  return (
    <div class="entry-bits">
      <h4>
        {title} <code>{hex(entry)}</code>
      </h4>
      <p class="muted">{lead}</p>
      <ul>
        {bits.map(({ bit, name, set, meaning }) => (
          <li key={bit} class={set ? "" : "zero"}>
            <code>{bit}</code> <strong>{set ? "1" : "0"}</strong> {name}
            {meaning && <span class="muted">: {meaning}</span>}
          </li>
        ))}
      </ul>
      {bits[0].set && (
        <p>
          {target} <code>{entryTarget(entry, large)}</code>
        </p>
      )}
    </div>
  );
}

// `writable_bytes`: all that can be written, by the areas.
export function Audit({ data, writable_bytes }) {
  const clean = data.findings.every(({ pages }) => pages === 0);
  return (
    <section class="part" aria-label="What is unexpected">
      <h3>What is unexpected</h3>
      <p class={clean ? "good" : "bad"} data-audit={clean ? "clean" : "found"}>
        {auditWords(data)}
      </p>
      <ul class="audit">
        {data.findings.map(({ name, pages, meaning }) => (
          <li key={name} data-finding={name}>
            <strong class={pages ? "bad" : "good"}>{count(pages)}</strong> pages {meaning}
          </li>
        ))}
        <li data-finding="aliases">
          <strong>{count(data.alias_count)}</strong> pages beside the direct map whose frame it
          shows, too (aliases){data.aliases.length > 0 && ": "}
          {data.aliases.map(({ address, pfn, writable }) => (
            <span key={address} class="alias">
              <a href={href("page-tables", hex(address))}>
                <code>{hex(address)}</code>
              </a>{" "}
              (<a href={href("picture", String(pfn))}>frame {count(pfn)}</a>
              {writable ? "" : ", read-only"}){" "}
            </span>
          ))}
        </li>
      </ul>
      <p class="muted">
        Writable and executable: {bytes(writable_bytes)}, which is all that can be written, because
        tables of two levels have no bit against execution. What can be seen to is that code and
        constants cannot be written.
      </p>
    </section>
  );
}
