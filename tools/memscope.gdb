# Commands for gdb (make gdb): what the hardware's tables say, read through gdb itself, so they work
# while the machine stands still anywhere. "help user-defined" lists them.

set pagination off
set confirm off
set print pretty on

define ms-walk
  if $argc != 1
    printf "ms-walk ADDRESS: walks the page tables from CR3, two levels\n"
  else
    set $ms_va = (unsigned int)($arg0)
    set $ms_pgd = 0xc0000000 + ($cr3 & 0xfffff000)
    set $ms_pde = ((unsigned int *)$ms_pgd)[$ms_va >> 22]
    printf "pgd[%u] at 0x%08x = 0x%08x", $ms_va >> 22, $ms_pgd + 4 * ($ms_va >> 22), $ms_pde
    if !($ms_pde & 1)
      printf "  not present\n"
    else
      if $ms_pde & 0x80
        printf "  4 MiB page, writable: %u\n", ($ms_pde >> 1) & 1
        printf "physical 0x%08x\n", ($ms_pde & 0xffc00000) | ($ms_va & 0x3fffff)
      else
        set $ms_pte = ((unsigned int *)(0xc0000000 + ($ms_pde & 0xfffff000)))[($ms_va >> 12) & 0x3ff]
        printf "  table\npte[%u] = 0x%08x", ($ms_va >> 12) & 0x3ff, $ms_pte
        if $ms_pte & 1
          printf "  writable: %u\n", ($ms_pte >> 1) & 1
          printf "physical 0x%08x\n", ($ms_pte & 0xfffff000) | ($ms_va & 0xfff)
        else
          printf "  not present\n"
        end
      end
    end
  end
end
document ms-walk
ms-walk ADDRESS: walks the page tables from CR3 for a virtual address (two levels, lowmem tables).
end

define ms-mem
  monitor info mem
end
document ms-mem
ms-mem: the mapped ranges as QEMU sees them.
end

define ms-regs
  monitor info registers
end
document ms-regs
ms-regs: all registers, the hidden ones too, as QEMU sees them.
end

# The first C function of the kernel; from here "next" walks the boot order.
break start_kernel
