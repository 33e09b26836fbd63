// Small pieces that tables share.

import { useRef, useState } from "preact/hooks";
import { count } from "../model/format.js";
import { inHeldOrder } from "../model/order.js";

// A table wider than the screen scrolls in its own box, which the keyboard can reach.
export function Scroll({ label, children }) {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

// The first `most` of a long list, and a button for all of it (null if that is all).
export function useSome(list, most) {
  const [all, setAll] = useState(false);
  const shown = all ? list : list.slice(0, most);
  const more =
    list.length > most ? (
      <button type="button" class="button some" onClick={() => setAll(!all)}>
        {all ? `Show the first ${most}` : `Show all ${count(list.length)}`}
      </button>
    ) : null;
  return [shown, more];
}

// Rows that change while one looks at them keep their places: `sorted` is put into the order that it had when
// `asked` (what one sorts by and looks for) was last another; what is new comes last. Gives the rows, and a
// button that sorts them again if they are out of order (else null).
export function useHeldOrder(sorted, asked, nameOf) {
  const [again, setAgain] = useState(0);
  const held = useRef({});
  const key = `${asked} ${again}`;
  if (held.current.key !== key)
    held.current = { key, places: new Map(sorted.map((row, i) => [nameOf(row), i])) };
  const rows = inHeldOrder(sorted, held.current.places, nameOf);
  const button = rows.some((row, i) => row !== sorted[i]) ? (
    <button type="button" class="more" onClick={() => setAgain(again + 1)}>
      Sort again
    </button>
  ) : null;
  return [rows, button];
}

// A heading that sorts: the whole cell is a button, the direction is said by aria-sort.
export function SortHeading({ column, sort, onSort }) {
  const active = sort.key === column.key;
  return (
    <th scope="col" class={column.text ? "" : "num"} aria-sort={active ? sort.direction : "none"}>
      <button type="button" class="sort" onClick={() => onSort(column.key)}>
        <span class="arrow" aria-hidden="true">
          {active ? (sort.direction === "ascending" ? "▲" : "▼") : ""}
        </span>
        {column.label}
      </button>
    </th>
  );
}

// One of several, as radio buttons that look like one control.
export function Choice({ name, label, options, value, onChange }) {
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} class={option.value === value ? "chosen" : ""}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}

// Name and value pairs in a row.
export function Facts({ facts }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
