/*
 * Machines brought up from the loader's data to the allocators, by the sequence that the fuzz targets
 * use, and looked at through memstat.h. fuzz_boot itself checks that every frame has one use, that the
 * kernel's checks agree, and that memory can be had and given back.
 */
#include "support/host.h"

#include <sys/wait.h>
#include <unistd.h>

#include "kernel/boot/boot_info.h"
#include "kernel/job.h"
#include "mm/alloc_bench.h"
#include "mm/bootmem.h"
#include "mm/check_internal.h"
#include "mm/direct_map.h"
#include "mm/e820.h"
#include "mm/e820_setup.h"
#include "mm/fixmap.h"
#include "mm/memstat.h"
#include "mm/memstat_internal.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "support/boot_zones.h"
#include "support/zones.h"
#include "whole_boot.h"

/* ---- What the views say, against each other ---- */

static u32 sum_of_cells;

static void add_cells(void *arg, u32 run, u32 value, u32 eighths)
{
	char name[32];

	assert_non_null(
		memstat_frame_value(*(enum memstat_frame_view *)arg, value, name, sizeof(name)));
	assert_true(eighths <= 8);
	sum_of_cells += run;
}

static void look_at_pictures(void)
{
	u32 start = memstat_frame_start(), frames = memstat_frame_end() - start;
	static const u32 sizes[] = { 1, 7, 64 };

	for (enum memstat_frame_view view = 0; view < MEMSTAT_FRAME_VIEWS; view++)
		for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
			sum_of_cells = 0;
			memstat_frame_cells(view, start, sizes[i], frames / sizes[i] + 2, add_cells,
					    &view);
			assert_int_equal(sum_of_cells, frames / sizes[i] + 2);
		}
}

static unsigned objects_seen;

static void count_object(void *arg, const struct memstat_object *object)
{
	(void)arg;
	assert_true(object->state == 'u' || object->state == 'a' || object->state == 'f');
	objects_seen++;
}

static void ignore_mapping(void *arg, u32 address, u32 flags)
{
	(void)address;
	(void)flags;
	(*(u32 *)arg)++;
}

/* Every frame tells a block that holds it, and a use that memstat_frames() knows. */
static void look_at_frames(void)
{
	static struct memstat_frames frames;
	u32 mappings = 0;

	memstat_frames(&frames);
	for (u32 pfn = memstat_frame_start(); pfn < memstat_frame_end(); pfn++) {
		struct memstat_frame f;
		bool known = false;

		assert_true(memstat_frame(pfn, &f));
		assert_true(pfn >= f.block_pfn && pfn < f.block_pfn + (1u << f.block_order));
		for (u32 i = 0; i < frames.count; i++)
			known |= !strcmp(frames.uses[i].use, f.use);
		assert_true(known || !strcmp(f.state, "hole"));
		assert_int_equal(!strcmp(f.state, "slab"), f.cache != NULL);
		if (f.cache && f.cache[0] == 's')
			memstat_frame_objects(pfn, count_object, NULL);
		if (pfn % 1000 == 0)
			memstat_frame_mappings(pfn, ignore_mapping, &mappings);
	}
	assert_true(objects_seen > 0);
	assert_false(memstat_frame(memstat_frame_end(), &(struct memstat_frame){ 0 }));
	assert_string_equal(memstat_frame_flag(6), "reserved");
	assert_null(memstat_frame_flag(31));
}

static u32 slabs_seen;

static void count_slab(void *arg, const struct memstat_slab *slab, const char *states)
{
	u32 used = 0;

	(void)arg;
	for (u32 i = 0; i < slab->objects; i++)
		used += states[i] != 'f';
	assert_int_equal(used, slab->inuse);
	slabs_seen++;
}

static void look_at_cache(void *arg, const struct memstat_cache *cache)
{
	struct memstat_cache_detail detail;

	(void)arg;
	assert_true(memstat_cache_detail(cache->name, &detail));
	assert_int_equal(detail.cache.num_slabs, cache->num_slabs);
	slabs_seen = 0;
	assert_int_equal(memstat_slabs(cache->name, 0, 1000, count_slab, NULL), cache->num_slabs);
	assert_int_equal(slabs_seen, cache->num_slabs);
	assert_int_equal(memstat_slabs(cache->name, 1, 1, count_slab, NULL), cache->num_slabs);
}

