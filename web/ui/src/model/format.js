// How numbers are written on every page. Binary units, always with the unit; digits grouped by
// commas; addresses as in the kernel's own text.

export const PAGE_BYTES = 4096;

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function count(n) {
  return Math.round(n).toLocaleString("en-US");
}

// Exact multiples are written whole ("4 KiB"), anything else with up to three figures ("1.53 MiB").
export function bytes(n) {
  let unit = 0;
  let value = n;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}\u00a0${UNITS[unit]}`;
}

export function pageBytes(pages) {
  return bytes(pages * PAGE_BYTES);
}

// A share of a whole. What is there but rounds to nothing is "<0.1 %", never "0 %".
export function percent(part, whole) {
  if (!whole) return "–";
  const value = (100 * part) / whole;
  if (part > 0 && value < 0.1) return "<0.1\u00a0%";
  if (part < whole && value > 99.9) return ">99.9\u00a0%";
  const digits = (value >= 10 && value < 99) || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)}\u00a0%`;
}

// "0x00100000": at least eight digits, more for addresses above 4 GiB.
export function hex(n, digits = 8) {
  return `0x${BigInt(n).toString(16).padStart(digits, "0")}`;
}

// 93 784 ms is "1 min 34 s". Below ten seconds with one decimal.
export function duration(ms) {
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)}\u00a0s`;
  const whole = Math.floor(s);
  const parts = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .map(([n, unit]) => `${n}\u00a0${unit}`)
    .join(" ");
}

// Short times, for boot stages.
export function microseconds(us) {
  if (us >= 1000) return `${(us / 1000).toFixed(us >= 100_000 ? 0 : 2)}\u00a0ms`;
  return `${us >= 100 ? us.toFixed(0) : us.toFixed(1)}\u00a0µs`;
}

export function plural(n, one, many = `${one}s`) {
  return `${count(n)}\u00a0${n === 1 ? one : many}`;
}
