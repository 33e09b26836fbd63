/*
 * Memory for answers, reserved when the server starts, so that looking at memory does not change
 * what is seen.
 *
 * The reserve is one piece of pages cut into equal slots. A snapshot takes as many adjacent ones as
 * its text needs, is written to the end within one step of the main loop, and is then only read.
 * Short answers are copied into the network stack and their slots are free again at once; longer
 * ones are sent by reference. Each connection that does so holds a reference, and the last one to
 * be acknowledged frees the slots. Readers that ask for the same text within one step share it.
 *
 * The last free slots are not for answers that are held: however many slow readers there are, short
 * answers can still be rendered. When there is no room the reader gets 503 with Retry-After.
 * Nothing here allocates.
 */
#ifndef WEB_SNAPSHOT_H
#define WEB_SNAPSHOT_H

#include "kernel/lib/hlist.h"
#include "web/json.h"

#define SNAPSHOT_SLOTS_MAX 64
#define SNAPSHOT_SLOTS_KEPT 1 /* stay free of answers that are held */

/* What taking it has cost. */
struct snapshot_cost {
	u64 cycles;    /* from the first look at memory to the last byte of text */
	u64 uptime_ms; /* when it was taken */
	u32 bytes;     /* of text */
};

struct snapshot {
	char *text;
	struct snapshot_cost cost;
	const void *key;	/* what it shows; NULL: not to be shared */
	struct hlist_node hash; /* in inode_hashtable, by key */
	u32 step;		/* step of the main loop in which it was taken */
	u16 refs;		/* readers; 0: free */
	u16 slots;		/* slots it takes, beginning with its own; 0: inside another's */
};

struct snapshot_counters {
	u64 taken, shared, refused;
	u64 longest_cycles;
	u32 slots, slots_in_use, slot_bytes;
};

/* Hands over the reserve: `slots` pieces of `slot_bytes`. => slots <= SNAPSHOT_SLOTS_MAX */
void snapshot_init(void *memory, u32 slots, u32 slot_bytes);

/* Called by the main loop once in each of its turns: snapshots older than this are not shared. */
void snapshot_new_step(void);

/* Renders a text. Returns 0, or an HTTP status: the text is then the reason for it. */
typedef int (*snapshot_render)(void *arg, struct writer *w);

/*
 * A snapshot with one reference for the caller: one that shows `key` and was taken in this step, or
 * a new one. NULL: no slots are free, or the text does not fit all of them; *status is then 503.
 * Otherwise *status is what render returned.
 */
struct snapshot *snapshot_take(const void *key, snapshot_render render, void *arg, int *status);

/* True if the snapshot may be held until it is acknowledged, as far as room is concerned. */
bool snapshot_may_be_held(const struct snapshot *snapshot);

/* Gives a reference back. NULL is allowed. */
void snapshot_put(struct snapshot *snapshot);

/*
 * Ends the outermost object of a JSON answer with a member "snapshot": {cycles, uptime_ms, bytes};
 * bytes is the length of the whole answer. Call it last.
 */
void j_end_with_snapshot(struct json *j);

/* The same for a text that is rendered otherwise: what that has taken, and its bytes before those of
 * this writer. */
void j_end_with_cost(struct json *j, u64 cycles, u32 bytes_before);

void snapshot_get_counters(struct snapshot_counters *counters);

#endif
