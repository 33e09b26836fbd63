// soak= on the command line: the job starts by itself, its verdict is on serial, and is posted.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import test from "node:test";

import { Guest } from "../lib/guest.mjs";

for (const mm of ["2.6", "2.4"])
  test(`a job from the command line prints its verdict and posts it, mm=${mm}`, () => posts(mm));

async function posts(mm) {
  const posted = [];
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (data) => (text += data));
    request.on("end", () => {
      posted.push({ url: request.url, method: request.method, text });
      response.end("thank you\n");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const document = "{'profile':'packet_storm','operations':5000,'seed':9}";
  const append = `mm=${mm} soak=${document} soak_post=http://10.0.2.2:${port}/verdicts/lab7`;
  try {
    await Guest.with({ memory: 32, append }, async (guest) => {
      const line = await guest.waitForLine(
        /^memscope: soak packet_storm: pass, 5000 operations, calls (0x[0-9a-f]+), state 0x0$/,
        60000,
      );
      await guest.waitForLine(/the verdict was taken by 10\.0\.2\.2/);
      assert.equal(posted.length, 1);
      assert.equal(posted[0].method, "POST");
      assert.equal(posted[0].url, "/verdicts/lab7");
      const verdict = JSON.parse(posted[0].text);
      assert.equal(verdict.verdict, "pass");
      assert.equal(verdict.calls_checksum, line[1]);
      assert.ok(verdict.latency_cycles.length > 3);
      assert.equal((await guest.json("/api/v1/check")).ok, true);
    });
  } finally {
    server.close();
  }
}

// Nobody there, no network, or no address: one clear line, the verdict is on serial, and the machine
// goes on.
for (const [what, nic, url, line] of [
  ["nobody listens", "user", "http://10.0.2.2:1/x", /could not be posted to 10\.0\.2\.2:1$/],
  ["there is no network", "none", "http://10.0.2.2:80/", /could not be posted to 10\.0\.2\.2:80$/],
  ["a name", "user", "http://lab.example/", /soak_post=http:\/\/lab\.example\/ is not http:\/\/A/],
])
  test(`the verdict cannot be posted: ${what}`, async () => {
    const document = "{'operations':2000,'allocate':[{'kind':'kmalloc','size':77}]}";
    const append = `mm=2.4 soak=${document} soak_post=${url}`;
    const guest = await Guest.start({ memory: 16, nic, append });
    try {
      await guest.waitForLine(/^memscope: soak job: pass, 2000 operations/, 60000);
      await guest.waitForLine(line, 60000);
      if (nic === "user") assert.equal((await guest.json("/api/v1/check")).ok, true);
    } finally {
      await guest.stop();
    }
  });

test("without a network the verdict is on serial all the same; a wrong one is refused there", async () => {
  const bad = { memory: 16, nic: "none", append: "soak=no_such_profile" };
  const guest = await Guest.start(bad);
  try {
    await guest.waitForLine(/^memscope: soak: refused: profile: "no_such_profile" is none of /);
  } finally {
    await guest.stop();
  }
  const document =
    "{'operations':3000,'allocate':[{'kind':'kmalloc','size':77}],'bug':{'kind':'leak'}}";
  const leaky = await Guest.start({ memory: 16, nic: "none", append: `soak=${document}` });
  try {
    await leaky.waitForLine(/^memscope: soak job: fail, 3000 operations/, 60000);
    await leaky.waitForLine(/^memscope: soak: 1 objects were leaked$/);
  } finally {
    await leaky.stop();
  }
});
