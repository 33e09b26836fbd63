// Reading the kernel's JSON: what a page relies on is checked once, here, so that a view never
// meets a hole. An answer of another shape is an error that names the field.

export class AnswerError extends Error {}

function kind(value) {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

// take(object, "zones", "array", "memory") returns object.zones or says what is wrong with it.
export function take(object, field, wanted, where) {
  if (kind(object) !== "object") throw new AnswerError(`${where} is not an object`);
  const found = kind(object[field]);
  if (found !== wanted) {
    throw new AnswerError(
      `${where}.${field}: expected ${wanted}, found ${found === "undefined" ? "nothing" : found}`,
    );
  }
  return object[field];
}

// Every field of `shape` ({name: kind}) taken from `object`.
export function pick(object, shape, where) {
  const out = {};
  for (const [field, wanted] of Object.entries(shape)) {
    out[field] = take(object, field, wanted, where);
  }
  return out;
}

// The message in an error answer: {"error": {"code", "message"}}, or "" if it has none.
export function errorMessage(text) {
  try {
    const { error } = JSON.parse(text);
    return typeof error?.message === "string" ? error.message : "";
  } catch {
    return "";
  }
}
