// How numbers are written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, count, duration, hex, microseconds, percent, plural } from "../src/model/format.js";

const plain = (text) => text.replaceAll("\u00a0", " ");

test("bytes keep three figures and always a unit", () => {
  const cases = [
    [0, "0 B"],
    [148, "148 B"],
    [4096, "4 KiB"],
    [1536, "1.50 KiB"],
    [12_600, "12.3 KiB"],
    [256 * 2 ** 20 - 640 * 1024, "255 MiB"],
    [3.5 * 2 ** 30, "3.50 GiB"],
    [2 ** 32, "4 GiB"],
  ];
  for (const [n, wanted] of cases) assert.equal(plain(bytes(n)), wanted);
});

test("shares never round something to nothing or to all", () => {
  assert.equal(plain(percent(0, 10)), "0 %");
  assert.equal(plain(percent(10, 10)), "100 %");
  assert.equal(plain(percent(1, 1e6)), "<0.1 %");
  assert.equal(plain(percent(999_999, 1e6)), ">99.9 %");
  assert.equal(plain(percent(9_960, 1e4)), "99.6 %");
  assert.equal(plain(percent(1, 3)), "33 %");
  assert.equal(plain(percent(1, 30)), "3.3 %");
  assert.equal(percent(1, 0), "–");
});

test("times", () => {
  const cases = [
    [400, "0.4 s"],
    [9_960, "10.0 s"],
    [93_784, "1 min 33 s"],
    [3_600_000, "1 h 0 min"],
    [90_061_000, "1 d 1 h"],
  ];
  for (const [ms, wanted] of cases) assert.equal(plain(duration(ms)), wanted);
  assert.equal(plain(microseconds(5.23)), "5.2 µs");
  assert.equal(plain(microseconds(5230)), "5.23 ms");
});

test("counts, addresses, plurals", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(hex(0x100000), "0x00100000");
  assert.equal(hex(2 ** 32), "0x100000000");
  assert.equal(hex(2n ** 64n), "0x10000000000000000");
  assert.equal(plain(plural(1, "cache")), "1 cache");
  assert.equal(plain(plural(2, "cache")), "2 caches");
});
