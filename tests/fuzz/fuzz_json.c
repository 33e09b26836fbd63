/*
 * Soak documents, as POST /api/v1/soak gets them: the input is the text. What is refused is refused with
 * one clean line; what is accepted is within every limit of docs/soak.md, so that a job can be made of it,
 * and is read the same a second time.
 */
#include "fuzz.h"
#include "mm/soak.h"
#include "support/host.h"
#include "web/soak_doc.h"

static void check_name(const char *name)
{
	if (!memchr(name, 0, SOAK_NAME_BYTES))
		fuzz_fail("a name has no end");
}

static void check_dist(const struct soak_doc *doc, const struct soak_dist *d, u32 least, u32 most)
{
	if (d->min < least || d->max > most || d->min > d->max)
		fuzz_fail("numbers from %u to %u, where %u to %u are right", d->min, d->max, least,
			  most);
	if (d->kind == SOAK_GEOMETRIC && (d->mean < least || d->mean > most))
		fuzz_fail("a mean of %u", d->mean);
	if (d->kind != SOAK_TRACE)
		return;
	if (!d->trace_count || d->trace_at + d->trace_count > doc->trace_count)
		fuzz_fail("a trace of %u values at %u of %u", d->trace_count, d->trace_at,
			  doc->trace_count);
	for (u32 i = 0; i < d->trace_count; i++)
		if (doc->trace[d->trace_at + i] < d->min || doc->trace[d->trace_at + i] > d->max)
			fuzz_fail("a trace holds %u", doc->trace[d->trace_at + i]);
}

static void check_source(const struct soak_doc *doc, const struct soak_source *s)
{
	if (s->kind >= SOAK_KIND_COUNT || s->zone > SOAK_HIGHMEM || s->type > SOAK_MOVABLE)
		fuzz_fail("a source of kind %u, zone %u, type %u", s->kind, s->zone, s->type);
	if (!s->weight || s->weight > 10000)
		fuzz_fail("a weight of %u", s->weight);
	check_name(s->cache);
	if (s->kind == SOAK_PAGES)
		check_dist(doc, &s->size, 0, soak_max_order(doc));
	else if (s->kind < SOAK_KMAP && !s->existing)
		check_dist(doc, &s->size, 4, 4 << 20);
	if (s->kind == SOAK_CACHE && !s->existing &&
	    (s->size.min != s->size.max || s->size.max > 1 << 20 || !*s->cache))
		fuzz_fail("a cache of objects from %u to %u bytes", s->size.min, s->size.max);
	if (s->existing && (doc->arena_pages || s->debug))
		fuzz_fail("a cache of the machine's for an arena");
}

static void check_phase(const struct soak_doc *doc, const struct soak_phase *phase)
{
	if (!phase->sources || phase->first_source + phase->sources > doc->source_count)
		fuzz_fail("sources %u to %u of %u", phase->first_source,
			  phase->first_source + phase->sources, doc->source_count);
	for (u32 i = 0; i < phase->sources; i++)
		check_source(doc, &doc->sources[phase->first_source + i]);
	if (!phase->live_objects || phase->live_objects > SOAK_OBJECTS_MAX || !phase->live_bytes)
		fuzz_fail("a live set of %u objects", phase->live_objects);
	if (phase->rate > 10000000 || phase->operations > 1ull << 40)
		fuzz_fail("a rate of %u", phase->rate);
	check_dist(doc, &phase->lifetime, 1, 100000000);
}

static void check_document(const struct soak_doc *doc)
{
	if (!doc->phase_count || doc->phase_count > SOAK_PHASES_MAX ||
	    doc->source_count > SOAK_SOURCES_MAX || doc->trace_count > SOAK_TRACE_MAX)
		fuzz_fail("%u phases, %u sources, %u values", doc->phase_count, doc->source_count,
			  doc->trace_count);
	if (doc->arena_pages % 1024 || doc->arena_pages > 256 * 256)
		fuzz_fail("an arena of %u pages", doc->arena_pages);
	for (u32 i = 0; i < doc->phase_count; i++) {
		const struct soak_phase *phase = &doc->phases[i];

		check_phase(doc, phase);
		if (!phase->operations && !phase->duration_ms)
			fuzz_fail("phase %u has no end", i);
	}
	check_name(doc->name);
	check_name(doc->failslab.cache);
	if (doc->bug >= SOAK_BUG_COUNT || doc->failslab.probability > 100 ||
	    doc->fail_page_alloc.max_order >= SOAK_ORDERS)
		fuzz_fail("bug %u", doc->bug);
}

static bool same(const struct soak_doc *a, const struct soak_doc *b)
{
	return a->seed == b->seed && a->operations == b->operations &&
	       a->phase_count == b->phase_count && a->source_count == b->source_count &&
	       a->trace_count == b->trace_count && !strcmp(a->name, b->name) &&
	       !memcmp(a->trace, b->trace, sizeof(a->trace));
}

void fuzz_one(const u8 *data, size_t size)
{
	struct soak_doc *doc = malloc(sizeof(*doc)), *again = malloc(sizeof(*doc));
	char *text = malloc(size + 1), *line = malloc(400);
	struct writer w;
	bool good;

	memcpy(text, data, size);
	text[size] = '\0';
	memset(again, 0xa5, sizeof(*again));
	w_init(&w, line, 399);
	good = soak_doc_read(doc, text, &w);
	*w.pos = '\0';
	if (good != !*line || w.lost)
		fuzz_fail("accepted: %u, with \"%s\", %u bytes lost", good, line, w.lost);
	for (const char *c = line; *c; c++)
		if (*c < ' ' || *c > '~')
			fuzz_fail("a byte %#x in \"%s\"", (u8)*c, line);
	if (good)
		check_document(doc);
	w_reset(&w);
	if (soak_doc_read(again, text, &w) != good || !same(doc, again))
		fuzz_fail("not read the same twice: %s", text);
	free(doc);
	free(again);
	free(text);
	free(line);
}
