/*
 * The main loop (see job.h).
 *
 * A turn asks every poller in the order of registration, then gives one step to the first job that
 * does not wait and moves it to the end of the list. When neither has work the loop sleeps until the
 * earliest deadline or the next interrupt. An interrupt between the last look and the halt must not be
 * slept over: the number of interrupts taken is compared with interrupts off, and sti takes effect
 * only after hlt has begun.
 */
#include "kernel/job.h"

#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/printk.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/irqflags.h"
#include "kernel/x86/traps.h"

static LIST_HEAD(pollers);
static LIST_HEAD(jobs);
static u32 last_task = 1; /* numbers given: 0 is the main loop, 1 was kernel_init */

/* Numbers a poller or job. The stage kthreadd (W-132) is the log of those made during boot. */
static u32 created(const char *kind, const char *name)
{
	u32 number = ++last_task;

	if (stage_running(0) < STAGE_COUNT) {
		stage_begin(STAGE_kthreadd);
		stage_note("%u: %s \"%s\", at %llu us", number, kind, name, now_us());
		stage_end(STAGE_kthreadd);
	}
	return number;
}

void poller_register(struct poller *poller)
{
	BUG_ON(!poller->poll);
	poller->number = created("poller", poller->name);
	list_add_tail(&poller->link, &pollers);
}

void job_start(struct job *job)
{
	BUG_ON(!job->step);
	if (job->running)
		return;
	job->number = created("job", job->name);
	job->running = true;
	list_add_tail(&job->link, &jobs);
}

void job_stop(struct job *job)
{
	if (!job->running)
		return;
	job->running = false;
	list_del(&job->link);
}

/* The first job that is due, or NULL; then *wait_ms is at most the time until one is. */
static struct job *due_job(u32 *wait_ms)
{
	struct job *job;
	u64 now;

	if (list_empty(&jobs))
		return NULL;
	now = now_ms();
	list_for_each_entry(job, &jobs, link) {
		if (job->due_ms <= now)
			return job;
		*wait_ms = (u32)min((u64)*wait_ms, job->due_ms - now);
	}
	return NULL;
}

/* One step of the first job that is due. Returns ms until another step is, at most `wait_ms`. */
static u32 step_one_job(u32 wait_ms)
{
	struct job *job = due_job(&wait_ms);
	u64 start, took;
	enum job_state state;

	if (!job)
		return wait_ms;
	list_move_tail(&job->link, &jobs);
	job->due_ms = 0;
	start = cycles_now();
	state = job->step(job, JOB_BUDGET_US);
	took = cycles_now() - start;
	job->cycles += took;
	job->steps++;
	this_cpu->softirqs[SCHED_SOFTIRQ]++;
	job->longest_cycles = max(job->longest_cycles, took);
	if (state == JOB_DONE)
		job_stop(job);
	return due_job(&wait_ms) ? 0 : wait_ms;
}

static void note_turn(u64 cycles)
{
	struct job *job;

	this_cpu->longest_turn_cycles = max(this_cpu->longest_turn_cycles, cycles);
	list_for_each_entry(job, &jobs, link)
		job->longest_turn_cycles = max(job->longest_turn_cycles, cycles);
}

u32 jobs_run_once(void)
{
	u32 due = POLL_IDLE;
	u64 start = cycles_now(), turn = start;
	struct poller *p;

	this_cpu->turns++;
	list_for_each_entry(p, &pollers, link) {
		u32 ms = p->poll(p);
		u64 now = cycles_now();

		p->cycles += now - start;
		p->calls++;
		this_cpu->softirqs[TASKLET_SOFTIRQ]++;
		start = now;
		due = min(due, ms);
	}
	due = step_one_job(due);
	note_turn(cycles_now() - turn);
	return due;
}

/* The first sleep is the stage cpu_idle (W-133); the others are like it. */
static void idle(u32 due_ms)
{
	bool first = stage_first_run(STAGE_cpu_idle);

	if (due_ms != POLL_IDLE)
		timer_arm_ms(due_ms);
	if (first)
		stage_begin(STAGE_cpu_idle);
	cpu_idle_once();
	if (first) {
		stage_note("first halt after %llu turns of the loop; it lasted %llu us",
			   this_cpu->turns, idle_us());
		stage_end(STAGE_cpu_idle);
		stage_close();
	}
}

/* Says once that NMIs came; nothing here asks for any. */
static void report_nmis(void)
{
	static u32 reported;
	u32 count = trap_nmi_count();

	if (count != reported)
		pr_warn("%u NMIs so far: nothing here asked for them; going on", count);
	reported = count;
}

void main_loop(void)
{
	for (;;) {
		u64 seen = irq_total();
		u32 due = jobs_run_once();

		report_nmis();
		if (!due)
			continue;
		local_irq_disable();
		if (irq_total() == seen)
			idle(due);
		local_irq_enable();
	}
}

u64 loop_longest_cycles(bool reset)
{
	u64 longest = this_cpu->longest_turn_cycles;

	if (reset)
		this_cpu->longest_turn_cycles = 0;
	return longest;
}

u32 tasks_created(void)
{
	return last_task + 1;
}

struct poller *poller_next(struct poller *after)
{
	struct list_head *link = after ? after->link.next : pollers.next;

	return link == &pollers ? NULL : list_entry(link, struct poller, link);
}

struct job *job_next(struct job *after)
{
	struct list_head *link = after ? after->link.next : jobs.next;

	return link == &jobs ? NULL : list_entry(link, struct job, link);
}
