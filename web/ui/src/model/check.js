// /api/v1/check: the answer to "does every frame agree with the counters?".

import { pick } from "./answer.js";

export function readCheck(json) {
  const check = pick(
    json,
    { ok: "boolean", frames_walked: "number", disagreements: "array" },
    "check",
  );
  check.disagreements = check.disagreements.map((item) => ({
    what: String(item.what),
    where: String(item.where),
    expected: String(item.expected),
    found: String(item.found),
  }));
  return check;
}
