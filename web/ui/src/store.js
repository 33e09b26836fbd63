// A value that changes, and those who want to know. State is replaced, never changed in place, so
// that "is it the same object?" answers "did it change?".

import { useEffect, useState } from "preact/hooks";

export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get: () => state,
    set(patch) {
      state = { ...state, ...patch };
      for (const listener of [...listeners]) listener(state);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

// The part of a store's state that `select` names; the component draws again when it changes.
export function useStore(store, select) {
  const [value, setValue] = useState(() => select(store.get()));
  useEffect(() => {
    const look = (state) => setValue(() => select(state));
    look(store.get());
    return store.subscribe(look);
  }, [store]);
  return value;
}
