/*
 * Function names by address (see symbols.h).
 *
 * The generated table is one stream of bytes, read from its beginning: a panic and a listing of
 * vmalloc areas have the time, and the image stays small. For each function, in ascending order of
 * address: the distance from the one before it as a ULEB128 number, the length of its packed name,
 * the packed name. In a packed name a byte below 0x80 is a letter; another one stands for the two
 * bytes of its pair, each again a letter or a pair of lower number.
 */
#include "kernel/symbols.h"

#include <stdio.h>

#include "kernel/x86/sections.h"

#define PAIR_FIRST 0x80u
#define NAME_SIZE 64 /* tools/gen-symbols.mjs cuts longer names */

extern const u32 symtab_count;
extern const u8 symtab_stream[];
extern const u8 symtab_pairs[][2];

static bool in_text(unsigned long addr)
{
	return (addr >= (unsigned long)_text && addr < (unsigned long)_etext) ||
	       (addr >= (unsigned long)__init_begin && addr < (unsigned long)__init_end);
}

static u32 uleb128(const u8 **at)
{
	u32 value = 0, shift = 0;
	u8 byte;

	do {
		byte = *(*at)++;
		value |= (u32)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

/* Appends what one byte of a packed name stands for. A pair's parts have lower numbers than it, so
 * the stack of right parts that wait is never deeper than there are pairs. */
static char *unpack(u8 byte, char *out, const char *end)
{
	u8 later[PAIR_FIRST];
	u32 depth = 0;

	for (;;) {
		while (byte >= PAIR_FIRST) {
			later[depth++] = symtab_pairs[byte - PAIR_FIRST][1];
			byte = symtab_pairs[byte - PAIR_FIRST][0];
		}
		if (out < end)
			*out++ = (char)byte;
		if (!depth)
			return out;
		byte = later[--depth];
	}
}

bool symbol_lookup(unsigned long addr, struct symbol *sym)
{
	const u8 *at = symtab_stream, *name = NULL;
	unsigned long function = 0, next = 0;

	if (!in_text(addr))
		return false;
	for (u32 i = 0; i < symtab_count; i++) {
		next += uleb128(&at);
		if (next > addr)
			break;
		function = next;
		name = at;
		at += 1 + *at;
	}
	if (!name)
		return false;
	sym->packed = name;
	sym->offset = addr - function;
	sym->size = (next > addr ? next : (unsigned long)__init_end) - function;
	return true;
}

int symbol_format(char *buf, size_t size, unsigned long addr)
{
	char name[NAME_SIZE], *out = name;
	struct symbol sym;

	if (!symbol_lookup(addr, &sym))
		return snprintf(buf, size, "%#lx", addr);
	for (u32 i = 1; i <= *sym.packed; i++)
		out = unpack(sym.packed[i], out, name + NAME_SIZE - 1);
	*out = '\0';
	return snprintf(buf, size, "%s+0x%lx/0x%lx", name, sym.offset, sym.size);
}
