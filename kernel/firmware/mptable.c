/*
 * The MP floating pointer and configuration table (W-32; see irq_tables.h).
 *
 *	floating pointer   "_MP_", 16 bytes that sum to 0, on a 16-byte boundary
 *	   |
 *	   v
 *	table   "PCMP", length, revision, sum, OEM, product, ... , local APIC: 44 bytes
 *	entries, of a fixed length for each type:
 *	   0 processor 20    1 bus 8    2 I/O APIC 8    3 interrupt 8    4 local interrupt 8
 *
 * Types are in rising order and of known length only, so that one of another type ends the reading:
 * nobody knows how long it is. Boot only.
 */
#include <string.h>

#include "kernel/firmware/irq_tables.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"

enum { MP_CPU, MP_BUS, MP_IOAPIC, MP_INT, MP_LOCAL_INT, MP_TYPES };

#define DEFAULT_LAPIC 0xFEE00000u
#define DEFAULT_IOAPIC 0xFEC00000u

struct irq_table mp_table;

static __always_inline u32 get32(const u8 *p)
{
	u32 v;

	__builtin_memcpy(&v, p, 4); /* a load: memcpy is a call with -ffreestanding */
	return v;
}

u8 __init fw_sum(const u8 *p, u32 len)
{
	u32 even = 0, all = 0, sum = 0;

	/* Four bytes at a time in two lanes; their sums are cut to 8 bits before a lane overflows. */
	while (len >= 4) {
		u32 words = min(len / 4, 128u);

		len -= 4 * words;
#pragma GCC unroll 4
		for (; words; words--, p += 4) {
			u32 w = get32(p);

			even += w & 0xff00ff;
			all += w;
		}
		all = (all - even) >> 8; /* the other two */
		sum += even + (even >> 16) + all + (all >> 16);
		even = all = 0;
	}
	while (len--)
		sum += *p++;
	return (u8)sum;
}

void __init fw_copy_text(char *dst, const u8 *src, u32 len)
{
	while (len && (src[len - 1] == ' ' || !src[len - 1]))
		len--;
	for (u32 i = 0; i < len; i++)
		dst[i] = src[i] >= ' ' && src[i] < 0x7f ? (char)src[i] : '?';
	dst[len] = '\0';
}

void __init fw_add_cpu(struct irq_table *t, struct fw_cpu cpu)
{
	if (t->cpus == FW_CPUS_MAX)
		t->dropped++;
	else
		t->cpu[t->cpus++] = cpu;
}

void __init fw_add_ioapic(struct irq_table *t, struct fw_ioapic ioapic)
{
	if (t->ioapics == FW_IOAPICS_MAX)
		t->dropped++;
	else
		t->ioapic[t->ioapics++] = ioapic;
}

void __init fw_add_route(struct irq_table *t, struct fw_route route)
{
	if (t->routes == FW_ROUTES_MAX)
		t->dropped++;
	else
		t->route[t->routes++] = route;
}

static void __init add_bus(struct irq_table *t, u8 id, const char *name)
{
	struct fw_bus *b = &t->bus[t->buses];

	if (t->buses == FW_BUSES_MAX) {
		t->dropped++;
		return;
	}
	t->buses++;
	b->id = id;
	fw_copy_text(b->name, (const u8 *)name, 6);
}

int __init mpf_find(const u8 *p, u32 len, struct mpf *out)
{
	for (u32 at = 0; at + MPF_BYTES <= len; at += 16) {
		const u8 *f = p + at;

		if (f[0] != '_' || memcmp(f, "_MP_", 4) || f[8] != 1 || (f[9] != 1 && f[9] != 4) ||
		    fw_sum(f, MPF_BYTES))
			continue;
		*out = (struct mpf){ get32(f + 4), f[9], f[11], f[12] >> 7 };
		return (int)at;
	}
	return -ENOENT;
}

u32 __init mpc_length(const u8 *p, u32 len)
{
	u32 claimed;

	if (len < MPC_HEADER_BYTES || memcmp(p, "PCMP", 4))
		return 0;
	claimed = p[4] | (u32)p[5] << 8;
	return claimed < MPC_HEADER_BYTES ? 0 : claimed;
}

