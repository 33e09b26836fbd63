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
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
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
    "/api/v1/check": () => json(machine.check()),
    "/api/v1/machine": () => json(machine.hardware()),
    "/api/v1/firmware": () => json(machine.firmware()),
    "/api/v1/pci": () => json(machine.pci()),
    "/sys/kernel/debug/kernel_page_tables": () => ({
      type: "text/plain; charset=utf-8",
      body: machine.pageTables(),
    }),
  };

  function asset(path) {
    const file = join(pages, path === "/" ? "index.html" : path);
    if (!file.startsWith(pages) || !existsSync(file)) return { status: 404, body: "not found\n" };
    return { type: TYPES[extname(file)], body: readFileSync(file) };
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://mock");
    const {
      status = 200,
      type = "text/plain",
      headers = {},
      body,
    } = (answers[pathname] ?? (() => asset(pathname)))();
    response.writeHead(status, {
      "Content-Type": type,
      "Content-Security-Policy": POLICY,
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
