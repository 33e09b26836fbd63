// Where every frame of RAM is: one bar, one table, one sum.

import { useEffect, useMemo } from "preact/hooks";
import { count, pageBytes, percent } from "../model/format.js";
import { frameUses } from "../model/frames.js";
import { Bar } from "../parts/bar.jsx";
import { Check } from "../parts/check.jsx";
import { History } from "../parts/history.jsx";
import { Panel } from "../parts/panel.jsx";
import { useStore } from "../store.js";

const view = {
  id: "frames",
  title: "Where memory is",
  lead: "RAM is handled in [page frame]s of 4 KiB. Every frame is in exactly one of these uses, the [per-cpu list]s included, and together they are the RAM that the firmware reported, to the frame: the upper bar is all of it, the lower one what is in use, and the table has the figures.",
  needs: [],
  View,
};
export default view;

function View({ live }) {
  const feed = useStore(live.store, (state) => state.memory);
  const check = useStore(live.store, (state) => state.check);
  return (
    <Panel view={view} feed={feed}>
      {(memory) => (
        <>
          <Uses memory={memory} onWrong={() => live.refresh("check")} />
          <History live={live} />
          <Check feed={check} onRun={() => live.refresh("check")} />
        </>
      )}
    </Panel>
  );
}

// A sum that is wrong is looked into at once: the check names the frames.
function Uses({ memory, onWrong }) {
  const model = useMemo(() => frameUses(memory), [memory]);
  const wrong = model.difference_pages !== 0;
  useEffect(() => {
    if (wrong) onWrong();
  }, [wrong]);
  return (
    <>
      <Bar
        className="tall"
        label={`${pageBytes(model.ram_pages)} of RAM by use; the table below has the figures`}
        segments={model.uses.map(segment)}
      />
      <div class="enlarged">
        <span>
          The part in use, enlarged: {pageBytes(model.busy_pages)}, which is{" "}
          {percent(model.busy_pages, model.ram_pages)}
        </span>
        <Bar
          label={`${pageBytes(model.busy_pages)} in use; the table below has the figures`}
          segments={model.busy.map(segment)}
        />
      </div>
      <table class="data uses">
        <caption class="visually-hidden">Page frames by use</caption>
        <thead>
          <tr>
            <th scope="col">Use</th>
            <th scope="col" class="num">
              Frames
            </th>
            <th scope="col" class="num">
              Size
            </th>
            <th scope="col" class="num">
              Share
            </th>
          </tr>
        </thead>
        {model.groups.map((group) => (
          <Group key={group.id} group={group} ram_pages={model.ram_pages} />
        ))}
        <Sum model={model} />
      </table>
    </>
  );
}

function segment(item) {
  return {
    key: item.use,
    size: item.pages,
    className: colour(item),
    title: `${item.label}: ${pageBytes(item.pages)}`,
  };
}

function Group({ group, ram_pages }) {
  return (
    <tbody>
      <tr class="group">
        <th scope="rowgroup">{group.label}</th>
        <td class="num">{count(group.pages)}</td>
        <td class="num">{pageBytes(group.pages)}</td>
        <td class="num">{percent(group.pages, ram_pages)}</td>
      </tr>
      {group.uses.map((item) => (
        <tr key={item.use} class={item.pages ? "" : "zero"} data-use={item.use}>
          <th scope="row">
            <span class={`swatch ${colour(item)}`} aria-hidden="true" />
            {item.label}
            <small>{item.meaning}</small>
          </th>
          <td class="num" data-pages={item.pages}>
            {count(item.pages)}
          </td>
          <td class="num">{pageBytes(item.pages)}</td>
          <td class="num">{percent(item.pages, ram_pages)}</td>
        </tr>
      ))}
    </tbody>
  );
}

function Sum({ model }) {
  const { sum_pages, ram_pages, difference_pages } = model;
  return (
    <tfoot>
      <tr data-use="sum">
        <th scope="row">
          Sum
          <small>
            {difference_pages === 0 ? (
              <span class="good">exactly the RAM that the firmware reported</span>
            ) : (
              <span class="bad">
                {count(Math.abs(difference_pages))} frames{" "}
                {difference_pages < 0 ? "missing from" : "more than"} the {count(ram_pages)} that
                the firmware reported
              </span>
            )}
          </small>
        </th>
        <td class="num" data-pages={sum_pages}>
          {count(sum_pages)}
        </td>
        <td class="num">{pageBytes(sum_pages)}</td>
        <td class="num">{percent(sum_pages, ram_pages)}</td>
      </tr>
    </tfoot>
  );
}

function colour(item) {
  return item.known ? `use-${item.use}` : "use-other";
}
