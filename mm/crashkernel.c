/*
 * The reservation for a crash kernel: a piece of low memory that nothing here uses.
 *
 * There is no second kernel to start. The reservation is made as documented, is shown with its own
 * use in the list of frames and as "Crash kernel" in the resource tree, and stays untouched for as
 * long as the machine runs.
 *
 *	no base     first fit from 16 MiB up, at a multiple of 16 MiB
 *	a base      exactly there, at a multiple of 1 MiB, or refused
 *
 * Boot only.
 *
 * Differences from the documents: the search ends where low memory does, since high memory is
 * released without a look at the reservations; and a reservation that would leave too little low
 * memory to come up in is refused instead of ending the boot later.
 */
#include "mm/crashkernel.h"

#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/memparse.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/early_res.h"
#include "mm/memlayout.h"
#include "mm/memstat.h"
#include "mm/mmzone.h"
#include "mm/resource.h"

#define DEFAULT_ALIGN 0x1000000ull /* 16 MiB, which is also where the search begins */
#define BASE_ALIGN 0x100000ull

/* Low memory that must stay beside it and the page descriptors, in bytes. */
#define LEAST_LEFT (2ull << 20)

static struct resource crashk_res = { .name = "Crash kernel", .busy = true };
static struct memstat_crashkernel result;

/* A number with a suffix; NULL if there is none. */
static const char *__init number(const char *s, u64 *value)
{
	const char *end;

	*value = memparse(s, &end);
	return end == s ? NULL : end;
}

/* FROM-[TO]:SIZE,... Sets *size from the first range with system_ram in it; gives what follows. */
static const char *__init parse_ranges(const char *s, u64 system_ram, u64 *size, const char **why)
{
	bool chosen = false;

	*why = "FROM-[TO]:SIZE[,...] with FROM below TO";
	for (;;) {
		u64 from, to = ~0ull, bytes;

		s = number(s, &from);
		if (!s || *s != '-')
			return NULL;
		if (*++s != ':' && !(s = number(s, &to)))
			return NULL;
		if (*s != ':' || to <= from || !(s = number(s + 1, &bytes)))
			return NULL;
		if (!chosen && system_ram >= from && system_ram < to) {
			*size = bytes;
			chosen = true;
		}
		if (*s != ',')
			return s;
		s++;
	}
}

int __init parse_crashkernel(const char *value, u64 system_ram, u64 *size, u64 *base,
			     const char **why)
{
	const char *end = number(value, size);

	*base = 0;
	*why = "SIZE[KMG][@BASE[KMG]]";
	if (!end)
		return -EINVAL;
	if (*end == '-') {
		*size = 0;
		end = parse_ranges(value, system_ram, size, why);
		if (!end)
			return -EINVAL;
	} else if (!*size) {
		return -EINVAL;
	}
	if (*end == '@' && !(end = number(end + 1, base)))
		return -EINVAL;
	return *end ? -EINVAL : 0;
}

int __init check_crashkernel(const char *value)
{
	const char *why;
	u64 size, base;

	return parse_crashkernel(value, ~0ull, &size, &base, &why);
}

/* Where it goes, or ~0 with the reason. */
static u64 __init find_place(u64 size, u64 base, const char **why)
{
	u64 low_end = PFN_PHYS(max_low_pfn), map = (u64)max_pfn * sizeof(struct page), place;

	*why = "it would leave too little low memory";
	if (size > low_end || low_end - size < map + LEAST_LEFT)
		return ~0ull;
	if (!base) {
		*why = "no free low memory of that size at a multiple of 16 MiB";
		return find_e820_area(DEFAULT_ALIGN, low_end, size, DEFAULT_ALIGN);
	}
	*why = "the memory there is in use, is no RAM, or begins at no multiple of 1 MiB";
	place = find_e820_area(base, low_end, size, BASE_ALIGN);
	return place == base ? place : ~0ull;
}

static void __init refuse(const char *value, const char *why)
{
	pr_err("crashkernel=%s refused: %s (%llu KiB of low memory)", value, why,
	       PFN_PHYS(max_low_pfn) >> 10);
	stage_note("refused: %s", why);
}

void __init reserve_crashkernel(void)
{
	const char *value = cmdline_value("crashkernel"), *why;
	u64 system_ram = PFN_PHYS(max_low_pfn), size, base, place;

	if (!value) {
		stage_note("crashkernel= is not given: nothing is reserved");
		return;
	}
	if (parse_crashkernel(value, system_ram, &size, &base, &why)) {
		refuse(value, why);
		return;
	}
	if (!size) {
		pr_info("crashkernel: no range holds %llu MiB: nothing is reserved",
			system_ram >> 20);
		stage_note("no range holds %llu MiB", system_ram >> 20);
		return;
	}
	size = round_up(size, PAGE_SIZE);
	place = size ? find_place(size, base, &why) : ~0ull;
	if (place == ~0ull) {
		refuse(value, why);
		return;
	}
	reserve_early(place, place + size, "CRASH KERNEL");
	result = (struct memstat_crashkernel){ place, place + size, system_ram };
	crashk_res.start = place;
	crashk_res.end = place + size - 1;
	if (insert_resource(&iomem_resource, &crashk_res))
		pr_warn("iomem: Crash kernel overlaps another range: left out");
	pr_info("crashkernel: %llu MiB at %llu MiB kept, of %llu MiB; no kernel is loaded there",
		size >> 20, place >> 20, system_ram >> 20);
	stage_note("[%#llx, %#llx) of %#llx bytes; no kernel is loaded there", place, place + size,
		   system_ram);
}

void memstat_crashkernel(struct memstat_crashkernel *out)
{
	*out = result;
}
