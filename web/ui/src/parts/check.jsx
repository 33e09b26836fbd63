// The check on a button: the kernel walks every descriptor and compares with its counters.

import { count, plural } from "../model/format.js";

export function Check({ feed, onRun }) {
  return (
    <div class="check">
      <button type="button" class="button" disabled={feed.loading} onClick={onRun}>
        {feed.loading ? "Checking …" : "Check every frame"}
      </button>
      <div class="check-result" role="status">
        <Result feed={feed} />
      </div>
    </div>
  );
}

function Result({ feed }) {
  if (feed.error) return <p class="bad">The check failed: {feed.error.message}.</p>;
  if (!feed.data) {
    return (
      <p class="muted">Walks every frame's descriptor and compares with the counters above.</p>
    );
  }
  const { ok, frames_walked, disagreements } = feed.data;
  if (ok) {
    return (
      <p class="good">
        All {count(frames_walked)} frames were walked: everything agrees with the counters.
      </p>
    );
  }
  return (
    <>
      <p class="bad">
        {plural(disagreements.length, "disagreement")} in {count(frames_walked)} frames.
      </p>
      <table class="data">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
            <th scope="col">Expected</th>
            <th scope="col">Found</th>
          </tr>
        </thead>
        <tbody>
          {disagreements.map((item, i) => (
            <tr key={i}>
              <td>{item.what}</td>
              <td>{item.where}</td>
              <td>{item.expected}</td>
              <td>{item.found}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
