/*
 * lwIP's pools over slab caches: quotas, and the pool that must not fail.
 */
#include "lwip/memp.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "net/limits.h"
#include "net/memp.h"
#include "net/net.h"
#include "support/host.h"
#include "support/zones.h"

static void boot(void)
{
	host_zones(4096, 4096, 0);
	kmem_cache_init();
	kmem_cache_init_late();
	system_state = PHASE_SLAB;
	fork_init();
	proc_caches_init();
	buffer_init();
}

static struct net_pool_stats stats_of(memp_t type)
{
	struct net_pool_stats stats;

	net_pool_get_stats(type, &stats);
	return stats;
}

/* Gives back what caches keep for later, then takes all memory, page by page, object by object. */
static void exhaust(void)
{
	kmem_cache_reap();
	while (alloc_pages(GFP_ATOMIC, 0, OWNER_TEST))
		;
	for (u32 type = 0; type < MEMP_MAX; type++) {
		if (type == MEMP_SYS_TIMEOUT)
			continue;
		while (memp_malloc((memp_t)type))
			;
	}
}

static void test_names_and_quotas(void **state)
{
	(void)state;
	boot();
	assert_int_equal(net_pool_count(), MEMP_MAX);
	assert_string_equal(stats_of(MEMP_TCP_PCB).name, "TCP_PCB");
	assert_string_equal(stats_of(MEMP_PBUF).name, "PBUF");
	assert_int_equal(stats_of(MEMP_TCP_PCB).quota, net_max_connections());
	assert_in_range(net_max_connections(), 20, MEMP_NUM_TCP_PCB);
	assert_true(net_rx_pages_max() >= 32 && net_rx_pages_max() < 8192);
}

/* At the quota NULL comes, which is what makes lwIP end old connections; one free, one more. */
static void test_quota_is_kept(void **state)
{
	void *objects[MEMP_NUM_TCP_PCB + 1];
	u32 n = 0;

	(void)state;
	boot();
	while ((objects[n] = memp_malloc(MEMP_TCP_PCB)) != NULL)
		n++;
	assert_int_equal(n, net_max_connections());
	assert_int_equal(stats_of(MEMP_TCP_PCB).failed_quota, 1);
	assert_int_equal(stats_of(MEMP_TCP_PCB).failed_memory, 0);
	memp_free(MEMP_TCP_PCB, objects[--n]);
	assert_non_null(objects[n] = memp_malloc(MEMP_TCP_PCB));
	assert_null(memp_malloc(MEMP_TCP_PCB));
	for (u32 i = 0; i <= n; i++)
		memp_free(MEMP_TCP_PCB, objects[i]);
	assert_int_equal(stats_of(MEMP_TCP_PCB).used, 0);
	assert_int_equal(stats_of(MEMP_TCP_PCB).max_used, net_max_connections());
	host_assert_checks();
}

static void test_shortage_is_told_apart(void **state)
{
	(void)state;
	boot();
	exhaust();
	assert_true(stats_of(MEMP_TCP_SEG).failed_memory == 1);
	assert_true(stats_of(MEMP_TCP_SEG).used < stats_of(MEMP_TCP_SEG).quota);
}

static u32 ticks;

static void tick(void *arg)
{
	ticks++;
	sys_timeout(100, tick, arg); /* takes an object when there is no memory */
}

/* With all memory gone, each timer lwIP can have runs and sets itself again; none asserts. */
static void test_timeouts_never_fail(void **state)
{
	u32 quota;

	(void)state;
	boot();
	quota = stats_of(MEMP_SYS_TIMEOUT).quota;
	exhaust();
	for (u32 i = 0; i < quota; i++)
		sys_timeout(10 * i, tick, NULL);
	assert_int_equal(stats_of(MEMP_SYS_TIMEOUT).used, quota);
	for (u32 ms = 0; ms < 10000; ms += 50) {
		host_cycles += 50 * 1000;
		sys_check_timeouts();
	}
	assert_in_range(ticks, quota * 60, quota * 101);
	for (u32 i = 0; i < quota; i++)
		sys_untimeout(tick, NULL);
	assert_int_equal(stats_of(MEMP_SYS_TIMEOUT).used, 0);
	assert_int_equal(stats_of(MEMP_SYS_TIMEOUT).failed_memory, 0);
}

/* Receivers that stand still, each holding all it may: there is room for one more every time. */
static void test_shares_of_the_segments(void **state)
{
	struct tcp_pcb idle = { .mss = TCP_MSS, .snd_buf = TCP_SND_BUF };

	(void)state;
	boot();
	assert_int_equal(net_send_room(&idle), TCP_SND_BUF);
	for (u32 n = 0; n < 250; n++) {
		struct tcp_pcb pcb = idle;

		for (u32 room; (room = net_send_room(&pcb)) >= TCP_MSS; pcb.snd_buf -= TCP_MSS) {
			assert_non_null(memp_malloc(MEMP_TCP_SEG));
			assert_non_null(memp_malloc(MEMP_PBUF));
			assert_in_range(room, 1, pcb.snd_buf);
		}
		assert_true(net_send_room(&idle) >= 4 * TCP_MSS);
	}
	assert_int_equal(net_send_room(&idle), 4 * TCP_MSS);
}

static void test_misuse_is_a_bug(void **state)
{
	void *object;

	(void)state;
	boot();
	EXPECT_PANIC("type >= MEMP_MAX", memp_malloc(MEMP_MAX));
	object = memp_malloc(MEMP_PBUF);
	memp_free(MEMP_PBUF, object);
	memp_free(MEMP_PBUF, NULL);
	EXPECT_PANIC("used == 0", memp_free(MEMP_PBUF, object));
}

HOST_MAIN(cmocka_unit_test(test_names_and_quotas), cmocka_unit_test(test_quota_is_kept),
	  cmocka_unit_test(test_shortage_is_told_apart), cmocka_unit_test(test_timeouts_never_fail),
	  cmocka_unit_test(test_shares_of_the_segments), cmocka_unit_test(test_misuse_is_a_bug))
