// Addresses: "#/" shows every view, "#/buddy" one, "#/picture/4660" one at a place of its own, which
// the view understands. An unknown address shows every view too.

export function readRoute(hash, views) {
  const [, id = "", rest = ""] = /^#\/([a-z-]*)(?:\/(.*))?$/.exec(hash) ?? [];
  const view = views.find((candidate) => candidate.id === id);
  return view ? { id: view.id, rest: decode(rest) } : { id: "", rest: "" };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export function href(id, rest = "") {
  return rest === "" ? `#/${id}` : `#/${id}/${encodeURIComponent(rest)}`;
}
