/*
 * The steps of memory set-up that a platform may replace (W-09). The documents' table has many
 * more; these are the ones that concern memory here. Host tests put their own map into
 * memory_setup.
 */
#ifndef MM_X86_INIT_H
#define MM_X86_INIT_H

#include "kernel/lib/types.h"

struct x86_init_ops {
	/* Lists ROMs below 1 MiB and enters them as resources (W-22). */
	void (*probe_roms)(void);
	/* The video memory and the standard I/O ports as resources (W-82). */
	void (*reserve_resources)(void);
	/* Finds the MP table; reads it (W-32, W-82). */
	void (*find_smp_config)(void);
	void (*get_smp_config)(void);
	/* Fills e820 and returns the name of its source (W-10). */
	const char *(*memory_setup)(void);
	/* Whether RAM is at this physical page; its contents stay. Windows are usable (W-06). */
	bool (*ram_answers)(phys_addr_t phys);
	/* Around paging_init (W-64). */
	void (*pagetable_setup_start)(void);
	void (*pagetable_setup_done)(void);
};

extern struct x86_init_ops x86_init;

/* The defaults. */
void native_probe_roms(void);
void native_reserve_resources(void);
void native_find_smp_config(void);
void native_get_smp_config(void);

#endif
