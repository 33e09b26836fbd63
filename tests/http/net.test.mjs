// /api/v1/net and /proc/net/dev: what the machine says of its network is what QEMU says of it.

import assert from "node:assert/strict";
import net from "node:net";
import test, { after, before } from "node:test";

import { openEvents } from "../lib/events.mjs";
import { Guest } from "../lib/guest.mjs";

let guest;
before(async () => {
  guest = await Guest.ready({ memory: 128 });
});
after(() => guest?.stop());

/** Waits until `check` no longer throws. */
async function eventually(check) {
  for (const end = Date.now() + 10_000; ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const view = () => guest.json("/api/v1/net");

/** QEMU's own device. */
async function device() {
  const [{ path }] = await guest.qmp("x-query-virtio");
  return {
    status: await guest.qmp("x-query-virtio-status", { path }),
    queue: (index) => guest.qmp("x-query-virtio-queue-status", { path, queue: index }),
  };
}

test("the rings are where and as large as QEMU has them, with as many buffers made available", async () => {
  const qemu = await device();
  await eventually(async () => {
    const { rings } = await view();
    assert.deepEqual(
      rings.map(({ name }) => name),
      ["receive", "transmit"],
    );
    for (const ring of rings) {
      const queue = await qemu.queue(ring.index);
      assert.equal(ring.descriptors, queue["vring-num"]);
      for (const part of ["desc", "avail", "used"])
        assert.equal(Number(ring[part]), queue[`vring-${part}`], part);
      assert.equal(ring.in_use + ring.free, ring.descriptors);
    }
    // The packets of these questions are the only ones that move.
    const rx = await qemu.queue(0);
    const now = (await view()).rings[0];
    assert.ok(Math.abs(now.made_available - rx["shadow-avail-idx"]) < 40, "as many made available");
    assert.ok(rx["used-idx"] <= now.taken_back + 40);
  });
});

test("the negotiated features are QEMU's, by name", async () => {
  const { features, interface: eth } = await view();
  const { status } = await device();
  const qemu = [
    ...status["guest-features"]["dev-features"],
    ...status["guest-features"].transports,
  ].map((line) => /^VIRTIO_(?:NET_|RING_)?F_(\w+):/.exec(line)[1]);
  const ours = features.filter(({ negotiated }) => negotiated).map(({ name }) => name);
  assert.deepEqual(ours.sort(), qemu.sort());
  for (const { bit, name, negotiated } of features) {
    assert.ok(name, `bit ${bit} has a name`);
    assert.equal((BigInt(eth.features_offered) >> BigInt(bit)) & 1n, 1n);
    assert.equal((BigInt(eth.features_negotiated) >> BigInt(bit)) & 1n, negotiated ? 1n : 0n);
  }
});

test("the interface has QEMU's MAC and the address of the ready line", async () => {
  const { interface: eth } = await view();
  const { 1: mac } = /macaddr=([0-9a-f:]+)/.exec(await guest.hmp("info network"));
  assert.equal(eth.mac, mac);
  assert.equal(eth.address, guest.address);
  assert.equal(eth.netmask, "255.255.255.0");
  assert.equal(eth.gateway, "10.0.2.2");
  assert.equal(eth.link_up, true);
});

test("the receive buffers are the pages that are counted as such, and the pools are slab caches", async () => {
  const { buffers, pools } = await view();
  const { frames, caches } = await guest.json("/api/v1/memory");
  const pages = frames.find(({ use }) => use === "net_receive_buffers").pages;
  const held = buffers.receive + buffers.receive_pages_in_stack;
  assert.ok(Math.abs(held - pages) <= 8, `${held} of ${pages} pages`);
  for (const { name, object_bytes, used, quota } of pools) {
    const cache = caches.find((item) => item.name === name);
    assert.ok(cache, name);
    assert.ok(cache.object_bytes >= object_bytes, name);
    assert.ok(used <= quota && used <= cache.total, name);
  }
});

test("each connection is there with what it holds, and gone with it", async () => {
  const sockets = [];
  const open = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect(guest.port, guest.host, () => resolve(socket));
      socket.on("error", reject);
      sockets.push(socket);
    });
  const before = (await view()).connections_open;
  for (let i = 0; i < 3; i++) await open();
  await eventually(async () => assert.equal((await view()).connections_open, before + 3));
  const { connections, pools } = await view();
  const numbered = connections.filter(({ number }) => number > 0);
  assert.equal(numbered.length, before + 3);
  const listed = (await guest.json("/api/v1/connections")).connections;
  for (const { number, peer_port: port } of listed) {
    const same = numbered.find((item) => item.number === number);
    assert.equal(same?.peer_port, port);
  }
  for (const c of connections) {
    const parts = ["control", "http", "send", "early", "pending", "snapshot", "events"];
    assert.equal(
      c.held_bytes,
      parts.reduce((sum, part) => sum + c[`${part}_bytes`], 0),
    );
  }
  const control = pools.find(({ name }) => name === "TCP_PCB");
  assert.equal(connections.filter(({ state }) => state !== "LISTEN").length, control.used);
  assert.equal(connections.filter(({ state }) => state === "LISTEN").length, 1);
  for (const socket of sockets) socket.destroy();
  await eventually(async () => assert.equal((await view()).connections_open, before));
});

test("a reader that stands still is seen to hold memory; a stream of events says its rate", async () => {
  const socket = net.connect(guest.port, guest.host);
  socket.pause();
  socket.write("GET /api/v1/net/source?bytes=100000000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await eventually(async () => {
    const slow = (await view()).connections.find((c) => c.send_segments > 10);
    assert.ok(slow, "it has segments in its queue");
    assert.ok(slow.send_bytes > slow.send_segments * 16);
  });
  socket.destroy();
  const stream = await openEvents(guest.origin, "/events?hz=4");
  await stream.next();
  const { events, connections } = await view();
  assert.equal(events.open, 1);
  const [viewer] = connections.filter(({ events_hz: hz }) => hz > 0);
  assert.equal(viewer.events_hz, 4);
  assert.equal(viewer.events_bytes % 4096, 0);
  assert.ok(viewer.events_bytes >= 4096);
  stream.close();
  await eventually(async () => assert.equal((await view()).events.open, 0));
});

test("/proc/net/dev has Linux's columns and the same counters", async () => {
  const text = await guest.text("/proc/net/dev");
  const lines = text.split("\n");
  assert.equal(lines.length, 4);
  const head = lines[1].split("|").map((part) => part.trim().split(/ +/));
  assert.equal(head[1].length, 8);
  assert.equal(head[2].length, 8);
  const values = /^ *eth0:(.*)$/.exec(lines[2])[1].trim().split(/ +/).map(Number);
  assert.equal(values.length, 16);
  const { counters } = await view();
  assert.ok(values[0] > 0 && values[0] < counters.rx_bytes);
  assert.ok(values[1] > 0 && values[1] < counters.rx_packets);
  assert.ok(values[8] > 0 && values[8] < counters.tx_bytes);
  assert.ok(values[9] > 0 && values[9] < counters.tx_packets);
  // As tools read it: the columns stand under their heads' ends.
  assert.equal(lines[2].indexOf(":"), lines[1].indexOf("|"));
});
