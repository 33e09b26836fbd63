/*
 * Function names by address (see symbols.h): a binary search in the generated table.
 */
#include "kernel/symbols.h"

#include <stdio.h>

#include "kernel/x86/sections.h"

static bool in_text(unsigned long addr)
{
	return (addr >= (unsigned long)_text && addr < (unsigned long)_etext) ||
	       (addr >= (unsigned long)__init_begin && addr < (unsigned long)__init_end);
}

bool symbol_lookup(unsigned long addr, struct symbol *sym)
{
	u32 lo = 0, hi = symtab_count;

	if (!in_text(addr))
		return false;
	/* The last entry whose address is not above addr is lo - 1 at the end. */
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (symtab_addr[mid] <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	sym->name = symtab_names + symtab_name_off[lo - 1];
	sym->offset = addr - symtab_addr[lo - 1];
	sym->size = (lo < symtab_count ? symtab_addr[lo] : (unsigned long)__init_end) -
		    symtab_addr[lo - 1];
	return true;
}

int symbol_format(char *buf, size_t size, unsigned long addr)
{
	struct symbol sym;

	if (!symbol_lookup(addr, &sym))
		return snprintf(buf, size, "%#lx", addr);
	return snprintf(buf, size, "%s+%#lx/%#lx", sym.name, sym.offset, sym.size);
}
