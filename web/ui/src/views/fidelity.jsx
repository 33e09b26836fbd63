// The fidelity list: what of the documents is where, how it is shown, who uses it, how it differs.

import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { filterRecords } from "../model/fidelity.js";
import { plural } from "../model/format.js";
import { Panel } from "../parts/panel.jsx";
import { Choice } from "../parts/table.jsx";
import { href } from "../routes.js";
import { useStore } from "../store.js";

const view = {
  id: "fidelity",
  title: "Fidelity",
  lead: "Every mechanism of the documented initialisation: where the code is, which test shows it, who uses it besides tests, and where it differs from the documents and why. What has no meaning here says so. The list is checked against the source whenever the source is.",
  needs: ["fidelity"],
  alone: true,
  View,
};
export default view;

const MARKS = { all: "All", MUST: "Must", ANALOGUE: "Counterpart", "N/A": "No meaning here" };

function View({ live }) {
  const feed = useStore(live.store, (state) => state.fidelity);
  return (
    <Panel view={view} feed={feed}>
      {(records) => <List records={records} />}
    </Panel>
  );
}

function List({ records }) {
  const [mark, setMark] = useState("all");
  const [search, setSearch] = useState("");
  const shown = filterRecords(records, mark, search);
  return (
    <>
      <div class="controls">
        <Choice
          name="marks"
          label="Which lines to list"
          value={mark}
          onChange={setMark}
          options={Object.entries(MARKS).map(([value, label]) => ({ value, label }))}
        />
        <label class="search">
          <span>Search</span>
          <input
            type="search"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <span class="muted" role="status">
          {plural(shown.length, "line")}
        </span>
      </div>
      {shown.map((record, i) => (
        <Fragment key={record.name}>
          {record.section !== shown[i - 1]?.section && <h3>{record.section}</h3>}
          <Record record={record} />
        </Fragment>
      ))}
    </>
  );
}

// `code` in the text of the list.
function Words({ text }) {
  return text.split("`").map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part));
}

const LABELS = {
  code: "Code",
  test: "Shown by",
  user: "Used by",
  differs: "Differs",
  reason: "Reason",
};

function Record({ record }) {
  return (
    <article class="record">
      <h4>
        <Words text={record.name} /> <span class="tag">{record.mark}</span>
      </h4>
      <dl class="options">
        {Object.entries(LABELS).map(
          ([key, label]) =>
            record[key].length > 0 && (
              <div key={key}>
                <dt>{label}</dt>
                <dd>
                  {record[key].map((line) => (
                    <div key={line}>
                      <Words text={line} />
                    </div>
                  ))}
                </dd>
              </div>
            ),
        )}
        {record.stages.length > 0 && (
          <div>
            <dt>Stages</dt>
            <dd>
              {record.stages.map((stage) => (
                <a key={stage} href={href("boot", stage)}>
                  {stage}
                </a>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </article>
  );
}
