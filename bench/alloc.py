#!/usr/bin/env python3
"""alloc: guest instructions for a warm slab and page alloc+free, and for memory set-up, measured by the kernel itself.

Boots with test=allocbench under 'qemu -icount shift=0', where one tick of the time-stamp counter is one instruction."""
from benchlib import *

o = options(__doc__)


def boot(mem):
    """The figures of one boot with MEM MiB: name -> ticks."""
    r = subprocess.run([o.qemu, "-accel", "tcg", "-icount", "shift=0", "-smp", "1", "-m", str(mem), "-display", "none",
                        "-nodefaults", "-no-reboot", "-serial", "stdio", "-device",
                        "isa-debug-exit,iobase=0xf4,iosize=1", "-kernel", o.elf,
                        "-append", "debug_exit test=allocbench " + o.append],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace", timeout=120)
    lines = [l.split("] bench: ")[1].split() for l in r.stdout.splitlines() if "] bench: " in l]
    if r.returncode != 33 or not lines:
        sys.exit(f"test=allocbench ended with status {r.returncode}, expected 33\n{r.stdout[-2000:]}")
    return {k: int(v) for k, v in lines}


res = boot(o.mem)
setup = res.pop("entry-to-mem_init")
# The set-up's cost for each page: what more memory adds to it, between two sizes of each kind.
for what, small, large in (("low", 256, 768), ("high", 1024, 2048)):
    a, b = (boot(m)["entry-to-mem_init"] for m in (small, large))
    res[f"set-up for each page of {what} memory"] = round((b - a) / ((large - small) * 256), 1)
for k, v in res.items():
    print(f"alloc  {k:40} {v} instructions")
save(o, "alloc", res)
