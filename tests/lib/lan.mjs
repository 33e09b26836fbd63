// A network of its own for a test: importing this module moves the whole test program into a fresh
// network namespace, where a tap device is the wire between this host and its guests. Nothing of it is
// seen outside, and it is gone when the program ends. Foreign clients, forged packets and captures
// work here as on a real wire, which QEMU's user network does not allow.
//
//   import "../lib/lan.mjs" first of all, then
//   const lan = await Lan.start();
//   const guest = await Guest.ready({ nic: lan.nic() });     guest.host is its address
//
// Where the machine forbids namespaces or tap devices, `unavailable` says why: pass it as `skip`.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "./clients.mjs";

export { run };

const MARK = "MEMSCOPE_IN_NAMESPACE";

const mark = process.env[MARK];

/** Why no namespace can be had, or false. Tests give it as { skip: unavailable }. */
export const unavailable = mark ? mark !== "yes" && mark : enter();

function enter() {
  const options = ["--net", ...(process.getuid() === 0 ? [] : ["--map-root-user"])];
  const probe = "ip link set lo up && ip tuntap add probe mode tap && ip link del probe";
  const tried = spawnSync("unshare", [...options, "sh", "-c", probe], { encoding: "utf8" });
  const ok = tried.status === 0;
  const reason = `cannot run here: no network namespace with a tap: ${tried.stderr || tried.error}`;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [command, ...args] = ok ? ["unshare", ...options, ...again] : again;
  const env = { ...process.env, [MARK]: ok ? "yes" : reason.replace(/\s+/g, " ").trim() };
  process.exit(spawnSync(command, args, { stdio: "inherit", env }).status ?? 1);
}

function ip(...args) {
  const done = spawnSync("ip", args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`ip ${args.join(" ")}: ${done.stderr}`);
}

let taps = 0;

export class Lan {
  /**
   * Makes a tap device with 10.77.N.1/24.
   *   dhcp    serve addresses from .50 up (true); `host` names the guest in the answer
   */
  static async start({ dhcp = true, host = "probe" } = {}) {
    const lan = new Lan();
    lan.number = taps++;
    lan.tap = `tap${lan.number}`;
    lan.prefix = `10.77.${lan.number}`;
    lan.address = `${lan.prefix}.1`;
    lan.dir = mkdtempSync(join(tmpdir(), "memscope-lan-"));
    ip("link", "set", "lo", "up");
    ip("tuntap", "add", lan.tap, "mode", "tap");
    ip("address", "add", `${lan.address}/24`, "dev", lan.tap);
    ip("link", "set", lan.tap, "up");
    if (dhcp) lan.#startDhcp(host);
    return lan;
  }

  #startDhcp(host) {
    const args = [
      ...["--no-daemon", "--port=0", "--conf-file=/dev/null", "--user=root", "--log-dhcp"],
      ...[`--interface=${this.tap}`, "--bind-interfaces", `--dhcp-option=12,${host}`],
      `--dhcp-range=${this.prefix}.50,${this.prefix}.99,255.255.255.0,1h`,
      ...[`--dhcp-leasefile=${this.dir}/leases`, `--pid-file=${this.dir}/pid`],
    ];
    this.dhcp = spawn("dnsmasq", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.dhcpLog = "";
    this.dhcp.stderr.on("data", (data) => (this.dhcpLog += data));
    this.dhcpEnd = new Promise((resolve) => this.dhcp.once("close", resolve));
  }

  /** Options for Guest's `nic`; `device` may carry properties of virtio-net-pci. */
  nic({ device = "", mac = "52:54:00:77:00:50" } = {}) {
    const netdev = `tap,id=net0,ifname=${this.tap},script=no,downscript=no`;
    return ["-netdev", netdev, "-device", `virtio-net-pci,netdev=net0,mac=${mac}${device}`];
  }

  // Debian's python3 by its path: scapy is a package of that one, whatever else is installed.
  /** Runs a Python program with scapy; `args` arrive as sys.argv[1:]. Gives its standard output. */
  async scapy(program, ...args) {
    const prelude = "import sys\nfrom scapy.all import *\nconf.verb = 0\n";
    const done = await run("/usr/bin/python3", ["-", this.tap, ...args.map(String)], {
      input: prelude + program,
    });
    if (done.status !== 0) throw new Error(`scapy: ${done.stderr.slice(-2000)}`);
    return done.stdout;
  }

  async stop() {
    if (this.dhcp) {
      this.dhcp.kill();
      await this.dhcpEnd;
    }
    ip("link", "del", this.tap);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