static void look_at_tables(void)
{
	struct memstat_pt_range range;
	struct memstat_pt_audit audit;
	struct memstat_walk walk;
	u64 at = 0;

	while (memstat_pt_range(at, &range)) {
		assert_int_equal(range.start, (u32)at);
		assert_true(range.end > at);
		memstat_walk(range.start, &walk);
		assert_int_equal(walk.mapped, range.flags != 0);
		assert_int_equal(walk.flags, range.flags);
		at = range.end;
	}
	assert_true(at == SZ_4G);
	for (u32 i = 0; i < 1024; i++) {
		struct memstat_directory_entry entry;

		memstat_directory_entry(i, &entry);
		assert_true(entry.writable <= entry.present && entry.present <= 1024);
		if (!entry.entry)
			assert_int_equal(entry.present, 0);
	}
	memstat_pt_audit(&audit);
	assert_int_equal(audit.user_pages, 0);
	assert_int_equal(memstat_cr3(), host_cr3);
}

static void count_call(void *arg, const struct memstat_resource *res)
{
	assert_true(res->start <= res->end_inclusive);
	(*(u32 *)arg)++;
}

static void look_at_record(void)
{
	struct memstat_early_res_list list;
	u32 lost, n = 0;

	for (u32 step = 0; step < memstat_e820_step_count(); step++) {
		assert_non_null(memstat_e820_step_name(step));
		for (u32 i = 0; i < memstat_e820_entry_count(step); i++) {
			struct memstat_e820_entry e;

			memstat_e820_entry(step, i, &e);
			assert_true(e.start < e.end);
			assert_non_null(memstat_e820_type_name(e.type));
		}
	}
	for (u32 i = 0; i < memstat_e820_edit_count(&lost); i++) {
		struct memstat_e820_edit edit;

		memstat_e820_edit(i, &edit);
	}
	assert_int_equal(lost, 0);
	for (u32 i = 0; i < memstat_early_res_count(); i++) {
		struct memstat_early_res res;

		memstat_early_res(i, &res);
		assert_true(res.start < res.end && *res.name && res.made_by);
	}
	memstat_early_res_list(&list);
	for (u32 i = 0; i < memstat_boot_alloc_count(); i++) {
		struct memstat_boot_alloc a;

		memstat_boot_alloc(i, &a);
		assert_true(a.bytes > 0 && a.result);
	}
	memstat_iomem(count_call, &n);
	assert_true(n >= 5);
}

static void look_at_nodes(void)
{
	struct memstat_numa numa;
	u32 ram = 0, node, start, end, zone_node;
	const char *name;

	memstat_numa(&numa);
	assert_true(numa.nodes >= 1);
	for (u32 i = 0; memstat_active_range(i, &node, &start, &end); i++) {
		assert_true(start < end && node < numa.nodes);
		ram += end - start;
	}
	for (u32 i = 0; i < numa.nodes; i++) {
		struct memstat_node n;

		memstat_node(i, &n);
		assert_true(n.present_pages <= n.spanned_pages);
		ram -= n.present_pages;
		assert_int_equal(memstat_distance(i, i), 10);
		assert_true(memstat_zonelist(i, false, 1, 0, &zone_node, &name));
		assert_false(memstat_zonelist(i, false, 1, 99, &zone_node, &name));
	}
	for (u32 i = 0; i < numa.chunks; i++)
		memstat_chunk(i, &(struct memstat_chunk){ 0 });
	for (u32 i = 0; i < numa.cpus; i++)
		memstat_srat_cpu(i, &(struct memstat_srat_cpu){ 0 });
	(void)ram; /* present_pages leaves the descriptors out (W-76) */
}

