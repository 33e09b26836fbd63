/*
 * /api/v1/snapshot: what a moment is remembered by. Several documents of the API as members of one,
 * all rendered in the same step of the main loop, so that their figures belong together.
 *
 * Each ends with its own "snapshot" member: bytes are its own, cycles those since the answer was begun.
 * What is listed in parts has as much as one answer of its own would: 512 call sites, 512 runs of page
 * table entries; site_count and next say whether there is more.
 */
#include "mm/memstat.h"
#include "web/route.h"
#include "web/snapshot.h"

#define PARTS_MAX 512

static void callsites(struct writer *w)
{
	api_callsites_part(w, false, 0, PARTS_MAX);
}

static void pagetables(struct writer *w)
{
	api_pagetables_all(w, 0, PARTS_MAX);
}

static const struct {
	const char *name;
	void (*put)(struct writer *w);
} documents[] = {
	{ "memory", api_memory }, { "buddy", api_buddy },	  { "vm", api_vm },
	{ "net", api_net },	  { "callsites", callsites }, { "pagetables", pagetables },
};

void api_snapshot(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	for (u32 i = 0; i < ARRAY_SIZE(documents); i++) {
		if (w->lines)
			w_printf(w, "# %s\n", documents[i].name);
		else
			j_key(&j, documents[i].name);
		documents[i].put(w);
	}
	j_end_with_snapshot(&j);
}
