/*
 * A machine for the tests of web/: made-up records behind mm/memstat.h and the kernel's own, so
 * that the texts can be compared byte by byte. Included by one file of a test program; whatever a
 * test wants different it changes in `machine`.
 */
#ifndef TESTS_HOST_WEB_MACHINE_H
#define TESTS_HOST_WEB_MACHINE_H

#include "support/host.h"

#include "drivers/netdev.h"
#include "kernel/boot/boot_info.h"
#include "kernel/build_info.h"
#include "kernel/cmdline.h"
#include "kernel/job.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "mm/memstat.h"
#include "mm/slab.h"
#include "mm/trace.h"
#include "net/memp.h"
#include "net/net.h"
#include "net/netif.h"
#include "web/assets.h"
#include "web/route.h"

static struct {
	struct memstat_zone zones[3];
	struct memstat_totals totals;
	struct memstat_frames frames;
	struct memstat_check check;
	u32 log_lines;
	const char *unknown; /* the unknown option; NULL: "bogus" */
} machine = {
	.zones = {
		{ .node = 0, .name = "DMA", .populated = true, .start_pfn = 16,
		  .spanned_pages = 4080, .present_pages = 3952, .free_pages = 3930,
		  .min_pages = 64, .low_pages = 80, .high_pages = 96,
		  .protection_pages = { 0, 865, 1000, 1000 }, .orders = 11,
		  .blocks = { [0] = { 1, 0, 1 }, [1] = { 0, 0, 4 }, [10] = { 0, 0, 1, 1 } },
		  .pageblocks = { 1, 0, 2, 1, 0 } },
		{ .node = 0, .name = "Normal", .populated = true, .start_pfn = 4096,
		  .spanned_pages = 225280, .present_pages = 223520, .free_pages = 123456,
		  .min_pages = 936, .low_pages = 1170, .high_pages = 1404, .scanned_pages = 3,
		  .protection_pages = { 0, 0, 135, 135 }, .pcp_count = 63, .pcp_high = 186,
		  .pcp_batch = 31, .slab_reclaimable_pages = 5, .slab_unreclaimable_pages = 117,
		  .pagetable_pages = 12, .orders = 11,
		  .blocks = { [0] = { 1234567, 2, 3, 0, 4 }, [3] = { 10, 20, 30 } },
		  .pageblocks = { 3, 0, 214, 2, 0 } },
		{ .node = 0, .name = "HighMem", .populated = false, .start_pfn = 229376,
		  .orders = 11 },
	},
	.totals = { .total_ram_pages = 227472, .free_pages = 127386, .total_high_pages = 1000,
		    .free_high_pages = 10, .slab_reclaimable_pages = 5,
		    .slab_unreclaimable_pages = 117, .pagetable_pages = 12,
		    .kernel_stack_pages = 2, .vmalloc_total_bytes = 122 << 20,
		    .vmalloc_used_bytes = 12288, .vmalloc_largest_free_bytes = 121 << 20,
		    .direct_map_4k_kib = 4096, .direct_map_4m_kib = 905216,
		    .pgalloc = { 22, 5000000000ull, 7, 0 }, .pgfree = 4999999999ull,
		    .pgfault = 3, .allocstall = 1, .slabs_scanned = 9 },
	.frames = { .ram_pages = 229276, .count = 2,
		    .uses = { { "buddy_free", 127386 }, { "slab", 101890 } } },
	.log_lines = 3,
};

/* ---- mm/memstat.h ---- */

u32 memstat_zone_count(void)
{
	return ARRAY_SIZE(machine.zones);
}

void memstat_zone(u32 index, struct memstat_zone *out)
{
	*out = machine.zones[index];
}

/* The HTTP tests show what mm/memstat_why.c says. */
u32 memstat_orders(void)
{
	return MEMSTAT_ORDERS;
}

u32 memstat_unusable_index(const struct memstat_free_blocks *zone, u32 order)
{
	(void)zone;
	return 100 * order;
}

s32 memstat_extfrag_index(const struct memstat_free_blocks *zone, u32 order)
{
	(void)zone;
	return order < 5 ? -1000 : 500;
}