static void look_at_everything(void)
{
	struct memstat_totals totals;
	u32 count = 0;

	look_at_pictures();
	look_at_frames();
	memstat_caches(look_at_cache, NULL);
	assert_int_equal(memstat_slabs("no such cache", 0, 1, count_slab, NULL), 0);
	look_at_tables();
	look_at_record();
	look_at_nodes();
	memstat_totals(&totals);
	assert_true(totals.free_pages > 0 && totals.free_pages <= totals.total_ram_pages);
	for (u32 i = 0; i < memstat_hash_count(); i++)
		memstat_hash(i, &(struct memstat_hash){ 0 });
	for (u32 i = 0; i < memstat_hook_count(); i++, count++)
		assert_non_null(memstat_hook(i, &(unsigned long){ 0 }));
	assert_true(count > 0);
}

/* ---- Machines ---- */

static void test_plain(void **state)
{
	(void)state;
	boot(24, "memscope.elf loglevel=7 nonsense", NULL);
	look_at_everything();
}

static void test_options(void **state)
{
	(void)state;
	boot(96,
	     "highmem=16M memory_corruption_check=1 crashkernel=2M memtest=1 "
	     "memtest_stuck=0x800000:3,0x801008:0 slub_debug=FZP",
	     NULL);
	look_at_everything();
}

static void test_gen24(void **state)
{
	(void)state;
	boot(24, "mm=2.4", NULL);
	look_at_everything();
}

static void test_bitmap(void **state)
{
	(void)state;
	boot(24, "bootmem=bitmap mem=20M", NULL);
	look_at_everything();
}

static void map_modules(void)
{
	u32 bytes, n = 0;
	const u8 *p;

	for (u32 at = 0; at < 0x10123; at += bytes, n++) {
		p = memstat_module_map(1, at, &bytes);
		assert_non_null(p);
		assert_true(bytes && at + bytes <= 0x10123);
		memstat_module_unmap(1, at);
	}
	assert_int_equal(n, 1); /* one piece: it is in low memory */
}

static void test_modules(void **state)
{
	(void)state;
	boot_info.modules[0] = (struct boot_module){ 0x400000, 0x480000, "first" };
	boot_info.modules[1] = (struct boot_module){ 0x5800000, 0x5810123, "in high memory" };
	boot_info.modules[2] = (struct boot_module){ 0x500000, 0x500000, "empty" };
	boot_info.module_count = 3;
	boot(96, "highmem=16M", NULL);
	look_at_everything();
	assert_int_equal(memstat_module_count(), 3);
	for (u32 i = 0; i < 2; i++) {
		struct memstat_module m;

		memstat_module(i, &m);
		assert_int_equal(m.end - m.start, i ? 0x10123 : 0x80000);
		assert_int_equal(m.given_start, i ? 0x5800000 : 0x400000);
		assert_false(m.high);
	}
	assert_true(boot_info.modules[1].end <= max_low_pfn << PAGE_SHIFT); /* moved (W-48) */
	map_modules();
}

/*
 * Two modules, each at least half as large as low memory: both stay. "across" begins in low memory. What
 * they fill of high memory is not released, the rest is.
 */
