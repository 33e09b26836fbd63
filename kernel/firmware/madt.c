/*
 * The MADT: processors and interrupt controllers as ACPI lists them (W-82; see irq_tables.h).
 *
 *	header 36 bytes | local APIC address, 4 | flags, 4: bit 0 there are 8259s | entries
 *	entry   type, length, ...
 *	   0 local APIC 8      1 I/O APIC 12    2 interrupt override 10   3 NMI source 8
 *	   4 local NMI 6       5 local APIC address, 64 bits, 12          9 x2APIC 16
 *
 * An entry shorter than its type needs is passed over; one that has no length or reaches beyond the
 * table ends the reading. The caller has checked the sum. Boot only.
 */
#include <string.h>

#include "kernel/firmware/irq_tables.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"

#define MADT_HEADER_BYTES 44u

enum {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_NMI = 3,
	MADT_LOCAL_NMI = 4,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9,
};

struct irq_table madt_table;

static __always_inline u32 get32(const u8 *p)
{
	u32 v;

	__builtin_memcpy(&v, p, 4); /* a load: memcpy is a call with -ffreestanding */
	return v;
}

static u32 __init least_length(u8 type)
{
	static const u8 __initconst least[] = {
		[MADT_LAPIC] = 8,  [MADT_IOAPIC] = 12,	 [MADT_OVERRIDE] = 10,
		[MADT_NMI] = 8,	   [MADT_LOCAL_NMI] = 6, [MADT_LAPIC_ADDRESS] = 12,
		[MADT_X2APIC] = 16
	};

	return type < ARRAY_SIZE(least) ? least[type] : 0;
}

/* => the entry has the least length of its type */
static void __init take_entry(struct irq_table *t, const u8 *e)
{
	switch (e[0]) {
	case MADT_LAPIC:
		fw_add_cpu(t, (struct fw_cpu){ .apic_id = e[3], .enabled = e[4] & 1 });
		break;
	case MADT_X2APIC:
		/* Identifiers that need more than 8 bits belong to none that this image could show. */
		if (get32(e + 4) > 0xff)
			t->dropped++;
		else
			fw_add_cpu(t, (struct fw_cpu){ .apic_id = e[4], .enabled = e[8] & 1 });
		break;
	case MADT_IOAPIC:
		fw_add_ioapic(t, (struct fw_ioapic){ .id = e[2],
						     .enabled = true,
						     .address = get32(e + 4),
						     .gsi_base = get32(e + 8) });
		break;
	case MADT_OVERRIDE:
		fw_add_route(t, (struct fw_route){ .type = FW_ROUTE_INT,
						   .bus = e[2],
						   .irq = e[3],
						   .pin = get32(e + 4),
						   .flags = e[8] & 15 });
		break;
	case MADT_NMI:
		fw_add_route(t, (struct fw_route){ .type = FW_ROUTE_NMI,
						   .pin = get32(e + 4),
						   .flags = e[2] & 15 });
		break;
	case MADT_LOCAL_NMI:
		/* Names a processor by its ACPI number, of which QEMU and most firmware use "all". */
		fw_add_route(t, (struct fw_route){ .type = FW_ROUTE_NMI,
						   .local = true,
						   .apic = e[2],
						   .pin = e[5],
						   .flags = e[3] & 15 });
		break;
	default: /* MADT_LAPIC_ADDRESS */
		if (get32(e + 8))
			pr_warn("madt: local APIC above 4 GiB: not taken");
		else
			t->lapic_address = get32(e + 4);
		break;
	}
}

int __init madt_parse(const u8 *p, u32 len, struct irq_table *out)
{
	memset(out, 0, sizeof(*out));
	if (len < MADT_HEADER_BYTES || memcmp(p, "APIC", 4)) {
		pr_warn("madt: %u bytes: expected \"APIC\" and at least %u: ignored", len,
			MADT_HEADER_BYTES);
		return -EINVAL;
	}
	out->valid = true;
	out->revision = p[8];
	fw_copy_text(out->oem, p + 10, 6);
	fw_copy_text(out->product, p + 16, 8);
	out->lapic_address = get32(p + 36);
	out->pcat_compat = p[40] & 1;
	for (u32 at = MADT_HEADER_BYTES, size; at < len; at += size) {
		size = len - at < 2 ? 0 : p[at + 1];
		if (size < 2 || size > len - at) {
			pr_warn("madt: entry at offset %u of %u has length %u: the rest is not read",
				at, len, size);
			return 0;
		}
		out->entries++;
		if (!least_length(p[at]) || size < least_length(p[at]))
			out->unknown++;
		else
			take_entry(out, p + at);
	}
	return 0;
}
