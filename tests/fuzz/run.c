/*
 * One input: the target under the rule for panics, and the reading of inputs.
 */
#include <ctype.h>

#include "fuzz.h"
#include "mm/memstat.h"
#include "support/host.h"

void fuzz_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fflush(NULL); /* the log, with HOST_LOG=1 */
	fprintf(stderr, "fuzz: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

/* The panics that a machine's firmware or its user can bring about, each with the value at fault. */
static const char *const documented[] = {
	"e820: no memory: the loader gave ",
	"e820: RAM ends at ",
	"direct_map: no room below ",
	"bootmem: no ",
};

/* So little RAM that the hand-over leaves not even this: the watermarks and the first caches need more. */
#define TOO_FEW_PAGES 64

/* The slab allocator's own word for it, which says what it wanted; the log before it says what is free. */
static bool ran_out(const char *text)
{
	struct memstat_totals totals;

	if (strncmp(text, "slab: ", 6) || !strstr(text, "no memory"))
		return false;
	memstat_totals(&totals);
	return totals.free_pages < TOO_FEW_PAGES;
}

static bool is_documented(const char *text)
{
	if (ran_out(text))
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(documented); i++)
		if (!strncmp(text, documented[i], strlen(documented[i])) &&
		    strpbrk(text + strlen(documented[i]), "0123456789"))
			return true;
	return false;
}

void fuzz_run(const u8 *data, size_t size)
{
	host_cpu_default();
	host_panic_armed = true;
	if (!setjmp(host_panic_jump)) {
		fuzz_one(data, size);
		host_panic_armed = false;
		return;
	}
	if (!is_documented(host_panic_text))
		fuzz_fail("not a documented end: %s", host_panic_text);
}

u8 fuzz_u8(struct fuzz_input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

u16 fuzz_u16(struct fuzz_input *in)
{
	u16 low = fuzz_u8(in);

	return (u16)(low | fuzz_u8(in) << 8);
}

u32 fuzz_u32(struct fuzz_input *in)
{
	u32 low = fuzz_u16(in);

	return low | (u32)fuzz_u16(in) << 16;
}

u64 fuzz_u64(struct fuzz_input *in)
{
	u64 low = fuzz_u32(in);

	return low | (u64)fuzz_u32(in) << 32;
}
