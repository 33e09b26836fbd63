/*
 * /api/v1/soak: starting, watching and stopping soak jobs (docs/soak.md).
 *
 *	POST   /api/v1/soak		a document -> 201 {id}
 *	GET    /api/v1/soak		all jobs, in short
 *	GET    /api/v1/soak/ID		the verdict, at any time
 *	DELETE /api/v1/soak/ID		stops it; once it is done: forgets it
 *	GET    /api/v1/soak/profiles	documents that come with the kernel
 */
#include <stdio.h>

#include "kernel/symbols.h"
#include "kernel/time.h"
#include "mm/slab.h"
#include "web/fault_doc.h"
#include "web/query.h"
#include "web/route.h"
#include "web/snapshot.h"
#include "web/soak_doc.h"

static const char *const state_names[] = { "baseline", "running",  "draining",
					   "draining", "settling", "done" };

/* ---- Parts of a verdict ---- */

static void site(struct json *j, const char *key, u32 addr)
{
	char text[64];

	if (!addr) {
		j_null(j, key);
		return;
	}
	symbol_format(text, sizeof(text), addr);
	j_str(j, key, text);
}

/* Where in the document a source stands: "phases[1].allocate[0]". */
static void source_place(struct json *j, const struct soak_job *job, u8 number)
{
	const struct soak_source *s = &job->doc.sources[number];
	char text[48];
	u32 at;

	if (number >= job->doc.source_count) {
		j_null(j, "source");
		return;
	}
	at = soak_doc_place(s, text, sizeof(text));
	snprintf(text + at, sizeof(text) - at, " %s", soak_kind_name(s->kind));
	j_str(j, "source", text);
}

static void counts(struct json *j, const struct soak_job *job)
{
	const struct soak_counts *c = &job->counts;

	j_u64(j, "operations", c->operations);
	j_u64(j, "allocations", c->allocations);
	j_u64(j, "frees", c->frees);
	j_u64(j, "frees_skipped", c->skipped);
	j_u64(j, "failures_expected", c->failures_expected);
	j_u64(j, "failures_unexpected", c->failures_unexpected);
	j_u64(j, "verified_bytes", c->verified_bytes);
	j_u64(j, "verification_errors", c->verify_errors);
	j_u64(j, "wrong_uses", c->faults);
	j_hex(j, "calls_checksum", c->calls_sum);
}

static u64 run_ms(const struct soak_job *job)
{
	u64 end = job->state > SOAK_RUNNING ? job->end_ms : now_ms();

	return job->run_ms && end > job->run_ms ? end - job->run_ms : 0;
}

static bool passed(const struct soak_job *job)
{
	char text[8];

	return !soak_reason(job, 0, text, sizeof(text));
}

static void head(struct json *j, const struct soak_job *job)
{
	u64 ms = run_ms(job);

	j_u32(j, "id", job->id);
	j_str(j, "name", job->doc.name);
	j_str(j, "state", state_names[job->state]);
	j_bool(j, "stopped", job->stopped);
	if (job->state == SOAK_DONE)
		j_str(j, "verdict", passed(job) ? "pass" : "fail");
	else
		j_null(j, "verdict");
	j_u64(j, "uptime_ms", now_ms());
	j_u64(j, "started_ms", job->start_ms);
	j_u64(j, "run_ms", ms);
	j_u32(j, "phase", job->phase);
	counts(j, job);
	j_u64(j, "operations_per_second", ms ? job->counts.operations * 1000 / ms : 0);
	j_u32(j, "live_objects", job->live_objects);
	j_u64(j, "live_bytes", job->live_bytes);
}

static void fragmentation(struct json *j, const char *key, const struct soak_frag *f, u32 orders)
{
	j_object(j, key);
	j_u32(j, "free_pages", f->free_pages);
	j_array(j, "blocks");
	for (u32 i = 0; i < orders; i++)
		j_u32(j, NULL, f->blocks[i]);
	j_end_array(j);
	j_array(j, "unusable_permille");
	for (u32 i = 0; i < orders; i++)
		j_u32(j, NULL, f->unusable_permille[i]);
	j_end_array(j);
	j_end_object(j);
}