static void test_high_modules(void **state)
{
	struct memstat_module m;
	const u8 *p, *low;
	unsigned n;
	u32 bytes;

	(void)state;
	boot_info.modules[0] = (struct boot_module){ 0x4800000, 0x6c00200, "large" };
	boot_info.modules[1] = (struct boot_module){ 0x2000000, 0x47f0000, "across the border" };
	boot_info.module_count = 2;
	boot(120, "highmem=48M", NULL);
	memstat_module(0, &m);
	assert_true(m.high);
	assert_int_equal(m.start, 0x4800000);
	assert_int_equal(owner_pages[OWNER_MODULE],
			 (0x6c01000 - 0x4800000 + 0x47f0000 - 0x2000000) / PAGE_SIZE);
	p = memstat_module_map(0, 0x1003, &bytes); /* a page, to its end */
	assert_int_equal(bytes, 0xffd);
	assert_int_equal((unsigned long)p & ~PAGE_MASK, 3);
	memstat_module_unmap(0, 0x1003);
	p = memstat_module_map(0, 0x2400000, &bytes); /* the last one, to the module's */
	assert_int_equal(bytes, 0x200);
	memstat_module_unmap(0, 0x2400000);
	memstat_module(1, &m);
	assert_int_equal(m.start, 0x2000000);
	low = memstat_module_map(1, 0x10, &bytes); /* the low part of one that crosses */
	assert_ptr_equal(low, __va(0x2000010));
	memstat_module_unmap(1, 0x10);
	for (n = 0; n < 2000 && memstat_module_map(0, n * PAGE_SIZE, &bytes); n++)
		;
	assert_true(n > LAST_PKMAP - 64 && n <= LAST_PKMAP); /* all kmap slots have users */
	while (n--)
		memstat_module_unmap(0, n * PAGE_SIZE);
	assert_non_null(memstat_module_map(0, 0x200000, &bytes));
	memstat_module_unmap(0, 0x200000);
	for (u32 at = 0x4800000; at < 0x6c01000; at += PAGE_SIZE) {
		struct memstat_frame f;

		assert_true(memstat_frame(at >> PAGE_SHIFT, &f));
		assert_string_equal(f.use, owner_names[OWNER_MODULE]);
	}
}

/* One in no RAM, and one that the option mem= leaves without descriptors, are dropped with a line. */
static void test_dropped_modules(void **state)
{
	(void)state;
	boot_info.modules[0] = (struct boot_module){ 0x5000000, 0x7000000, "cut off" };
	boot_info.module_count = 1;
	boot(128, "mem=64M", NULL);
	assert_int_equal(boot_info.modules[0].start, boot_info.modules[0].end);
	assert_true(host_log_has("dropped"));
}

/* ---- Firmware's tables ---- */

static u8 sum(const u8 *p, u32 n)
{
	u8 s = 0;

	while (n--)
		s += *p++;
	return s;
}

static u32 next_table;
static u32 table_at[4], table_count;

static u8 *begin_table(const char *signature, u32 length)
{
	u8 *p = __va(next_table);

	memset(p, 0, length);
	memcpy(p, signature, 4);
	memcpy(p + 4, &length, 4);
	table_at[table_count++] = next_table;
	next_table += round_up(length, 64u);
	return p;
}

static void end_table(u8 *p)
{
	u32 length;

	memcpy(&length, p + 4, 4);
	p[9] = (u8)-sum(p, length);
}

static void put64(u8 *p, u64 v)
{
	memcpy(p, &v, 8);
}

/* Two nodes, cut at 4 MiB, the MADT, distances, an RSDT in the ACPI area at 7 MiB + 0x1e0000. */
static void put_tables(void)
{
	u8 *p;

	memset(__va(0x400), 0, 0x100);
	memset(__va(0xe0000), 0, 0x20000);
	next_table = 0x7e0400;
	p = begin_table("SRAT", 48 + 16 + 16 + 40 + 40);
	p[48] = 0, p[49] = 16, p[52] = 1;
	p[64] = 0, p[65] = 16, p[66] = 1, p[67] = 1, p[68] = 1;
	p[80] = 1, p[81] = 40, put64(p + 88, 0), put64(p + 96, 0x400000), p[108] = 1;
	p[120] = 1, p[121] = 40, p[122] = 1, put64(p + 128, 0x400000), put64(p + 136, 0x3e0000),
	p[148] = 1;
	end_table(p);
	p = begin_table("SLIT", 36 + 8 + 4);
	p[36] = 2, p[44] = 10, p[45] = 20, p[46] = 20, p[47] = 10;
	end_table(p);
	p = begin_table("APIC", 44 + 8 + 12);
	put64(p + 36, 0x1fee00000ull);
	p[44] = 0, p[45] = 8, p[48] = 1;
	p[52] = 1, p[53] = 12, put64(p + 56, 0xfec00000);
	end_table(p);
	p = begin_table("RSDT", 36 + 12);
	memcpy(p + 36, table_at, 12);
	end_table(p);
	p = __va(0xf0000);
	memcpy(p, "RSD PTR ", 8);
	memcpy(p + 16, &table_at[3], 4);
	p[8] = (u8)-sum(p, 20);
	/* an MP table of one processor */
	p = __va(0xf0100);
	memcpy(p, "_MP_", 4);
	put64(p + 4, 0x40100f0200ull);
	p[8] = 1, p[9] = 4, p[10] = 0;
	p[10] = (u8)-sum(p, 16);
	p = __va(0xf0200);
	memcpy(p, "PCMP", 4);
	p[4] = 64, p[6] = 4, p[34] = 1, put64(p + 36, 0xfee00000);
	p[44] = 0, p[46] = 0x14, p[47] = 3;
	p[7] = (u8)-sum(p, 64);
}

