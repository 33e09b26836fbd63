/*
 * /api/v1/check: walks every descriptor, list and slab, and names what disagrees with the counters.
 */
#include "mm/memstat.h"
#include "web/route.h"
#include "web/snapshot.h"

void api_check(struct writer *w)
{
	static struct memstat_check check; /* 2.6 KiB: not for the stack */
	struct json j;

	memstat_check(&check);
	j_begin(&j, w);
	j_object(&j, NULL);
	j_bool(&j, "ok", check.disagreements == 0);
	j_u32(&j, "frames_walked", check.frames_walked);
	j_array(&j, "disagreements");
	for (u32 i = 0; i < check.kept; i++) {
		const struct memstat_disagreement *d = &check.list[i];

		j_object(&j, NULL);
		j_str(&j, "what", d->what);
		j_str(&j, "where", d->where);
		j_str(&j, "expected", d->expected);
		j_str(&j, "found", d->found);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_u32(&j, "disagreements_total", check.disagreements);
	j_end_with_snapshot(&j);
}
