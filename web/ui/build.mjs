// build.mjs OUT [--dev]: bundles the pages into OUT, ready for tools/pack-assets.mjs.
//
// index.html carries the little style that it needs to be painted before anything else has come
// (style/first.css, allowed by its hash in the policy) and the navigation, from the list of views.
//
// Out come index.html and, with a hash of their bytes in the name, one script, one style sheet and
// the icon; next to each the same bytes gzipped. The page loads nothing else and nothing from
// elsewhere, so a content security policy without 'unsafe-inline' holds. The build fails when all
// pages together grow past BUDGET_BYTES, gzipped.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const BUDGET_BYTES = 120 * 1024;
const here = dirname(fileURLToPath(import.meta.url));

const [out, ...flags] = process.argv.slice(2);
if (!out) {
  console.error("usage: build.mjs OUT [--dev]");
  process.exit(2);
}
const dev = flags.includes("--dev");

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    minify: !dev,
    sourcemap: dev ? "inline" : false,
    format: "esm",
    target: ["es2021", "chrome100", "firefox100", "safari15.4"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    charset: "utf8",
    outdir: "out",
    write: false,
    logLevel: "warning",
  });
  return Buffer.from(result.outputFiles[0].contents);
}

function hashedName(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const ext = extname(name);
  return `${basename(name, ext)}-${hash}${ext}`;
}

// gzip's format, packed by zopfli: some 4 % smaller than gzip makes it, and the image has no room to spare.
const zip = (file) => execFileSync("zopfli", ["-c", file], { maxBuffer: 1 << 24 });

// esbuild minifies one file at a time; what is left over between them is another 3 % of the script, zipped.
async function squeeze(script) {
  if (dev) return script;
  const compress = { passes: 3, unsafe_arrows: true, pure_getters: true };
  const { code } = await minify(script.toString(), { module: true, ecma: 2021, compress });
  return Buffer.from(code);
}

const parts = {
  "main.js": await squeeze(await bundle("main.jsx")),
  "style.css": await bundle("style/main.css"),
  "icon.svg": readFileSync(join(here, "src/icon.svg")),
};

// The views' addresses and names, from the page's own list.
async function navigation() {
  const code = await bundle("views/index.js");
  const { VIEWS } = await import(`data:text/javascript;base64,${code.toString("base64")}`);
  return [{ id: "", title: "Everything" }, ...VIEWS]
    .map(({ id, title }) => `<a href="#/${id}">${title}</a>`)
    .join("");
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const files = new Map();
let html = readFileSync(join(here, "src/index.html"), "utf8");
for (const [name, bytes] of Object.entries(parts)) {
  const hashed = hashedName(name, bytes);
  if (!html.includes(`{${name}}`)) throw new Error(`src/index.html does not name {${name}}`);
  html = html.replaceAll(`{${name}}`, hashed);
  files.set(hashed, bytes);
}
const first = (await bundle("style/first.css")).toString().trim();
const hash = createHash("sha256").update(first).digest("base64");
const nav = await navigation();
html = html
  .replace(/\s*\{first\.css\}\s*/, "{first.css}")
  .replace(/\s+/g, " ")
  .replace(/> </g, "><")
  .replace("{style-src}", () => `'self' 'sha256-${hash}'`)
  .replace("{nav}", () => nav)
  .replace("{first.css}", () => first)
  .trim();
files.set("index.html", Buffer.from(html));

let total = 0;
for (const [name, bytes] of files) {
  writeFileSync(join(out, name), bytes);
  const zipped = zip(join(out, name));
  writeFileSync(join(out, `${name}.gz`), zipped);
  total += zipped.length;
}
console.log(`  pages: ${files.size} files, ${total} bytes gzipped`);
if (!dev && total > BUDGET_BYTES) {
  console.error(`build.mjs: ${total} bytes gzipped is more than the budget of ${BUDGET_BYTES}`);
  process.exit(1);
}
