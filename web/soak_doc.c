/*
 * Reading soak documents. See soak_doc.h, and docs/soak.md for the language.
 *
 * A document without "phases" is one phase; with them, what stands outside holds for all that do
 * not say otherwise; but "operations" and "duration_ms" outside are for the whole: the phases come
 * round until then, or once. "profile" must come first: what follows it changes the profile's document.
 */
#include "web/soak_doc.h"

#include <stddef.h>
#include <stdio.h>

#include "web/fault_doc.h"

#define MIB (1024 * 1024u)
#define ARENA_MAX_MIB 256
#define SIZE_MAX_BYTES (4 * MIB)
#define VMALLOC_MAX_BYTES MIB /* mapped page by page within one operation */
#define LIFE_MAX 100000000u

static const char *const dist_names[] = { "fixed", "uniform", "geometric", "trace" };
static const char *const zone_names[] = { "normal", "dma", "highmem" };
static const char *const type_names[] = { "unmovable", "reclaimable", "movable" };
static const char *const engine_names[] = { "2.6", "2.4" };

/* While a document is read: where a distribution's values and a phase's sources go. */
static struct soak_doc *reading;
static u32 phase_says[SOAK_PHASES_MAX]; /* which members each phase has, by PHASE_* */

/* ---- Distributions ---- */

struct dist_input {
	struct soak_dist dist;
	u64 most, usual; /* limit; limit of what has no "max" */
};

static bool read_dist_kind(struct json_in *in, void *structure)
{
	u32 which;

	if (!json_in_choice(in, dist_names, ARRAY_SIZE(dist_names), &which))
		return false;
	((struct dist_input *)structure)->dist.kind = which;
	return true;
}

static bool read_value(struct json_in *in, void *arg, u32 index)
{
	struct dist_input *d = arg;
	u64 value;

	(void)index;
	if (!json_in_number(in, 0, d->most, &value))
		return false;
	if (reading->trace_count == SOAK_TRACE_MAX)
		return json_in_error(in, "all traces together have at most %u values",
				     SOAK_TRACE_MAX);
	d->dist.max = max(d->dist.max, (u32)value);
	d->dist.min = d->dist.trace_count ? min(d->dist.min, (u32)value) : (u32)value;
	reading->trace[reading->trace_count++] = (u32)value;
	d->dist.trace_count++;
	return true;
}

static bool read_values(struct json_in *in, void *structure)
{
	struct dist_input *d = structure;

	d->dist.trace_at = reading->trace_count;
	d->dist.trace_count = 0;
	d->dist.max = 0;
	return json_in_array(in, read_value, d);
}

enum { DIST_KIND, DIST_VALUE, DIST_MIN, DIST_MAX, DIST_MEAN, DIST_VALUES };

static bool dist_makes_sense(struct json_in *in, struct dist_input *d, u32 seen)
{
	/* A member of another distribution would change the limits that are checked below. */
	static const u8 known[] = {
		[SOAK_FIXED] = 1u << DIST_VALUE,
		[SOAK_UNIFORM] = 1u << DIST_MIN | 1u << DIST_MAX,
		[SOAK_GEOMETRIC] = 1u << DIST_MIN | 1u << DIST_MAX | 1u << DIST_MEAN,
		[SOAK_TRACE] = 1u << DIST_VALUES,
	};
	struct soak_dist *dist = &d->dist;

	if (!(seen & 1u << DIST_KIND))
		return json_in_error(in, "\"dist\" is missing: fixed, uniform, geometric or trace");
	if (seen & ~(known[dist->kind] | 1u << DIST_KIND))
		return json_in_error(in, "%s has members of another \"dist\"",
				     dist_names[dist->kind]);
	switch (dist->kind) {
	case SOAK_FIXED:
		dist->max = dist->min;
		return seen & 1u << DIST_VALUE || json_in_error(in, "\"value\" is missing");
	case SOAK_UNIFORM:
		if ((seen & (1u << DIST_MIN | 1u << DIST_MAX)) != (1u << DIST_MIN | 1u << DIST_MAX))
			return json_in_error(in, "\"min\" and \"max\" are needed");
		break;
	case SOAK_GEOMETRIC:
		if (!(seen & 1u << DIST_MEAN))
			return json_in_error(in, "\"mean\" is missing");
		if (!(seen & 1u << DIST_MAX))
			dist->max = max((u32)min(d->usual, (u64)dist->mean * 20), dist->mean);
		break;
	default: return dist->trace_count || json_in_error(in, "\"values\" is missing or empty");
	}
	return dist->min <= dist->max ||
	       json_in_error(in, "min %u is above max %u", dist->min, dist->max);
}

