// Addresses: "#/" shows every view, "#/buddy" one. An unknown address shows every view too.

export function readRoute(hash, views) {
  const [, id = ""] = /^#\/([a-z-]*)/.exec(hash) ?? [];
  const view = views.find((candidate) => candidate.id === id);
  return view ? view.id : "";
}

export function href(id) {
  return `#/${id}`;
}