static void test_nodes(void **state)
{
	struct memstat_numa numa;

	(void)state;
	boot(8, "alloc_mptable", put_tables);
	look_at_everything();
	memstat_numa(&numa);
	assert_string_equal(numa.branch, "srat");
	assert_int_equal(numa.nodes, 2);
	assert_int_equal(memstat_distance(0, 1), 20);
}

/* ---- What the checks and the audit find when a word goes wrong ---- */

static bool complains_about(const char *what)
{
	static struct memstat_check check;

	memset(&check, 0, sizeof(check));
	check_foundation(&check);
	for (u32 i = 0; i < check.kept; i++)
		if (strstr(check.list[i].what, what))
			return true;
	return false;
}

static void test_constants(void **state)
{
	static struct memstat_check check;
	u32 saved;

	(void)state;
	boot(24, "", NULL);
	check_keep_constants();
	assert_true(check_foundation(&check));
	max_pfn++;
	assert_true(complains_about("max_pfn"));
	max_pfn--;
	e820.map[1].type ^= 1;
	assert_true(complains_about("e820 (sum)"));
	e820.map[1].type ^= 1;
	saved = swapper_pg_dir[5].val;
	swapper_pg_dir[5].val = 0x63;
	assert_true(complains_about("swapper_pg_dir"));
	swapper_pg_dir[5].val = saved;
	boot_info.map[0].start++; /* the record of the map has it in its sum */
	assert_true(complains_about("record of the memory map"));
	boot_info.map[0].start--;
	assert_true(check_foundation(&check));
}

static u32 audit(struct memstat_pt_audit *a)
{
	memstat_pt_audit(a);
	return a->user_pages + a->writable_text_pages + a->unmapped_direct_pages +
	       a->mapped_guard_pages + a->stray_pages;
}

/* One entry at a time is made what it must not be, and put back. */
static void test_audit(void **state)
{
	struct memstat_pt_audit a, clean;
	pte_t *low, saved;
	u32 before;

	(void)state;
	boot(24, "", NULL);
	map_arena();
	before = audit(&clean);
	assert_int_equal(clean.unmapped_direct_pages, 0);
	low = lookup_pte(HOST_RAM_BASE + 0x300000);
	assert_non_null(low);
	saved = *low;
	low->val |= _PAGE_USER;
	swapper_pg_dir[KERNEL_PGD_BOUNDARY].val |= _PAGE_USER;
	audit(&a);
	assert_true(a.user_pages > clean.user_pages);
	swapper_pg_dir[KERNEL_PGD_BOUNDARY].val &= ~_PAGE_USER;
	low->val = 0;
	audit(&a);
	assert_int_equal(a.unmapped_direct_pages, clean.unmapped_direct_pages + 1);
	assert_int_equal(a.first_unmapped_pfn, 0x300);
	*low = saved;
	assert_int_equal(audit(&a), before);
}

static void test_added_ram(void **state)
{
	struct memstat_frames frames;

	(void)state;
	boot(24, "memmap=8M@1M memmap=16K@0x9fc00", NULL);
	look_at_everything();
	memstat_frames(&frames);
	assert_true(frames.ram_pages > 0);
}

