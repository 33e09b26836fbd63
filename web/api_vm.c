/*
 * The address space in JSON: /api/v1/vm (layout, vmalloc areas, kmaps, fixmaps) and
 * /api/v1/pagetables (the directory and an audit; with ?runs= what is mapped, entry by entry; or with
 * ?address= the walk of one address).
 */
#include "kernel/symbols.h"
#include "mm/memstat.h"
#include "web/query.h"
#include "web/route.h"
#include "web/snapshot.h"

#define DIRECTORY_ENTRIES 1024

/* ---- /api/v1/vm ---- */

void j_layout(struct json *j)
{
	struct memstat_area area, next;

	j_array(j, "layout");
	for (u32 i = 0; i < memstat_area_count(); i++) {
		u64 end = 1ull << 32;

		memstat_area(i, &area);
		if (i + 1 < memstat_area_count()) {
			memstat_area(i + 1, &next);
			end = next.start;
		}
		j_object(j, NULL);
		j_str(j, "name", area.name);
		j_hex(j, "start", area.start);
		j_hex(j, "end", end);
		j_end_object(j);
	}
	j_end_array(j);
}

static void put_vm_area(void *arg, const struct memstat_vm_area *area)
{
	static const char *const kinds[] = { "vmalloc", "vmap", "ioremap" };
	struct json *j = arg;
	char symbol[96];

	j_object(j, NULL);
	j_hex(j, "start", area->start);
	j_hex(j, "end", (u64)area->start + area->bytes);
	j_hex(j, "guard", (u64)area->start + area->bytes - 4096);
	j_str(j, "kind", kinds[area->kind]);
	j_u32(j, "pages", area->pages);
	if (area->phys)
		j_hex(j, "physical", area->phys);
	else
		j_null(j, "physical");
	if (area->caller)
		symbol_format(symbol, sizeof(symbol), area->caller);
	j_str(j, "caller", area->caller ? symbol : NULL);
	j_end_object(j);
}