void memstat_pair_maps(void (*fn)(void *arg, const struct memstat_pair_map *map), void *arg)
{
	fn(arg, &(struct memstat_pair_map){ .zone = "DMA", .bytes = 256, .pairs = 2048 });
}

enum memstat_verdict memstat_request(enum memstat_request_kind kind, u32 order,
				     void (*fn)(void *arg, const struct memstat_trial *trial),
				     void *arg)
{
	struct memstat_trial trial = { .zone = "DMA", .verdict = MEMSTAT_GIVES };

	(void)kind;
	(void)order;
	fn(arg, &trial);
	return MEMSTAT_GIVES;
}

const char *memstat_request_name(enum memstat_request_kind kind)
{
	return kind == MEMSTAT_REQUEST_DMA ? "dma" : "kernel";
}

const char *memstat_verdict_name(enum memstat_verdict verdict)
{
	return verdict == MEMSTAT_GIVES ? "gives" : "kept";
}

void memstat_free_blocks(void (*fn)(void *arg, const struct memstat_free_blocks *zone), void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(machine.zones); i++) {
		const struct memstat_zone *zone = &machine.zones[i];
		struct memstat_free_blocks out = { zone->node, zone->name, zone->orders, { 0 } };

		for (u32 order = 0; order < zone->orders; order++)
			for (u32 type = 0; type < MEMSTAT_TYPES; type++)
				out.blocks[order] += zone->blocks[order][type];
		if (zone->populated)
			fn(arg, &out);
	}
}

const char *memstat_type_name(u32 type)
{
	static const char *const names[] = { "Unmovable", "Reclaimable", "Movable", "Reserve",
					     "Isolate" };

	return names[type];
}

u32 memstat_pageblock_order(void)
{
	return 10;
}

void memstat_frames(struct memstat_frames *out)
{
	*out = machine.frames;
}

void memstat_totals(struct memstat_totals *out)
{
	*out = machine.totals;
}

