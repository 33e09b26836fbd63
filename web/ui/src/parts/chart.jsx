// A small line chart: several series over one pair of axes, drawn as SVG. Points are {x, y}; `log` makes
// the x axis logarithmic. Colours come from the style sheet, by the series' number.

const WIDTH = 600;
const HEIGHT = 170;

export function Chart({ title, series, xLabel, yLabel, log = false, yMax = 0 }) {
  const shown = series.filter(({ points }) => points.length > 1);
  const xs = shown.flatMap(({ points }) => points.map(({ x }) => x));
  const ys = shown.flatMap(({ points }) => points.map(({ y }) => y));
  const scale = log ? (x) => Math.log10(Math.max(x, 1)) : (x) => x;
  const left = scale(xs.length ? Math.min(...xs) : 0);
  const right = scale(xs.length ? Math.max(...xs) : 1);
  const top = yMax || Math.max(1e-9, ...ys);
  const place = ({ x, y }) =>
    `${(((scale(x) - left) / (right - left || 1)) * WIDTH).toFixed(1)},${(HEIGHT - (y / top) * HEIGHT).toFixed(1)}`;
  return (
    <figure class="chart large">
      <figcaption>
        <strong>{title}</strong>
        <ul class="legend">
          {series.map(({ name }, i) => (
            <li key={name}>
              <span class={`swatch line-${i}`} aria-hidden="true" />
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${shown.map(({ name, points }) => `${name} ends at ${yLabel(points.at(-1).y)}`).join("; ") || "no points yet"}`}
      >
        {shown.map(({ name, points }) => (
          <polyline
            key={name}
            class={`line-${series.findIndex((one) => one.name === name)}`}
            points={points.map(place).join(" ")}
          />
        ))}
      </svg>
      <div class="chart-axes">
        <span>{xs.length ? xLabel(Math.min(...xs)) : ""}</span>
        <span>0 to {yLabel(top)}</span>
        <span>{xs.length ? xLabel(Math.max(...xs)) : ""}</span>
      </div>
    </figure>
  );
}
