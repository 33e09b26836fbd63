/*
 * Fresh static data for every input.
 *
 * rules.mk puts .data and .bss of every object but this one into the sections fuzz_data and fuzz_bss. They
 * are copied once, after the sanitizers have set themselves up, and copied back before each input.
 * This file is compiled without sanitizers: it walks over their red zones.
 */
#include <sys/mman.h>

#include "fuzz.h"
#include "support/host.h"

extern u32 __start_fuzz_data[], __stop_fuzz_data[], __start_fuzz_bss[], __stop_fuzz_bss[];

static u32 *saved;

static void copy(u32 *dst, const u32 *src, size_t words)
{
	__asm__ volatile("rep movsl" : "+D"(dst), "+S"(src), "+c"(words) : : "memory");
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t data = (size_t)(__stop_fuzz_data - __start_fuzz_data);
	size_t bss = (size_t)(__stop_fuzz_bss - __start_fuzz_bss);

	(void)argc;
	(void)argv;
	saved = mmap(NULL, (data + bss) * sizeof(u32), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (saved == MAP_FAILED)
		abort();
	copy(saved, __start_fuzz_data, data);
	copy(saved + data, __start_fuzz_bss, bss);
	return 0;
}

void fuzz_fresh(void)
{
	size_t data = (size_t)(__stop_fuzz_data - __start_fuzz_data);
	size_t bss = (size_t)(__stop_fuzz_bss - __start_fuzz_bss);

	host_ram_drop();
	copy(__start_fuzz_data, saved, data);
	copy(__start_fuzz_bss, saved + data, bss);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	fuzz_fresh();
	fuzz_run(data, size);
	return 0;
}
