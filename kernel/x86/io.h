/*
 * Ports and device registers in memory.
 *
 * volatile is for device memory only: these are the accessors through which it is touched. x86
 * keeps the order of uncached accesses; the compiler barrier in the port functions keeps the
 * compiler from moving ordinary memory accesses across them.
 */
#ifndef KERNEL_X86_IO_H
#define KERNEL_X86_IO_H

#include "kernel/lib/types.h"

static inline void outb(u8 value, u16 port)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(u16 value, u16 port)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(u32 value, u16 port)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline u8 inb(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u16 inw(u16 port)
{
	u16 value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u32 inl(u16 port)
{
	u32 value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* A pause of about a microsecond on machines with an ISA bus: a write to an unused port (W-50). */
static inline void io_delay(void)
{
	outb(0, 0x80);
}

static inline u8 mmio_read8(const volatile void *addr)
{
	return *(const volatile u8 *)addr;
}

static inline u16 mmio_read16(const volatile void *addr)
{
	return *(const volatile u16 *)addr;
}

static inline u32 mmio_read32(const volatile void *addr)
{
	return *(const volatile u32 *)addr;
}

static inline void mmio_write8(volatile void *addr, u8 value)
{
	*(volatile u8 *)addr = value;
}

static inline void mmio_write16(volatile void *addr, u16 value)
{
	*(volatile u16 *)addr = value;
}

static inline void mmio_write32(volatile void *addr, u32 value)
{
	*(volatile u32 *)addr = value;
}

/*
 * Barriers for memory that a device reads and writes by itself (the virtio ring). x86 never
 * reorders loads with loads nor stores with stores of ordinary memory, so the read and write
 * barriers only bind the compiler; a store followed by a load needs a locked instruction.
 */
#define dma_rmb() barrier()
#define dma_wmb() barrier()
static inline void dma_mb(void)
{
	__asm__ volatile("lock; addl $0, (%%esp)" : : : "memory", "cc");
}

#endif
