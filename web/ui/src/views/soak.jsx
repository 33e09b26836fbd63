// Soak jobs: choose or write a document, start it, watch it, read its verdict; two of them side by side
// are the allocator lab.

import { useEffect, useRef, useState } from "preact/hooks";
import { faultLines, readFaults } from "../model/faults.js";
import { count, duration, plural } from "../model/format.js";
import {
  addPoint,
  addWait,
  distribution,
  documentLink,
  documentText,
  documentsFor,
  fragmentationRows,
  latencyRows,
  locate,
  NO_WAITS,
  readDocument,
  readJobs,
  readProfiles,
  readVerdict,
  shortTime,
  verdictFacts,
  waitText,
} from "../model/soak.js";
import { readToken, writeToken } from "../model/token.js";
import { errorMessage } from "../model/answer.js";
import { Chart } from "../parts/chart.jsx";
import { useLive } from "../parts/live.js";
import { Panel } from "../parts/panel.jsx";
import { Choice, Facts, Scroll } from "../parts/table.jsx";

const PATH = "/api/v1/soak";

const view = {
  id: "soak",
  title: "Soak",
  lead: "A soak job drives the allocators with a sequence of requests that follows from its [seed] and ends with a verdict: nothing lost, nothing [leaked](leak), nothing overwritten, and how long each call took. On the machine's own allocators it runs beside the network; in a private [arena] the same document gives the same result on any machine, with either engine.",
  needs: [],
  View,
};
export default view;

function View({ live, rest }) {
  const jobs = useLive(live, PATH, readJobs);
  const [chosen, setChosen] = useState([]);
  const choose = (ids) => setChosen(ids.slice(-2));
  return (
    <Panel view={view} feed={jobs}>
      {(list) => (
        <>
          <Faults live={live} />
          <Start live={live} given={rest} onStarted={(ids) => choose(ids)} />
          <Jobs
            jobs={list}
            chosen={chosen}
            onChoose={(id) =>
              choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])
            }
          />
          <Compare live={live} ids={chosen.filter((id) => list.some((job) => job.id === id))} />
        </>
      )}
    </Panel>
  );
}

// Says when allocations of the machine are made to fail; empty, and not in the way, while none are.
function Faults({ live }) {
  const faults = useLive(live, "/api/v1/fault", readFaults, 2000);
  const lines = faults.data ? faultLines(faults.data) : [];
  return (
    <p id="faults" class="bad" role="status" hidden={!lines.length}>
      {lines.length > 0 && (
        <>
          Fault injection is armed. {lines.join("; ")}. <a href="/api/v1/fault">What it met</a>
        </>
      )}
    </p>
  );
}

// A request that changes state; throws what the kernel says about it.
export async function change(method, path, body) {
  const token = readToken(sessionStorage);
  const response = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body,
  });
  const text = await response.text();
  if (response.status === 401 && !token)
    throw new Error(
      "the token is missing: it is the word after token= on the kernel's command line, and make run prints it",
    );
  if (!response.ok) throw new Error(errorMessage(text) || `the kernel answered ${response.status}`);
  return JSON.parse(text);
}

// ---- Starting ----

const PLACES = [
  { value: "live", label: "This machine's allocators" },
  { value: "2.6", label: "Arena, engine 2.6" },
  { value: "2.4", label: "Arena, engine 2.4" },
  { value: "both", label: "Both engines, side by side" },
];
const ARENA_MIB = 16;

