// What the tests of the documents' figures share: one boot of a reference machine with many rows, the
// page tables as QEMU's monitor reads them, and a stop in the middle of boot.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";

import { Guest, ROOT } from "./guest.mjs";
import { buddyinfo, pageTables, slabinfo } from "./proc.mjs";

export const PAGE_OFFSET = 0xc0000000;

let symbols;

/** Virtual address of a symbol of the image under test. */
export function symbol(name) {
  symbols ??= new Map(
    execFileSync("nm", [join(ROOT, "build/memscope.debug")], { encoding: "utf8", maxBuffer: 1e8 })
      .split("\n")
      .map((line) => line.split(" "))
      .map(([address, , symbol]) => [symbol, parseInt(address, 16)]),
  );
  if (!symbols.has(name)) throw new Error(`no symbol ${name}`);
  return symbols.get(name);
}

/** The values of constant expressions over the image's types, such as sizes and offsets. */
export function constants(...expressions) {
  const args = ["-q", "-nx", "-batch", "-iex", "set auto-load off"];
  for (const expression of expressions)
    args.push("-ex", `printf "%lu\\n", (unsigned long)(${expression})`);
  args.push(join(ROOT, "build/memscope.debug"));
  const numbers = execFileSync("gdb", args, { encoding: "utf8" }).trim().split("\n").map(Number);
  assert.equal(numbers.length, expressions.length);
  return numbers;
}

/** A guest that is up, and what was read of it, each thing once. */
export class Machine {
  #seen = new Map();

  constructor(guest) {
    this.guest = guest;
  }

  #once(key, read) {
    if (!this.#seen.has(key)) this.#seen.set(key, read());
    return this.#seen.get(key);
  }

  text = (path) => this.#once(path, () => this.guest.text(path));
  json = (path) => this.#once(path, () => this.guest.json(path));
  boot = () => this.json("/api/v1/boot");
  slabs = async () => slabinfo(await this.text("/proc/slabinfo"));
  tables = async () => pageTables(await this.text("/sys/kernel/debug/kernel_page_tables"));

  async stage(id) {
    const stage = (await this.boot()).stages.find((each) => each.id === id);
    assert.ok(stage, `no stage ${id}`);
    return stage;
  }

  /** What the code of a stage noted, one note a line. */
  async notes(id) {
    const { status, changed } = await this.stage(id);
    assert.equal(status, "done", id);
    return changed.join("\n");
  }

  /** The numbers that a pattern's groups find in a stage's notes. */
  async figures(id, pattern) {
    const match = pattern.exec(await this.notes(id));
    assert.ok(match, `${id}: ${pattern} not in\n${await this.notes(id)}`);
    return match.slice(1).map(Number);
  }

  async zone(name) {
    const { zones } = await this.json("/api/v1/memory");
    const zone = zones.find((each) => each.name === name);
    assert.ok(zone, `no zone ${name}`);
    return zone;
  }

  async zones() {
    return (await this.json("/api/v1/memory")).zones;
  }

  async blocks(name) {
    const lines = buddyinfo(await this.text("/proc/buddyinfo"));
    return lines.find(({ zone }) => zone === name).blocks;
  }

  // --- QEMU's monitor ---

  /** 32-bit words of physical memory. */
  async words(phys, count) {
    const text = await this.guest.hmp(`xp /${count}wx 0x${phys.toString(16)}`);
    const words = text
      .split("\n")
      .flatMap((line) => line.split(":")[1]?.trim().split(/\s+/) ?? [])
      .map(Number);
    assert.equal(words.length, count, text);
    return words;
  }

  async register(name) {
    const text = await this.guest.hmp("info registers");
    return parseInt(new RegExp(`\\b${name}\\s*=\\s*([0-9a-f]+)`).exec(text)[1], 16);
  }

  async pde(virt) {
    return (await this.words((await this.register("CR3")) + (virt >>> 22) * 4, 1))[0];
  }

  async pte(virt) {
    const pde = await this.pde(virt);
    assert.equal(pde & 0x81, 1, "the directory entry names a table");
    return (await this.words((pde & ~0xfff) + ((virt >>> 12) & 1023) * 4, 1))[0];
  }
}

/** One boot of a machine; `rows(row, machine)` declares what must be true of it, as subtests. */
export function machine(name, options, rows) {
  test(name, async (t) => {
    const { stopAt, whenStopped, ...rest } = options;
    const guest = stopAt ? await stopped(rest, stopAt) : await Guest.start(rest);
    try {
      if (whenStopped) {
        await declared(t, guest, whenStopped);
        await guest.qmp("cont");
      }
      if (rows) {
        await guest.waitForLine(/^memscope: ready.* in \d+ ms$/);
        await declared(t, guest, rows);
      }
    } finally {
      await guest.stop();
    }
  });
}

async function declared(t, guest, rows) {
  const list = [];
  rows((title, body) => list.push([title, body]), new Machine(guest));
  for (const [title, body] of list) await t.test(title, body);
}

/** A guest that stands at the first instruction of a function, with gdb gone again. */
async function stopped(options, symbolName) {
  const guest = await Guest.start({ ...options, extra: [...(options.extra ?? []), "-S"] });
  try {
    const path = join(guest.dir, "gdb");
    await guest.hmp(`gdbserver unix:${path},server=on,wait=off`);
    const commands = [`target remote ${path}`, `hbreak ${symbolName}`, "continue", "disconnect"];
    const args = ["-q", "-nx", "-batch", "-iex", "set auto-load off"];
    args.push(...commands.flatMap((command) => ["-ex", command]));
    args.push(join(ROOT, "build/memscope.debug"));
    const { stdout, stderr } = await promisify(execFile)("gdb", args, { timeout: 30000 });
    const at = parseInt(/EIP=([0-9a-f]+)/.exec(await guest.hmp("info registers"))[1], 16);
    assert.equal(at, symbol(symbolName), `${stdout}${stderr}`);
  } catch (error) {
    await guest.stop();
    throw error;
  }
  return guest;
}