/* A number is a fixed value. `usual`: where a geometric one without "max" ends. */
static bool read_dist(struct json_in *in, struct soak_dist *out, u64 least, u64 most, u64 usual)
{
	const struct json_member members[] = {
		[DIST_KIND] = JSON_READ("dist", read_dist_kind),
		[DIST_VALUE] = JSON_FIELD("value", JSON_U32, struct dist_input, dist.min, least,
					  most),
		[DIST_MIN] = JSON_FIELD("min", JSON_U32, struct dist_input, dist.min, least, most),
		[DIST_MAX] = JSON_FIELD("max", JSON_U32, struct dist_input, dist.max, least, most),
		[DIST_MEAN] = JSON_FIELD("mean", JSON_U32, struct dist_input, dist.mean, least,
					 most),
		[DIST_VALUES] = JSON_READ("values", read_values),
	};
	struct dist_input d = { .dist = { .min = (u32)least, .max = (u32)most },
				.most = most,
				.usual = usual };
	u64 value;
	u32 seen;

	if (json_in_peek(in) != '{') {
		if (!json_in_number(in, least, most, &value))
			return false;
		*out = (struct soak_dist){ .min = (u32)value, .max = (u32)value };
		return true;
	}
	if (!json_in_object(in, members, ARRAY_SIZE(members), &d, &seen) ||
	    !dist_makes_sense(in, &d, seen))
		return false;
	if (d.dist.min < least)
		return json_in_error(in, "%u is below %llu", d.dist.min, least);
	*out = d.dist;
	return true;
}

/* ---- Sources ---- */

static bool read_kind(struct json_in *in, void *structure)
{
	const char *names[SOAK_KIND_COUNT];
	u32 which;

	for (u32 i = 0; i < SOAK_KIND_COUNT; i++)
		names[i] = soak_kind_name((enum soak_kind)i);
	if (!json_in_choice(in, names, SOAK_KIND_COUNT, &which))
		return false;
	((struct soak_source *)structure)->kind = which;
	return true;
}

static bool read_zone(struct json_in *in, void *structure)
{
	u32 which;

	if (!json_in_choice(in, zone_names, ARRAY_SIZE(zone_names), &which))
		return false;
	((struct soak_source *)structure)->zone = which;
	return true;
}

static bool read_type(struct json_in *in, void *structure)
{
	u32 which;

	if (!json_in_choice(in, type_names, ARRAY_SIZE(type_names), &which))
		return false;
	((struct soak_source *)structure)->type = which;
	return true;
}

static bool read_order(struct json_in *in, void *structure)
{
	return read_dist(in, &((struct soak_source *)structure)->size, 0, SOAK_ORDERS - 1,
			 SOAK_ORDERS - 2); /* what both engines have: the same calls */
}

static bool read_size(struct json_in *in, void *structure)
{
	return read_dist(in, &((struct soak_source *)structure)->size, 4, SIZE_MAX_BYTES,
			 VMALLOC_MAX_BYTES);
}

enum { SRC_KIND, SRC_SIZE, SRC_ORDER, SRC_ZONE, SRC_TYPE, SRC_WEIGHT, SRC_NAME, SRC_DEBUG };

static const struct json_member source_members[] = {
	[SRC_KIND] = JSON_READ("kind", read_kind),
	[SRC_SIZE] = JSON_READ("size", read_size),
	[SRC_ORDER] = JSON_READ("order", read_order),
	[SRC_ZONE] = JSON_READ("zone", read_zone),
	[SRC_TYPE] = JSON_READ("type", read_type),
	[SRC_WEIGHT] = JSON_FIELD("weight", JSON_U32, struct soak_source, weight, 1, 10000),
	[SRC_NAME] = JSON_FIELD("name", JSON_STRING, struct soak_source, cache, 0, SOAK_NAME_BYTES),
	[SRC_DEBUG] = JSON_FIELD("debug", JSON_BOOL, struct soak_source, debug, 0, 0),
};

