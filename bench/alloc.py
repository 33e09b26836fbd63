#!/usr/bin/env python3
"""alloc: guest instructions for a warm slab and page alloc+free, and for memory set-up, measured by the kernel itself.

Boots with test=allocbench under 'qemu -icount shift=0', where one tick of the time-stamp counter is one instruction."""
from benchlib import *

o = options(__doc__)
r = subprocess.run([o.qemu, "-accel", "tcg", "-icount", "shift=0", "-smp", "1", "-m", str(o.mem), "-display", "none",
                    "-nodefaults", "-no-reboot", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
                    "-kernel", o.elf, "-append", "test=allocbench " + o.append],
                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace", timeout=120)
lines = [l[l.index("bench:") + 7:] for l in r.stdout.splitlines() if "bench:" in l]
if r.returncode != 33 or not lines:
    sys.exit(f"test=allocbench ended with status {r.returncode}, expected 33\n{r.stdout[-2000:]}")
for l in lines:
    print("alloc ", l)
save(o, "alloc", lines)