function Start({ live, given, onStarted }) {
  const profiles = useLive(live, `${PATH}/profiles`, readProfiles, 0);
  const [profile, setProfile] = useState("");
  const [text, setText] = useState("");
  const [place, setPlace] = useState("live");
  const [said, setSaid] = useState({ text: "", bad: false });
  const { document: parsed, error } = readDocument(text || "{}");
  const area = useRef(null);
  const engine = parsed?.arena ? (parsed.arena.engine ?? "2.6") : null;

  useEffect(() => {
    if (given) setText(readDocument(given).document ? documentText(JSON.parse(given)) : given);
  }, [given]);
  useEffect(() => {
    if (profiles.data && text === "" && !given) pick(profiles.data[0].name);
  }, [profiles.data]);

  // A document that says where it runs, runs there, until something else is chosen.
  useEffect(
    () => setPlace((now) => (now === "both" && engine ? now : (engine ?? "live"))),
    [engine],
  );

  function pick(name) {
    const found = profiles.data.find((one) => one.name === name);
    setProfile(name);
    setText(documentText({ name, seed: 1, ...found.document }));
  }

  async function start(event) {
    event.preventDefault();
    if (error) return;
    try {
      const ids = [];
      for (const one of documentsFor(parsed, place, ARENA_MIB))
        ids.push((await change("POST", PATH, JSON.stringify(one))).id);
      setSaid({ text: `Started: job ${ids.join(" and job ")}.`, bad: false });
      onStarted(ids);
    } catch (failed) {
      const at = locate(text, failed.message);
      setSaid({ text: `${failed.message}${at ? ` (line ${at.line})` : ""}`, bad: true });
      if (at) point(area.current, at);
    }
  }

  const shows = profiles.data?.find((one) => one.name === profile)?.shows;
  return (
    <form class="part soak-start" onSubmit={start}>
      <h3>Start a job</h3>
      <div class="controls">
        <label>
          Profile{" "}
          <select value={profile} onChange={(event) => pick(event.currentTarget.value)}>
            {(profiles.data ?? []).map(({ name }) => (
              <option key={name} value={name}>
                {name.replaceAll("_", " ")}
              </option>
            ))}
          </select>
        </label>
        <span class="muted">{shows}</span>
      </div>
      <label class="document">
        <span>Document</span>
        <textarea
          ref={area}
          value={text}
          rows={12}
          spellcheck={false}
          onInput={(event) => {
            setText(event.currentTarget.value);
            if (said.bad) setSaid({ text: "", bad: false });
          }}
          aria-invalid={error || said.bad ? "true" : undefined}
          aria-describedby="soak-said"
        />
      </label>
      <Choice
        name="place"
        label="Where it runs"
        options={PLACES}
        value={place}
        onChange={setPlace}
      />
      <div class="controls">
        <button type="submit" class="button" disabled={Boolean(error)}>
          Start
        </button>
        <Token />
        {!error && <a href={documentLink(location.origin, parsed)}>Link with this document</a>}
      </div>
      <p id="soak-said" class={error || said.bad ? "bad" : "good"} role="status">
        {error ? `This is not JSON yet: ${error}` : said.text || "\u00a0"}
      </p>
    </form>
  );
}

// Selects what is wrong, and brings it into sight.
function point(area, { start, end, line }) {
  const height = area.scrollHeight / area.value.split("\n").length;
  area.focus();
  area.setSelectionRange(start, end);
  area.scrollTop = (line - 3) * height;
}

export function Token() {
  const [token, setToken] = useState(() => readToken(sessionStorage));
  return (
    <label class="token">
      Token{" "}
      <input
        type="password"
        value={token}
        autocomplete="off"
        placeholder="token= of the command line"
        onInput={(event) => {
          setToken(event.currentTarget.value);
          writeToken(sessionStorage, event.currentTarget.value);
        }}
      />
    </label>
  );
}

// ---- The jobs ----

function Jobs({ jobs, chosen, onChoose }) {
  const [wrong, setWrong] = useState("");
  const end = async (id) => {
    try {
      await change("DELETE", `${PATH}/${id}`);
      setWrong("");
    } catch (failed) {
      setWrong(failed.message);
    }
  };
  if (jobs.length === 0) return <p class="waiting">No job has been started yet.</p>;
  return (
    <section class="part">
      <h3>Jobs</h3>
      <Scroll label="Soak jobs">
        <table class="data jobs">
          <caption class="visually-hidden">Soak jobs; two of them can be compared</caption>
          <thead>
            <tr>
              <th scope="col">Show</th>
              <th scope="col" class="num">
                Job
              </th>
              <th scope="col">Document</th>
              <th scope="col">State</th>
              <th scope="col" class="num">
                Operations
              </th>
              <th scope="col" class="num">
                A second
              </th>
              <th scope="col" class="num">
                Time
              </th>
              <th scope="col">
                <span class="visually-hidden">End</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <tr key={job.id} data-job={job.id}>
                <td>
                  <input
                    type="checkbox"
                    checked={chosen.includes(job.id)}
                    aria-label={`Show job ${job.id}`}
                    onChange={() => onChoose(job.id)}
                  />
                </td>
                <td class="num">{job.id}</td>
                <th scope="row">{job.name}</th>
                <td>
                  <State job={job} />
                </td>
                <td class="num">{count(job.operations)}</td>
                <td class="num">{count(job.operations_per_second)}</td>
                <td class="num">{duration(job.run_ms)}</td>
                <td>
                  <button type="button" class="more" onClick={() => end(job.id)}>
                    {job.state === "done" ? "Forget" : "Stop"}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Answering running={jobs.some((job) => job.state !== "done")} />
      {wrong && <p class="bad">{wrong}</p>}
    </section>
  );
}