static bool source_makes_sense(struct json_in *in, struct soak_source *s, u32 seen)
{
	bool sized = seen & 1u << SRC_SIZE, ordered = seen & 1u << SRC_ORDER;

	if (!(seen & 1u << SRC_KIND))
		return json_in_error(in, "\"kind\" is missing");
	if (sized && (s->kind == SOAK_PAGES || s->kind >= SOAK_KMAP))
		return json_in_error(in, "%s has no \"size\"", soak_kind_name(s->kind));
	if (ordered && s->kind != SOAK_PAGES)
		return json_in_error(in, "only pages have an \"order\"");
	if (s->zone == SOAK_HIGHMEM && (s->kind == SOAK_KMALLOC || s->kind == SOAK_CACHE))
		return json_in_error(in, "%s is never from highmem", soak_kind_name(s->kind));
	if (s->debug && s->kind != SOAK_CACHE)
		return json_in_error(in, "only a cache has \"debug\"");
	if (s->kind == SOAK_CACHE) {
		if (!*s->cache)
			return json_in_error(in, "a cache needs a \"name\"");
		if (sized && (s->size.min != s->size.max || s->size.max > 1048576))
			return json_in_error(in,
					     "a cache's objects have one \"size\", up to 1048576");
		s->existing = !sized;
		if (s->existing && s->debug)
			return json_in_error(in, "a new cache needs a \"size\"");
	}
	if (!sized && (s->kind == SOAK_KMALLOC || s->kind == SOAK_VMALLOC))
		return json_in_error(in, "%s needs a \"size\"", soak_kind_name(s->kind));
	if (s->kind >= SOAK_KMAP && !(seen & 1u << SRC_ZONE))
		s->zone = SOAK_HIGHMEM; /* what has an address of its own needs no mapping */
	return true;
}

static bool read_source(struct json_in *in, void *arg, u32 index)
{
	struct soak_phase *phase = arg;
	struct soak_source *s = &reading->sources[reading->source_count];
	u32 seen;

	if (reading->source_count == SOAK_SOURCES_MAX)
		return json_in_error(in, "a document has at most %u sources", SOAK_SOURCES_MAX);
	*s = (struct soak_source){ .weight = 1 };
	if (!json_in_object(in, source_members, ARRAY_SIZE(source_members), s, &seen) ||
	    !source_makes_sense(in, s, seen))
		return false;
	s->number = (u8)index;
	s->phase = phase >= reading->phases && phase < reading->phases + SOAK_PHASES_MAX
			   ? (u8)(phase - reading->phases + 1)
			   : 0; /* outside: it stands for all */
	reading->source_count++;
	phase->sources++;
	return true;
}

/* ---- Phases ---- */

static bool read_live(struct json_in *in, void *structure)
{
	static const struct json_member members[] = {
		JSON_FIELD("objects", JSON_U32, struct soak_phase, live_objects, 1,
			   SOAK_OBJECTS_MAX),
		JSON_FIELD("bytes", JSON_U64, struct soak_phase, live_bytes, 1, 4096ull * MIB),
	};
	struct soak_phase *phase = structure;
	u32 seen;

	if (!json_in_object(in, members, ARRAY_SIZE(members), phase, &seen))
		return false;
	if (seen && !(seen & 1)) /* by bytes alone: of the smallest objects there may be */
		phase->live_objects = 0;
	if (seen && !(seen & 2))
		phase->live_bytes = ~0ull;
	return seen || json_in_error(in, "\"objects\" or \"bytes\" is needed");
}

static bool read_lifetime(struct json_in *in, void *structure)
{
	return read_dist(in, &((struct soak_phase *)structure)->lifetime, 1, LIFE_MAX, LIFE_MAX);
}

static bool read_sources(struct json_in *in, void *structure)
{
	struct soak_phase *phase = structure;

	/* those of the profile go, if they were the last that were read */
	if (phase->sources && phase->first_source + phase->sources == reading->source_count)
		reading->source_count = phase->first_source;
	phase->first_source = reading->source_count;
	phase->sources = 0;
	return json_in_array(in, read_source, phase);
}

