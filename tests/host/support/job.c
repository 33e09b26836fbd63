/*
 * Jobs without a main loop: a test steps those that were started, one step each at a time.
 */
#include "kernel/job.h"
#include "kernel/time.h"
#include "support/host.h"

static struct job *running[16];

void job_start(struct job *job)
{
	for (unsigned i = 0; i < ARRAY_SIZE(running); i++) {
		if (running[i] && running[i] != job)
			continue;
		running[i] = job;
		job->running = true;
		return;
	}
	fail_msg("too many jobs");
}

void job_stop(struct job *job)
{
	for (unsigned i = 0; i < ARRAY_SIZE(running); i++)
		if (running[i] == job)
			running[i] = NULL;
	job->running = false;
}

bool host_step_jobs(void)
{
	bool any = false;

	for (unsigned i = 0; i < ARRAY_SIZE(running); i++) {
		struct job *job = running[i];

		if (!job)
			continue;
		any = true;
		if (job->step(job, JOB_BUDGET_US) == JOB_DONE && running[i] == job)
			job_stop(job);
	}
	return any;
}

u64 cycles_to_us(u64 cycles)
{
	return cycles;
}
