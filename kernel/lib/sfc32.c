/*
 * The generator of sfc32.h. The first twelve numbers are thrown away, so that similar seeds do not
 * begin alike.
 */
#include "kernel/lib/sfc32.h"

u32 sfc32(struct sfc32 *r)
{
	u32 out = r->a + r->b + r->counter++;

	r->a = r->b ^ r->b >> 9;
	r->b = r->c + (r->c << 3);
	r->c = (r->c << 21 | r->c >> 11) + out;
	return out;
}

void sfc32_seed(struct sfc32 *r, u64 seed)
{
	*r = (struct sfc32){ (u32)seed, (u32)(seed >> 32), 0x9e3779b9u, 1 };
	for (unsigned i = 0; i < 12; i++)
		sfc32(r);
}
