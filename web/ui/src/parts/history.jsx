// The last minutes as small charts, one below the other, each with its own scale.

import { duration, pageBytes, plural } from "../model/format.js";
import { KEEP_MS, line, mismatches, SERIES } from "../model/history.js";
import { useStore } from "../store.js";

const WIDTH = 300;
const HEIGHT = 44;

export function History({ live }) {
  const history = useStore(live.store, (state) => state.history);
  const bad = mismatches(history);
  const seen_ms = history.length ? history.at(-1).t_ms - history[0].t_ms : 0;
  return (
    <section class="part" aria-label="The last minutes">
      <h3>The last minutes</h3>
      <div class="charts">
        {SERIES.map((series) => (
          <Chart key={series.id} series={series} history={history} />
        ))}
      </div>
      <p class={bad.length ? "bad" : "muted"} data-sum-kept={bad.length === 0}>
        Kept by this page, at most {duration(KEEP_MS)}.{" "}
        {bad.length === 0
          ? `The sum was right at each of ${plural(history.length, "look")} in ${duration(seen_ms)}.`
          : `The sum was wrong at ${plural(bad.length, "look")}, the last one ${duration(bad.at(-1).t_ms)} after the start.`}
      </p>
    </section>
  );
}

function Chart({ series, history }) {
  const { lines, min, max, now } = line(history, series.id, WIDTH, HEIGHT);
  const range = history.length
    ? min === max
      ? "steady"
      : `${pageBytes(min)} to ${pageBytes(max)}`
    : "\u00a0";
  return (
    <figure class="chart" data-series={series.id}>
      <figcaption>
        <strong>{series.label}</strong> {history.length ? pageBytes(now) : ""}
        <small>{range}</small>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${series.label} over the last minutes: ${range}`}
      >
        {lines.map((points, i) => (
          <polyline key={i} points={points} vector-effect="non-scaling-stroke" />
        ))}
      </svg>
    </figure>
  );
}