enum { PHASE_RATE = 2, PHASE_LIVE, PHASE_LIFETIME };

#define PHASE_MEMBERS                                                                     \
	JSON_FIELD("operations", JSON_U64, struct soak_phase, operations, 0, 1ull << 40), \
		JSON_FIELD("duration_ms", JSON_U32, struct soak_phase, duration_ms, 0,    \
			   0xffffffffu),                                                  \
		JSON_FIELD("rate", JSON_U32, struct soak_phase, rate, 0, 10000000),       \
		JSON_READ("live", read_live), JSON_READ("lifetime", read_lifetime),       \
		JSON_READ("allocate", read_sources)

static bool read_phase(struct json_in *in, void *arg, u32 index)
{
	static const struct json_member members[] = { PHASE_MEMBERS };
	struct soak_phase *phase;

	(void)arg;
	if (index >= SOAK_PHASES_MAX)
		return json_in_error(in, "a document has at most %u phases", SOAK_PHASES_MAX);
	phase = &reading->phases[index];
	*phase = (struct soak_phase){ 0 };
	reading->phase_count = (u8)(index + 1);
	return json_in_object(in, members, ARRAY_SIZE(members), phase, &phase_says[index]);
}

/* ---- The document ---- */

struct document {
	struct soak_phase phase; /* what holds for all; first, so that its members fit here too */
	struct soak_doc *doc;
	bool phases, profile_first;
};

static bool read_phases(struct json_in *in, void *structure)
{
	struct document *d = structure;

	d->phases = true;
	/* a profile's phases go, and their sources */
	reading->source_count = d->phase.sources ? d->phase.first_source + d->phase.sources : 0;
	reading->phase_count = 0;
	return json_in_array(in, read_phase, d);
}

static bool read_arena(struct json_in *in, void *structure);
static bool read_bug(struct json_in *in, void *structure);
static bool read_profile(struct json_in *in, void *structure);

static bool read_failslab(struct json_in *in, void *structure)
{
	return fault_attr_read(in, &((struct document *)structure)->doc->failslab, true);
}

static bool read_fail_page_alloc(struct json_in *in, void *structure)
{
	return fault_attr_read(in, &((struct document *)structure)->doc->fail_page_alloc, false);
}

static bool read_name(struct json_in *in, void *structure)
{
	return json_in_string(in, ((struct document *)structure)->doc->name, SOAK_NAME_BYTES);
}

static bool read_seed(struct json_in *in, void *structure)
{
	return json_in_number(in, 0, ~0ull, &((struct document *)structure)->doc->seed);
}

static bool read_verify(struct json_in *in, void *structure)
{
	return json_in_bool(in, &((struct document *)structure)->doc->verify);
}

static bool read_expect(struct json_in *in, void *structure)
{
	return json_in_bool(in, &((struct document *)structure)->doc->expect_failures);
}

static const struct json_member document_members[] = {
	JSON_READ("profile", read_profile),
	JSON_READ("name", read_name),
	JSON_READ("seed", read_seed),
	JSON_READ("arena", read_arena),
	JSON_READ("verify", read_verify),
	JSON_READ("expect_failures", read_expect),
	PHASE_MEMBERS,
	JSON_READ("phases", read_phases),
	JSON_READ("failslab", read_failslab),
	JSON_READ("fail_page_alloc", read_fail_page_alloc),
	JSON_READ("bug", read_bug),
};

static bool read_document(struct json_in *in, struct document *d)
{
	return json_in_object(in, document_members, ARRAY_SIZE(document_members), d, NULL);
}

static bool read_profile(struct json_in *in, void *structure)
{
	struct document *d = structure;
	const char *names[16];
	struct json_in inner;
	u32 which;

	for (u32 i = 0; i < soak_profile_count; i++)
		names[i] = soak_profiles[i].name;
	if (!json_in_choice(in, names, soak_profile_count, &which))
		return false;
	if (!d->profile_first)
		return json_in_error(in, "it must be the first member");
	json_in_begin(&inner, soak_profiles[which].document, in->error);
	if (!read_document(&inner, d)) {
		in->failed = true;
		return false;
	}
	if (!*d->doc->name)
		snprintf(d->doc->name, SOAK_NAME_BYTES, "%s", soak_profiles[which].name);
	return true;
}