static void put_kmaps(struct json *j)
{
	struct memstat_kmaps k;
	u32 pfn, users;

	memstat_kmaps(&k);
	j_object(j, "kmap");
	j_hex(j, "start", k.start);
	j_u32(j, "slots", k.slots);
	j_u32(j, "mapped", k.mapped);
	j_u32(j, "waiting_for_flush", k.waiting);
	j_u32(j, "hash_records_free", k.records_free);
	j_u64(j, "maps", k.maps);
	j_u64(j, "atomic_maps", k.atomic_maps);
	j_u64(j, "wraps", k.wraps);
	j_u64(j, "flushed", k.flushed);
	j_u64(j, "refused", k.refused);
	j_array(j, "in_use");
	for (u32 i = 0; i < k.slots; i++) {
		if (!memstat_kmap_slot(i, &pfn, &users))
			continue;
		j_object(j, NULL);
		j_u32(j, "slot", i);
		j_hex(j, "address", k.start + i * 4096);
		j_u32(j, "pfn", pfn);
		j_u32(j, "users", users);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void put_fixmap(void *arg, const struct memstat_fixmap *f)
{
	struct json *j = arg;

	j_object(j, NULL);
	j_u32(j, "index", f->index);
	j_str(j, "name", f->name);
	j_u32(j, "number", f->number);
	j_hex(j, "address", f->address);
	if (f->entry & MEMSTAT_PT_PRESENT)
		j_u32(j, "pfn", f->entry >> 12);
	else
		j_null(j, "pfn");
	j_end_object(j);
}

void api_vm(struct writer *w)
{
	struct memstat_totals totals;
	struct json j;

	memstat_totals(&totals);
	j_begin(&j, w);
	j_object(&j, NULL);
	j_layout(&j);
	j_object(&j, "vmalloc");
	j_u32(&j, "total_bytes", totals.vmalloc_total_bytes);
	j_u32(&j, "used_bytes", totals.vmalloc_used_bytes);
	j_u32(&j, "largest_free_bytes", totals.vmalloc_largest_free_bytes);
	j_u32(&j, "lazy_bytes", totals.vmalloc_lazy_bytes);
	j_u32(&j, "purges", totals.vmalloc_purges);
	j_array(&j, "areas");
	memstat_vm_areas(put_vm_area, &j);
	j_end_array(&j);
	j_end_object(&j);
	put_kmaps(&j);
	j_array(&j, "fixmap");
	memstat_fixmaps(put_fixmap, &j);
	j_end_array(&j);
	j_end_with_snapshot(&j);
}

/* ---- /api/v1/pagetables ---- */

#define RUNS_MAX 4096

/* At most `most` runs from `from` on, and where the next one begins. */
static void put_runs(struct json *j, u64 from, u32 most)
{
	struct memstat_pt_run run;
	bool more;

	j_array(j, "runs");
	while ((more = memstat_pt_run(from, &run)) && most--) {
		j_object(j, NULL);
		j_hex(j, "address", run.start);
		j_hex(j, "entry", run.entry);
		j_u32(j, "count", run.count);
		j_bool(j, "large", run.large);
		j_end_object(j);
		from = run.start + ((u64)run.count << (run.large ? 22 : 12));
	}
	j_end_array(j);
	if (more)
		j_hex(j, "next", run.start);
	else
		j_null(j, "next");
}

static void put_flags(struct json *j, u32 flags)
{
	static const char *const names[] = { "present",	      "writable", "user",
					     "write-through", "uncached", "large",
					     "pat",	      "global",	  "no-execute" };

	j_array(j, "flags");
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & 1u << i)
			j_str(j, NULL, names[i]);
	j_end_array(j);
}

/* Equal neighbours among large pages and empty entries are told as one. */
static bool continues(const struct memstat_directory_entry *a,
		      const struct memstat_directory_entry *b, u32 distance)
{
	if (!a->entry || !b->entry)
		return a->entry == b->entry;
	return a->large && b->large && b->entry == a->entry + (distance << 22);
}

static void put_directory(struct json *j)
{
	struct memstat_directory_entry first, e;

	j_array(j, "directory");
	for (u32 i = 0, next; i < DIRECTORY_ENTRIES; i = next) {
		memstat_directory_entry(i, &first);
		for (next = i + 1; next < DIRECTORY_ENTRIES; next++) {
			memstat_directory_entry(next, &e);
			if (!continues(&first, &e, next - i))
				break;
		}
		j_object(j, NULL);
		j_u32(j, "index", i);
		j_u32(j, "count", next - i);
		j_hex(j, "address", (u64)i << 22);
		j_str(j, "kind", first.large ? "large" : first.entry ? "table" : "empty");
		j_hex(j, "entry", first.entry);
		j_u32(j, "present", first.present);
		j_u32(j, "writable", first.writable);
		j_end_object(j);
	}
	j_end_array(j);
}

static void put_audit(struct json *j)
{
	struct memstat_pt_audit a;

	memstat_pt_audit(&a);
	j_object(j, "audit");
	j_u32(j, "user_pages", a.user_pages);
	j_u32(j, "writable_text_pages", a.writable_text_pages);
	j_u32(j, "unmapped_direct_pages", a.unmapped_direct_pages);
	if (a.unmapped_direct_pages)
		j_u32(j, "first_unmapped_pfn", a.first_unmapped_pfn);
	else
		j_null(j, "first_unmapped_pfn");
	j_u32(j, "mapped_guard_pages", a.mapped_guard_pages);
	j_u32(j, "stray_pages", a.stray_pages);
	j_u32(j, "alias_count", a.aliases);
	j_array(j, "aliases");
	for (u32 i = 0; i < a.kept; i++) {
		j_object(j, NULL);
		j_hex(j, "address", a.alias[i].address);
		j_u32(j, "pfn", a.alias[i].pfn);
		j_bool(j, "writable", a.alias[i].writable);
		j_end_object(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void put_walk(struct json *j, u32 address)
{
	struct memstat_walk walk;

	memstat_walk(address, &walk);
	j_object(j, "walk");
	j_hex(j, "address", walk.address);
	j_str(j, "area", walk.area);
	j_object(j, "directory_entry");
	j_u32(j, "index", walk.pgd_index);
	j_hex(j, "address", walk.pgd_address);
	j_hex(j, "entry", walk.pgd_entry);
	j_bool(j, "present", walk.pgd_present);
	j_bool(j, "large", walk.large);
	j_end_object(j);
	if (walk.pte_address) {
		j_object(j, "table_entry");
		j_u32(j, "index", walk.pte_index);
		j_hex(j, "address", walk.pte_address);
		j_hex(j, "entry", walk.pte_entry);
		j_bool(j, "present", walk.mapped);
		j_end_object(j);
	} else {
		j_null(j, "table_entry");
	}
	j_bool(j, "mapped", walk.mapped);
	if (walk.mapped) {
		j_hex(j, "physical", walk.phys);
		j_u32(j, "pfn", walk.phys >> 12);
	} else {
		j_null(j, "physical");
		j_null(j, "pfn");
	}
	put_flags(j, walk.flags);
	j_end_object(j);
}

/* An address of the query: 0 and *given, or the reason. */
static int read_address(const char *query, const char *name, u64 *address, bool *given,
			struct writer *reason)
{
	const char *end;
	char text[32];

	*given = query_param(query, name, text, sizeof(text)) != -ENOENT;
	if (!*given)
		return 0;
	end = parse_hex(text, address);
	if (end && !*end && !(*address >> 32))
		return 0;
	w_printf(reason, "%s=%s is not an address from 0x0 to 0xffffffff", name, text);
	return 400;
}

void api_pagetables_all(struct writer *w, u64 from, u32 runs)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_hex(&j, "cr3", memstat_cr3());
	if (!from) {
		put_directory(&j);
		put_audit(&j);
	}
	if (runs)
		put_runs(&j, from, runs);
	j_end_with_snapshot(&j);
}

int api_pagetables(const struct http_request *req, struct writer *w)
{
	static const char *const names[] = { "address", "runs", "from", NULL };
	u64 address = 0, from = 0, runs = 0;
	bool walk, given;
	struct json j;
	char text[32];
	int status;

	if (query_unknown_param(req->query, names, text, sizeof(text))) {
		w_printf(w, "%s= is not known here: there are address=, runs= and from=", text);
		return 400;
	}
	status = read_address(req->query, "address", &address, &walk, w);
	if (!status)
		status = read_address(req->query, "from", &from, &given, w);
	if (!status)
		status = query_number(req->query, "runs", 1, RUNS_MAX, &runs, w);
	if (status)
		return status;
	if (!walk) {
		api_pagetables_all(w, from, (u32)runs);
		return 0;
	}
	j_begin(&j, w);
	j_object(&j, NULL);
	j_hex(&j, "cr3", memstat_cr3());
	put_walk(&j, (u32)address);
	j_end_with_snapshot(&j);
	return 0;
}
