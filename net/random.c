/*
 * Secrets and what is derived from them.
 *
 * There is no hardware generator on the machines this runs on. The pool is a SipHash
 * chain over what differs from boot to boot: the time-stamp counter, the wall clock,
 * the MAC address, and, most of it, how long port accesses take. Each access leaves
 * the processor (an ISA cycle on a real machine, an exit to the emulator on a virtual
 * one), and the low bits of its duration are not known outside.
 *
 * Independent keys are drawn from the pool for each use, so that one kind of output
 * says nothing about another.
 *
 * Interrupt rule: main loop and boot only.
 */
#include "net/random.h"

#include "kernel/lib/siphash.h"
#include "kernel/stage.h"
#include "kernel/time.h"
#include "kernel/x86/io.h"

#define RTC_INDEX_PORT 0x70
#define RTC_DATA_PORT 0x71
#define RTC_REGISTERS 10 /* seconds to the year, and status A */
#define JITTER_SAMPLES 128

#define ISN_STEP_US 4 /* RFC 6528, section 3 */

static struct siphash_key pool, generator_key, isn_key;
static u64 generator_count;
static u32 generator_spare;
static bool generator_has_spare;
static u8 permutation_table[256];

static void mix(u64 value)
{
	struct siphash_key old = pool;

	pool.k0 = siphash(&value, sizeof(value), &old);
	value = ~value;
	pool.k1 = siphash(&value, sizeof(value), &old);
}

static void draw_key(struct siphash_key *key, u64 purpose)
{
	u64 message[2] = { purpose, 0 };

	key->k0 = siphash(message, sizeof(message), &pool);
	message[1] = 1;
	key->k1 = siphash(message, sizeof(message), &pool);
}

static u8 read_rtc(u8 index)
{
	outb(index, RTC_INDEX_PORT);
	return inb(RTC_DATA_PORT);
}

/* A table for the rounds of net_permute16: any function will do, a secret one is wanted. */
static void draw_permutation(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(permutation_table); i += 4) {
		u32 r = net_random32();

		for (u32 j = 0; j < 4; j++)
			permutation_table[i + j] = (u8)(r >> 8 * j);
	}
}

void net_random_init(const u8 mac[6])
{
	u64 packed = 0;

	for (u32 i = 0; i < 6; i++)
		packed = packed << 8 | mac[i];
	mix(packed);
	for (u8 i = 0; i < RTC_REGISTERS; i++)
		mix((u64)read_rtc(i) << 32 | i);
	for (u32 i = 0; i < JITTER_SAMPLES; i += 4) {
		u64 durations = 0;

		for (u32 j = 0; j < 4; j++) {
			u64 before = cycles_now();

			io_delay();
			durations = durations << 16 | (u16)(cycles_now() - before);
		}
		mix(durations);
	}
	mix(cycles_now());
	draw_key(&generator_key, 1);
	draw_key(&isn_key, 2);
	draw_permutation();
	stage_note("network secrets from %u samples of timing, clock and address", JITTER_SAMPLES);
}

u32 net_random32(void)
{
	u64 r;

	if (generator_has_spare) {
		generator_has_spare = false;
		return generator_spare;
	}
	generator_count++;
	r = siphash(&generator_count, sizeof(generator_count), &generator_key);
	generator_spare = (u32)(r >> 32);
	generator_has_spare = true;
	return (u32)r;
}

/* Four rounds of a Feistel network: each swaps the halves, so any table gives a permutation. */
u16 net_permute16(u16 x)
{
	u8 left = (u8)(x >> 8), right = (u8)x;

	left ^= permutation_table[right];
	right ^= permutation_table[(u8)(left + 0x3D)];
	left ^= permutation_table[(u8)(right + 0x7B)];
	right ^= permutation_table[(u8)(left + 0xC9)];
	return (u16)(left << 8 | right);
}

u32 net_tcp_isn(u32 local_ip, u16 local_port, u32 remote_ip, u16 remote_port)
{
	const u32 connection[3] = { local_ip, remote_ip, (u32)local_port << 16 | remote_port };
	u32 clock = (u32)(now_us() / ISN_STEP_US);

	return clock + (u32)siphash(connection, sizeof(connection), &isn_key);
}