static void histogram(struct json *j, const struct soak_job *job, const struct soak_hist *h)
{
	static const struct {
		const char *name;
		u32 per_10000;
	} marks[] = { { "p50", 5000 },
		      { "p90", 9000 },
		      { "p99", 9900 },
		      { "p99_9", 9990 },
		      { "p99_99", 9999 } };
	u32 last = 0;

	j_object(j, NULL);
	j_str(j, "operation", h->freeing ? "free" : "allocate");
	source_place(j, job, h->source);
	j_u64(j, "bytes_up_to", 1ull << h->size_log2);
	j_u64(j, "count", h->count);
	for (u32 i = 0; i < ARRAY_SIZE(marks); i++)
		j_u64(j, marks[i].name, soak_percentile(h, marks[i].per_10000));
	j_u64(j, "worst", h->worst_cycles);
	j_u64(j, "worst_operation", h->worst_op);
	site(j, "worst_call_site", h->worst_site);
	for (u32 i = 0; i < SOAK_BUCKETS; i++)
		if (h->buckets[i])
			last = i + 1;
	j_array(j, "buckets"); /* [cycles from, calls] of those that are not empty */
	for (u32 i = 0; i < last; i++) {
		if (!h->buckets[i])
			continue;
		j_array(j, NULL);
		j_u64(j, NULL, soak_bucket_start(i));
		j_u32(j, NULL, h->buckets[i]);
		j_end_array(j);
	}
	j_end_array(j);
	j_end_object(j);
}

static void finding(struct json *j, const struct soak_job *job, const struct soak_fault *f)
{
	bool word = f->expected != f->found;

	j_object(j, NULL);
	j_str(j, "what", f->what);
	j_hex(j, "address", f->address);
	if (f->phys)
		j_hex(j, "physical", f->phys);
	if (word) {
		j_hex(j, "expected", f->expected);
		j_hex(j, "found", f->found);
		j_hex(j, "bits", f->expected ^ f->found);
	}
	j_u64(j, "operation", f->op);
	j_u64(j, "object_operation", f->made_op);
	site(j, "call_site", f->site);
	source_place(j, job, f->source);
	if (f->cache)
		j_str(j, "cache", f->cache);
	j_end_object(j);
}

static void findings(struct json *j, const struct soak_job *job)
{
	u64 n = job->counts.faults + job->counts.verify_errors;

	j_array(j, "findings");
	for (u32 i = 0; i < min(n, (u64)SOAK_FAULTS_MAX); i++)
		finding(j, job, &job->fault_list[i]);
	j_end_array(j);
	j_array(j, "leaks");
	for (u32 i = 0; i < job->doc.source_count; i++) {
		const struct soak_leak *leak = &job->leaks[i];

		if (!leak->objects)
			continue;
		j_object(j, NULL);
		source_place(j, job, (u8)i);
		site(j, "call_site", leak->site);
		j_u32(j, "objects", leak->objects);
		j_u64(j, "bytes", leak->bytes);
		j_hex(j, "first_address", leak->first_address);
		j_end_object(j);
	}
	j_end_array(j);
}

static void end_state(struct json *j, const struct soak_job *job)
{
	u32 orders = soak_max_order(&job->doc) + 1;

	j_object(j, "fragmentation");
	fragmentation(j, "before", &job->before, orders);
	fragmentation(j, "worst", &job->worst, orders);
	fragmentation(j, "now", &job->now, orders);
	fragmentation(j, "after", &job->after, orders);
	j_end_object(j);
	j_object(j, "arena");
	j_u32(j, "pages", job->doc.arena_pages);
	j_str(j, "engine", job->doc.arena_pages ? job->doc.gen24 ? "2.4" : "2.6" : NULL);
	j_hex(j, "state_checksum", job->arena_sum);
	j_hex(j, "drained_checksum", job->arena_end_sum);
	j_u32(j, "lost_pages", job->arena_lost_pages);
	j_bool(j, "exact", !job->arena_inexact);
	j_end_object(j);
	j_object(j, "conservation");
	j_u32(j, "ram_pages", job->ram_pages);
	j_u32(j, "accounted_pages", job->accounted_pages);
	j_bool(j, "ok", job->ram_pages == job->accounted_pages);
	j_end_object(j);
	j_object(j, "drift");
	j_u32(j, "used_before_pages", job->used_before);
	j_u32(j, "noise_pages", job->used_noise);
	j_u32(j, "used_after_pages", job->used_after);
	j_bool(j, "alone", job->alone);
	j_end_object(j);
	j_object(j, "injected");
	j_u64(j, "failslab_calls", job->doc.failslab.calls);
	j_u64(j, "failslab", job->doc.failslab.hits);
	j_fault_sites(j, "failslab_sites", &job->doc.failslab);
	j_u64(j, "fail_page_alloc_calls", job->doc.fail_page_alloc.calls);
	j_u64(j, "fail_page_alloc", job->doc.fail_page_alloc.hits);
	j_fault_sites(j, "fail_page_alloc_sites", &job->doc.fail_page_alloc);
	j_u64(j, "operations_failed", job->counts.injected);
	j_u64(j, "operations_survived", job->counts.injected_late);
	j_str(j, "bug", soak_bug_name(job->doc.bug));
	j_bool(j, "bug_made", job->bug_made);
	j_end_object(j);
	j_u64(j, "longest_step_us", cycles_to_us(job->job.longest_cycles));
	j_u64(j, "longest_operation_us", cycles_to_us(job->longest_op_cycles));
	j_u64(j, "longest_turn_us", cycles_to_us(job->job.longest_turn_cycles));
}

