// The card and the way to an address: transports, offload, links that come and go, DHCP that is late,
// no card at all, memory that is short.

import { Lan, unavailable } from "../lib/lan.mjs";

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { run, withFolder } from "../lib/clients.mjs";
import { gdb, gdbOptions } from "../lib/gdb.mjs";
import { Guest } from "../lib/guest.mjs";

const skip = unavailable;
const SOURCE = "/api/v1/net/source?bytes=3000000&seed=9";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function onLan(options, body) {
  const lan = await Lan.start(options.lan);
  let guest;
  try {
    const append = options.append?.(lan);
    const nic = lan.nic({ device: options.device });
    guest = await Guest.start({ memory: 64, ...options.guest, nic, append });
    if (options.ready ?? true) await guest.waitReady();
    return await body(guest, lan);
  } finally {
    await guest?.stop();
    await lan.stop();
  }
}

const negotiated = (guest) =>
  guest.lines.flatMap((line) => /negotiated (\w+)/.exec(line)?.[1] ?? []);

// The pattern depends on the seed only: the same bytes must come whatever the card can do.
const bodies = new Set();

for (const [name, device, driver, features] of [
  ["modern with all offload", "", "modern", ["CSUM", "GUEST_CSUM", "HOST_TSO4", "EVENT_IDX"]],
  ["legacy with all offload", ",disable-modern=on", "legacy", ["CSUM", "HOST_TSO4", "ANY_LAYOUT"]],
  ["modern only", ",disable-legacy=on", "modern", ["CSUM", "VERSION_1"]],
  ["no checksum offload", ",csum=off,guest_csum=off", "modern", ["EVENT_IDX"]],
  ["no offload, no event index", ",csum=off,guest_csum=off,event_idx=off", "modern", ["STATUS"]],
  ["legacy, header apart", ",disable-modern=on,any_layout=off", "legacy", ["CSUM"]],
]) {
  test(`${name}: what it negotiates is shown, and the bytes are right`, { skip }, async () => {
    await onLan({ device }, async (guest) => {
      await guest.waitForLine(new RegExp(`virtio_net \\(${driver}\\)`));
      const have = negotiated(guest);
      for (const feature of features) assert.ok(have.includes(feature), `${feature} in ${have}`);
      const off = [...device.matchAll(/(\w+)=off/g)].map((match) => match[1].toUpperCase());
      for (const feature of off) assert.ok(!have.includes(feature), `${feature} in ${have}`);
      const answer = await guest.get(SOURCE);
      assert.equal(answer.body.length, 3000000);
      bodies.add(answer.body.toString("latin1"));
      assert.equal(bodies.size, 1, "other bytes than through another card");
      await guest.request("/", { method: "POST", body: "x".repeat(20000) }).catch(() => {});
      assert.equal((await guest.get("/proc/version")).status, 200);
    });
  });
}

test("the ready line comes once, also when the link goes and comes", { skip }, async () => {
  await onLan({}, async (guest) => {
    await guest.qmp("set_link", { name: "net0", up: false });
    await guest.waitForLine(/eth0: link down/);
    await sleep(200);
    await guest.qmp("set_link", { name: "net0", up: true });
    await guest.waitForLine(/eth0: link up/);
    const answer = await guest.get("/proc/version", { agent: false });
    assert.equal(answer.status, 200);
    await sleep(500);
    assert.equal(guest.lines.filter((line) => line.startsWith("memscope: ready")).length, 1);
  });
});

test("a DHCP server that is late finds it asking, and it says so", { skip }, async () => {
  await onLan({ lan: { dhcp: false }, ready: false }, async (guest, lan) => {
    await guest.waitForLine(/no DHCP answer after 10 s/, 20000);
    assert.ok(!guest.serial.includes("memscope: ready"));
    const asked = await lan.scapy(`
print(len(sniff(iface=sys.argv[1], filter="udp port 67", timeout=25, count=1)))`);
    assert.equal(asked.trim(), "1", "it has stopped asking");
  });
});

test("quick: the ready line within half a second of entry", { skip }, async () => {
  await onLan({ append: (lan) => `ip=${lan.prefix}.60:::255.255.255.0` }, async (guest) => {
    assert.ok(guest.readyMs < 500, `${guest.readyMs} ms`);
  });
});

for (const [name, nic, append, reason] of [
  ["no card", "none", "", /no network card/],
  [
    "a card it has no driver for",
    ["-nic", "user,model=rtl8139"],
    "",
    /no driver for the NIC 10ec:8139/,
  ],
  ["ip=off", "user", "ip=off", /switched off by ip=/],
]) {
  test(`${name}: said in the ready line, and the state is printed`, async () => {
    const guest = await Guest.start({ memory: 64, nic, append });
    try {
      const [, why] = await guest.waitForLine(/^memscope: ready, no network: (.+), in \d+ ms$/);
      assert.match(why, reason);
      await guest.waitForLine(/Node 0, zone +Normal/);
      assert.ok(!guest.serial.includes("memscope: ready http"));
    } finally {
      await guest.stop();
    }
  });
}

// What gdb does at each call of alloc_pages for the receive ring: returns NULL to the caller.
const refuse = (count) => `set $n = 0
while $n < ${count}
  continue
  set $eip = *(unsigned *)$esp
  set $esp = $esp + 4
  set $eax = 0
  set $n = $n + 1
end
delete
`;

test("receive buffers that cannot be had are counted and had later", { skip }, async () => {
  await withFolder(async (dir) => {
    const stub = join(dir, "gdb");
    await onLan({ guest: { extra: gdbOptions(stub) } }, async (guest) => {
      const read = async (field) =>
        Number(/= (\d+)/.exec(await gdb(stub, `print (unsigned)device->${field}`))[1]);
      const target = await read("rx_buffers_target");
      assert.ok(target >= 16);
      assert.equal(await read("counters.rx_refill_failed"), 0);
      const script = join(dir, "refuse");
      writeFileSync(script, refuse(400));
      // Enough traffic to empty the ring; it stops by itself.
      const load = run("wrk", [
        "-c8",
        "-t1",
        "-d6s",
        "--timeout",
        "10s",
        `${guest.origin}/proc/version`,
      ]);
      await gdb(stub, "break *alloc_pages if $ecx == OWNER_NET_RX", `source ${script}`);
      await load;
      assert.ok((await read("counters.rx_refill_failed")) >= 400);
      assert.ok((await read("counters.rx_no_buffer")) > 0, "the ring was never empty");
      const { status } = await guest.get("/proc/version", { agent: false });
      assert.equal(status, 200);
      await sleep(100);
      assert.equal(await read("rx_buffers"), target);
    });
  });
});

test(
  "two hundred connections at once, each gets its answer or a clear refusal",
  { skip },
  async () => {
    await onLan({}, async (guest) => {
      const args = [
        "-c200",
        "-t1",
        "-d4s",
        "-H",
        "Connection: close",
        `${guest.origin}/proc/version`,
      ];
      const { stdout } = await run("wrk", args);
      assert.match(stdout, /(\d+) requests in/);
      assert.ok(Number(/(\d+) requests in/.exec(stdout)[1]) > 200, stdout);
      assert.equal((await guest.get("/proc/version", { agent: false })).status, 200);
    });
  },
);
