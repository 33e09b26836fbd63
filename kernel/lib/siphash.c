/*
 * SipHash-2-4 (see siphash.h): two rounds for each eight bytes, four at the end. The last block
 * holds the remaining bytes and, in its top byte, the length modulo 256.
 */
#include "kernel/lib/siphash.h"

struct sip_state {
	u64 v0, v1, v2, v3;
};

static u64 rotl64(u64 x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(struct sip_state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl64(s->v1, 13) ^ s->v0;
	s->v3 = rotl64(s->v3, 16) ^ s->v2;
	s->v0 = rotl64(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl64(s->v1, 17) ^ s->v2;
	s->v3 = rotl64(s->v3, 21) ^ s->v0;
	s->v2 = rotl64(s->v2, 32);
}

static void sip_block(struct sip_state *s, u64 m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

/* Up to eight bytes, least significant first. */
static u64 load_le(const u8 *p, size_t n)
{
	u64 m = 0;

	for (size_t i = 0; i < n; i++)
		m |= (u64)p[i] << (8 * i);
	return m;
}

u64 siphash(const void *data, size_t len, const struct siphash_key *key)
{
	/* The constants are the ASCII text "somepseudorandomlygeneratedbytes". */
	struct sip_state s = {
		key->k0 ^ 0x736f6d6570736575ull,
		key->k1 ^ 0x646f72616e646f6dull,
		key->k0 ^ 0x6c7967656e657261ull,
		key->k1 ^ 0x7465646279746573ull,
	};
	const u8 *p = data;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8)
		sip_block(&s, load_le(p, 8));
	sip_block(&s, load_le(p, left) | (u64)(len & 0xff) << 56);
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
