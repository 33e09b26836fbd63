/*
 * Snapshot slots. See snapshot.h for the contract.
 *
 *	slot      0       1       2       3
 *	       +-------+-------+-------+-------+
 *	       |   A   |       B       | free  |     A: slots 1, B: slots 2, its second one slots 0
 *	       +-------+-------+-------+-------+
 *
 * A text is first rendered into the longest free run of slots; what it does not use is free again
 * afterwards. If it did not fit there it fits nowhere at this moment.
 */
#include "web/snapshot.h"

#include "kernel/panic.h"
#include "kernel/time.h"
#include "web/dcache.h"

static struct {
	char *memory;
	u32 slot_bytes;
	u32 count;
	u32 in_use; /* slots */
	u32 step;
	u64 started_cycles; /* of the snapshot being rendered */
	struct snapshot slots[SNAPSHOT_SLOTS_MAX];
	bool taken[SNAPSHOT_SLOTS_MAX];
	struct snapshot_counters counters;
} pool;

void snapshot_init(void *memory, u32 slots, u32 slot_bytes)
{
	BUG_ON(slots > SNAPSHOT_SLOTS_MAX);
	for (u32 i = 0; i < pool.count; i++)
		large_hash_del(&inode_hashtable, &pool.slots[i].hash);
	memset(&pool, 0, sizeof(pool));
	pool.memory = memory;
	pool.count = slots;
	pool.slot_bytes = slot_bytes;
	for (u32 i = 0; i < slots; i++)
		pool.slots[i].text = pool.memory + i * slot_bytes;
}

void snapshot_new_step(void)
{
	pool.step++;
}

/* A snapshot is in the table from when it is taken until its last reader is done. */
static struct snapshot *find_shared(const void *key)
{
	const struct hlist_node *n;

	if (!inode_hashtable.items)
		return NULL; /* nothing is held: the way of nearly every request */
	hlist_for_each(n, large_hash_bucket(&inode_hashtable, (u32)(unsigned long)key))
	{
		struct snapshot *s = container_of(n, struct snapshot, hash);

		if (s->key == key && s->step == pool.step) {
			inode_hashtable.hits++;
			return s;
		}
	}
	inode_hashtable.misses++;
	return NULL;
}

/* The longest run of free slots: its first one, and its length in *run (0: none is free). */
static u32 longest_run(u32 *run)
{
	u32 best = 0, length = 0;

	*run = 0;
	if (likely(!pool.in_use)) {
		*run = pool.count;
		return 0;
	}
	for (u32 i = 0; i < pool.count; i++) {
		length = pool.taken[i] ? 0 : length + 1;
		if (length > *run) {
			*run = length;
			best = i + 1 - length;
		}
	}
	return best;
}

static void mark(u32 first, u32 slots, bool taken)
{
	for (u32 i = first; i < first + slots; i++)
		pool.taken[i] = taken;
	pool.in_use += taken ? slots : -slots;
}

/* Renders into slots [first, first + run). Returns the snapshot, or NULL if the text did not fit. */
static struct snapshot *render_into(u32 first, u32 run, snapshot_render render, void *arg,
				    int *status)
{
	struct snapshot *s = &pool.slots[first];
	struct writer w;

	pool.started_cycles = cycles_now();
	w_init(&w, s->text, run * pool.slot_bytes);
	*status = render(arg, &w);
	if (w.lost)
		return NULL;
	s->cost.cycles = cycles_now() - pool.started_cycles;
	s->cost.uptime_ms = now_ms();
	s->cost.bytes = w_len(&w);
	s->step = pool.step;
	s->refs = 1;
	s->slots = max(1u, DIV_ROUND_UP(s->cost.bytes, pool.slot_bytes));
	mark(first, s->slots, true);
	if (s->cost.cycles > pool.counters.longest_cycles)
		pool.counters.longest_cycles = s->cost.cycles;
	return s;
}

struct snapshot *snapshot_take(const void *key, snapshot_render render, void *arg, int *status)
{
	struct snapshot *s = key ? find_shared(key) : NULL;
	u32 first, run;

	if (s) {
		s->refs++;
		pool.counters.shared++;
		*status = 0;
		return s;
	}
	first = longest_run(&run);
	s = run ? render_into(first, run, render, arg, status) : NULL;
	if (!s) {
		pool.counters.refused++;
		*status = 503;
		return NULL;
	}
	s->key = *status ? NULL : key;
	if (s->key)
		large_hash_add(&inode_hashtable, &s->hash, (u32)(unsigned long)key);
	pool.counters.taken++;
	return s;
}

bool snapshot_may_be_held(const struct snapshot *s)
{
	/* One that others hold already takes nothing more. */
	return s->refs > 1 || pool.count - pool.in_use >= SNAPSHOT_SLOTS_KEPT;
}

void snapshot_put(struct snapshot *s)
{
	if (!s)
		return;
	BUG_ON(!s->refs);
	if (--s->refs)
		return;
	large_hash_del(&inode_hashtable, &s->hash);
	mark((u32)(s - pool.slots), s->slots, false);
	s->slots = 0;
}

void j_end_with_snapshot(struct json *j)
{
	j_end_with_cost(j, cycles_now() - pool.started_cycles, 0);
}

void j_end_with_cost(struct json *j, u64 cycles, u32 bytes_before)
{
	struct writer *w = j->w;
	u32 digits, bytes, tail = w->lines ? 1 : 3; /* "\n" or "}}\n" */

	j_object(j, "snapshot");
	j_u64(j, "cycles", cycles);
	j_u64(j, "uptime_ms", now_ms());
	j_key(j, "bytes");
	/* The number counts its own digits and what closes the text. */
	bytes = bytes_before + w_wanted(w) - j->begun + tail;
	for (digits = 1; digits < 10; digits++) {
		u32 limit = 1;

		for (u32 i = 0; i < digits; i++)
			limit *= 10;
		if (bytes + digits < limit)
			break;
	}
	w_u32(w, bytes + digits, 0);
	j_end_object(j);
	j_end_object(j);
	if (!w->lines)
		w_char(w, '\n');
}

void snapshot_get_counters(struct snapshot_counters *counters)
{
	*counters = pool.counters;
	counters->slots = pool.count;
	counters->slot_bytes = pool.slot_bytes;
	counters->slots_in_use = pool.in_use;
}
