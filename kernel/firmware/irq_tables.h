/*
 * What firmware says about processors and interrupt controllers, in one form for its two tables:
 * the MADT of ACPI (ACPI 2.0, 5.2.10.4) and the MP configuration table (Intel MultiProcessor
 * Specification 1.4, chapter 4).
 *
 * The parsers take bytes and a length and believe nothing: a wrong sum, a length that does not fit
 * or an entry of no length ends the reading with one line in the log, and what was read before it
 * stays.
 */
#ifndef KERNEL_FIRMWARE_IRQ_TABLES_H
#define KERNEL_FIRMWARE_IRQ_TABLES_H

#include "kernel/lib/types.h"

#define FW_CPUS_MAX 16
#define FW_IOAPICS_MAX 4 /* MAX_IO_APICS of the fixmap */
#define FW_BUSES_MAX 16
#define FW_ROUTES_MAX 64

struct fw_cpu {
	u8 apic_id;
	bool enabled, boot; /* the MADT does not say which one boots */
};

struct fw_ioapic {
	u32 address;  /* physical */
	u32 gsi_base; /* first interrupt number; the MP table numbers pins only: 0 */
	u8 id;
	bool enabled;
};

struct fw_bus {
	u8 id;
	char name[7]; /* "PCI", "ISA" */
};

/* Types of a route: those of the MP table, which the MADT's entries are translated to. */
enum fw_route_type { FW_ROUTE_INT, FW_ROUTE_NMI, FW_ROUTE_SMI, FW_ROUTE_EXTINT };
#define FW_ALL_CPUS 0xff /* as a local route's apic */

struct fw_route {
	u8 type;    /* enum fw_route_type */
	bool local; /* to a pin of a processor's local APIC, else to one of an I/O APIC */
	u8 bus;	    /* of fw_bus; the MADT knows ISA only: 0 */
	u8 irq;	    /* ISA line; on a PCI bus device << 2 | pin */
	u8 apic;    /* I/O APIC or local APIC by id; the MADT's overrides: 0 */
	u8 flags; /* bits 1-0 polarity: 1 high, 3 low; bits 3-2 trigger: 1 edge, 3 level; 0 as the bus */
	u32 pin; /* pin of that APIC, or the MADT's global interrupt number */
};

struct irq_table {
	bool valid;
	bool defaults;	  /* MP: no table, one of the specification's default configurations */
	bool pcat_compat; /* MADT: two 8259 are there, too; MP: the IMCR is present */
	u8 revision;
	u8 cpus, ioapics, buses, routes; /* filled of the arrays below */
	u16 entries;			 /* seen in the table */
	u16 unknown;			 /* of a type that is not read here */
	u16 dropped;			 /* that did not fit an array */
	u32 lapic_address;
	char oem[9], product[13];
	struct fw_cpu cpu[FW_CPUS_MAX];
	struct fw_ioapic ioapic[FW_IOAPICS_MAX];
	struct fw_bus bus[FW_BUSES_MAX];
	struct fw_route route[FW_ROUTES_MAX];
};

/* ---- The MP table (W-32) ---- */

struct mpf {
	u32 config; /* physical address of the configuration table; 0: none */
	u8 revision;
	u8 default_config; /* 0: see the table; 1 to 7: a default configuration */
	bool imcr;
};

#define MPF_BYTES 16
#define MPC_HEADER_BYTES 44u

/*
 * Looks for the floating pointer on 16-byte boundaries of `len` bytes at p. Returns its offset, or
 * -ENOENT. What looks like one but has a wrong length, revision or sum is passed over.
 */
int mpf_find(const u8 *p, u32 len, struct mpf *out);

/* Length in bytes that a configuration table claims, 0 if `len` bytes at p do not begin one. */
u32 mpc_length(const u8 *p, u32 len);

/*
 * Reads a configuration table of which `len` bytes are at p into an empty out. Returns 0, or -EINVAL
 * with a line if it is not one: then out stays invalid.
 */
int mpc_parse(const u8 *p, u32 len, struct irq_table *out);

/* Default configuration 1 to 7: two processors, one I/O APIC, the ISA lines. -EINVAL for others. */
int mp_default_config(u8 config, struct irq_table *out);

/* ---- The MADT (W-82) ---- */

/* Reads the `len` bytes of a MADT, header included, into an empty out. Returns 0 or -EINVAL. */
int madt_parse(const u8 *p, u32 len, struct irq_table *out);

/* ---- For both ---- */

u8 fw_sum(const u8 *p, u32 len);

/* Each adds one; a table that is full counts it as dropped. */
void fw_add_cpu(struct irq_table *t, struct fw_cpu cpu);
void fw_add_ioapic(struct irq_table *t, struct fw_ioapic ioapic);
void fw_add_route(struct irq_table *t, struct fw_route route);

/* Copies `len` bytes of text, without blanks at the end, as printable ASCII. => dst holds len + 1 */
void fw_copy_text(char *dst, const u8 *src, u32 len);

/* What was read, as the firmware pages and the boot use it. Not valid: the machine has none. */
extern struct irq_table madt_table, mp_table;

#endif
