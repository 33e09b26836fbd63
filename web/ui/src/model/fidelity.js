// /fidelity.json: each line of the checklist, with where it is done, what shows it and who uses it.

import { pick } from "./answer.js";

const LISTS = ["stages", "code", "test", "user", "differs", "reason"];

function readRecord(json, index, section) {
  const record = pick(json, { name: "string", mark: "string" }, `fidelity.records[${index}]`);
  const lists = Object.fromEntries(LISTS.map((key) => [key, (json[key] ?? []).map(String)]));
  const words = [record.name, record.mark, section, ...LISTS.flatMap((key) => lists[key])];
  return { ...record, ...lists, section, text: words.join("\n").toLowerCase() };
}

export function readFidelity(json) {
  const { sections } = pick(json, { sections: "array" }, "fidelity");
  return sections.flatMap(({ section, records }) =>
    records.map((record, i) => readRecord(record, i, String(section))),
  );
}

// The records of one mark ("all": any) that contain every word.
export function filterRecords(records, mark, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return records.filter(
    (record) =>
      (mark === "all" || record.mark === mark) && words.every((word) => record.text.includes(word)),
  );
}
