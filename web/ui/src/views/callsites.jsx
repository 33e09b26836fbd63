// Who allocated what: the places in the code that hold memory, a mark, and the difference since then.

import { useState } from "preact/hooks";
import { readCallsites, sortSites } from "../model/callsites.js";
import { bytes, count, duration } from "../model/format.js";
import { useLive } from "../parts/live.js";
import { Panel } from "../parts/panel.jsx";
import { Choice, Facts, Scroll, SortHeading, useHeldOrder } from "../parts/table.jsx";
import { change, Token } from "./soak.jsx";

const PATH = "/api/v1/callsites";

const view = {
  id: "callsites",
  title: "Who allocated",
  lead: "Every [block] of pages, [slab] object and [vmalloc] area was asked for by some place in the code, its [call site]. Here each is listed with what it holds at this moment. Set a mark, let something happen, and look at the difference: what only grows is a [leak].",
  needs: [],
  View,
};
export default view;

const SHOW = [
  { value: "all", label: "All that is held" },
  { value: "since", label: "Difference since the mark" },
];

function View({ live }) {
  const [show, setShow] = useState("all");
  const query = show === "since" ? "?since=mark&sites=512" : "?sites=512";
  const feed = useLive(live, PATH + query, readCallsites);
  return (
    <Panel view={view} feed={feed}>
      {(data) => (
        <>
          <Tracking tracking={data.tracking} />
          <Mark data={data} show={show} onShow={setShow} />
          <Sites key={show} sites={data.sites} since={show === "since"} />
        </>
      )}
    </Panel>
  );
}

function Tracking({ tracking }) {
  const missing = [
    [tracking.pages, "page_owner=on", "pages"],
    [tracking.objects, "slub_debug=U", "slab objects"],
  ].filter(([on]) => !on);
  return (
    <>
      <Facts
        facts={[
          ["Pages", tracking.pages ? "recorded" : "not recorded"],
          ["Slab objects", tracking.objects ? "recorded" : "not recorded"],
          ["vmalloc areas", "recorded"],
          ["Memory for it", bytes(tracking.record_bytes + tracking.table_bytes)],
        ]}
      />
      {missing.map(([, option, what]) => (
        <p key={option} class="muted">
          Boot with <code>{option}</code> to have {what} recorded.
        </p>
      ))}
    </>
  );
}

function Mark({ data, show, onShow }) {
  const [wrong, setWrong] = useState("");
  const mark = async () => {
    try {
      await change("POST", "/api/v1/mark");
      setWrong("");
      onShow("since");
    } catch (failed) {
      setWrong(failed.message);
    }
  };
  return (
    <>
      <div class="controls">
        <button type="button" class="button" onClick={mark}>
          Set a mark
        </button>
        <Choice
          name="sites-show"
          label="What is listed"
          options={data.mark > 0 ? SHOW : SHOW.slice(0, 1)}
          value={show}
          onChange={onShow}
        />
        <Token />
      </div>
      <p class="muted mark-state">
        {data.mark > 0
          ? `Mark ${data.mark} was set ${duration(data.mark_uptime_ms)} after the start.`
          : "No mark has been set."}
      </p>
      {wrong && <p class="bad">{wrong}</p>}
    </>
  );
}

const NAMES = [
  { key: "site", label: "Call site", text: true },
  { key: "kind", label: "Kind", text: true },
  { key: "what", label: "For", text: true },
];
const HELD = [
  { key: "live", label: "Held" },
  { key: "bytes", label: "Bytes" },
  { key: "calls", label: "Calls" },
];
const MOVED = [
  { key: "live_delta", label: "Held, change" },
  { key: "bytes_delta", label: "Bytes, change" },
  ...HELD,
];
const signed = (n) => (n > 0 ? `+${count(n)}` : count(n));

function Sites({ sites, since }) {
  const [sort, setSort] = useState({
    key: since ? "bytes_delta" : "bytes",
    direction: "descending",
  });
  const [rows, again] = useHeldOrder(
    sortSites(sites, sort),
    `${sort.key} ${sort.direction}`,
    ({ address, kind, what }) => `${address} ${kind} ${what}`,
  );
  if (sites.length === 0)
    return (
      <p class="waiting">{since ? "Nothing has changed since the mark." : "Nothing is held."}</p>
    );
  const columns = [...NAMES, ...(since ? MOVED : HELD)];
  const onSort = (key) =>
    setSort({
      key,
      direction: sort.key === key && sort.direction === "descending" ? "ascending" : "descending",
    });
  return (
    <>
      <p class="sort-again">{again}</p>
      <Scroll label="Call sites">
        <table class="data callsites">
          <caption class="visually-hidden">Call sites and what they hold</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <SortHeading key={column.key} column={column} sort={sort} onSort={onSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((site) => (
              <tr key={`${site.address}${site.kind}${site.what}`} data-what={site.what}>
                <th scope="row" title={site.address}>
                  <code>{site.site}</code>
                </th>
                <td>{site.kind}</td>
                <td>{site.what.replaceAll("_", " ")}</td>
                {(since ? MOVED : HELD).map(({ key }) => (
                  <td key={key} class="num" data-field={key}>
                    {key.endsWith("_delta") ? signed(site[key]) : count(site[key])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
