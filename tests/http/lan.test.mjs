// On a wire of its own: DHCP by dnsmasq, a static address, a port scan, names in Host.

import { Lan, run, unavailable } from "../lib/lan.mjs";

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";
import { checkAgrees } from "../lib/verdicts.mjs";

const skip = unavailable;

async function onLan(options, body) {
  const lan = await Lan.start(options);
  let guest;
  try {
    guest = await Guest.ready({ memory: 64, nic: lan.nic(options.device), append: options.append });
    await body(guest, lan);
  } finally {
    await guest?.stop();
    await lan.stop();
  }
}

test("dnsmasq gives it an address and a name, and Host may be that name", { skip }, async () => {
  await onLan({ host: "probe" }, async (guest, lan) => {
    assert.match(guest.host, new RegExp(`^${lan.prefix.replaceAll(".", "\\.")}\\.\\d+$`));
    assert.match(lan.dhcpLog, /DHCPACK/);
    const status = async (host) =>
      (await guest.request("/proc/version", { headers: { Host: host } })).status;
    assert.equal(await status("probe"), 200);
    assert.equal(await status("probe:80"), 200);
    assert.equal(await status(guest.host), 200);
    assert.equal(await status("evil.example"), 421);
  });
});

test("ip= gives it a static address without DHCP", { skip }, async () => {
  const append = (prefix) => `ip=${prefix}.60::${prefix}.1:255.255.255.0:lab:eth0:off`;
  const lan = await Lan.start({ dhcp: false });
  try {
    const options = { memory: 64, nic: lan.nic(), append: append(lan.prefix) };
    await Guest.with(options, async (guest) => {
      assert.equal(guest.host, `${lan.prefix}.60`);
      assert.equal((await guest.get("/proc/version")).status, 200);
    });
  } finally {
    await lan.stop();
  }
});

test("port= moves the server", { skip }, async () => {
  await onLan({ append: "port=8081" }, async (guest) => {
    assert.equal(guest.port, 8081);
    assert.equal((await guest.get("/proc/version")).status, 200);
  });
});

for (const [name, device] of [
  ["legacy", ",disable-legacy=off,disable-modern=on"],
  ["modern", ",disable-legacy=on,disable-modern=off"],
]) {
  test(`the ${name} virtio transport carries requests`, { skip }, async () => {
    await onLan({ device: { device } }, async (guest) => {
      const bytes = 2_000_000;
      const answer = await guest.get(`/api/v1/net/source?bytes=${bytes}&seed=1`);
      assert.equal(answer.body.length, bytes);
      await checkAgrees(guest);
    });
  });
}

test("nmap's SYN scan finds port 80 open and no other", { skip }, async () => {
  await onLan({}, async (guest) => {
    const args = ["-n", "-Pn", "-sS", "-p", "1-2000", "--max-retries", "3", guest.host];
    const { status, stdout } = await run("nmap", args, { timeout: 120000 });
    assert.equal(status, 0, stdout);
    const open = [...stdout.matchAll(/^(\d+)\/tcp +open/gm)].map(([, port]) => port);
    assert.deepEqual(open, ["80"], stdout);
    await checkAgrees(guest);
  });
});

test("ping answers", { skip }, async () => {
  await onLan({}, async (guest, lan) => {
    const program = `
answered, _ = sr(IP(dst=sys.argv[2])/ICMP(seq=[1, 2, 3])/(b"x" * 100), timeout=3, iface=sys.argv[1])
print(len(answered), all(bytes(a[1][ICMP].payload) == b"x" * 100 for a in answered))
`;
    assert.equal(await lan.scapy(program, guest.host), "3 True\n");
  });
});
