// What a view shows, as a file: made in the browser, of the answers that are on screen.

import { useContext, useRef, useState } from "preact/hooks";
import { exportJson, exportTable, fileName, SOURCES } from "../model/export.js";
import { Live } from "./live.js";

// Hands a text to the browser's downloads.
export function save(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const saveJson = (text, name) => save(text, name, "application/json");
export const saveCsv = (text, name) => save(text, name, "text/csv");

// A button that opens a list of buttons below it; Escape, leaving it, or a choice closes it.
// items: [{label, onPick}].
export function Menu({ label, items, children }) {
  const box = useRef(null);
  const close = () => box.current.removeAttribute("open");
  const onKey = (event) => {
    if (event.key !== "Escape" || !box.current.open) return;
    close();
    box.current.querySelector("summary").focus();
  };
  const onLeave = (event) => {
    if (event.relatedTarget && !box.current.contains(event.relatedTarget)) close();
  };
  return (
    <details class="menu" ref={box} onKeyDown={onKey} onFocusOut={onLeave}>
      <summary class="button">{label}</summary>
      <div class="menu-items">
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            onClick={() => {
              if (item.onPick() !== false) close();
            }}
          >
            {item.label}
          </button>
        ))}
        {children}
      </div>
    </details>
  );
}

export function Export({ view }) {
  const live = useContext(Live);
  const [missing, setMissing] = useState("");
  const { tables } = SOURCES[view];
  const json = () => {
    const now_ms = Date.now();
    const text = exportJson(view, live.documents(), { now_ms, page: location.href });
    saveJson(text, fileName(view, "", now_ms, "json"));
  };
  const table = (one) => {
    const text = exportTable(one, live.documents());
    setMissing(text === null ? `${one.name}: nothing has been read yet` : "");
    if (text === null) return false;
    return saveCsv(text, fileName(view, one.name, Date.now(), "csv"));
  };
  const items = [
    { label: "JSON, as read", onPick: json },
    ...tables.map((one) => ({ label: `CSV: ${one.name}`, onPick: () => table(one) })),
  ];
  return (
    <Menu label="Export" items={items}>
      <span class="bad" role="status">
        {missing}
      </span>
    </Menu>
  );
}
