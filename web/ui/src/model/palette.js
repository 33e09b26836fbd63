// Colours of the picture's values. Uses and migrate types have theirs in the style sheet, so that a
// thing has one colour on all views; orders run from light to strong, ages the other way; zones and caches take hues that
// are far apart. `token` reads a custom property of the style sheet; `dark` says which theme is on.

const GOLDEN_ANGLE = 137.508;

function hue(index, dark) {
  const angle = (index * GOLDEN_ANGLE + 210) % 360;
  const light = dark ? 52 + 8 * (index % 3) : 42 + 9 * (index % 3);
  return `hsl(${angle.toFixed(0)} 45% ${light}%)`;
}

function order(name, dark) {
  const n = Number(name.slice("order ".length));
  const light = dark ? 26 + 4.2 * n : 84 - 4.6 * n;
  return `hsl(152 ${30 + n}% ${light}%)`;
}

// The younger, the stronger; the first two values are no ages.
function age(index, dark) {
  const step = Math.max(0, index - 2);
  return `hsl(22 ${75 - 7 * step}% ${dark ? 66 - 8 * step : 42 + 8 * step}%)`;
}

// A state has the colour of a use that is in it.
const STATE_COLOURS = {
  free: "buddy_free_normal",
  "per-cpu list": "percpu_lists",
  allocated: "net_receive_buffers",
  slab: "slab",
  reserved: "kernel_image",
  unclassified: "unclassified",
};

// Which values stand back: nothing is there, or it is not what one looks for.
export function isBackground(by, name) {
  if (name === "hole") return true;
  if (by === "age") return name === "not recorded" || name === "free";
  return (by === "order" && name === "in use") || (by === "cache" && name === "no slab");
}

export function colourOf(by, name, index, { token, dark }) {
  if (name === "hole") return token("--paper");
  if (isBackground(by, name)) return token(by === "order" ? "--line-strong" : "--sunken");
  if (by === "use") return token(`--use-${name}`) || token("--use-other");
  if (by === "state") return token(`--use-${STATE_COLOURS[name] ?? "other"}`);
  if (by === "type") return token(`--type-${name}`) || token("--use-other");
  if (by === "order")
    return name === "per-cpu list" ? token("--use-percpu_lists") : order(name, dark);
  if (by === "age") return age(index, dark);
  return hue(index, dark);
}

// The share of a cell that has its colour, as opacity: a cell of one kind is full.
export function opacity(eighths) {
  return 0.35 + (0.65 * Math.max(1, eighths)) / 8;
}
