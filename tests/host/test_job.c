/*
 * Pollers and jobs: order, deadlines, turns, starting and stopping from inside.
 */
#include "support/host.h"

#define irq_total job_irq_total
#include "kernel/job.c"

u64 job_irq_total(void)
{
	return 0;
}

void timer_arm_ms(u32 ms)
{
	(void)ms;
}

void cpu_idle_once(void)
{
}

u64 idle_us(void)
{
	return 0;
}

u32 trap_nmi_count(void)
{
	return 0;
}

static char trace[64];
static u32 due_a = POLL_IDLE, due_b = POLL_IDLE;

static u32 poll_a(struct poller *self)
{
	(void)self;
	strcat(trace, "a");
	return due_a;
}

static u32 poll_b(struct poller *self)
{
	(void)self;
	strcat(trace, "b");
	return due_b;
}

static struct poller a = { .name = "a", .poll = poll_a }, b = { .name = "b", .poll = poll_b };
static int left_x, left_y;

static enum job_state step_x(struct job *self, u32 budget_us)
{
	(void)self;
	assert_int_equal(budget_us, JOB_BUDGET_US);
	strcat(trace, "x");
	return --left_x > 0 ? JOB_AGAIN : JOB_DONE;
}

static enum job_state step_y(struct job *self, u32 budget_us)
{
	(void)budget_us;
	strcat(trace, "y");
	if (left_y == 1)
		job_stop(self); /* stopping oneself is allowed, and so is saying it again */
	return --left_y > 0 ? JOB_AGAIN : JOB_DONE;
}

static struct job x = { .name = "x", .step = step_x }, y = { .name = "y", .step = step_y };

static void test_pollers(void **state)
{
	(void)state;
	assert_true(jobs_run_once() == POLL_IDLE);
	poller_register(&a);
	poller_register(&b);
	assert_true(jobs_run_once() == POLL_IDLE);
	assert_string_equal(trace, "ab");
	due_a = 30;
	due_b = 7;
	assert_int_equal(jobs_run_once(), 7);
	due_a = 0;
	assert_int_equal(jobs_run_once(), 0);
	assert_int_equal(a.calls, 3);
	assert_true(b.cycles > 0);
	assert_ptr_equal(poller_next(NULL), &a);
	assert_ptr_equal(poller_next(&a), &b);
	assert_null(poller_next(&b));
	assert_true(loop_longest_cycles(true) > 0);
	assert_true(loop_longest_cycles(false) == 0);
}

static void test_jobs(void **state)
{
	(void)state;
	left_x = 3;
	left_y = 2;
	job_start(&x);
	job_start(&x); /* it runs already */
	job_start(&y);
	/* in turn, one step each; 0 as long as one has more to do */
	assert_int_equal(jobs_run_once(), 0);
	assert_int_equal(jobs_run_once(), 0);
	assert_int_equal(jobs_run_once(), 0);
	assert_int_equal(jobs_run_once(), 0);
	assert_false(y.running);
	assert_true(jobs_run_once() == POLL_IDLE);
	assert_string_equal(trace, "xyxyx");
	assert_int_equal(x.steps, 3);
	assert_true(x.longest_cycles > 0 && x.cycles >= x.longest_cycles);
	assert_null(job_next(NULL));
	/* a job may run again */
	left_x = 1;
	job_start(&x);
	assert_ptr_equal(job_next(NULL), &x);
	assert_true(jobs_run_once() == POLL_IDLE);
	job_stop(&x);
	assert_false(x.running);
}

static enum job_state step_wait(struct job *self, u32 budget_us)
{
	(void)budget_us;
	strcat(trace, "w");
	assert_true(self->due_ms == 0);
	if (self->steps == 1)
		return JOB_DONE;
	self->due_ms = now_ms() + 40;
	return JOB_AGAIN;
}

/* A job that waits gets no steps and lets the loop sleep; others go on meanwhile. */
static void test_waiting_job(void **state)
{
	struct job w = { .name = "w", .step = step_wait };
	u32 due;

	(void)state;
	left_x = 2;
	job_start(&w);
	job_start(&x);
	assert_int_equal(jobs_run_once(), 0); /* w waits from here on; x is due */
	assert_int_equal(jobs_run_once(), 0);
	due = jobs_run_once(); /* the last one of x */
	assert_in_range(due, 1, 40);
	assert_string_equal(trace, "wxx");
	while ((due = jobs_run_once()) != POLL_IDLE)
		assert_in_range(due, 1, 40);
	assert_string_equal(trace, "wxxw");
	assert_true(w.longest_turn_cycles >= w.longest_cycles);
}

HOST_MAIN(cmocka_unit_test(test_pollers), cmocka_unit_test(test_jobs),
	  cmocka_unit_test(test_waiting_job))
