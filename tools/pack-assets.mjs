// pack-assets DIR TABLE.c DATA.S: makes the table of web/assets.h from every file in DIR.
//
// DATA.S takes the bytes in with .incbin; TABLE.c lists them by path, sorted, so that a lookup may
// search by halves. A name that ends in .gz is served under the name without it, as gzip;
// index.html stands for its folder. The ETag is a hash of the bytes that are sent. A file of more than
// IDENTITY_MAX bytes that has a .gz beside it goes in as gzip only: every browser takes that, and the
// image stays small. The style inside index.html is allowed by its hash, which the server's policy names; who does not accept it is told so (406).

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative, resolve, sep } from "node:path";

const IDENTITY_MAX = 8192;

// Paths under which a file is served besides its own. A link /soak#DOCUMENT opens the page with a job.
const ALIASES = { "/": ["/soak"] };

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
  ".map": "application/json",
};

function files(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(dir, entry.name)) : [join(dir, entry.name)],
  );
}

function describe(dir, file) {
  const name = relative(dir, file).split(sep).join("/");
  const gzip = name.endsWith(".gz");
  const plain = gzip ? name.slice(0, -3) : name;
  const type = TYPES[extname(plain)];
  if (!type) throw new Error(`pack-assets: ${name}: no content type for ${extname(plain)}`);
  const bytes = readFileSync(file);
  const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const path = "/" + plain.replace(/(^|\/)index\.html$/, "$1");
  return { path, type, gzip, file: resolve(file), bytes: bytes.length, etag };
}

const [dir, table, data] = process.argv.slice(2);
if (!data) throw new Error("usage: pack-assets DIR TABLE.c DATA.S");
const all = files(dir);
const assets = all
  .filter((file) => statSync(file).size <= IDENTITY_MAX || !all.includes(file + ".gz"))
  .map((file) => describe(dir, file))
  .flatMap((asset) => [asset, ...(ALIASES[asset.path] ?? []).map((path) => ({ ...asset, path }))])
  .sort((a, b) => (a.path === b.path ? a.gzip - b.gzip : a.path < b.path ? -1 : 1));

const note = "/* Made by tools/pack-assets.mjs. */\n";
let asm = note + '\t.section .rodata.assets, "a", @progbits\n';
let c = note + '#include "web/assets.h"\n\n';
assets.forEach((asset, i) => {
  asm += `\t.balign 4\n\t.globl asset_data_${i}\nasset_data_${i}:\n\t.incbin "${asset.file}"\n`;
  c += `extern const u8 asset_data_${i}[];\n`;
});
asm += '\t.section .note.GNU-stack, "", @progbits\n';

const index = join(dir, "index.html");
const style = existsSync(index) && /<style>(.*?)<\/style>/s.exec(readFileSync(index, "utf8"));
const hash = style ? ` 'sha256-${createHash("sha256").update(style[1]).digest("base64")}'` : "";
c += `\nconst char asset_style_src[] = "'self'${hash}";\n`;
c += `\nconst u32 asset_count = ${assets.length};\n`;
c += `const struct asset assets[${Math.max(assets.length, 1)}] = {\n`;
assets.forEach((asset, i) => {
  c += `\t{ .path = "${asset.path}", .content_type = "${asset.type}", .data = asset_data_${i},\n`;
  c += `\t  .size_bytes = ${asset.bytes}, .etag = "\\"${asset.etag}\\"", .gzip = ${asset.gzip} },\n`;
});
c += "};\n";

writeFileSync(data, asm);
writeFileSync(table, c);
