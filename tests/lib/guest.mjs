// A guest: one QEMU with one image, seen from a test.
//
// The serial line is kept and can be waited for; port 80 is reachable through a loopback port that
// QEMU picks, so tests never fight over one; the monitor answers QMP and human commands; and stop()
// ends what was started, always. `isa-debug-exit` at 0xF4 turns the guest's verdict into a status.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const IMAGE = process.env.MEMSCOPE_IMAGE ?? join(ROOT, "build/memscope.elf");

/** Status that QEMU ends with after the guest wrote `value` to isa-debug-exit. */
export const exitStatus = (value) => (value << 1) | 1;
export const STATUS_PANIC = exitStatus(1);
export const STATUS_TEST_PASSED = exitStatus(0x10);

/** Options for QEMU that load the image with the given command line, by each way of loading. */
const loaders = {
  kernel: (guest) => [
    ...["-kernel", guest.image, "-append", guest.commandLine],
    ...(guest.modules.length ? ["-initrd", guest.modules.join(",")] : []),
  ],
  grub: (guest) => ["-cdrom", makeIso(guest, "multiboot"), "-boot", "d"],
  grub2: (guest) => ["-cdrom", makeIso(guest, "multiboot2"), "-boot", "d"],
  ipxe: (guest) => {
    makeNetboot(guest);
    const disk = join(guest.dir, "empty.img");
    writeFileSync(disk, Buffer.alloc(1 << 20));
    return ["-drive", `file=${disk},format=raw,if=ide`, "-boot", "n"];
  },
};

