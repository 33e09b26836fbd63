// The kernel's log: lines as events bring them or as /proc/kmsg has them, filtered by level and words.

// Older lines are dropped here: the kernel keeps fewer by itself.
export const LINES_MAX = 5000;

export const EMPTY_LOG = { lines: [], whole: false };

export const LEVELS = [
  { value: 7, label: "Everything", name: "debug" },
  { value: 6, label: "Info", name: "info" },
  { value: 5, label: "Notices", name: "notice" },
  { value: 4, label: "Warnings", name: "warning" },
  { value: 3, label: "Errors", name: "error" },
];

// The word for a level; 1 to 3 are all errors, 0 is the end.
export function levelName(level) {
  if (level <= 0) return "panic";
  return LEVELS.find(({ value }) => value === level)?.name ?? "error";
}

// Lines {seq, time_us, level, text} behind those that are there. A log read as text has no numbers:
// it is replaced.
export function appendLines({ lines: before, whole }, lines) {
  const kept = whole ? [] : before;
  const last = kept.at(-1)?.seq ?? -1;
  const all = [...kept, ...lines.filter(({ seq }) => seq > last)];
  return { lines: all.slice(-LINES_MAX), whole: false };
}

const LINE = /^(?:<(\d)>)?(?:\[ *(\d+)\.(\d{6})\] )?(.*)$/;

// The text of /proc/kmsg. Lines that the kernel prints without a time have none.
export function readKmsg(text) {
  const lines = text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined);
  return {
    whole: true,
    lines: lines.slice(-LINES_MAX).map((line, seq) => {
      const [, level = 6, s, us, words] = LINE.exec(line);
      const time_us = s === undefined ? null : Number(s) * 1_000_000 + Number(us);
      return { seq, time_us, level: Number(level), text: words };
    }),
  };
}

// "    1.234567": seconds since the start, as the kernel prints them.
export function timeText(time_us) {
  return time_us === null ? "" : (time_us / 1_000_000).toFixed(6).padStart(12);
}

// Lines at most `level`, with all of the words in their text, whatever their case.
export function filterLines(lines, { level, words }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter((line) => {
    if (line.level > level) return false;
    const text = line.text.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
