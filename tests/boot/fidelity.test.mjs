// tools/fidelity.mjs finds what is wrong with the list: each breach is made in a copy of the tree's
// documents, and named.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { ROOT } from "../lib/guest.mjs";

const LIST = readFileSync(join(ROOT, "docs/fidelity.md"), "utf8");

/** Runs the tool over the tree with another list and table of stages. */
function check(list, table) {
  const dir = mkdtempSync(join(tmpdir(), "memscope-fidelity-"));
  try {
    for (const name of ["tools", "docs", "kernel"])
      cpSync(join(ROOT, name), join(dir, name), { recursive: true });
    for (const name of ["mm", "net", "web", "drivers", "tests"])
      symlinkSync(join(ROOT, name), join(dir, name));
    mkdirSync(join(dir, "build"));
    writeFileSync(join(dir, "docs/fidelity.md"), list);
    if (table) {
      const file = join(dir, "kernel/stages.def");
      writeFileSync(file, table(readFileSync(file, "utf8")));
    }
    const { status, stdout } = spawnSync("node", [join(dir, "tools/fidelity.mjs"), "--check"], {
      encoding: "utf8",
    });
    return { status, stdout };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const changes = {
  "a symbol that does not exist": [
    (text) => text.replace("mm/e820.c:sanitize_e820_map", "mm/e820.c:sanitise_e820_map"),
    /mm\/e820\.c does not define sanitise_e820_map/,
  ],
  "a file that does not exist": [
    (text) => text.replace("mm/e820.c:sanitize_e820_map", "mm/e821.c:sanitize_e820_map"),
    /mm\/e821\.c does not exist/,
  ],
  "a host test that is not run": [
    (text) => text.replace(":test_append\n", ":test_appended\n"),
    /test_e820\.c does not run test_appended/,
  ],
  "a title that no test has": [
    (text) => text.replace('"R1: high_memory"', '"R1: low_memory"'),
    /has no test "R1: low_memory"/,
  ],
  "a user among the tests": [
    (text) => text.replace("- user: mm/e820.c:find_e820_area", "- user: tests/host/test_e820.c:x"),
    /is a test/,
  ],
  "a record without its user": [
    (text) => text.replace(/- user: mm\/e820\.c:find_e820_area\n/, ""),
    /W-39 .*: has no user/,
  ],
  "a line that is missing": [
    (text) => text.replace(/### W-25 [^]*?(?=### )/, ""),
    /has to be "W-25 `early_gart_iommu_check`"/,
  ],
  "another mark": [
    (text) => text.replace(/(### W-25 .*\n\n- mark: )N\/A/, "$1MUST"),
    /its mark is MUST, the checklist says N\/A/,
  ],
  "another reason": [
    (text) => text.replace(/(### W-25 [^]*?- reason: )64-bit only/, "$1too old"),
    /its reason is "too old", the stages say "64-bit only"/,
  ],
  "a stage in no record": [
    (text) => text.replace("- stages: tboot_probe ", "- stages: "),
    /the stage tboot_probe stands in no record/,
  ],
};

test("the list as it is has no breach", () => {
  const { status, stdout } = check(LIST);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^fidelity: 222 records, 0 breaches$/m);
});

for (const [what, [change, expected]] of Object.entries(changes))
  test(`found: ${what}`, () => {
    const list = change(LIST);
    assert.notEqual(list, LIST, "the list does not have what is to be changed");
    const { status, stdout } = check(list);
    assert.equal(status, 1, stdout);
    assert.match(stdout, expected);
  });

test("found: a new row of kernel/stages.def", () => {
  const row = 'STAGE(new_stage, "W-25", "new_stage", "W §4.1", NA, "none")\n';
  const { status, stdout } = check(LIST, (text) => text + row);
  assert.equal(status, 1);
  assert.match(stdout, /the stage new_stage stands in no record/);
});

test("found: a stage that must be done and has a reason for not being done", () => {
  const { status, stdout } = check(LIST, (text) =>
    text.replace(/(STAGE\(early_memtest, [^]*?MUST,\s*)NULL\)/, '$1"no time")'),
  );
  assert.equal(status, 1, stdout);
  assert.match(stdout, /stage early_memtest is MUST and has a reason for not being done/);
});
