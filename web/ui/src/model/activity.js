// What each slab cache did in the last minute, kept in the browser: allocations and frees of every second.

export const SAMPLE_MS = 1000;
export const KEEP_MS = 60_000;

export const EMPTY_ACTIVITY = { samples: [] };

const counts = ({ caches }) =>
  new Map(caches.map(({ name, allocs, frees }) => [name, { allocs, frees }]));

// The samples with this instant; the same object where it is too soon for another. Another boot begins anew.
export function rememberActivity(activity, memory) {
  const last = activity.samples.at(-1);
  const t_ms = memory.snapshot.uptime_ms;
  const sample = { t_ms, caches: counts(memory) };
  if (last && t_ms < last.t_ms) return { samples: [sample] };
  if (last && t_ms - last.t_ms < SAMPLE_MS) return activity;
  const kept = activity.samples.filter((old) => old.t_ms >= t_ms - KEEP_MS - SAMPLE_MS);
  return { samples: [...kept, sample] };
}

// [{from_ms, to_ms, allocs, frees}] a second, oldest first; a cache that came later begins then.
export function rates({ samples }, name) {
  const out = [];
  for (let i = 1; i < samples.length; i++) {
    const a = samples[i - 1].caches.get(name);
    const b = samples[i].caches.get(name);
    if (!a || !b) continue;
    const seconds = (samples[i].t_ms - samples[i - 1].t_ms) / 1000;
    out.push({
      from_ms: samples[i - 1].t_ms,
      to_ms: samples[i].t_ms,
      allocs: Math.max(0, b.allocs - a.allocs) / seconds,
      frees: Math.max(0, b.frees - a.frees) / seconds,
    });
  }
  return out;
}

// What a sparkline of `width` by `height` draws: {allocs, frees: points, most, now}. The minute ends at the
// right edge; both lines have one scale, from 0 to the most of either.
export function sparkline(activity, name, width, height) {
  const list = rates(activity, name);
  const end = activity.samples.at(-1)?.t_ms ?? 0;
  const most = list.reduce((n, { allocs, frees }) => Math.max(n, allocs, frees), 0);
  const x = (t_ms) => Math.max(0, width * (1 - (end - t_ms) / KEEP_MS)).toFixed(1);
  const y = (rate) => (most ? height - 1 - (height - 2) * (rate / most) : height - 1).toFixed(1);
  const points = (field) =>
    list.map((one) => `${x(one.from_ms)},${y(one[field])} ${x(one.to_ms)},${y(one[field])}`);
  const last = list.at(-1);
  return {
    allocs: points("allocs").join(" "),
    frees: points("frees").join(" "),
    most,
    now: last ? last.allocs + last.frees : 0,
  };
}