/* The machine's own measurement runs here as well; its figures mean nothing. */
static void test_alloc_bench(void **state)
{
	(void)state;
	boot(24, "", NULL);
	assert_null(alloc_bench());
	host_check_pages();
}

/* On the host nothing faults, and the proof says so. */
static void test_write_protection(void **state)
{
	(void)state;
	boot(24, "", NULL);
	map_arena();
	EXPECT_PANIC("mark_rodata_ro: a write to read-only memory at", mark_rodata_ro());
	assert_false(lookup_pte(HOST_RAM_BASE + HOST_IMAGE_START)->val & _PAGE_RW);
}

/* ---- Boot with an allocation refused ---- */

/* BOOTMEM: one search, so that one below the goal follows; BOOTMEM_ALL: all from that one on. */
enum allocator { PAGES, BOOTMEM, BOOTMEM_ALL, AREAS, ALLOCATORS };

static unsigned asked, refuse_at;
static enum allocator refused_kind = ALLOCATORS;

static bool refused(enum allocator kind)
{
	if (kind != refused_kind)
		return false;
	asked++;
	return asked == refuse_at || (kind == BOOTMEM_ALL && asked > refuse_at);
}

u64 __real_find_e820_area(u64 start, u64 end, u64 size, u64 align);
u64 __wrap_find_e820_area(u64 start, u64 end, u64 size, u64 align);

u64 __wrap_find_e820_area(u64 start, u64 end, u64 size, u64 align)
{
	return refused(AREAS) ? ~0ull : __real_find_e820_area(start, end, size, align);
}

static const struct boot_allocator *real_allocator;

static void *refusing_core(unsigned long size, unsigned long align, u64 goal, u64 limit,
			   enum page_owner owner)
{
	if (refused(BOOTMEM) || refused(BOOTMEM_ALL))
		return NULL;
	return real_allocator->alloc_core(size, align, goal, limit, owner);
}

void __real_setup_bootmem_allocator(void);
void __wrap_setup_bootmem_allocator(void);

void __wrap_setup_bootmem_allocator(void)
{
	static struct boot_allocator refusing;

	__real_setup_bootmem_allocator();
	real_allocator = boot_allocator;
	refusing = *real_allocator;
	refusing.alloc_core = refusing_core;
	boot_allocator = &refusing;
}

enum { ENDED_BY_PANIC = 10, CAME_UP, NOT_ASKED, BAD_PANIC };