static bool read_engine(struct json_in *in, void *structure)
{
	u32 which;

	if (!json_in_choice(in, engine_names, ARRAY_SIZE(engine_names), &which))
		return false;
	((struct soak_doc *)structure)->gen24 = which;
	return true;
}

static bool read_mib(struct json_in *in, void *structure)
{
	u64 mib;

	if (!json_in_number(in, 4, ARENA_MAX_MIB, &mib))
		return false;
	if (mib % 4)
		return json_in_error(in, "%llu is no multiple of 4", mib);
	((struct soak_doc *)structure)->arena_pages = (u32)mib * 256;
	return true;
}

static bool read_arena(struct json_in *in, void *structure)
{
	static const struct json_member members[] = {
		JSON_READ("mib", read_mib),
		JSON_READ("engine", read_engine),
	};
	struct soak_doc *doc = ((struct document *)structure)->doc;

	if (!json_in_object(in, members, ARRAY_SIZE(members), doc, NULL))
		return false;
	return doc->arena_pages || json_in_error(in, "\"mib\" is missing: 4 to 256");
}

static bool read_bug_kind(struct json_in *in, void *structure)
{
	const char *names[SOAK_BUG_COUNT];
	u32 which;

	for (u32 i = 0; i < SOAK_BUG_COUNT; i++)
		names[i] = soak_bug_name((enum soak_bug)i);
	if (!json_in_choice(in, names, SOAK_BUG_COUNT, &which))
		return false;
	((struct soak_doc *)structure)->bug = which;
	return true;
}

static bool read_bug(struct json_in *in, void *structure)
{
	static const struct json_member members[] = {
		JSON_READ("kind", read_bug_kind),
		JSON_FIELD("after", JSON_U32, struct soak_doc, bug_after, 0, 0xffffffffu),
	};

	return json_in_object(in, members, ARRAY_SIZE(members), ((struct document *)structure)->doc,
			      NULL);
}

/* ---- The whole ---- */

/* How many objects the live set can have, where only bytes were said. */
static void limit_objects(struct soak_doc *doc, struct soak_phase *phase)
{
	u64 least = 1 << 22;

	for (u32 i = 0; i < phase->sources; i++) {
		const struct soak_source *s = &doc->sources[phase->first_source + i];
		u64 bytes = s->kind == SOAK_PAGES  ? 4096ull << s->size.min
			    : s->kind >= SOAK_KMAP ? 4096
			    : s->existing	   ? 64
						   : s->size.min;

		least = min(least, bytes);
	}
	if (!phase->live_objects)
		phase->live_objects = (u32)clamp(phase->live_bytes / max(least, 1ull), 1ull,
						 (u64)SOAK_OBJECTS_MAX);
}

/* What a phase does not say is as it stands outside, before "phases" or behind. "operations" and
 * "duration_ms" outside are for all phases together. */
static void inherit(struct soak_phase *phase, u32 says, const struct soak_phase *outside)
{
	if (!(says >> PHASE_RATE & 1))
		phase->rate = outside->rate;
	if (!(says >> PHASE_LIFETIME & 1))
		phase->lifetime = outside->lifetime;
	if (!(says >> PHASE_LIVE & 1)) {
		phase->live_objects = outside->live_objects;
		phase->live_bytes = outside->live_bytes;
	}
	if (!phase->sources) {
		phase->first_source = outside->first_source;
		phase->sources = outside->sources;
	}
}

u32 soak_doc_place(const struct soak_source *s, char *buf, u32 bytes)
{
	u32 n = s->phase ? (u32)snprintf(buf, bytes, "phases[%u].", s->phase - 1u) : 0;

	return n + (u32)snprintf(buf + n, bytes - n, "allocate[%u]", s->number);
}

