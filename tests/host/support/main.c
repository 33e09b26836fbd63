/*
 * Runs every test in a child process, so that static state never passes from one to the next, and
 * so that one crash does not hide the others.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "support/host.h"

/* make coverage: a child that ends by _exit writes its counts itself. */
static void write_coverage(void)
{
#ifdef HOST_COVERAGE
	extern void __gcov_dump(void);

	__gcov_dump();
#endif
}

static int run_one(const struct CMUnitTest *test)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		return 1;
	}
	if (pid == 0) {
		host_cpu_default();
		status = _cmocka_run_group_tests(test->name, test, 1, NULL, NULL);
		fflush(NULL);
		write_coverage();
		_exit(status != 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	if (WIFSIGNALED(status))
		fprintf(stderr, "[  FAILED  ] %s: ended by signal %d\n", test->name,
			WTERMSIG(status));
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

u32 host_seed(u32 usual)
{
	const char *given = getenv("SEED");
	u32 seed = given ? (u32)strtoul(given, NULL, 0) : usual;

	print_message("seed %u\n", seed);
	return seed ? seed : 1; /* some generators stand still at 0 */
}

int host_run_tests(const char *program, const char *only, const struct CMUnitTest *tests,
		   size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count && only; i++) {
		if (strcmp(tests[i].name, only))
			continue;
		host_cpu_default();
		return _cmocka_run_group_tests(only, &tests[i], 1, NULL, NULL);
	}
	for (size_t i = 0; i < count; i++)
		failed += run_one(&tests[i]);
	printf("%s: %zu passed, %d failed\n", program, count - (size_t)failed, failed);
	return failed;
}
