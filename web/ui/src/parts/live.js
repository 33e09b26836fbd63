// A feed of one view's own: asks `address` again and again while the view is shown, and at once when
// the address changes; a null address asks nothing. Gives {data, error} as a feed does.

import { createContext } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

// What the page knows (live.js beside main.jsx), for parts that no view hands it to.
export const Live = createContext(null);

export const REFRESH_MS = 1000;

export function useLive(live, address, read, every_ms = REFRESH_MS) {
  const [state, setState] = useState({ data: null, error: null });
  const now = useRef(address);
  const attached = useRef(null);
  now.current = address;
  useEffect(() => {
    if (!address) {
      attached.current?.detach();
      attached.current = null;
      return;
    }
    if (attached.current) {
      attached.current.refresh();
      return;
    }
    attached.current = live.attach({
      url: () => now.current,
      read: (text) => read(JSON.parse(text)),
      every_ms,
      onChange: setState,
    });
  }, [address]);
  useEffect(() => () => attached.current?.detach(), []);
  return state;
}
