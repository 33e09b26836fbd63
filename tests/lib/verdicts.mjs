// What must hold on every machine that boots, whatever its size and loader.

import assert from "node:assert/strict";

import { buddyinfo, firmwareMap, infoMem, mergeRanges, pageTables, ramPages } from "./proc.mjs";

/**
 * Every frame of the loader's RAM has one use: the list sums to what the map says, exactly; or to
 * `wanted` where it is not the map that counts.
 */
export async function framesSumUp(guest, wanted) {
  const expected = wanted ?? ramPages(await firmwareMap(guest));
  const { frames, ram_pages: pages } = await guest.json("/api/v1/memory");
  assert.equal(pages, expected, "ram_pages against the firmware's map");
  const sum = frames.reduce((total, { pages: n }) => total + n, 0);
  assert.equal(sum, expected, `uses sum to ${sum}: ${JSON.stringify(frames)}`);
  const names = frames.map(({ use }) => use);
  assert.equal(new Set(names).size, names.length, "a use is listed twice");
  for (const { use, pages: n } of frames) assert.ok(n >= 0, `${use}: ${n} pages`);
  const use = Object.fromEntries(frames.map((frame) => [frame.use, frame.pages]));
  return { use, pages };
}

/** The kernel's own walk over every descriptor finds nothing to complain about. */
export async function checkAgrees(guest) {
  const check = await guest.json("/api/v1/check");
  assert.deepEqual(check.disagreements, []);
  assert.equal(check.ok, true);
  assert.ok(check.frames_walked > 0, "the check walked no frame");
  return check;
}

/** The page tables that the guest shows are those that QEMU's MMU walks. */
export async function pageTablesAgree(guest) {
  const shown = pageTables(await guest.text("/sys/kernel/debug/kernel_page_tables"));
  const seen = infoMem(await guest.hmp("info mem"));
  assert.deepEqual(mergeRanges(shown.filter(({ mapped }) => mapped)), mergeRanges(seen));
  return shown;
}

/** Text and JSON of one guest tell the same free pages, zone by zone. */
export async function buddyinfoAgrees(guest) {
  const text = buddyinfo(await guest.text("/proc/buddyinfo"));
  assert.ok(text.length > 0, "no zone in /proc/buddyinfo");
  for (const zone of text) {
    assert.equal(zone.blocks.length, text[0].blocks.length);
    assert.ok(zone.free > 0, `${zone.zone} has no free page`);
  }
  return text;
}

/** All of them. */
export async function allHolds(guest, wanted) {
  const frames = await framesSumUp(guest, wanted);
  await checkAgrees(guest);
  await pageTablesAgree(guest);
  await buddyinfoAgrees(guest);
  return frames;
}
