#!/usr/bin/env node
// check-includes.mjs: the module rules of the tree, checked.
//
//   1. Who may include whom: a file includes its own module and those before it in ORDER.
//      kernel/main.c and kernel/params.c see all. What every module reports through (SERVICES) may be
//      included by source files of any, not by their headers.
//   2. mm/ knows no device, network or page; web/ reads memory through mm/memstat.h only, allocates
//      through mm/slab.h, keeps its tables in mm/large_hash.h, and starts jobs through mm/soak.h,
//      mm/ramtest.h, mm/trace.h, mm/fault_inject.h.
//   3. lwIP's headers only in net/ and in the files of web/ that speak to connections; llhttp's
//      only in web/.
//   4. Inline assembly only under kernel/boot and kernel/x86.
//   5. A source file includes its own header first, then a blank line; the blocks that follow are
//      sorted.
//   6. A folder's internal.h is included from that folder only.
//
// Prints FILE:LINE: REASON for each breach; the status is 1 if there is any.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";

const ORDER = ["kernel/lib", "kernel/x86", "kernel", "mm", "drivers", "net", "web"];
const SEES_ALL = new Set(["kernel/main.c", "kernel/params.c"]);
const SERVICES = new Set(["panic", "printk", "stage", "symbols"].map((name) => `kernel/${name}.h`));
// What drivers/ and net/ may use of mm/ is its public interface, as everyone; web/ only this.
const WEB_MM = new Set(
  ["memstat", "slab", "large_hash", "soak", "ramtest", "trace", "fault_inject"].map(
    (name) => `mm/${name}.h`,
  ),
);
const WEB_LWIP = /^web\/(conn|http|server|tcp)[a-z_]*\.[ch]$/;

function moduleOf(path) {
  if (path.startsWith("kernel/lib/")) return "kernel/lib";
  // The loader's data and the processor are the same layer: both may be read by all above.
  if (path.startsWith("kernel/x86/") || path.startsWith("kernel/boot/")) return "kernel/x86";
  return path.split("/")[0];
}

let breaches = 0;
function breach(file, line, reason) {
  console.log(`${file}:${line}: ${reason}`);
  breaches++;
}

function checkInclude(file, line, target, system) {
  if (SEES_ALL.has(file)) return;
  const own = moduleOf(file);
  if (system || !existsSync(target)) {
    if (/^(lwip|netif|arch)\//.test(target) && own !== "net" && !WEB_LWIP.test(file))
      breach(file, line, `${target}: lwIP is known to net/ and web/'s connection code only`);
    if (target === "llhttp.h" && own !== "web") breach(file, line, `${target}: known to web/ only`);
    return;
  }
  const other = moduleOf(target);
  const service = file.endsWith(".c") && SERVICES.has(target);
  if (ORDER.indexOf(other) > ORDER.indexOf(own) && !service)
    breach(file, line, `${own}/ may not include ${target}`);
  if (own === "web" && other === "mm" && !WEB_MM.has(target))
    breach(file, line, `${target}: web/ reads memory through ${[...WEB_MM]} only`);
  if (basename(target) === "internal.h" && dirname(target) !== dirname(file))
    breach(file, line, `${target}: for its own folder only`);
}

function checkOrder(file, includes) {
  const ownHeader = file.replace(/\.c$/, ".h");
  const rest = [...includes];
  if (file.endsWith(".c") && existsSync(ownHeader)) {
    const first = rest[0];
    if (!first || first.target !== ownHeader)
      return breach(file, first?.line ?? 1, `${ownHeader} comes first`);
    if (rest[1] && rest[1].line === first.line + 1)
      return breach(file, first.line, `a blank line follows ${ownHeader}`);
    rest.shift();
  }
  for (let i = 1; i < rest.length; i++) {
    const [a, b] = [rest[i - 1], rest[i]];
    const sameBlock = b.line === a.line + 1;
    if (sameBlock && a.system === b.system && a.target > b.target)
      breach(file, b.line, `${b.target} comes before ${a.target}`);
  }
}

/** The text with comments and string literals blanked, line ends kept. */
function codeOnly(text) {
  return text.replace(/\/\*[^]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"/g, (s) =>
    s.replace(/[^\n]/g, " "),
  );
}

function checkFile(file) {
  const text = readFileSync(file, "utf8");
  const includes = [];
  text.split("\n").forEach((content, i) => {
    const match = /^\s*#\s*include\s+(["<])([^">]+)[">]/.exec(content);
    if (!match) return;
    // Tables that are included to be expanded have no place in the order.
    const entry = { line: i + 1, target: match[2], system: match[1] === "<" };
    checkInclude(file, entry.line, entry.target, entry.system);
    if (!match[2].endsWith(".def")) includes.push(entry);
  });
  checkOrder(file, includes);
  if (moduleOf(file) !== "kernel/x86")
    codeOnly(text)
      .split("\n")
      .forEach((content, i) => {
        if (/\b(__asm__|__asm|asm)\b/.test(content))
          breach(file, i + 1, "inline assembly belongs under kernel/boot or kernel/x86");
      });
}

const files = execFileSync("git", ["ls-files", ...ORDER.map((dir) => `${dir}/*.[ch]`)], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file && existsSync(file) && !file.startsWith("web/ui/"));
new Set(files).forEach(checkFile);
console.log(`check-includes: ${new Set(files).size} files, ${breaches} breaches`);
process.exit(breaches ? 1 : 0);