void memstat_caches(void (*fn)(void *arg, const struct memstat_cache *cache), void *arg)
{
	static const struct memstat_cache caches[] = {
		{ .name = "http_conn",
		  .owner = "web",
		  .active_objs = 7,
		  .num_objs = 8,
		  .object_bytes = 1988,
		  .objs_per_slab = 2,
		  .pages_per_slab = 1,
		  .limit = 24,
		  .batchcount = 12,
		  .sharedfactor = 8,
		  .active_slabs = 4,
		  .num_slabs = 4,
		  .pages = 4 },
		{ .name = "size-4194304(DMA)",
		  .owner = "kernel",
		  .object_bytes = 4194304,
		  .objs_per_slab = 1,
		  .pages_per_slab = 1024,
		  .limit = 1,
		  .batchcount = 1,
		  .off_slab = true },
		{ .name = "kmem_cache",
		  .owner = "kernel",
		  .active_objs = 1000000,
		  .num_objs = 1234567,
		  .object_bytes = 136,
		  .objs_per_slab = 28,
		  .pages_per_slab = 1,
		  .limit = 120,
		  .batchcount = 60,
		  .active_slabs = 35715,
		  .num_slabs = 44092,
		  .pages = 44092 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		fn(arg, &caches[i]);
}

void memstat_vm_areas(void (*fn)(void *arg, const struct memstat_vm_area *area), void *arg)
{
	static const struct memstat_vm_area areas[] = {
		{ .start = 0xf8000000,
		  .bytes = 8192,
		  .caller = 0xc0101234,
		  .phys = 0xfeb00000,
		  .kind = MEMSTAT_VM_IOREMAP },
		{ .start = 0xf8002000,
		  .bytes = 20480,
		  .caller = 0xc0104321,
		  .pages = 4,
		  .kind = MEMSTAT_VM_ALLOC },
		{ .start = 0xf8007000, .bytes = 12288, .caller = 0, .kind = MEMSTAT_VM_MAP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		fn(arg, &areas[i]);
}

static unsigned pages_held; /* by event streams, in blocks */

void *__get_free_pages(gfp_t gfp, unsigned order, enum page_owner owner)
{
	(void)gfp;
	assert_int_equal(owner, OWNER_HTTP);
	pages_held++;
	return calloc(1, PAGE_SIZE << order);
}

void free_pages(void *virt, unsigned order)
{
	(void)order;
	pages_held--;
	free(virt);
}

/* Sixteen frames: four of the image, a free block of eight, four holes. */
u32 memstat_frame_start(void)
{
	return 0;
}

u32 memstat_frame_end(void)
{
	return 16;
}

const char *memstat_frame_value(enum memstat_frame_view view, u32 value, char *buf, u32 bytes)
{
	static const char *const names[] = { "kernel_image", "buddy_free_dma", "hole" };

	(void)view;
	(void)buf;
	(void)bytes;
	return value < ARRAY_SIZE(names) ? names[value] : NULL;
}

void memstat_frame_cells(enum memstat_frame_view view, u32 start, u32 per_cell, u32 cells,
			 void (*fn)(void *arg, u32 run, u32 value, u32 eighths), void *arg)
{
	(void)view;
	if (per_cell == 1 && !start && cells == 16) {
		fn(arg, 4, 0, 8);
		fn(arg, 8, 1, 8);
		fn(arg, 4, 2, 8);
	} else {
		fn(arg, 1, 0, 5);
		fn(arg, cells - 1, 1, 8);
	}
}

bool memstat_frame(u32 pfn, struct memstat_frame *out)
{
	*out = (struct memstat_frame){ .pfn = pfn,
				       .flags = 0x41,
				       .zone = "DMA",
				       .state = "reserved",
				       .use = "kernel_image",
				       .type = "Movable" };
	return pfn < 16;
}

const char *memstat_frame_flag(u32 bit)
{
	return bit < 7 ? "flag" : NULL;
}

void memstat_frame_objects(u32 pfn, void (*fn)(void *arg, const struct memstat_object *object),
			   void *arg)
{
	fn(arg, &(struct memstat_object){ .index = pfn, .state = 'u' });
}

void memstat_frame_mappings(u32 pfn, void (*fn)(void *arg, u32 address, u32 flags), void *arg)
{
	fn(arg, 0xf8000000 + pfn, MEMSTAT_PT_RW);
}

bool memstat_cache_detail(const char *name, struct memstat_cache_detail *out)
{
	*out = (struct memstat_cache_detail){ .cache = { .name = name, .owner = "kernel" } };
	return !strcmp(name, "size-32");
}

u32 memstat_slabs(const char *name, u32 first, u32 count,
		  void (*fn)(void *arg, const struct memstat_slab *slab, const char *states),
		  void *arg)
{
	(void)name;
	if (!first && count)
		fn(arg, &(struct memstat_slab){ .list = "partial", .inuse = 1 }, "uf");
	return 1;
}

void memstat_walk(u32 address, struct memstat_walk *out)
{
	*out = (struct memstat_walk){ .address = address, .area = "Kernel Mapping" };
}

u32 memstat_cr3(void)
{
	return 0x1000;
}

void memstat_directory_entry(u32 index, struct memstat_directory_entry *out)
{
	*out = (struct memstat_directory_entry){ .entry = index < 768 ? 0 : 0x1e3 + (index << 22),
						 .large = index >= 768 };
}

bool memstat_pt_run(u64 from, struct memstat_pt_run *out)
{
	*out = (struct memstat_pt_run){ 0xc0000000, 0x1e3, 256, true };
	return from <= out->start;
}

void memstat_pt_audit(struct memstat_pt_audit *out)
{
	memset(out, 0, sizeof(*out));
}

void memstat_kmaps(struct memstat_kmaps *out)
{
	*out = (struct memstat_kmaps){ .start = 0xff800000, .slots = 2 };
}

bool memstat_kmap_slot(u32 slot, u32 *pfn, u32 *users)
{
	*pfn = 0x38000;
	*users = 1;
	return slot == 1;
}

void memstat_fixmaps(void (*fn)(void *arg, const struct memstat_fixmap *fixmap), void *arg)
{
	fn(arg, &(struct memstat_fixmap){ .name = "FIX_HOLE", .address = 0xfffff000 });
}

static const struct memstat_area vm_layout[] = {
	{ 0, "User Space" },
	{ 0xc0000000, "Kernel Mapping" },
	{ 0xf8000000, "vmalloc() Area" },
	{ 0xffc00000, "Fixmap Area" },
};

u32 memstat_area_count(void)
{
	return ARRAY_SIZE(vm_layout);
}

void memstat_area(u32 index, struct memstat_area *out)
{
	*out = vm_layout[index];
}

bool memstat_pt_range(u64 start, struct memstat_pt_range *out)
{
	static const struct memstat_pt_range ranges[] = {
		{ 0, 0xc0000000, 0, true },
		{ 0xc0000000, 0xc0100000, MEMSTAT_PT_PRESENT | MEMSTAT_PT_RW | MEMSTAT_PT_GLOBAL,
		  false },
		{ 0xc0100000, 0xc0101000, MEMSTAT_PT_PRESENT | MEMSTAT_PT_PAT | MEMSTAT_PT_NX,
		  false },
		{ 0xc0101000, 0xc0400000, 0, false },
		{ 0xc0400000, 0xf8000000,
		  MEMSTAT_PT_PRESENT | MEMSTAT_PT_RW | MEMSTAT_PT_PSE | MEMSTAT_PT_GLOBAL, true },
		{ 0xf8000000, 0xffc00000, 0, true },
		{ 0xffc00000, 0xfffff000,
		  MEMSTAT_PT_PRESENT | MEMSTAT_PT_RW | MEMSTAT_PT_USER | MEMSTAT_PT_PWT |
			  MEMSTAT_PT_PCD,
		  false },
		{ 0xfffff000, 0x100000000ull, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (ranges[i].start == start) {
			*out = ranges[i];
			return true;
		}
	}
	return false;
}

static const struct memstat_e820_entry firmware_map[] = {
	{ 0, 0x9fc00, 1 },
	{ 0x9fc00, 0xa0000, 2 },
	{ 0x100000, 0x37fe0000, 1 },
	{ 0x37fe0000, 0x38000000, 3 },
	{ 0x100000000ull, 0x140000000ull, 1 },
};

u32 memstat_e820_step_count(void)
{
	return 1;
}

const char *memstat_e820_step_name(u32 step)
{
	assert_int_equal(step, 0);
	return "firmware";
}

u32 memstat_e820_entry_count(u32 step)
{
	assert_int_equal(step, 0);
	return ARRAY_SIZE(firmware_map);
}

void memstat_e820_entry(u32 step, u32 index, struct memstat_e820_entry *out)
{
	assert_int_equal(step, 0);
	*out = firmware_map[index];
}

const char *memstat_e820_type_name(u32 type)
{
	return type == 1 ? "System RAM" : type == 3 ? "ACPI Tables" : "reserved";
}

u32 memstat_early_res_count(void)
{
	return 1;
}

void memstat_early_res(u32 index, struct memstat_early_res *out)
{
	assert_int_equal(index, 0);
	*out = (struct memstat_early_res){
		.start = 0x100000, .end = 0x180000, .name = "TEXT DATA BSS", .made_by = "W-00"
	};
}

u64 memstat_e820_step_cycles(u32 step)
{
	return step;
}

u32 memstat_e820_edit_count(u32 *lost)
{
	*lost = 3;
	return 1;
}

void memstat_e820_edit(u32 index, struct memstat_e820_edit *out)
{
	assert_int_equal(index, 0);
	*out = (struct memstat_e820_edit){ MEMSTAT_E820_UPDATE, 1, 2, 0, 4096, 4096, "trim", 7 };
}

u32 memstat_page_tables_count(u32 *pages, u32 *lost)
{
	*pages = 4;
	*lost = 0;
	return 1;
}

void memstat_page_tables(u32 index, struct memstat_page_tables *out)
{
	assert_int_equal(index, 0);
	*out = (struct memstat_page_tables){ 768, 4, 0x160000, MEMSTAT_TABLE_EARLY, "W-42", 9 };
}

u32 memstat_directory_changes(u32 *lost)
{
	*lost = 5;
	return 2;
}

void memstat_directory_change(u32 index, struct memstat_directory_change *out)
{
	assert_true(index < 2);
	*out = (struct memstat_directory_change){
		index ? 769 : 768,
		1 + index * 2,
		index ? MEMSTAT_DIRECTORY_LARGE : MEMSTAT_DIRECTORY_TABLE,
		index ? 0 : 1024,
		"W-41",
		10 + index
	};
}

const char *memstat_directory_kind_name(enum memstat_directory_kind kind)
{
	return kind == MEMSTAT_DIRECTORY_TABLE ? "table" : "large";
}

/* Two words of one zone at one moment, one of it later, and bounds. */
u32 memstat_zone_changes(void)
{
	return 4;
}

void memstat_zone_change(u32 index, struct memstat_zone_change *out)
{
	static const char *const fields[] = { "to_pfn", "spanned", "present", "free" };
	static const u32 values[] = { 4096, 4095, 3966, 3753 };

	assert_true(index < 4);
	*out = (struct memstat_zone_change){ index ? 1 : -1, "DMA",
					     fields[index],  values[index],
					     "W-77",	     index == 3 ? 13 : index ? 12 : 11 };
}

const char *memstat_table_source_name(enum memstat_table_source source)
{
	assert_int_equal(source, MEMSTAT_TABLE_EARLY);
	return "early_area";
}

u32 memstat_boot_alloc_count(void)
{
	return 2;
}

void memstat_boot_alloc(u32 index, struct memstat_boot_alloc *out)
{
	*out = (struct memstat_boot_alloc){
		"setup_usemap", "boot_allocations",    84,	  64, 0x1000000,
		0x38000000,	index ? 0 : 0x1001000, index != 0
	};
}

u32 memstat_boot_allocs_lost(void)
{
	return 3;
}

void memstat_early_res_list(struct memstat_early_res_list *out)
{
	*out = (struct memstat_early_res_list){ 64, 29, 0x1000, 0x1800, 0 };
}

void memstat_memtest(struct memstat_memtest *out)
{
	*out = (struct memstat_memtest){ 17, 18, 5ull << 30, 2, 1, 512, 123, false };
}

void memstat_corruption(struct memstat_corruption *out)
{
	*out = (struct memstat_corruption){ true, 65536, 60,	   1, { { 0x2000, 0x10000 } },
					    4,	  9,	 { { 0 } } };
	for (u32 i = 0; i < 9; i++)
		out->hits[i % MEMSTAT_CORRUPTION_HITS] =
			(struct memstat_corruption_hit){ 0x2000 + i, i, 100 * i };
}

void memstat_crashkernel(struct memstat_crashkernel *out)
{
	*out = (struct memstat_crashkernel){ 0x1000000, 0x2000000, 0x38000000 };
}

/* Two modules: one in low memory, one of 10000 bytes that is mapped in pieces of 4096. */
static u8 web_module_bytes[10000];
static u32 web_modules_mapped; /* mappings that are not ended */
static bool web_module_unmappable;

u32 memstat_module_count(void)
{
	return 2;
}

void memstat_module(u32 index, struct memstat_module *out)
{
	*out = (struct memstat_module){ 0x200000,
					0x200000 + sizeof(web_module_bytes),
					0x40000000,
					0x40000000 + sizeof(web_module_bytes),
					index ? "big \"file\"" : "data setup_data=e820_ext",
					index == 1,
					index == 0 };
}

const u8 *memstat_module_map(u32 index, u32 offset, u32 *bytes)
{
	for (u32 i = 0; i < sizeof(web_module_bytes); i++)
		web_module_bytes[i] = (u8)(i * 31 + i / 256);
	*bytes = sizeof(web_module_bytes) - offset;
	if (!index)
		return web_module_bytes + offset;
	*bytes = min(*bytes, 4096 - offset % 4096);
	web_modules_mapped += !web_module_unmappable;
	return web_module_unmappable ? NULL : web_module_bytes + offset;
}

void memstat_module_unmap(u32 index, u32 offset)
{
	assert_true(index == 1 && offset < sizeof(web_module_bytes));
	web_modules_mapped--;
}

u32 memstat_e820_saved_count(void)
{
	return 1;
}

void memstat_e820_saved(u32 index, struct memstat_e820_entry *out)
{
	memstat_e820_entry(0, index, out);
}

void memstat_ioports(memstat_resource_fn *fn, void *arg)
{
	static const struct memstat_resource tree[] = {
		{ 0, 0x1f, "dma1", 0 },
		{ 0xc000, 0xcfff, "PCI Bus 0000:01", 0 },
		{ 0xc000, 0xc01f, "0000:01:03.0", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tree); i++)
		fn(arg, &tree[i]);
}

void memstat_mtrr(struct memstat_mtrr *out)
{
	*out = (struct memstat_mtrr){ true, 0xc06, 3, "the default type is not uncached", 0 };
}

void memstat_mtrr_range(u32 i, struct memstat_mtrr_range *out)
{
	static const struct memstat_mtrr_range ranges[] = { { 0xc0000000, 0x40000000, 0 },
							    { 0, 0, 0 },
							    { 0x1000000000ull, 0x40000, 1 } };

	*out = ranges[i];
}

const char *memstat_mtrr_type_name(u32 type)
{
	return type == 1 ? "write-combining" : type == 6 ? "write-back" : "uncachable";
}

static u32 machine_nodes = 1; /* 2: the numa_ counters are shown */

bool memstat_several_nodes(void)
{
	return machine_nodes > 1;
}

void memstat_numa(struct memstat_numa *out)
{
	*out = (struct memstat_numa){
		.branch = "srat",
		.nodes = 1,
		.srat_present = true,
		.kinds = { { "x2apic", 0, 0, 0 },
			   { "cpu", 1, 1, 0 },
			   { "memory", 2, 1, 1 },
			   { "other", 0, 0, 0 } },
		.slit_refused = "there is none",
		.chunks = 1,
		.chunks_max = 24,
		.cpus = 1,
		.window_start = 0xf7000000,
		.window_pages = 1024,
		.zonelist_order = "Zone",
	};
}

void memstat_chunk(u32 i, struct memstat_chunk *out)
{
	*out = (struct memstat_chunk){ i, 0x10000, 7, 0, true };
}

void memstat_srat_cpu(u32 i, struct memstat_srat_cpu *out)
{
	*out = (struct memstat_srat_cpu){ i, 7, 0 };
}

void memstat_node(u32 node, struct memstat_node *out)
{
	*out = (struct memstat_node){ .domain = 7,
				      .end_pfn = 0x10000 + node,
				      .structure = 0xc0123000,
				      .window_start = 0xf7000000,
				      .window_pages = 1024 };
}

u32 memstat_distance(u32 from, u32 to)
{
	return from == to ? 10 : 20;
}

bool memstat_zonelist(u32 node, bool this_node, u32 type, u32 i, u32 *zone_node,
		      const char **zone_name)
{
	*zone_node = node;
	*zone_name = "DMA";
	return !this_node && !type && !i;
}

const char *memstat_zone_type_name(u32 type)
{
	return type ? "Normal" : "DMA";
}

bool memstat_active_range(u32 i, u32 *node, u32 *start_pfn, u32 *end_pfn)
{
	*node = 0;
	*start_pfn = 1;
	*end_pfn = 0x9f;
	return !i;
}

u32 memstat_hook_count(void)
{
	return 1;
}

const char *memstat_hook(u32 i, unsigned long *function)
{
	*function = 0xc0100000 + i;
	return "memory_setup";
}

void stage_note(const char *fmt, ...)
{
	(void)fmt;
}

void memstat_iomem(memstat_resource_fn *fn, void *arg)
{
	static const struct memstat_resource tree[] = {
		{ 0, 0x9fbff, "System RAM", 0 },
		{ 0x100000, 0x37fdffff, "System RAM", 0 },
		{ 0x100000, 0x16789a, "Kernel code", 1 },
		{ 0x100000000ull, 0x13fffffffull, "System RAM", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tree); i++)
		fn(arg, &tree[i]);
}

void memstat_check(struct memstat_check *out)
{
	*out = machine.check;
}

/* ---- kernel/ ---- */

struct boot_info boot_info = { .protocol = 1, .loader = "qemu" };
const char build_version[] = "0.1-test";
const char build_compiler[] = "gcc 12";

int symbol_format(char *buf, size_t size, unsigned long addr)
{
	return snprintf(buf, size, "caller_%lx+0x4/0x40", addr & 0xffff);
}

const char *cmdline_options(void)
{
	return "mem=64M token=xxx";
}

u64 cycles_at_entry(void)
{
	return 1000;
}

u64 cycles_to_us(u64 cycles)
{
	return cycles / 1000;
}

u64 idle_us(void)
{
	return 61239999;
}

u64 loop_longest_cycles(bool reset)
{
	assert_false(reset);
	return 123456;
}

u64 log_oldest_seq(void)
{
	return 0;
}

u64 log_next_seq(void)
{
	return machine.log_lines;
}

bool log_read_record(u64 seq, struct log_record *record)
{
	static char text[32];

	*record = (struct log_record){ .seq = seq, .time_us = seq * 7, .level = 6, .text = text };
	record->len = (unsigned)sprintf(text, "line %u", (u32)seq);
	return seq < machine.log_lines;
}

void poller_register(struct poller *poller)
{
	(void)poller;
}

size_t log_read(u64 *seq, char *buf, size_t size)
{
	size_t len = 0;

	for (; *seq < machine.log_lines && len + 32 <= size; (*seq)++)
		len += (size_t)sprintf(buf + len, "<6>[    0.%06u] line %u\n", (u32)*seq * 7,
				       (u32)*seq);
	return len;
}

unsigned int stage_count(void)
{
	return 2;
}

void stage_get(unsigned int i, struct stage_view *view)
{
	*view = (struct stage_view){ .symbol = i ? "second" : "first",
				     .entry = "W-01",
				     .name = "name \"quoted\"",
				     .section = "W 4.1",
				     .mark = STAGE_MARK_MUST,
				     .status = STAGE_DONE,
				     .reason = "",
				     .start_cycles = 5000000000ull,
				     .end_cycles = 5000000100ull,
				     .total_cycles = 100,
				     .runs = 1,
				     .order = i ? 0 : -1,
				     .notes = i };
}

const char *stage_next_note(unsigned int i, u32 *at)
{
	return (*at)++ < i ? "max_low_pfn = 0x37fe0" : NULL;
}

bool stage_get_input(unsigned int i, unsigned int n, struct stage_value *value)
{
	*value = (struct stage_value){ "max_pfn", true, 0x38000, 0x38000 };
	return n < i;
}

bool stage_get_output(unsigned int i, unsigned int n, struct stage_value *value)
{
	*value = (struct stage_value){ "e820_entries", false, 5, 6 };
	return n < i;
}

const char *stage_other_inputs(unsigned int i)
{
	return i ? "highmem=" : "";
}

unsigned int stage_values_lost(void)
{
	return 0;
}

const char *stage_mark_name(enum stage_mark mark)
{
	assert_int_equal(mark, STAGE_MARK_MUST);
	return "MUST";
}

const char *stage_status_name(enum stage_status status)
{
	assert_int_equal(status, STAGE_DONE);
	return "done";
}

unsigned int param_count(void)
{
	return 1;
}

void param_get(unsigned int i, struct param_view *view)
{
	static const struct param mem = { "mem", "SIZE[KMG]", "use only this much", "all", NULL };

	assert_int_equal(i, 0);
	*view = (struct param_view){ &mem, true, false, "64M" };
}

unsigned int param_unknown_count(void)
{
	return 1;
}

const char *param_unknown(unsigned int i)
{
	assert_int_equal(i, 0);
	return machine.unknown ?: "bogus";
}

/* ---- net/ ---- */

static struct netdev nic = { .name = "eth0", .counters = { .rx_packets = 7 } };
struct net_counters net_counters;

const struct netdev *net_device(void)
{
	return &nic;
}

u32 net_pool_count(void)
{
	return 2;
}

void net_pool_get_stats(u32 index, struct net_pool_stats *out)
{
	*out = (struct net_pool_stats){ .name = index ? "PBUF" : "TCP_PCB", .used = 3 + index };
}

static struct net_trouble net_trouble;

void net_get_trouble(struct net_trouble *out)
{
	*out = net_trouble;
}

u32 net_heap_bytes(void)
{
	return 4096;
}

u32 net_heap_failures(void)
{
	return 5;
}

/* ---- jobs: theirs is the test of soak documents and the boot tests ---- */

static void empty_list(struct writer *w, const char *name)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_array(&j, name);
	j_end_array(&j);
	j_end_object(&j);
	w_char(w, '\n');
}

void api_soak(struct writer *w)
{
	empty_list(w, "jobs");
}

void api_soak_profiles(struct writer *w)
{
	empty_list(w, "profiles");
}

int api_soak_one(const struct http_request *req, struct writer *w)
{
	w_printf(w, "there is no job %s", req->path);
	return 404;
}

int api_soak_start(struct http_request *req, struct writer *w)
{
	w_printf(w, "{\"bytes\":%u,\"text\":\"%s\"}\n", req->kept.text.len,
		 req->kept.text.at ? req->kept.text.at : "");
	return 201;
}

int api_soak_end(struct http_request *req, struct writer *w)
{
	(void)req;
	w_lit(w, "{}\n");
	return 200;
}

void api_fault(struct writer *w)
{
	w_lit(w, "{}\n"); /* as the other fakes: no member to be turned into text */
}

int api_fault_set(struct http_request *req, struct writer *w)
{
	(void)req;
	w_lit(w, "{}\n");
	return 200;
}

void api_ramtest(struct writer *w)
{
	empty_list(w, "runs");
}

int api_memtest(struct http_request *req, struct writer *w)
{
	(void)req;
	w_lit(w, "{}\n");
	return 201;
}

/* ---- memory for bodies ---- */

static u32 bodies; /* held now */

void *kmalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	bodies++;
	return malloc(size);
}

void kfree(const void *virt)
{
	bodies -= virt != NULL;
	free((void *)virt);
}

/* ---- the static pages ---- */

static const u8 page_text[] = "<!doctype html><title>x</title>";
static const u8 page_gzip[] = "\x1f\x8b gzipped page";
static u8 script[20000];

const u32 asset_count = 4;
const char asset_style_src[] = "'self' 'sha256-abc='";
const struct asset assets[] = {
	{ "/", "text/html; charset=utf-8", page_text, sizeof(page_text) - 1, "\"plain\"", false },
	{ "/", "text/html; charset=utf-8", page_gzip, sizeof(page_gzip) - 1, "\"packed\"", true },
	{ "/app.js", "text/javascript; charset=utf-8", script, sizeof(script), "\"js\"", false },
	{ "/only.css", "text/css; charset=utf-8", page_gzip, sizeof(page_gzip) - 1, "\"css\"",
	  true },
};

/* ---- Who allocated what, and the buddy allocator's events: one site, no events ---- */

u32 memstat_callsites(bool since_mark, u32 first, u32 count,
		      void (*fn)(void *arg, const struct memstat_callsite *site), void *arg)
{
	const struct memstat_callsite site = {
		.caller = 0x1234, .kind = "pages", .what = "slab", .live = 1, .bytes = 4096
	};

	(void)since_mark;
	if (!first && count)
		fn(arg, &site);
	return 1;
}

void memstat_tracking(struct memstat_tracking *out)
{
	*out = (struct memstat_tracking){ .pages = true, .sites = 1, .sites_max = 31 };
}

u32 memstat_mark(void)
{
	return 1;
}

bool memstat_frame_site(u32 block_pfn, struct memstat_callsite *out, u32 *since_ms)
{
	(void)block_pfn;
	(void)out;
	(void)since_ms;
	return false;
}

const char *memstat_buddy_kind_name(u32 kind)
{
	(void)kind;
	return "alloc";
}

u32 memstat_buddy_next(void)
{
	return 0;
}

bool memstat_buddy_event(u32 seq, struct memstat_buddy_event *out)
{
	(void)seq;
	(void)out;
	return false;
}

void memstat_buddy_trace(struct memstat_buddy_trace *out)
{
	*out = (struct memstat_buddy_trace){ 0 };
}

bool trace_listen(void)
{
	return true;
}

void trace_unlisten(void)
{
}

bool trace_step_stop(void)
{
	return false;
}

int trace_step_start(unsigned order, unsigned ms, bool dma)
{
	(void)order;
	(void)ms;
	(void)dma;
	return -12;
}

u32 trace_step_poll(void)
{
	return 0xffffffff;
}

#endif
