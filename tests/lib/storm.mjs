// Clients that do everything a client should not, all at once, for as long as they are told to; and
// what a machine's memory is before and after. For the tests that ask whether it stays alive.

import { spawn } from "node:child_process";
import net from "node:net";

import { pattern } from "./pattern.mjs";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const HOST = "Host: localhost\r\n";

/** A raw connection that counts what it gets; errors end it quietly. */
function connect(guest) {
  return new Promise((resolve) => {
    const socket = net.connect(guest.port, guest.host);
    socket.on("error", () => {});
    socket.on("close", () => resolve(null));
    socket.on("connect", () => resolve(socket));
  });
}

/** One client of each kind; each gives the number of what it has done, or throws on a wrong byte. */
export const clients = {
  /** Streams of events that are stopped as by kill -STOP, and go on later, or never. */
  async stopped_stream(guest, chance) {
    const child = spawn("curl", ["-sN", `${guest.origin}/events?hz=10&of=memory,log,buddy`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.stdout.resume();
    const ended = new Promise((resolve) => child.once("close", resolve));
    await sleep(300);
    child.kill("SIGSTOP");
    await sleep(500 + 2500 * chance());
    if (chance() < 0.5) {
      child.kill("SIGCONT");
      await sleep(300);
    }
    child.kill("SIGKILL");
    await ended;
  },

  /** A long download, every byte compared. */
  async download(guest, chance) {
    const [bytes, seed] = [Math.floor(chance() * 3e6), Math.floor(chance() * 2 ** 32)];
    const answer = await guest.request(`/api/v1/net/source?bytes=${bytes}&seed=${seed}`, {
      agent: false,
      timeout: 60000,
    });
    if (answer.status === 503) return "busy";
    if (!answer.body.equals(pattern(bytes, seed))) throw new Error(`seed ${seed}: wrong bytes`);
  },

  async upload(guest, chance) {
    const [bytes, seed] = [Math.floor(chance() * 6e5), Math.floor(chance() * 2 ** 32)];
    const body = pattern(bytes, seed);
    const at = Math.floor(chance() * bytes);
    const spoilt = bytes && chance() < 0.5;
    if (spoilt) body[at] ^= 0x10;
    const headers = { Authorization: `Bearer ${guest.options.token}` };
    const path = `/api/v1/net/sink?seed=${seed}`;
    const answer = await guest.request(path, {
      ...{ method: "POST", headers, body, agent: false, timeout: 60000 },
    });
    if (answer.status === 503) return "busy";
    const { bytes: got, wrong } = answer.json();
    const found = JSON.stringify(wrong);
    const expected = JSON.stringify(spoilt ? [{ offset: at, bytes: 1 }] : []);
    if (got !== bytes || found !== expected)
      throw new Error(`${got} of ${bytes} bytes, wrong ${found}, not ${expected}`);
  },

  /** The other end is gone in the middle of an answer, with a reset. */
  async reset(guest, chance) {
    const socket = await connect(guest);
    if (!socket) return "busy";
    socket.write(`GET /api/v1/net/source?bytes=5000000 HTTP/1.1\r\n${HOST}\r\n`);
    await new Promise((resolve) => {
      socket.once("data", resolve);
      socket.once("close", resolve);
    });
    await sleep(50 * chance());
    socket.resetAndDestroy();
  },

  /** One side closed, and the answer is still read to its end. */
  async half_closed(guest) {
    const answer = await guest.raw(`GET /proc/buddyinfo HTTP/1.1\r\n${HOST}\r\n`, {
      end: true,
      timeout: 30000,
    });
    if (answer === "") return "busy";
    if (!/^HTTP\/1.1 (200|503)/.test(answer)) throw new Error(answer.slice(0, 200));
  },

  /** A head, or a body, that comes a byte at a time and never ends. */
  async slow_request(guest, chance) {
    const socket = await connect(guest);
    if (!socket) return "busy";
    const auth = `Authorization: Bearer ${guest.options.token}\r\n`;
    const head = `POST /api/v1/soak HTTP/1.1\r\n${HOST}${auth}Content-Length: 5000\r\n\r\n`;
    const text = chance() < 0.5 ? `GET / HTTP/1.1\r\n${HOST}X: ${"a".repeat(200)}` : head;
    const at = text === head ? head.length : 1;
    socket.write(text.slice(0, at));
    for (let i = at; i < at + 15 && !socket.destroyed; i++) {
      socket.write(text[i] ?? " ");
      await sleep(200);
    }
    socket.destroy();
  },

  /** A window that closes: an answer is asked for and never read. */
  async closed_window(guest, chance) {
    const socket = await connect(guest);
    if (!socket) return "busy";
    socket.pause();
    const path = chance() < 0.5 ? "/api/v1/net/source?bytes=90000000" : "/api/v1/boot";
    socket.write(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`.repeat(3));
    await sleep(1000 + 3000 * chance());
    socket.destroy();
  },

  async churn(guest, chance) {
    for (let i = 0; i < 20; i++) {
      const socket = await connect(guest);
      if (!socket) return "busy";
      if (chance() < 0.3) socket.resetAndDestroy();
      else if (chance() < 0.5) socket.end();
      else socket.end(`GET /metrics HTT`.slice(0, 16 * chance()));
      await sleep(5);
    }
  },

  /** Bodies in pieces that are no pieces. */
  async bad_chunks(guest, chance) {
    const auth = `Authorization: Bearer ${guest.options.token}\r\n`;
    const head = `POST /api/v1/net/sink HTTP/1.1\r\n${HOST}${auth}Transfer-Encoding: chunked\r\n\r\n`;
    const bodies = [
      "zz\r\n",
      "fffffffffffffffff\r\nabc",
      "5\r\nabcdefgh\r\n0\r\n\r\n",
      "-1\r\n\r\n",
      `5;${"x".repeat(9000)}\r\nabcde\r\n0\r\n\r\n`,
      "3\nabc\n0\n\n",
    ];
    const body = bodies[Math.floor(chance() * bodies.length)];
    const answer = await guest.raw(head + body, { timeout: 30000 });
    if (answer === "") return "busy";
    if (!/^HTTP\/1.1 (400|431|503)/.test(answer)) throw new Error(answer.slice(0, 200));
  },
};

/** A generator of numbers from 0 to 1 (mulberry32). */
export function dice(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const RESET = /ECONNRESET|EPIPE|socket hang up|ECONNREFUSED|open for \d+ ms/;

/**
 * `each` clients of every kind until `ms` are over. Gives how often each kind came to its end, was
 * refused for want of room, and was cut off (which a full machine may do to whom it likes).
 */
export async function storm(guest, { ms, each = 3, seed = 1, kinds = Object.keys(clients) }) {
  const end = Date.now() + ms;
  const counts = {};
  const run = async (kind, chance) => {
    while (Date.now() < end) {
      let how;
      try {
        how = (await clients[kind](guest, chance)) ?? "done";
      } catch (error) {
        if (!RESET.test(`${error.code} ${error.message}`)) throw error;
        how = "cut";
      }
      counts[kind][how] = (counts[kind][how] ?? 0) + 1;
      if (how !== "done") await sleep(50);
    }
  };
  const all = [];
  for (const [k, kind] of kinds.entries()) {
    counts[kind] = {};
    const number = typeof each === "number" ? each : (each[kind] ?? 0);
    for (let i = 0; i < number; i++) all.push(run(kind, dice(seed * 1000 + k * 50 + i)));
  }
  const ends = await Promise.allSettled(all);
  const wrong = ends.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
  if (wrong.length) throw wrong[0];
  return counts;
}

/** Asks for `paths` in turn while `work` goes on. Gives how long answers took, in ms, sorted. */
export async function answerTimes(guest, paths, work) {
  const times = [];
  let busy = true;
  let again = 0;
  const done = work.finally(() => (busy = false));
  for (let i = 0; busy; i++) {
    const began = performance.now();
    for (;;) {
      let answer;
      try {
        answer = await guest.request(paths[i % paths.length], { agent: false, timeout: 60000 });
      } catch (error) {
        if (!RESET.test(`${error.code} ${error.message}`)) throw error;
      }
      if (answer?.status === 200) break;
      again++;
      await sleep(20);
    }
    times.push(performance.now() - began);
    await sleep(100);
  }
  const result = await done;
  times.sort((a, b) => a - b);
  const at = (share) => Math.round(times[Math.min(times.length - 1, share * times.length) | 0]);
  return { result, asked: times.length, again, p50: at(0.5), p95: at(0.95), worst: at(1) };
}

/** Free pages and active objects of each cache, once the machine has come to rest. */
export async function rest(guest, { quiet_ms = 5000, limit_ms = 90000 } = {}) {
  guest.agent.destroy();
  const deadline = Date.now() + limit_ms;
  let [last, since, state] = ["", Date.now(), null];
  while (Date.now() < deadline) {
    const { frames, caches } = await guest.json("/api/v1/memory");
    const free = frames
      .filter(({ use }) => /^(buddy_free|percpu)/.test(use))
      .reduce((sum, { pages }) => sum + pages, 0);
    const uses = frames.filter(({ use }) => !/^(buddy_free|percpu)/.test(use));
    state = {
      free,
      uses: Object.fromEntries(uses.map(({ use, pages }) => [use, pages])),
      active: Object.fromEntries(caches.map(({ name, active }) => [name, active]).sort()),
    };
    const text = JSON.stringify(state);
    if (text !== last) [last, since] = [text, Date.now()];
    if (Date.now() - since > quiet_ms) break;
    await sleep(500);
  }
  return state;
}