static void reasons(struct json *j, const struct soak_job *job)
{
	char text[120];

	j_array(j, "reasons");
	for (u32 n = 0; job->state == SOAK_DONE && soak_reason(job, n, text, sizeof(text)); n++)
		j_str(j, NULL, text);
	j_end_array(j);
}

void soak_verdict(struct writer *w, const struct soak_job *job)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	head(&j, job);
	j_u64(&j, "seed", job->doc.seed);
	j_u32(&j, "live_objects_most", job->live_objects_most);
	j_u64(&j, "live_bytes_most", job->live_bytes_most);
	j_u32(&j, "cycles_per_ms", tsc_khz());
	reasons(&j, job);
	findings(&j, job);
	end_state(&j, job);
	j_array(&j, "latency_cycles");
	for (u32 i = 0; i < job->hist_count; i++)
		histogram(&j, job, &job->hists[i]);
	j_end_array(&j);
	j_end_object(&j);
	w_char(w, '\n');
}

/* ---- The routes ---- */

void api_soak(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_array(&j, "jobs");
	for (const struct soak_job *job = soak_next(NULL); job; job = soak_next(job)) {
		j_object(&j, NULL);
		head(&j, job);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_end_with_snapshot(&j);
}

void api_soak_profiles(struct writer *w)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_array(&j, "profiles");
	for (u32 i = 0; i < soak_profile_count; i++) {
		j_object(&j, NULL);
		j_str(&j, "name", soak_profiles[i].name);
		j_str(&j, "shows", soak_profiles[i].shows);
		j_key(&j, "document");
		w_str(w, soak_profiles[i].document);
		j_end_object(&j);
	}
	j_end_array(&j);
	j_end_object(&j);
	w_char(w, '\n');
}

/* The job that the path names. NULL: the reason is written. */
static struct soak_job *job_of(const struct http_request *req, struct writer *w)
{
	const char *text = req->path + sizeof("/api/v1/soak/") - 1, *end;
	struct soak_job *job = NULL;
	u32 id;

	end = parse_u32(text, &id);
	if (end && !*end)
		job = soak_find(id);
	if (!job)
		w_printf(w, "there is no job %.20s: see /api/v1/soak", text);
	return job;
}

int api_soak_one(const struct http_request *req, struct writer *w)
{
	const struct soak_job *job = job_of(req, w);

	if (!job)
		return 404;
	soak_verdict(w, job);
	return 0;
}

static int answer_job(struct writer *w, const struct soak_job *job, const char *what, int status)
{
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	j_u32(&j, "id", job->id);
	j_str(&j, what, state_names[job->state]);
	j_end_object(&j);
	w_char(w, '\n');
	return status;
}

int api_soak_end(struct http_request *req, struct writer *w)
{
	struct soak_job *job = job_of(req, w);

	if (!job)
		return 404;
	if (job->state == SOAK_DONE) {
		answer_job(w, job, "forgotten", 200);
		soak_forget(job);
		return 200;
	}
	soak_stop(job);
	return answer_job(w, job, "stopping", 202);
}

int soak_begin(const char *text, struct writer *w)
{
	struct soak_doc *doc = kmalloc(sizeof(*doc), GFP_KERNEL | __GFP_NOWARN);
	struct soak_job *job = NULL;
	const char *why = "no memory is free for the document";
	int status = 503;

	if (doc && !soak_doc_read(doc, text, w)) {
		kfree(doc);
		return 400;
	}
	if (doc)
		job = soak_start(doc, &why);
	kfree(doc);
	if (job)
		return answer_job(w, job, "state", 201);
	w_str(w, why);
	return status;
}

int api_soak_start(struct http_request *req, struct writer *w)
{
	return soak_begin(req->body && req->kept.text.at ? req->kept.text.at : "", w);
}
