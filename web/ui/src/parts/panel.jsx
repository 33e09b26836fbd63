// The frame around every view: heading, what it means, where the same is to be had for programs and
// terminals, and the states that any view can be in (waiting for its first answer, failed, showing an old
// answer).

import { SOURCES } from "../model/export.js";
import { Export } from "./export.jsx";
import { Sentence } from "./term.jsx";

export function Panel({ view, feed, children }) {
  const sources = SOURCES[view.id];
  return (
    <section class="panel" id={view.id} aria-labelledby={`${view.id}-title`}>
      <header class="panel-head">
        <h2 id={`${view.id}-title`}>{view.title}</h2>
        <p class="lead">
          <Sentence text={view.lead} />
        </p>
        {sources && (
          <div class="sources">
            {sources.tables.length > 0 && <Export view={view.id} />}
            <Links words="As text:" links={sources.text} />
            <Links words="As JSON:" links={sources.json} />
          </div>
        )}
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

function Links({ words, links }) {
  return (
    <p class="text-links">
      {words}{" "}
      {links.map((path) => (
        <a key={path} href={path}>
          {path}
        </a>
      ))}
    </p>
  );
}
