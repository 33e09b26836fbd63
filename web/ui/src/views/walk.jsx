// The walk of one address through directory and table, bit by bit; and the audit of all mappings.

import { useState } from "preact/hooks";
import { count, hex, plural } from "../model/format.js";
import {
  addressFields,
  auditWords,
  directoryRuns,
  entryBits,
  entryTarget,
  parseAddress,
  readAudit,
  readWalk,
} from "../model/walk.js";
import { Bar } from "../parts/bar.jsx";
import { useLive } from "../parts/live.js";
import { href } from "../routes.js";

const PATH = "/api/v1/pagetables";

export function Walk({ live, place }) {
  const asked = parseAddress(place);
  const [text, setText] = useState(place || "0xc0100000");
  const [wrong, setWrong] = useState("");
  const address = asked ?? 0xc0100000;
  const { data } = useLive(live, `${PATH}?address=${hex(address)}`, readWalk);
  const walk = data && Number(data.address) === address ? data : null;
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
      {walk && <Steps walk={walk} address={address} />}
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

function Entry({ title, lead, entry, target }) {
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
          {target} <code>{entryTarget(entry)}</code>
        </p>
      )}
    </div>
  );
}

const KINDS = { large: "maps 4 MiB", table: "names a table", empty: "empty" };

export function Audit({ live }) {
  const { data, error } = useLive(live, PATH, readAudit, 10_000);
  if (!data) return error ? <p class="bad">{error.message}</p> : null;
  const clean = data.findings.every(({ pages }) => pages === 0);
  return (
    <section class="part">
      <h3>The directory, and what is unexpected</h3>
      <Bar
        label="The 1024 entries of the page directory, from address 0 to 4 GiB"
        segments={directoryRuns(data).map((run) => ({
          key: run.index,
          size: run.count,
          className: `kind-${run.kind}`,
          title: `from ${hex(run.index * 2 ** 22)}: ${plural(run.count, "entry", "entries")}, ${KINDS[run.kind]}`,
        }))}
      />
      <ul class="legend">
        {Object.entries(KINDS).map(([kind, words]) => (
          <li key={kind}>
            <span class={`swatch kind-${kind}`} aria-hidden="true" />
            {words}
          </li>
        ))}
      </ul>
      <p class={clean ? "good" : "bad"} data-audit={clean ? "clean" : "found"}>
        {auditWords(data)}
      </p>
      <p class="muted">
        {data.alias_count === 0
          ? "No frame of the direct map has a second address."
          : `${plural(data.alias_count, "page")} beside the direct map show a frame that it shows too, the first at ${hex(data.aliases[0].address)} (frame ${count(data.aliases[0].pfn)}).`}
      </p>
    </section>
  );
}
