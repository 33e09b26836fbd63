// Failures on demand: what /api/v1/fault and a verdict say of them, in words.

import { take } from "./answer.js";
import { count, plural } from "./format.js";

const HOOKS = ["failslab", "fail_page_alloc"];

export function readFaults(json) {
  return {
    armed: take(json, "armed", "boolean", "fault"),
    jobs: take(json, "jobs", "number", "fault"),
    hooks: HOOKS.filter((name) => json[name]).map((name) => ({ name, ...json[name] })),
  };
}

function filters({ class: code, owner, cache }) {
  const only = [code !== "any" && code, owner, cache].filter(Boolean);
  return only.length ? ` (${only.join(", ")} only)` : "";
}

// Which calls of the machine are made to fail now, one sentence a hook; [] while none is.
export function faultLines({ armed, hooks }) {
  if (!armed) return [];
  return hooks.map((hook) => {
    const met = `${hook.name}${filters(hook)}: ${count(hook.hits)} of ${plural(hook.calls, "call")} made to fail`;
    return hook.last ? `${met}, the last: ${hook.last.what} for ${hook.last.call_site}` : met;
  });
}

// The same of one job: null if its document asks for none.
export function injectedWords(injected) {
  const parts = HOOKS.filter((name) => injected?.[`${name}_calls`]).map(
    (name) => `${name} ${count(injected[name])} of ${count(injected[`${name}_calls`])}`,
  );
  return parts.length ? parts.join(", ") : null;
}
