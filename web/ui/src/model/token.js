// The token that lets the page change state: `make run` puts it into the address's fragment, which no
// browser sends on. It is taken out of the address at once and kept for this tab only.

const KEY = "memscope-token";

// Takes #token=... out of `location`; other fragments stay.
export function takeToken(location, history, storage) {
  const match = /^#token=([^&/]+)$/.exec(location.hash);
  if (!match) return;
  storage.setItem(KEY, decodeURIComponent(match[1]));
  history.replaceState(null, "", location.pathname + location.search);
}

export function readToken(storage) {
  return storage.getItem(KEY) ?? "";
}

export function writeToken(storage, token) {
  if (token) storage.setItem(KEY, token);
  else storage.removeItem(KEY);
}
