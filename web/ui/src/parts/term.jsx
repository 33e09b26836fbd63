// A sentence whose special words explain themselves: pointed at, focused or tapped, a word shows its
// meaning; Escape hides it.

import { useId, useState } from "preact/hooks";
import { marked } from "../model/glossary.js";

export function Sentence({ text }) {
  return marked(text).map(({ text: words, meaning }, i) =>
    meaning ? <Term key={i} word={words} meaning={meaning} /> : words,
  );
}

function Term({ word, meaning }) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <span
      class="term"
      onMouseEnter={() => setShown(true)}
      onMouseLeave={() => setShown(false)}
      onKeyDown={(event) => event.key === "Escape" && setShown(false)}
    >
      <button
        type="button"
        aria-describedby={id}
        onFocus={() => setShown(true)}
        onBlur={() => setShown(false)}
        onClick={() => setShown(true)}
      >
        {word}
      </button>
      <span role="tooltip" id={id} class={shown ? "tip shown" : "tip"}>
        {meaning}
      </span>
    </span>
  );
}