/* => all bytes of the entry are there */
static void __init take_entry(struct irq_table *t, const u8 *e)
{
	switch (e[0]) {
	case MP_CPU: fw_add_cpu(t, (struct fw_cpu){ e[1], e[3] & 1, e[3] & 2 }); break;
	case MP_BUS: add_bus(t, e[1], (const char *)e + 2); break;
	case MP_IOAPIC:
		fw_add_ioapic(t, (struct fw_ioapic){ .id = e[1],
						     .enabled = e[3] & 1,
						     .address = get32(e + 4) });
		break;
	default:
		fw_add_route(t, (struct fw_route){ .type = e[1] & 3,
						   .local = e[0] == MP_LOCAL_INT,
						   .flags = e[2] & 15,
						   .bus = e[4],
						   .irq = e[5],
						   .apic = e[6],
						   .pin = e[7] });
		break;
	}
}

static void __init take_entries(struct irq_table *t, const u8 *p, u32 at, u32 end, u32 count)
{
	static const u8 __initconst sizes[MP_TYPES] = { 20, 8, 8, 8, 8 };

	for (u32 i = 0; i < count; i++) {
		u8 type;

		if (at >= end || (type = p[at]) >= MP_TYPES || end - at < sizes[type]) {
			if (at < end && p[at] >= MP_TYPES)
				t->unknown++;
			pr_warn("mptable: entry %u of %u at offset %u is %s: the rest is not read",
				i, count, at,
				at >= end	    ? "missing"
				: p[at] >= MP_TYPES ? "of an unknown type"
						    : "cut off");
			return;
		}
		take_entry(t, p + at);
		t->entries++;
		at += sizes[type];
	}
}

int __init mpc_parse(const u8 *p, u32 len, struct irq_table *out)
{
	u32 claimed = mpc_length(p, len);

	memset(out, 0, sizeof(*out));
	if (!claimed || claimed > len) {
		pr_warn("mptable: no \"PCMP\" table of %u to %u bytes: ignored", MPC_HEADER_BYTES,
			len);
		return -EINVAL;
	}
	if (fw_sum(p, claimed) || (p[6] != 1 && p[6] != 4)) {
		pr_warn("mptable: revision %u, its %u bytes sum to %u: expected 1 or 4, and 0: ignored",
			p[6], claimed, fw_sum(p, claimed));
		return -EINVAL;
	}
	out->revision = p[6];
	fw_copy_text(out->oem, p + 8, 8);
	fw_copy_text(out->product, p + 16, 12);
	out->lapic_address = get32(p + 36);
	take_entries(out, p, MPC_HEADER_BYTES, claimed, p[34] | (u32)p[35] << 8);
	out->valid = true;
	return 0;
}

int __init mp_default_config(u8 config, struct irq_table *out)
{
	static const char __initconst names[7][7] = { "ISA", "EISA", "EISA", "MCA",
						      "ISA", "EISA", "MCA" };

	memset(out, 0, sizeof(*out));
	if (!config || config > 7) {
		pr_warn("mptable: default configuration %u: expected 1 to 7: ignored", config);
		return -EINVAL;
	}
	out->valid = out->defaults = true;
	out->revision = config > 4 ? 4 : 1; /* 5 and up have integrated APICs */
	out->lapic_address = DEFAULT_LAPIC;
	fw_add_cpu(out, (struct fw_cpu){ 0, true, true });
	fw_add_cpu(out, (struct fw_cpu){ 1, true, false });
	add_bus(out, 0, names[config - 1]);
	if (config > 4)
		add_bus(out, 1, "PCI   "); /* six bytes, as in the table */
	fw_add_ioapic(out,
		      (struct fw_ioapic){ .id = 2, .enabled = true, .address = DEFAULT_IOAPIC });
	for (u8 irq = 0; irq < 16; irq++) {
		/* Line 2 is the cascade of the 8259; line 0 comes on pin 2, except in 2 (MPS 5.3). */
		if (irq != 2 && !(config == 2 && (!irq || irq == 13)))
			fw_add_route(out, (struct fw_route){
						  .irq = irq, .apic = 2, .pin = irq ? irq : 2 });
	}
	return 0;
}
