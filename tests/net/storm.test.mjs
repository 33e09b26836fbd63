// It stays alive: every job at full speed, every kind of bad client at once, over a tap. The page
// answers meanwhile, and afterwards every page and every object is where it was.

import { Lan, unavailable } from "../lib/lan.mjs";

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { answerTimes, rest, storm } from "../lib/storm.mjs";
import { checkAgrees, framesSumUp } from "../lib/verdicts.mjs";

const skip = unavailable;
const TOKEN = "t0kenOfTheStorm";
const headers = { Authorization: `Bearer ${TOKEN}` };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const SEED = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 1e6));
const SECONDS = Number(process.env.STORM_SECONDS ?? 6);

const PROFILES = ["web_server", "packet_storm", "fragmentation", "steady_state", "exhaustion"];

const change = (guest, method, path, document) =>
  guest.request(path, { method, headers, body: document && JSON.stringify(document) });

async function startAll(guest, documents) {
  const ids = [];
  for (const document of documents) {
    const answer = await change(guest, "POST", "/api/v1/soak", document);
    assert.equal(answer.status, 201, answer.text);
    ids.push(answer.json().id);
  }
  return ids;
}

/** Waits for the ends of jobs, and forgets them; gives their verdicts. */
async function endAll(guest, ids) {
  const verdicts = [];
  for (const id of ids) {
    for (let verdict; verdict?.state !== "done"; ) {
      await sleep(200);
      verdict = await guest.json(`/api/v1/soak/${id}`);
      if (verdict.state === "done") verdicts.push(verdict);
    }
    await change(guest, "DELETE", `/api/v1/soak/${id}`);
  }
  return verdicts;
}

/** Runs `documents` and a storm at once; gives the figures. Nothing may be lost by it. */
async function survive(t, guest, documents, options) {
  await storm(guest, { ms: 2000, each: 1, seed: SEED });
  await endAll(guest, await startAll(guest, [{ profile: "steady_state", operations: 5000 }]));
  const before = await rest(guest);
  const ids = await startAll(guest, documents);
  const times = await answerTimes(
    guest,
    ["/", "/api/v1/memory"],
    storm(guest, { ms: SECONDS * 1000, seed: SEED, ...options }),
  );
  for (const id of ids) await change(guest, "DELETE", `/api/v1/soak/${id}`);
  const verdicts = await endAll(guest, ids);
  const steps = verdicts.map((v) => v.longest_step_us);
  const turns = verdicts.map((v) => v.longest_turn_us);
  t.diagnostic(
    `seed ${SEED}: the page answered ${times.asked} times, p50 ${times.p50} ms, p95 ${times.p95} ms, ` +
      `worst ${times.worst} ms, asked again ${times.again} times; longest step ` +
      `${Math.max(0, ...steps)} us, longest turn of the loop ${Math.max(0, ...turns)} us`,
  );
  t.diagnostic(JSON.stringify(times.result));
  for (const verdict of verdicts) assert.equal(verdict.verdict, "pass", verdict.reasons.join("; "));
  const after = await rest(guest);
  t.diagnostic(`free pages ${before.free} -> ${after.free}`);
  assert.deepEqual(after, before);
  await framesSumUp(guest);
  await checkAgrees(guest);
  assert.doesNotMatch(guest.serial, /^memscope: panic/m);
  assert.ok(times.asked > 10);
  return { times, verdicts };
}

const full = { duration_ms: 600000, expect_failures: true };
const everything = (arena_mib) => [
  { profile: "steady_state", arena: { mib: arena_mib, engine: "2.6" }, ...full },
  { profile: "fragmentation", arena: { mib: arena_mib, engine: "2.4" }, ...full },
  ...PROFILES.map((profile) => ({ profile, ...full })),
];

for (const generation of ["2.6", "2.4"]) {
  test(
    `every profile at full speed and a storm of clients, mm=${generation}`,
    { skip },
    async (t) => {
      const lan = await Lan.start({ dhcp: false });
      const append = `ip=${lan.prefix}.50::${lan.prefix}.1:255.255.255.0 mm=${generation}`;
      try {
        await Guest.with({ memory: 96, nic: lan.nic(), append, token: TOKEN }, async (guest) => {
          await survive(t, guest, everything(8));
        });
      } finally {
        await lan.stop();
      }
    },
  );
}

// Memory that a soak holds all of: what is left is the server's reserve.
for (const memory of [16, 256, 3584]) {
  test(`${memory} MiB, exhausted by a soak, and a storm of clients`, { skip }, async (t) => {
    const lan = await Lan.start({ dhcp: false });
    const append = `ip=${lan.prefix}.50::${lan.prefix}.1:255.255.255.0`;
    const take = (kind, more) => ({ kind, weight: 1, ...more });
    const hog = {
      ...{ name: "hog", verify: false, ...full },
      ...{ live: { objects: 60000 }, lifetime: 100000000 },
      allocate: [
        take("pages", { order: 10, zone: "highmem", weight: 4 }),
        take("pages", { order: 4, zone: "highmem" }),
        take("pages", { order: 0, weight: 20 }),
        take("kmalloc", { size: { dist: "uniform", min: 32, max: 8192 }, weight: 20 }),
      ],
    };
    try {
      await Guest.with({ memory, nic: lan.nic(), append, token: TOKEN }, async (guest) => {
        const beside = { profile: "packet_storm", ...full };
        const { verdicts } = await survive(t, guest, [hog, beside], { each: 2 });
        const [{ failures_expected: failed, fragmentation }] = verdicts;
        assert.ok(failed > 100, `${failed} failures`);
        t.diagnostic(`${failed} failures; ${fragmentation.worst.free_pages} pages free at worst`);
      });
    } finally {
      await lan.stop();
    }
  });
}