function runTool(tool, ...args) {
  const done = spawnSync(join(ROOT, "tools", tool), args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${tool}: ${done.stderr || done.error}`);
}

function makeIso(guest, protocol) {
  const iso = join(guest.dir, "guest.iso");
  runTool("make-iso", guest.image, iso, guest.commandLine, protocol, ...guest.modules);
  return iso;
}

function makeNetboot(guest) {
  runTool(
    "make-netboot",
    guest.image,
    join(guest.dir, "tftp"),
    guest.commandLine,
    ...guest.modules,
  );
}

export class Guest {
  /**
   * Starts QEMU.
   *   memory     MiB, or a string with QEMU's suffix      cpu      value of -cpu
   *   append     command line, a string or an array        loader   kernel | grub | grub2 | ipxe
   *   nic        user | none | an array of QEMU options    debugExit  adds `debug_exit`
   *   extra      more QEMU options                         token    adds `token=`
   *   image      another image than build/memscope.elf     icount   value of -icount
   *   modules    boot modules, each "FILE WORDS"
   */
  static async start(options = {}) {
    const guest = new Guest(options);
    try {
      await guest.#launch();
    } catch (error) {
      await guest.stop();
      throw error;
    }
    return guest;
  }

  /** Starts QEMU and waits for the ready line. The caller stops the guest. */
  static async ready(options = {}) {
    const guest = await Guest.start(options);
    try {
      await guest.waitReady(options.timeout);
    } catch (error) {
      await guest.stop();
      throw error;
    }
    return guest;
  }

  /** Runs `body` with a ready guest, and stops it whatever happens. */
  static async with(options, body) {
    const guest = await Guest.ready(options);
    try {
      return await body(guest);
    } finally {
      await guest.stop();
    }
  }

  constructor(options) {
    this.options = options;
    this.memory = options.memory ?? 64;
    this.cpu = options.cpu ?? "qemu32";
    this.loader = options.loader ?? "kernel";
    this.nic = options.nic ?? "user";
    this.image = options.image ?? IMAGE;
    this.modules = options.modules ?? [];
    const words = [options.append ?? []].flat();
    if (options.debugExit ?? true) words.push("debug_exit");
    if (options.token) words.push(`token=${options.token}`);
    this.commandLine = words.filter(Boolean).join(" ");
    this.serial = "";
    this.stderr = "";
    this.exited = false;
    this.status = null;
    this.host = "127.0.0.1";
    this.port = null;
    this.sockets = new Set();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  }

  async #launch() {
    this.dir = mkdtempSync(join(tmpdir(), "memscope-"));
    if (!existsSync(this.image)) throw new Error(`${this.image} is missing: run make first`);
    const args = [
      ...["-accel", "tcg", "-display", "none", "-no-reboot", "-m", String(this.memory)],
      ...["-cpu", this.cpu, "-serial", "stdio", "-monitor", "none"],
      ...["-qmp", `unix:${join(this.dir, "qmp")},server=on,wait=off`],
      ...["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
      ...loaders[this.loader](this),
      ...this.#nicOptions(),
      ...(this.options.icount ? ["-icount", this.options.icount] : []),
      ...(this.options.extra ?? []),
    ];
    const prefix = this.options.prefix ?? [];
    const [command, ...rest] = [...prefix, "qemu-system-i386", ...args];
    this.args = args;
    this.process = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"] });
    this.process.stdin.on("error", () => {});
    this.process.stdout.on("data", (data) => {
      this.serial += data.toString("latin1");
      this.process.emit("serial");
    });
    this.process.stderr.on("data", (data) => (this.stderr += data));
    this.exit = new Promise((resolve) => {
      const done = (status) => {
        this.exited = true;
        this.status = status;
        this.process.emit("serial");
        resolve(status);
      };
      this.process.once("error", (error) => {
        this.stderr += error.message;
        done(-1);
      });
      this.process.once("close", (code, signal) => done(code ?? signal));
    });
    if (this.nic === "user") this.port = await this.#forwardedPort();
  }

  #nicOptions() {
    if (Array.isArray(this.nic)) return this.nic;
    if (this.nic === "none") return ["-nic", "none"];
    let netdev = "user,id=net0,hostfwd=tcp:127.0.0.1:0-:80";
    if (this.loader === "ipxe") netdev += `,tftp=${join(this.dir, "tftp")},bootfile=boot.ipxe`;
    const device = this.options.nicDevice ?? "virtio-net-pci";
    return ["-netdev", netdev, "-device", `${device},netdev=net0`];
  }

  /** The loopback port that QEMU picked for the guest's port 80. */
  async #forwardedPort() {
    const text = await this.hmp("info usernet");
    const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(text);
    if (!match) throw new Error(`no forwarded port in: ${text}\n${this.stderr}`);
    return Number(match[1]);
  }

  // --- The serial line ---

  get lines() {
    return this.serial.split(/\r?\n/);
  }

  /** The first line that matches, as its match; waits for it. Fails when QEMU ends first. */
  async waitForLine(pattern, timeout = 30000) {
    const deadline = Date.now() + timeout;
    for (;;) {
      for (const line of this.lines) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      const left = deadline - Date.now();
      if (this.exited || left <= 0) {
        const why = this.exited ? `QEMU ended with ${this.status}` : `nothing in ${timeout} ms`;
        const where = this.exited ? "" : await this.#whereItIs();
        const tail = this.lines.slice(-40).join("\n");
        throw new Error(`waiting for ${pattern}: ${why}\n${this.stderr}\n${where}\n${tail}`);
      }
      await this.#serialOrTimeout(left);
    }
  }

  #serialOrTimeout(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const process = this.process;
      function done() {
        clearTimeout(timer);
        process.off("serial", done);
        resolve();
      }
      process.on("serial", done);
    });
  }

  /** What the processor is at, for a report; never an error. */
  async #whereItIs() {
    const commands = ["info status", "info registers", "x/6i $eip", "info pic"];
    try {
      const answers = await Promise.race([
        Promise.all(commands.map((command) => this.hmp(command))),
        new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), 3000).unref()),
      ]);
      return answers.map((answer) => answer.split("\n").slice(0, 6).join("\n")).join("\n");
    } catch (error) {
      return `the monitor: ${error.message}`;
    }
  }

  /** Waits for the ready line; gives { address, port, ms }. */
  async waitReady(timeout = 30000) {
    const match = await this.waitForLine(
      /^memscope: (?:ready http:\/\/([\d.]+):(\d+)\/ in (\d+) ms|panic: .*)$/,
      timeout,
    );
    if (match[1] === undefined) throw new Error(`panic while booting\n${this.serial}`);
    this.address = match[1];
    this.readyMs = Number(match[3]);
    if (Array.isArray(this.nic)) [this.host, this.port] = [match[1], Number(match[2])];
    return { address: match[1], port: Number(match[2]), ms: this.readyMs };
  }

  // --- HTTP ---

  get origin() {
    return `http://${this.host}:${this.port}`;
  }

  /**
   * One request. Gives { status, headers, text, body, json() }; nothing is thrown for a status.
   *   method, headers, body; agent: false for a connection of its own; timeout in ms
   */
  request(path, options = {}) {
    const { method = "GET", headers = {}, body, agent = this.agent, timeout = 20000 } = options;
    return new Promise((resolve, reject) => {
      const request = http.request(
        {
          host: options.host ?? this.host,
          port: options.port ?? this.port,
          path,
          method,
          headers,
          agent,
          timeout,
        },
        (response) => {
          const chunks = [];
          response.on("data", (chunk) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const bytes = Buffer.concat(chunks);
            resolve({
              status: response.statusCode,
              headers: response.headers,
              body: bytes,
              text: bytes.toString("utf8"),
              json: () => JSON.parse(bytes.toString("utf8")),
            });
          });
        },
      );
      request.on("timeout", () =>
        request.destroy(new Error(`${path}: no answer in ${timeout} ms`)),
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  async get(path, options) {
    const answer = await this.request(path, options);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status}\n${answer.text}`);
    return answer;
  }

  async text(path) {
    return (await this.get(path)).text;
  }

  async json(path) {
    return (await this.get(path)).json();
  }

  /** Bytes in, bytes out: sends `data` on a fresh connection and gives all until the guest closes. */
  raw(data, { timeout = 10000, end = false } = {}) {
    return new Promise((resolve, reject) => {
      const chunks = [];
      const socket = net.connect(this.port, this.host, () => {
        socket.write(data);
        if (end) socket.end();
      });
      this.sockets.add(socket);
      socket.setTimeout(timeout, () => socket.destroy(new Error(`open for ${timeout} ms`)));
      socket.on("data", (chunk) => chunks.push(chunk));
      socket.on("error", (error) =>
        error.code === "ECONNRESET"
          ? resolve(Buffer.concat(chunks).toString("latin1"))
          : reject(error),
      );
      socket.on("close", () => {
        this.sockets.delete(socket);
        resolve(Buffer.concat(chunks).toString("latin1"));
      });
    });
  }

  // --- The monitor ---

  async #monitor() {
    if (this.qmpSocket) return;
    const path = join(this.dir, "qmp");
    for (let tries = 0; ; tries++) {
      try {
        const socket = net.connect(path);
        await once(socket, "connect");
        this.qmpSocket = socket;
        break;
      } catch (error) {
        if (this.exited || tries > 400) throw new Error(`no monitor: ${error}\n${this.stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
    let pending = "";
    this.qmpWaiting = [];
    this.qmpEvents = [];
    this.qmpSocket.on("data", (data) => {
      pending += data;
      const lines = pending.split("\n");
      pending = lines.pop();
      for (const line of lines) {
        const message = JSON.parse(line);
        if ("return" in message || "error" in message) this.qmpWaiting.shift()?.resolve(message);
        else if (message.event) this.qmpEvents.push(message);
      }
    });
    const gone = () => this.qmpWaiting.splice(0).forEach((w) => w.reject(new Error("QEMU ended")));
    this.qmpSocket.on("close", gone);
    this.qmpSocket.on("error", gone);
    await this.#send("qmp_capabilities");
  }

  async #send(execute, args) {
    const message = await new Promise((resolve, reject) => {
      this.qmpWaiting.push({ resolve, reject });
      this.qmpSocket.write(JSON.stringify({ execute, arguments: args }) + "\n");
    });
    if (message.error) throw new Error(`${execute}: ${message.error.desc}`);
    return message.return;
  }

  /** One QMP command. */
  async qmp(execute, args) {
    await this.#monitor();
    return this.#send(execute, args);
  }

  /** One command of the human monitor; gives what it prints. */
  hmp(line) {
    return this.qmp("human-monitor-command", { "command-line": line });
  }

  // --- The end ---

  /** Waits for QEMU to end by itself; gives its status. */
  async waitExit(timeout = 30000) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`still running after ${timeout} ms\n${this.serial.slice(-2000)}`)),
        timeout,
      );
    });
    try {
      return await Promise.race([this.exit, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends QEMU if it still runs, and removes what the guest left on disk. */
  async stop() {
    this.agent.destroy();
    for (const socket of this.sockets) socket.destroy();
    this.qmpSocket?.destroy();
    if (this.process && !this.exited) {
      this.process.kill("SIGKILL");
      await this.exit;
    }
    if (this.dir) rmSync(this.dir, { recursive: true, force: true });
  }
}