/* In a child: boots with the nth request of an allocator refused; returns how that ended. */
static int boot_refused(enum allocator kind, unsigned nth)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		refused_kind = kind;
		refuse_at = nth;
		host_fail_alloc(kind == PAGES ? nth : 0);
		host_panic_armed = true;
		if (setjmp(host_panic_jump)) {
			if (strncmp(host_panic_text, "BUG", 3) && strstr(host_panic_text, ": "))
				exit(ENDED_BY_PANIC);
			print_message("%s\n", host_panic_text);
			exit(BAD_PANIC);
		}
		boot(24, kind == AREAS ? "bootmem=bitmap crashkernel=1M" : "", NULL);
		exit((kind == PAGES ? host_alloc_failed : asked >= nth) ? CAME_UP : NOT_ASKED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/*
 * Each request of the boot refused in turn, until one more is never made. It comes up without, and
 * fuzz_boot finds nothing wrong; or it stops with a line that names who wanted how much.
 */
static void refuse_each(enum allocator kind, unsigned least_panics, unsigned least_boots)
{
	unsigned ends[BAD_PANIC + 1] = { 0 };
	int end;

	for (unsigned nth = 1; !ends[NOT_ASKED]; nth++) {
		end = boot_refused(kind, nth);
		if (end < ENDED_BY_PANIC || end == BAD_PANIC)
			fail_msg("allocator %d, request %u refused: status %d", kind, nth, end);
		ends[end]++;
		assert_true(nth < 2000);
	}
	print_message("allocator %d: %u refusals end in a panic, %u are got over\n", kind,
		      ends[ENDED_BY_PANIC], ends[CAME_UP]);
	assert_true(ends[ENDED_BY_PANIC] >= least_panics);
	assert_true(ends[CAME_UP] >= least_boots);
}

static void test_refused_pages(void **state)
{
	(void)state;
	refuse_each(PAGES, 1, 1);
}

static void test_refused_bootmem(void **state)
{
	(void)state;
	refuse_each(BOOTMEM, 0, 3); /* taken from below the goal, where there is one */
	refuse_each(BOOTMEM_ALL, 3, 0);
}

static void test_refused_areas(void **state)
{
	(void)state;
	refuse_each(AREAS, 1, 1);
}

/* ---- The main loop's part ---- */

static struct poller *registered;

void poller_register(struct poller *poller)
{
	registered = poller;
}

/* It gives the objects of idle caches back, brings page lists to one batch, and then sleeps. */
static void test_reaper(void **state)
{
	struct zone *zone = host_zone(ZONE_NORMAL);
	struct page *pages[400];
	unsigned n, idle = 0;

	(void)state;
	boot(80, "", NULL);
	slab_reaper_start();
	assert_string_equal(registered->name, "slab_reaper");
	for (n = 0; n < ARRAY_SIZE(pages); n++)
		pages[n] = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);
	while (n)
		__free_pages(pages[--n], 0);
	assert_true(zone->pcp.count > zone->pcp.batch);
	assert_int_not_equal(registered->poll(registered), 0);
	assert_int_equal(zone->pcp.count, zone->pcp.batch);
	pages[0] = alloc_pages(GFP_KERNEL, 0, OWNER_TEST);    /* one less than a batch: filled up */
	assert_int_equal(registered->poll(registered), 1000); /* not before a second has gone */
	assert_int_equal(zone->pcp.count, zone->pcp.batch - 1);
	for (n = 0; n < 100 && !idle; n++) {
		host_cycles += 2000ull * tsc_khz();
		idle = registered->poll(registered) == POLL_IDLE;
	}
	assert_true(idle);
	assert_int_equal(zone->pcp.count, zone->pcp.batch);
	__free_pages(pages[0], 0);
	host_check_pages();
}

/* Below the low watermark all caches are reaped at once, though no second has gone. */
static void test_reaper_under_pressure(void **state)
{
	static struct page *held[0x8000];
	struct memstat_totals before, after;
	void *objects[100];
	unsigned n = 0;

	(void)state;
	boot(24, "", NULL);
	slab_reaper_start();
	host_cycles += 2000ull * tsc_khz();
	registered->poll(registered);
	for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
		assert_non_null(objects[i] = kmalloc(2000, GFP_KERNEL));
	while ((held[n] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0, OWNER_TEST)))
		n++;
	for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
		kfree(objects[i]);
	while (!zones_below_low()) /* what the slabs gave back */
		assert_non_null(held[n++] = alloc_pages(GFP_ATOMIC, 0, OWNER_TEST));
	memstat_totals(&before);
	host_cycles += 200ull * tsc_khz();
	registered->poll(registered);
	memstat_totals(&after);
	assert_true(after.slab_unreclaimable_pages < before.slab_unreclaimable_pages);
	while (n)
		__free_pages(held[--n], 0);
	host_check_pages();
}

HOST_MAIN(cmocka_unit_test(test_plain), cmocka_unit_test(test_options),
	  cmocka_unit_test(test_gen24), cmocka_unit_test(test_bitmap),
	  cmocka_unit_test(test_modules), cmocka_unit_test(test_high_modules),
	  cmocka_unit_test(test_dropped_modules), cmocka_unit_test(test_nodes),
	  cmocka_unit_test(test_constants), cmocka_unit_test(test_audit),
	  cmocka_unit_test(test_added_ram), cmocka_unit_test(test_alloc_bench),
	  cmocka_unit_test(test_write_protection), cmocka_unit_test(test_refused_pages),
	  cmocka_unit_test(test_refused_bootmem), cmocka_unit_test(test_refused_areas),
	  cmocka_unit_test(test_reaper), cmocka_unit_test(test_reaper_under_pressure))
