// Addresses: "#/" shows every view, "#/buddy" one, "#/boot/NAME" one at a certain place in it. An
// unknown address shows every view too.

export function readRoute(hash, views) {
  const [, id = ""] = /^#\/([a-z-]*)/.exec(hash) ?? [];
  const view = views.find((candidate) => candidate.id === id);
  return view ? view.id : "";
}

// The place in the view: what comes after its name.
export function readPlace(hash) {
  return /^#\/[a-z-]+\/([\w-]+)$/.exec(hash)?.[1] ?? "";
}

export function href(id, place = "") {
  return place ? `#/${id}/${place}` : `#/${id}`;
}
