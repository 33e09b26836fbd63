/*
 * The main loop's work: pollers and background jobs.
 *
 * A poller is asked every turn of the loop: it looks at flags that interrupts set, does a bounded
 * amount of work, and says when it wants to be asked again. A job is work that would take too long
 * for one turn; the loop gives it steps of a bounded time, in turn with other jobs. Nothing is
 * preempted: a step that overruns its budget holds up everything, and the loop records the longest
 * one. Both kinds are registered by explicit calls and stay in the order of registration.
 */
#ifndef KERNEL_JOB_H
#define KERNEL_JOB_H

#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

/* "Ask me again only after an interrupt." */
#define POLL_IDLE 0xffffffffu

struct poller {
	const char *name;
	/* Does what is due. Returns milliseconds until it wants to be asked: 0 at once, or POLL_IDLE. */
	u32 (*poll)(struct poller *self);
	struct list_head link; /* used by the loop */
	u32 number; /* given by poller_register(): pollers and jobs share one series from 2 */
	u64 cycles; /* spent in poll() so far */
	u64 calls;
};

/* Adds a poller, for good. The owner keeps the structure. */
void poller_register(struct poller *poller);

enum job_state { JOB_AGAIN, JOB_DONE };

struct job {
	const char *name;
	/* Works for at most budget_us microseconds. JOB_DONE takes the job off the list. due_ms is 0
	 * when it is called; a step that waits sets it, so that the loop may sleep meanwhile. */
	enum job_state (*step)(struct job *self, u32 budget_us);
	struct list_head link; /* used by the loop */
	bool running;	       /* on the list */
	u32 number;	       /* given by each job_start() */
	u64 cycles;	       /* spent in step() so far */
	u64 steps;
	u64 longest_cycles;	 /* the longest single step */
	u64 longest_turn_cycles; /* the longest turn of the loop while it was on the list */
	u64 due_ms; /* a step that has nothing to do yet sets it: uptime of the next; 0: at once */
};

/* Time a job may use in one turn of the loop. */
#define JOB_BUDGET_US 1000

/* Starts a job (no effect if it runs); it may be started again when done. */
void job_start(struct job *job);

/* Takes a running job off the list. */
void job_stop(struct job *job);

/* One turn of the loop: every poller, then one step of one job. Returns ms until work is due. */
u32 jobs_run_once(void);

/* Runs turns until the end of time, halting in between (W-133). Interrupts are on while halted. */
__noreturn void main_loop(void);

/* Longest turn of the main loop in cycles since the last call of this function with `reset`. */
u64 loop_longest_cycles(bool reset);

/* Numbers given to pollers and jobs so far, with those of the main loop and of kernel_init. */
u32 tasks_created(void);

/* Walks pollers and jobs for display. Returns NULL at the end. */
struct poller *poller_next(struct poller *after);
struct job *job_next(struct job *after);

#endif
