/*
 * Makes SRATs and SLITs in memory, byte by byte, for the tests of what reads them.
 */
#ifndef TESTS_HOST_SUPPORT_SRAT_H
#define TESTS_HOST_SUPPORT_SRAT_H

#include <string.h>

#include "kernel/lib/types.h"
#include "mm/srat.h"

struct table {
	u8 bytes[4096];
	u32 length;
};

static inline void table_put(struct table *t, u64 value, u32 size)
{
	memcpy(t->bytes + t->length, &value, size);
	t->length += size;
}

static inline void srat_begin(struct table *t)
{
	memset(t, 0, sizeof(*t));
	t->length = 48;
}

static inline void srat_memory(struct table *t, u32 pxm, u64 base, u64 bytes, u32 flags)
{
	table_put(t, 1, 1);
	table_put(t, 40, 1);
	table_put(t, pxm, 4);
	table_put(t, 0, 2);
	table_put(t, base, 8);
	table_put(t, bytes, 8);
	table_put(t, 0, 4);
	table_put(t, flags, 4);
	table_put(t, 0, 8);
}

static inline void srat_cpu(struct table *t, u32 pxm, u32 apic_id, u32 flags)
{
	table_put(t, 0, 1);
	table_put(t, 16, 1);
	table_put(t, pxm, 1);
	table_put(t, apic_id, 1);
	table_put(t, flags, 4);
	table_put(t, 0, 8);
}

static inline void srat_x2apic(struct table *t, u32 pxm, u32 apic_id, u32 flags)
{
	table_put(t, 2, 1);
	table_put(t, 24, 1);
	table_put(t, 0, 2);
	table_put(t, pxm, 4);
	table_put(t, apic_id, 4);
	table_put(t, flags, 4);
	table_put(t, 0, 8);
}

/* Gives a copy of just the table's length to a parser: reading one byte more is an error that
 * AddressSanitizer reports. */
static inline void table_parse(const struct table *t, void (*parse)(const u8 *table, u32 length))
{
	u8 *copy = malloc(t->length ? t->length : 1);

	memcpy(copy, t->bytes, t->length);
	parse(copy, t->length);
	free(copy);
}

#endif
