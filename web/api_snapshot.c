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

/* The key of a member; of lines, a heading. */
static void document(struct json *j, const char *name)
{
	if (j->w->lines)
		w_printf(j->w, "# %s\n", name);
	else
		j_key(j, name);
}

int api_snapshot(const struct http_request *req, struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	document(&j, "memory");
	api_memory(w);
	document(&j, "buddy");
	api_buddy(w);
	document(&j, "vm");
	api_vm(w);
	document(&j, "net");
	api_net(req, w);
	document(&j, "callsites");
	api_callsites_part(w, false, 0, PARTS_MAX);
	document(&j, "pagetables");
	api_pagetables_all(w, 0, PARTS_MAX);
	j_end_with_snapshot(&j);
	return 0;
}
