/*
 * The options that mm/ asks for by name: none, until a test gives one. On its own, so that the tests
 * of the command line can bring the real thing.
 */
#include "kernel/cmdline.h"
#include "support/host.h"

static struct {
	const char *name, *value;
} options[4];
static unsigned count;

void host_cmdline_set(const char *name, const char *value)
{
	options[count].name = name;
	options[count++].value = value;
}

const char *cmdline_value(const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(options[i].name, name))
			return options[i].value;
	return NULL;
}