/* What depends on members that may stand anywhere. */
static bool sources_fit(struct json_in *in, const struct soak_doc *doc,
			const struct soak_phase *phase)
{
	u32 order = soak_max_order(doc);

	for (u32 i = 0; i < phase->sources; i++) {
		const struct soak_source *s = &doc->sources[phase->first_source + i];
		u32 len = soak_doc_place(s, in->path, sizeof(in->path));

		if (s->kind == SOAK_PAGES && s->size.max > order) {
			snprintf(in->path + len, sizeof(in->path) - len, ".order");
			return json_in_error(in, "orders go up to %u there", order);
		}
		if ((s->kind == SOAK_KMALLOC && s->size.max > 4096u << order) ||
		    (s->kind == SOAK_VMALLOC && s->size.max > VMALLOC_MAX_BYTES)) {
			snprintf(in->path + len, sizeof(in->path) - len, ".size");
			return json_in_error(in, "%s goes up to %u there", soak_kind_name(s->kind),
					     s->kind == SOAK_KMALLOC ? 4096u << order
								     : VMALLOC_MAX_BYTES);
		}
		if (s->existing && doc->arena_pages)
			return json_in_error(in, "a new cache needs a \"size\" in an arena");
	}
	*in->path = '\0';
	return true;
}

/* Defects that no object of the document could have would never be made. */
static bool defects_fit(struct json_in *in, const struct soak_doc *doc)
{
	u32 debug = 0, slab = 0;

	for (u32 i = 0; i < doc->source_count; i++) {
		debug += doc->sources[i].debug;
		slab += doc->sources[i].kind == SOAK_CACHE || doc->sources[i].kind == SOAK_KMALLOC;
	}
	snprintf(in->path, sizeof(in->path), "bug.kind");
	if (!debug && (doc->bug == SOAK_BUG_USE_AFTER_FREE || doc->bug == SOAK_BUG_WRITE_PAST_END))
		return json_in_error(in, "%s needs a cache with \"debug\"",
				     soak_bug_name(doc->bug));
	if (slab < 2 && doc->bug == SOAK_BUG_WRONG_CACHE)
		return json_in_error(in, "wrong_cache needs two sources of cache or kmalloc");
	if (!doc->verify && doc->bug == SOAK_BUG_STUCK_BIT)
		return json_in_error(in, "stuck_bit needs \"verify\"");
	*in->path = '\0';
	return true;
}

static bool complete(struct json_in *in, struct document *d)
{
	struct soak_doc *doc = d->doc;

	doc->operations = d->phase.operations;
	doc->duration_ms = d->phase.duration_ms;
	if (!d->phases || !doc->phase_count) {
		d->phases = false;
		doc->phases[0] = d->phase;
		doc->phase_count = 1;
	}
	for (u32 i = 0; i < doc->phase_count; i++) {
		struct soak_phase *phase = &doc->phases[i];

		if (d->phases)
			inherit(phase, phase_says[i], &d->phase);
		if (d->phases)
			snprintf(in->path, sizeof(in->path), "phases[%u]", i);
		if (!phase->sources)
			return json_in_error(in, "\"allocate\" is missing");
		if (d->phases ? !phase->operations && !phase->duration_ms
			      : !doc->operations && !doc->duration_ms)
			return json_in_error(in, "\"operations\" or \"duration_ms\" is needed");
		limit_objects(doc, phase);
		if (!sources_fit(in, doc, phase))
			return false;
	}
	return defects_fit(in, doc);
}

static bool begins_with_profile(const char *text, struct writer *error)
{
	struct json_in in;

	json_in_begin(&in, text, error);
	if (json_in_peek(&in) != '{')
		return false;
	in.at++;
	json_in_peek(&in);
	return !strncmp(in.at, "\"profile\"", 9);
}

bool soak_doc_read(struct soak_doc *doc, const char *text, struct writer *error)
{
	struct document d = { .doc = doc,
			      .phase = { .live_objects = 1000,
					 .live_bytes = ~0ull,
					 .lifetime = { .kind = SOAK_GEOMETRIC,
						       .min = 1,
						       .max = 20000,
						       .mean = 1000 } } };
	struct json_in in;

	memset(doc, 0, sizeof(*doc));
	doc->seed = 1;
	doc->verify = true;
	reading = doc;
	d.profile_first = begins_with_profile(text, error);
	json_in_begin(&in, text, error);
	return read_document(&in, &d) && json_in_end(&in) && complete(&in, &d);
}
