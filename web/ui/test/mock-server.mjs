// Serves build/ui and the made-up machine: node web/ui/test/mock-server.mjs [PORT] [PAGES]
// For working on the pages without a kernel, and for states that are hard to have live.

import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as machine from "./machine.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
// The style inside index.html is allowed by its hash, which its own policy names.
const policy = (pages) => {
  const html = readFileSync(join(pages, "index.html"), "utf8");
  return `${/content="(default-src [^"]+)"/.exec(html)[1]}; frame-ancestors 'none'`;
};
const DEFAULT_PAGES = join(dirname(fileURLToPath(import.meta.url)), "../../../build/ui");

// startMock({pages, port}): {url, close, answers}. `answers` maps a path to a function that makes
// {status, type, headers, body}; a test may replace one.
export async function startMock({ pages = DEFAULT_PAGES, port = 0 } = {}) {
  const started = Date.now();
  let seed = 1;
  const json = (body) => ({ type: "application/json", body: JSON.stringify(body) });
  const answers = {
    "/api/v1/memory": () =>
      json(machine.memory({ seed: ++seed, uptime_ms: Date.now() - started + 93_000 })),
    "/api/v1/boot": () => json(machine.boot()),
    "/stages.json": () => json(machine.stageWords()),
    "/api/v1/check": () => json(machine.check()),
    "/api/v1/machine": () => json(machine.hardware()),
    "/api/v1/firmware": () => json(machine.firmware()),
    "/api/v1/pci": () => json(machine.pci()),
    "/api/v1/buddy": () => json(machine.buddy()),
    "/api/v1/net": () => json(machine.net()),
    "/proc/kmsg": () => ({ type: "text/plain; charset=utf-8", body: machine.kmsg() }),
    "/sys/kernel/debug/kernel_page_tables": () => ({
      type: "text/plain; charset=utf-8",
      body: machine.pageTables(),
    }),
  };

  // As the kernel does it: what has changed, until the answer has another structure or there is none.
  function events(request, response) {
    const { searchParams } = new URL(request.url, "http://mock");
    const of = (searchParams.get("of") ?? "memory").split(",");
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    let line = Number(request.headers["last-event-id"] ?? -1) + 1;
    let first = null;
    let before = [];
    const send = (event, data, id) =>
      response.write(
        `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      );
    const tell = () => {
      for (; of.includes("log") && line < machine.LOG.length; line++)
        send("log", machine.LOG[line], line);
      const { status = 200, body } = answers["/api/v1/memory"]();
      const answer = status === 200 ? JSON.parse(body) : {};
      if (!answer.zones) return response.end();
      const event = machine.delta(answer, before);
      first ??= event.structure;
      if (event.structure !== first) {
        send("changed", {});
        return response.end();
      }
      send("memory", event);
      views.forEach(view);
      before = machine.numbers(answer);
    };
    const views = (searchParams.get("views") ?? "").split(" ").filter(Boolean);
    const none = () => ({ status: 404, body: "there is no such path" });
    const view = (address, i) => {
      const { status, body } = (answers[address.split("?")[0]] ?? none)();
      response.write(machine.viewEvent(i, body, status));
    };
    const timer = setInterval(tell, 1000 / Number(searchParams.get("hz") ?? 2));
    response.on("close", () => clearInterval(timer));
    tell();
  }

  // Changed answers have the structure that they have.
  function memory() {
    const answer = answers["/api/v1/memory"]();
    if (answer.status && answer.status !== 200) return answer;
    const body = JSON.parse(answer.body);
    return { ...answer, body: JSON.stringify({ ...body, structure: machine.structure(body) }) };
  }

  function asset(path) {
    const file = join(pages, path === "/" ? "index.html" : path);
    if (!file.startsWith(pages) || !existsSync(file)) return { status: 404, body: "not found\n" };
    return { type: TYPES[extname(file)], body: readFileSync(file) };
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://mock");
    if (pathname === "/events" && !answers[pathname]) return events(request, response);
    const {
      status = 200,
      type = "text/plain",
      headers = {},
      body,
    } = pathname === "/api/v1/memory" ? memory() : (answers[pathname] ?? (() => asset(pathname)))();
    response.writeHead(status, {
      "Content-Type": type,
      "Content-Security-Policy": policy(pages),
      ...headers,
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = "8081", pages = DEFAULT_PAGES] = process.argv.slice(2);
  const mock = await startMock({ pages, port: Number(port) });
  console.log(mock.url);
}