// Asks the machine for something small once a second while jobs run, and tells how long that took.
function Answering({ running }) {
  const [waits, setWaits] = useState(NO_WAITS);
  useEffect(() => {
    if (!running) return;
    let timer;
    let over = false;
    const ask = async () => {
      const began = performance.now();
      const response = await fetch("/proc/uptime", { cache: "no-store" }).catch(() => null);
      await response?.text().catch(() => null);
      if (over) return;
      if (response?.ok) setWaits((before) => addWait(before, performance.now() - began));
      timer = setTimeout(ask, 1000);
    };
    setWaits(NO_WAITS);
    ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [running]);
  return waits.asked > 0 && <p class="muted answering">{waitText(waits)}</p>;
}

function State({ job }) {
  if (!job.verdict) return <span class="state busy">{job.state}</span>;
  return <span class={`state ${job.verdict === "pass" ? "good" : "bad"}`}>{job.verdict}</span>;
}

// ---- One or two jobs on the same axes ----

function Compare({ live, ids }) {
  const first = useVerdict(live, ids[0]);
  const second = useVerdict(live, ids[1]);
  const shown = [first, second].filter(Boolean);
  if (shown.length === 0) return null;
  const named = shown.map(({ verdict, points }) => ({
    name: `${verdict.id}: ${verdict.name}`,
    verdict,
    points,
  }));
  const over = (field) =>
    named.map(({ name, points }) => ({
      name,
      points: points.map((point) => ({ x: point.s, y: point[field] })),
    }));
  const seconds = (s) => `${s.toFixed(s < 10 ? 1 : 0)} s`;
  return (
    <section class="part">
      <h3>{shown.length > 1 ? "Side by side, on the same axes" : "The job"}</h3>
      <div class="charts large">
        <Chart title="Operations a second" series={over("rate")} xLabel={seconds} yLabel={count} />
        <Chart
          title="Live set"
          series={over("live_bytes")}
          xLabel={seconds}
          yLabel={(n) => `${(n / 1048576).toFixed(1)} MiB`}
        />
        <Chart
          title="Free memory unusable for blocks of 64 KiB"
          series={over("unusable")}
          xLabel={seconds}
          yLabel={(n) => `${n.toFixed(0)} %`}
          yMax={100}
        />
        {["allocate", "free"].map((operation) => (
          <Chart
            key={operation}
            title={`Calls that ${operation}: share done within a time`}
            series={named.map(({ name, verdict }) => ({
              name,
              points: distribution(verdict, operation).map(({ ns, share }) => ({
                x: ns,
                y: share,
              })),
            }))}
            log
            xLabel={shortTime}
            yLabel={(n) => `${n.toFixed(0)} %`}
            yMax={100}
          />
        ))}
      </div>
      <div class="verdicts">
        {named.map(({ verdict }) => (
          <Verdict key={verdict.id} verdict={verdict} />
        ))}
      </div>
    </section>
  );
}

// The verdict of a job as it grows, with its course since the page looks.
function useVerdict(live, id) {
  const { data } = useLive(live, id ? `${PATH}/${id}` : null, readVerdict);
  const points = useRef({ id: 0, list: [] });
  if (!id || !data || data.id !== id) return null;
  if (points.current.id !== id) points.current = { id, list: [] };
  points.current.list = addPoint(points.current.list, data);
  return { verdict: data, points: points.current.list };
}

function Verdict({ verdict }) {
  const rows = latencyRows(verdict);
  return (
    <article
      class="frame"
      aria-label={`Job ${verdict.id}`}
      data-verdict={verdict.verdict ?? "none"}
    >
      <h3>
        Job {verdict.id}: {verdict.name} <State job={verdict} />
      </h3>
      {verdict.reasons.map((reason) => (
        <p key={reason} class="bad">
          {reason}
        </p>
      ))}
      <Facts facts={verdictFacts(verdict)} />
      {verdict.findings.map((finding, i) => (
        <p key={i} class="bad">
          {finding.what} at {finding.address}, {finding.call_site ?? "unknown caller"}
        </p>
      ))}
      {verdict.leaks.map((leak) => (
        <p key={leak.source} class="bad">
          {plural(leak.objects, "object")} never freed: {leak.source}, {leak.call_site}
        </p>
      ))}
      <Scroll label={`Times of job ${verdict.id}`}>
        <table class="data">
          <caption>How long calls took</caption>
          <thead>
            <tr>
              <th scope="col">Call</th>
              <th scope="col" class="num">
                Calls
              </th>
              {["half", "90 %", "99 %", "99.9 %", "99.99 %", "worst"].map((mark) => (
                <th key={mark} scope="col" class="num">
                  {mark}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <th scope="row" class="call">
                  {row.what}
                </th>
                <td class="num">{count(row.calls)}</td>
                {row.times.map(({ mark, text }) => (
                  <td key={mark} class="num" title={mark === "worst" ? row.site : undefined}>
                    {text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Scroll label={`Fragmentation of job ${verdict.id}`}>
        <table class="data">
          <caption>Free memory too scattered for a block of an order</caption>
          <thead>
            <tr>
              <th scope="col">Order</th>
              <th scope="col" class="num">
                Before
              </th>
              <th scope="col" class="num">
                At its worst
              </th>
              <th scope="col" class="num">
                {verdict.state === "done" ? "After" : "Now"}
              </th>
            </tr>
          </thead>
          <tbody>
            {fragmentationRows(verdict).map((row) => (
              <tr key={row.order}>
                <th scope="row">{row.order}</th>
                <td class="num">{row.before.toFixed(1)} %</td>
                <td class="num">{row.worst.toFixed(1)} %</td>
                <td class="num">{row.now.toFixed(1)} %</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </article>
  );
}
