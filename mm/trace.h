/*
 * What the buddy allocator does, event by event, for whoever listens; and one block that is split and
 * joined so slowly that one can follow. trace.c says how.
 *
 * Not for interrupt handlers.
 */
#ifndef MM_TRACE_H
#define MM_TRACE_H

#include "kernel/lib/types.h"

struct buddy_engine;

/* The engine that a zone has when nobody listens. */
const struct buddy_engine *trace_plain_engine(const struct buddy_engine *engine);

/*
 * From now on events are kept, until trace_unlisten() was called as often as this. The first listener
 * takes two pages for the ring (owner), the last one gives them back. False: no memory.
 */
bool trace_listen(void);
void trace_unlisten(void);

/* The stepper. Frees what it holds; false if it does not run. */
bool trace_step_stop(void);
/*
 * Takes a free block of the zone that gfp means, of the largest order there is above `order`, splits it
 * down to `order`, one half every `ms`, and joins it again. Returns 0; -EBUSY: it runs already;
 * -EINVAL: order is not below the engine's largest; -ENOMEM: no larger block, or no ring.
 */
int trace_step_start(unsigned order, unsigned ms, bool dma);
/* Takes the step that is due. Returns what a poller does: ms to the next one, or POLL_IDLE. */
u32 trace_step_poll(void);
/* One step now; false when there is nothing left to do. */
bool trace_step(void);

#endif
