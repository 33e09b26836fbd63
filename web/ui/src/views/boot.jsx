// The boot stages: what ran, when, for how long, and what each changed.

import { useState } from "preact/hooks";
import { changeCount, statusOf } from "../model/boot.js";
import { count, microseconds } from "../model/format.js";
import { Panel } from "../parts/panel.jsx";
import { Choice, Scroll } from "../parts/table.jsx";
import { href } from "../routes.js";
import { useStore } from "../store.js";
import { Changes, Maps } from "./boot-maps.jsx";
import { Replay } from "./replay.jsx";

const view = {
  id: "boot",
  title: "How memory came up",
  lead: "A kernel starts with a list of address ranges from the firmware, the [e820] map, and no allocator at all: what must not be overwritten is kept by [early reservation]s. These are the documented [stage]s, in the documented order, that turn this list into working memory. Each ran for real and recorded what it changed; a stage that has no meaning here says why.",
  needs: ["boot", "words"],
  View,
};
export default view;

function View({ live, rest }) {
  const boot_feed = useStore(live.store, (state) => state.boot);
  const words_feed = useStore(live.store, (state) => state.words);
  const [here, setHere] = useState(rest);
  // Both, so that nothing moves when the words come; without them if they do not come.
  const settled = words_feed.data || words_feed.error;
  const feed = settled ? boot_feed : { ...boot_feed, data: null };
  const words = words_feed.data ?? [];
  return (
    <Panel view={view} feed={feed}>
      {(boot) => (
        <>
          <Replay boot={boot} words={words} place={rest} onStage={setHere} />
          <Stages boot={boot} words={words} place={here} />
          <Maps boot={boot} />
        </>
      )}
    </Panel>
  );
}

const FILTERS = {
  all: () => true,
  ran: (stage) => stage.ran,
  not: (stage) => !stage.ran,
};

function span(cycles, { cycles_per_us }) {
  return cycles_per_us > 0 ? microseconds(cycles / cycles_per_us) : `${count(cycles)} cycles`;
}

function Stages({ boot, words, place }) {
  const [filter, setFilter] = useState("all");
  const [open, setOpen] = useState(() => new Set());
  const stages = boot.stages.filter(FILTERS[filter]);
  const changed = stages.filter((stage) => changeCount(stage) > 0);
  const all_open = changed.length > 0 && changed.every((stage) => open.has(stage.index));

  function toggle(index) {
    const next = new Set(open);
    if (!next.delete(index)) next.add(index);
    setOpen(next);
  }

  function toggleAll() {
    setOpen(new Set(all_open ? [] : changed.map((stage) => stage.index)));
  }

  return (
    <>
      <div class="controls">
        <Choice
          name="stages"
          label="Which stages to list"
          value={filter}
          onChange={setFilter}
          options={Object.entries({ all: "All", ran: "Ran", not: "Did not run" }).map(
            ([value, label]) => ({
              value,
              label: `${label} (${boot.stages.filter(FILTERS[value]).length})`,
            }),
          )}
        />
        <button type="button" class="button quiet" onClick={toggleAll}>
          {all_open ? "Fold all changes" : "Unfold all changes"}
        </button>
        <span class="muted">{span(boot.boot_cycles, boot)} from first to last</span>
      </div>
      <Scroll label="Boot stages">
        <table class="data stages">
          <caption class="visually-hidden">Boot stages</caption>
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">Stage</th>
              <th scope="col" class="wide-only">
                Section
              </th>
              <th scope="col">State</th>
              <th scope="col" class="num">
                Took
              </th>
              <th scope="col" class="bar-column wide-only">
                When
              </th>
            </tr>
          </thead>
          <tbody>
            {stages.map((stage) => (
              <Stage
                key={stage.index}
                stage={stage}
                boot={boot}
                words={words[stage.index]}
                open={open.has(stage.index) || stage.id === place}
                here={stage.id === place}
                onToggle={() => toggle(stage.index)}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Stage({ stage, boot, words, open, here, onToggle }) {
  const status = statusOf(stage.status);
  const changes = changeCount(stage);
  return (
    <>
      <tr class={`${stage.ran ? "" : "zero"} ${here ? "here" : ""}`} data-stage={stage.name}>
        <td class="entry">{stage.entry}</td>
        <th scope="row" class={`depth-${Math.min(stage.depth, 6)}`}>
          <a
            class="stage-name"
            href={href("boot", stage.id)}
            aria-current={here ? "true" : undefined}
          >
            {stage.name}
          </a>
          {changes > 0 && (
            <button type="button" class="more" aria-expanded={open} onClick={onToggle}>
              {open ? "fold" : changes === 1 ? "1 change" : `${changes} changes`}
              <span class="visually-hidden"> of {stage.name}</span>
            </button>
          )}
          {words && <small class="for">{words}</small>}
          {stage.reason && <small>Did not run: {stage.reason}</small>}
        </th>
        <td class="wide-only section">{stage.section}</td>
        <td>
          <span class={`state ${status.tone}`}>{status.label}</span>
          {stage.runs > 1 && <small>{count(stage.runs)} times</small>}
        </td>
        <td class="num">{stage.ran ? span(stage.cycles, boot) : ""}</td>
        <td class="bar-column wide-only">{stage.ran && <When stage={stage} />}</td>
      </tr>
      {open && changes > 0 && (
        <tr class="detail">
          <td />
          <td colSpan={5}>
            <Changes stage={stage} />
          </td>
        </tr>
      )}
    </>
  );
}

function When({ stage }) {
  return (
    <span class="when" aria-hidden="true">
      <span style={{ left: `${stage.offset * 100}%`, width: `${stage.width * 100}%` }} />
    </span>
  );
}
