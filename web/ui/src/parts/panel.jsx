// The frame around every view: heading, what it means, and the states that any view can be in
// (waiting for its first answer, failed, showing an old answer).

import { Sentence } from "./term.jsx";

export function Panel({ view, feed, links, children }) {
  return (
    <section class="panel" id={view.id} aria-labelledby={`${view.id}-title`}>
      <header class="panel-head">
        <h2 id={`${view.id}-title`}>{view.title}</h2>
        <p class="lead">
          <Sentence text={view.lead} />
        </p>
        <TextLinks links={links} />
      </header>
      <div class={feed.error && feed.data ? "panel-body stale" : "panel-body"}>
        {feed.data ? children(feed.data) : <Waiting error={feed.error} />}
      </div>
    </section>
  );
}

function Waiting({ error }) {
  if (!error) return <p class="waiting">Waiting for the first answer …</p>;
  return (
    <p class="waiting failed">
      <strong>Nothing to show:</strong> {error.message}. Trying again.
    </p>
  );
}

function TextLinks({ links }) {
  return (
    <p class="text-links">
      As text:{" "}
      {links.map((path) => (
        <a key={path} href={path}>
          {path}
        </a>
      ))}
    </p>
  );
}
