// How the buddy allocator works, in five words, and one of sixteen frames to try it on.

import { useState } from "preact/hooks";
import { FRESH, framesWords, freeLists, give, span, take } from "../model/tiny-buddy.js";

const WORDS = [
  ["Block", "Frames that lie side by side: 1, 2, 4, 8 and so on. Only such sizes are handed out."],
  ["Order", "The size of a block: order n is 2ⁿ frames. Order 0 is one frame, order 3 eight."],
  ["Buddy", "The other half of the block it was cut from. Each block has exactly one."],
  ["Split", "Nothing of the wanted size is free: a larger block is halved until a piece fits."],
  ["Join", "A block comes back and its buddy is free, too: they are one larger block again."],
];

export function TinyBuddy() {
  return (
    <div class="blocks">
      <section class="about" aria-label="The buddy allocator in five words">
        <h3>In five words</h3>
        <dl class="words">
          {WORDS.map(([word, meaning]) => (
            <div key={word}>
              <dt>{word}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Try />
    </div>
  );
}

function Try() {
  const [state, setState] = useState(FRESH);
  return (
    <section class="about tiny" aria-label="A small one to try">
      <h3>A small one to try</h3>
      <p class="muted">
        Sixteen frames, in your browser only. Take some; give a block back by clicking it.
      </p>
      <div class="controls">
        {[0, 1, 2].map((order) => (
          <button
            key={order}
            type="button"
            class="button"
            onClick={() => setState(take(state, order))}
          >
            Take {framesWords(order)}
          </button>
        ))}
        <button type="button" class="more" onClick={() => setState(FRESH)}>
          Begin again
        </button>
      </div>
      <div class="tiny-frames">
        {state.blocks.map((block) => (
          <Block
            key={`${block.pfn} ${block.order} ${block.used}`}
            block={block}
            onGive={() => setState(give(state, block.pfn))}
          />
        ))}
      </div>
      <ul class="tiny-lists" aria-label="Free lists">
        {freeLists(state).map(({ order, blocks }) => (
          <li key={order}>
            <span class="muted">order {order}</span> {blocks.map(span).join(", ") || "none"}
          </li>
        ))}
      </ul>
      <div class="tiny-steps" role="status">
        <ol>
          {state.steps.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function Block({ block, onGive }) {
  const style = { gridColumn: `span ${2 ** block.order}` };
  return block.used ? (
    <button
      type="button"
      class="tiny-used"
      style={style}
      aria-label={`Give ${span(block)} back`}
      onClick={onGive}
    >
      {span(block)}
    </button>
  ) : (
    <span class="tiny-free" style={style} title={`free, ${framesWords(block.order)}`}>
      {span(block)}
    </span>
  );
}
