/*
 * The network's part of /metrics: the NIC under node_exporter's names, the stack and its pools
 * under our own.
 */
#include "drivers/netdev.h"
#include "net/memp.h"
#include "net/net.h"
#include "net/netif.h"
#include "web/metrics.h"
#include "web/prom.h"

/* A family with one series, labelled with the device. */
static void device_counter(struct writer *w, const struct netdev *dev, const char *name,
			   const char *help, u64 value)
{
	struct prom_series s;

	prom_family(w, name, "counter", help);
	s = prom_series(w, name);
	prom_label(&s, "device", dev->name);
	prom_value(&s, value);
}

static void nic(struct writer *w, const struct netdev *dev)
{
	const struct netdev_counters *c = &dev->counters;

	device_counter(w, dev, "node_network_receive_packets_total", "Frames received.",
		       c->rx_packets);
	device_counter(w, dev, "node_network_receive_bytes_total", "Bytes received.", c->rx_bytes);
	device_counter(w, dev, "node_network_receive_drop_total", "Received frames dropped.",
		       c->rx_dropped);
	device_counter(w, dev, "node_network_receive_errs_total", "Malformed frames received.",
		       c->rx_malformed);
	device_counter(w, dev, "node_network_transmit_packets_total", "Frames sent.",
		       c->tx_packets);
	device_counter(w, dev, "node_network_transmit_bytes_total", "Bytes sent.", c->tx_bytes);
	device_counter(w, dev, "node_network_transmit_errs_total", "Frames that could not be sent.",
		       c->tx_errors);
	device_counter(w, dev, "memscope_nic_refill_failed_total",
		       "Times no page could be had for a receive buffer.", c->rx_refill_failed);
	device_counter(w, dev, "memscope_nic_no_buffer_total",
		       "Times the receive ring had run empty for want of pages.", c->rx_no_buffer);
	device_counter(w, dev, "memscope_nic_segmented_total",
		       "Packets that the NIC was asked to cut into segments.", c->tx_segmented);
	device_counter(w, dev, "memscope_nic_ring_full_total",
		       "Times the transmit ring had no room.", c->tx_ring_full);
	device_counter(w, dev, "memscope_nic_interrupts_total", "Interrupts taken.", c->interrupts);
	device_counter(w, dev, "memscope_nic_polls_total", "Times the driver was polled.",
		       c->polls);
	device_counter(w, dev, "memscope_nic_poll_budget_exhausted_total",
		       "Polls that found more frames than they might handle.",
		       c->poll_budget_exhausted);
}

static void stack(struct writer *w)
{
	const struct net_counters *c = &net_counters;

	prom_single(w, "memscope_net_receive_pages_held", "gauge",
		    "Pages with received data in the stack and with its users.", c->rx_pages_held);
	prom_single(w, "memscope_net_receive_over_limit_total", "counter",
		    "Frames dropped because too many pages were held.", c->rx_over_limit);
	prom_single(w, "memscope_net_padded_total", "counter",
		    "Received frames shorter than Ethernet's minimum.", c->rx_padded);
	prom_single(w, "memscope_net_mss_outside_syn_total", "counter",
		    "MSS options taken out of segments other than SYN.", c->mss_outside_syn);
	prom_single(w, "memscope_net_mss_below_floor_total", "counter",
		    "MSS options that were raised to the floor.", c->mss_below_floor);
	prom_single(w, "memscope_net_bad_options_total", "counter",
		    "TCP segments dropped because of their options.", c->tcp_bad_options);
	prom_single(w, "memscope_net_half_open_dropped_total", "counter",
		    "Half-open connections that made way for a newer SYN.", c->half_open_dropped);
	prom_single(w, "memscope_net_receive_refused_total", "counter",
		    "Frames that lwIP did not take.", c->rx_stack_refused);
	prom_single(w, "memscope_net_receive_pages_held_max", "gauge",
		    "Most pages with received data held at once.", c->rx_pages_held_max);
}

/* What becomes of received frames before the stack sees them. */
static void verdicts(struct writer *w)
{
	static const char name[] = "memscope_net_received_total";

	prom_family(w, name, "counter", "Received frames by what the first look at them said.");
	for (u32 i = 0; i < INGRESS_VERDICTS; i++) {
		struct prom_series s = prom_series(w, name);

		prom_label(&s, "verdict", ingress_verdict_name(i));
		prom_value(&s, net_counters.rx_verdicts[i]);
	}
}

static void sending(struct writer *w)
{
	const struct net_counters *c = &net_counters;

	prom_single(w, "memscope_net_transmit_no_memory_total", "counter",
		    "Packets that found no memory to be sent from.", c->tx_no_memory);
	prom_single(w, "memscope_net_transmit_merged_total", "counter",
		    "Segments that became part of a longer packet.", c->tx_merged);
	prom_single(w, "memscope_net_transmit_copied_total", "counter",
		    "Packets copied together because they had too many pieces.", c->tx_copied);
	prom_single(w, "memscope_net_transmit_backlog", "gauge",
		    "Packets waiting for the transmit ring.", c->tx_backlog);
	prom_single(w, "memscope_net_transmit_backlog_max", "gauge",
		    "Most packets that have waited for it.", c->tx_backlog_max);
	prom_single(w, "memscope_net_transmit_backlog_full_total", "counter",
		    "Packets left with lwIP because too many waited.", c->tx_backlog_full);
}

/* One family over all pools: `offset` is that of a u32 in struct net_pool_stats. */
static void pool_family(struct writer *w, const char *name, const char *type, const char *help,
			u32 offset)
{
	prom_family(w, name, type, help);
	for (u32 i = 0; i < net_pool_count(); i++) {
		struct prom_series s = prom_series(w, name);
		struct net_pool_stats pool;

		net_pool_get_stats(i, &pool);
		prom_label(&s, "pool", pool.name);
		prom_value(&s, *(const u32 *)((const char *)&pool + offset));
	}
}

static void pools(struct writer *w)
{
	prom_single(w, "memscope_net_heap_bytes", "gauge",
		    "Bytes of packets and other blocks that lwIP holds.", net_heap_bytes());
	prom_single(w, "memscope_net_heap_failed_total", "counter",
		    "Blocks that lwIP asked for and did not get.", net_heap_failures());
	pool_family(w, "memscope_net_pool_used", "gauge", "Objects of lwIP's pool in use.",
		    offsetof(struct net_pool_stats, used));
	pool_family(w, "memscope_net_pool_used_max", "gauge", "Most objects in use at once.",
		    offsetof(struct net_pool_stats, max_used));
	pool_family(w, "memscope_net_pool_quota", "gauge", "Objects the pool may have.",
		    offsetof(struct net_pool_stats, quota));
	pool_family(w, "memscope_net_pool_failed_quota_total", "counter",
		    "Requests refused because the quota was used up.",
		    offsetof(struct net_pool_stats, failed_quota));
	pool_family(w, "memscope_net_pool_failed_memory_total", "counter",
		    "Requests refused for want of memory.",
		    offsetof(struct net_pool_stats, failed_memory));
}

void metrics_net(struct writer *w)
{
	const struct netdev *dev = net_device();

	if (!dev)
		return;
	nic(w, dev);
	stack(w);
	verdicts(w);
	sending(w);
	pools(w);
}
