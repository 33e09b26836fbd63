// A reader of the serial line that is slow must neither stop the kernel nor silence it.

import assert from "node:assert/strict";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";

// Runs QEMU with its standard output in a socket with little room that nobody reads for the first
// seconds.
const slowReader = `
import os, socket, sys, time
ours, qemus = socket.socketpair()
qemus.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
if os.fork() == 0:
    qemus.close()
    time.sleep(8)
    while data := ours.recv(4096):
        os.write(1, data)
    os._exit(0)
os.dup2(qemus.fileno(), 1)
ours.close()
qemus.close()
os.execvp(sys.argv[1], sys.argv[1:])
`;

test("nobody reads the serial line for a while: the ready line still comes", async () => {
  const prefix = ["/usr/bin/python3", "-c", slowReader];
  const guest = await Guest.start({ memory: 64, prefix });
  try {
    await guest.waitReady(60000);
    const ready = guest.lines.filter((line) => line.startsWith("memscope: ready"));
    assert.equal(ready.length, 1);
    assert.equal((await guest.get("/proc/version")).status, 200);
    // Every line that is shown comes once, whole and in order.
    const log = await guest.text("/proc/kmsg");
    const shown = log.split("\n").filter((line) => /^<[0-6]>/.test(line));
    const expected = shown.map((line) =>
      line.slice(3).replace(/^\[ *\d+\.\d+\] (?=memscope: ready)/, ""),
    );
    assert.deepEqual(guest.lines.slice(0, expected.length), expected);
  } finally {
    await guest.stop();
  }
});
