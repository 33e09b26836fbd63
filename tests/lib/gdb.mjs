// Writes into a running guest through QEMU's gdbstub, by the names and types of the source: what a
// stray pointer would do, done on purpose.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { ROOT } from "./guest.mjs";

/** QEMU options that a guest needs for gdb(); `dir` must exist. Give them as `extra`. */
export const gdbOptions = (path) => [
  "-chardev",
  `socket,path=${path},server=on,wait=off,id=gdb`,
  "-gdb",
  "chardev:gdb",
];

/**
 * Stops the guest, runs gdb's commands with the kernel's symbols, lets the guest go on. Gives what
 * gdb printed; a command that fails is an error.
 */
export async function gdb(path, ...commands) {
  const args = ["-q", "-nx", "-batch", "-iex", "set auto-load off"];
  const all = [`target remote ${path}`, ...commands, "detach"];
  for (const command of all) args.push("-ex", command);
  args.push(join(ROOT, "build/memscope.debug"));
  const { stdout, stderr } = await promisify(execFile)("gdb", args, { timeout: 20000 });
  const trouble = stderr.split("\n").filter((line) => line && !/^warning: /.test(line));
  if (trouble.length) throw new Error(`gdb: ${trouble.join("; ")}`);
  return stdout;
}
