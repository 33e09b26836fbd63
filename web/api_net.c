/*
 * /api/v1/net: the interface, its rings and counters, lwIP's pools, every TCP connection with the memory
 * it holds, the streams of events. /proc/net/dev is the counters in Linux's text.
 *
 * What a connection holds is in parts, each counted where it lies: `control_bytes` and `http_bytes` are
 * slab objects, `send_bytes` and `early_bytes` the stack's queues, `pending_bytes` received pages that
 * wait for the server, `snapshot_bytes` slots of the reserve that an answer under way keeps, and
 * `events_bytes` the numbers that a stream of events remembers. held_bytes is their sum; a snapshot that
 * several connections share counts for each of them.
 */
#include "drivers/netdev.h"
#include "net/memp.h"
#include "net/net.h"
#include "net/netif.h"
#include "net/netstat.h"
#include "web/events.h"
#include "web/http.h"
#include "web/http_stats.h"
#include "web/proc.h"
#include "web/route.h"

static void mac(struct json *j, const u8 bytes[6])
{
	char text[18];
	struct writer w;

	w_init(&w, text, sizeof(text));
	for (u32 i = 0; i < 6; i++) {
		if (i)
			w_char(&w, ':');
		w_hex(&w, bytes[i], 2);
	}
	w_char(&w, '\0');
	j_str(j, "mac", text);
}

static void interface(struct json *j, const struct netdev *dev)
{
	struct net_addresses a = { 0 };

	net_get_addresses(&a);
	j_object(j, "interface");
	j_str(j, "name", dev->name);
	j_str(j, "driver", dev->driver);
	mac(j, dev->mac);
	j_u32(j, "mtu_bytes", dev->mtu_bytes);
	j_bool(j, "link_up", dev->link_up);
	j_ipv4(j, "address", a.address);
	j_ipv4(j, "netmask", a.netmask);
	j_ipv4(j, "gateway", a.gateway);
	j_str(j, "hostname", net_hostname());
	j_u32(j, "http_port", net_http_port());
	j_hex(j, "features_offered", dev->features_offered);
	j_hex(j, "features_negotiated", dev->features_negotiated);
	j_end_object(j);
	j_array(j, "features");
	for (u32 bit = 0; bit < 64; bit++) {
		if (!(dev->features_offered >> bit & 1))
			continue;
		j_object(j, NULL);
		j_u32(j, "bit", bit);
		j_str(j, "name", dev->ops->feature_name(bit));
		j_bool(j, "negotiated", dev->features_negotiated >> bit & 1);
		j_end_object(j);
	}
	j_end_array(j);
}

static void rings(struct json *j, const struct netdev *dev)
{
	struct netdev_ring ring;

	j_array(j, "rings");
	for (u32 i = 0; dev->ops->ring(dev, i, &ring); i++) {
		j_object(j, NULL);
		j_str(j, "name", ring.name);
		j_u32(j, "index", ring.index);
		j_u32(j, "descriptors", ring.descriptors);
		j_u32(j, "in_use", ring.descriptors - ring.free);
		j_u32(j, "free", ring.free);
		j_u32(j, "made_available", ring.made_available);
		j_u32(j, "taken_back", ring.taken_back);
		j_bool(j, "event_idx", ring.event_idx);
		j_hex(j, "desc", ring.desc);
		j_hex(j, "avail", ring.avail);
		j_hex(j, "used", ring.used);
		j_u32(j, "bytes", ring.bytes);
		j_end_object(j);
	}
	j_end_array(j);
	j_object(j, "buffers");
	j_u32(j, "receive", dev->rx_buffers);
	j_u32(j, "receive_target", dev->rx_buffers_target);
	j_u32(j, "transmit_in_flight", dev->tx_in_flight);
	j_u32(j, "receive_pages_in_stack", net_counters.rx_pages_held);
	j_u32(j, "receive_pages_in_stack_most", net_counters.rx_pages_held_max);
	j_end_object(j);
}

static void counters(struct json *j, const struct netdev *dev)
{
	const struct netdev_counters *c = &dev->counters;
	const struct net_counters *n = &net_counters;
	const struct {
		const char *name;
		u64 value;
	} list[] = {
		{ "rx_packets", c->rx_packets },
		{ "rx_bytes", c->rx_bytes },
		{ "rx_dropped", c->rx_dropped },
		{ "rx_no_buffer", c->rx_no_buffer },
		{ "rx_refill_failed", c->rx_refill_failed },
		{ "rx_malformed", c->rx_malformed },
		{ "rx_padded", n->rx_padded },
		{ "rx_over_limit", n->rx_over_limit },
		{ "rx_refused", n->rx_stack_refused },
		{ "tx_packets", c->tx_packets },
		{ "tx_bytes", c->tx_bytes },
		{ "tx_ring_full", c->tx_ring_full },
		{ "tx_errors", c->tx_errors },
		{ "tx_segmented", c->tx_segmented },
		{ "tx_merged", n->tx_merged },
		{ "tx_copied", n->tx_copied },
		{ "tx_no_memory", n->tx_no_memory },
		{ "tcp_duplicates", n->tcp_duplicates },
		{ "tcp_bad_options", n->tcp_bad_options },
		{ "half_open_dropped", n->half_open_dropped },
		{ "interrupts", c->interrupts },
		{ "polls", c->polls },
	};

	j_object(j, "counters");
	for (u32 i = 0; i < ARRAY_SIZE(list); i++)
		j_u64(j, list[i].name, list[i].value);
	j_end_object(j);
}

static void pools(struct json *j)
{
	j_array(j, "pools");
	for (u32 i = 0; i < net_pool_count(); i++) {
		struct net_pool_stats pool;

		net_pool_get_stats(i, &pool);
		j_object(j, NULL);
		j_str(j, "name", pool.name);
		j_u32(j, "object_bytes", pool.object_bytes);
		j_u32(j, "used", pool.used);
		j_u32(j, "most", pool.max_used);
		j_u32(j, "quota", pool.quota);
		j_u32(j, "failed", pool.failed_quota + pool.failed_memory);
		j_end_object(j);
	}
	j_end_array(j);
	j_u32(j, "heap_bytes", net_heap_bytes());
	j_u32(j, "heap_failed", net_heap_failures());
}

static void connection(void *arg, const struct net_tcp *tcp)
{
	struct json *j = arg;
	const struct http_conn *c = tcp->user;
	u32 pending = 0, slots = 0, snapshot = 0, events = 0, hz = 0;

	if (c) {
		struct snapshot_counters s;

		snapshot_get_counters(&s);
		pending = net_pbuf_memory(c->pending);
		events = events_held(&c->reply.body.pieces, &hz, &slots);
		if (c->reply.snapshot)
			slots += c->reply.snapshot->slots;
		snapshot = slots * s.slot_bytes;
	}
	j_object(j, NULL);
	j_str(j, "state", tcp->state);
	j_u32(j, "local_port", tcp->local_port);
	j_ipv4(j, "peer_address", tcp->remote_address);
	j_u32(j, "peer_port", tcp->remote_port);
	j_u32(j, "number", c ? c->number : 0);
	j_u32(j, "requests", c ? c->requests : 0);
	j_u32(j, "events_hz", hz);
	j_u32(j, "control_bytes", tcp->control_bytes);
	j_u32(j, "http_bytes", c ? sizeof(*c) : 0);
	j_u32(j, "send_segments", tcp->send_segments);
	j_u32(j, "send_bytes", tcp->send_bytes);
	j_u32(j, "early_segments", tcp->early_segments);
	j_u32(j, "early_bytes", tcp->early_bytes);
	j_u32(j, "pending_bytes", pending);
	j_u32(j, "snapshot_bytes", snapshot);
	j_u32(j, "events_bytes", events);
	j_u32(j, "held_bytes",
	      tcp->control_bytes + (c ? sizeof(*c) : 0) + tcp->send_bytes + tcp->early_bytes +
		      pending + snapshot + events);
	j_end_object(j);
}

static void events(struct json *j)
{
	struct events_counters c;

	events_get_counters(&c);
	j_object(j, "events");
	j_u32(j, "open", c.streams);
	j_u32(j, "most", c.streams_max);
	j_u64(j, "opened", c.opened);
	j_u64(j, "refused", c.refused);
	j_u64(j, "sent", c.sent);
	j_u64(j, "cycles", c.cycles);
	j_end_object(j);
}

int api_net(const struct http_request *req, struct writer *w)
{
	const struct netdev *dev = net_device();
	struct json j;

	j_begin(&j, w);
	j_object(&j, NULL);
	if (dev) {
		interface(&j, dev);
		rings(&j, dev);
		counters(&j, dev);
	}
	pools(&j);
	j_u32(&j, "viewer_connection", req->connection);
	j_u32(&j, "connections_open", http_stats.connections);
	j_u32(&j, "connections_most", http_stats.connections_max);
	j_array(&j, "connections");
	net_tcp_each(connection, &j);
	j_end_array(&j);
	events(&j);
	j_end_with_snapshot(&j);
	return 0;
}

void proc_net_dev(struct writer *w)
{
	const struct netdev *dev = net_device();
	const struct netdev_counters *c;

	w_lit(w, "Inter-|   Receive                                                |  Transmit\n"
		 " face |bytes    packets errs drop fifo frame compressed multicast|"
		 "bytes    packets errs drop fifo colls carrier compressed\n");
	if (!dev)
		return;
	c = &dev->counters;
	w_str_right(w, dev->name, 6);
	w_lit(w, ": ");
	w_u64(w, c->rx_bytes, 7);
	w_char(w, ' ');
	w_u64(w, c->rx_packets, 7);
	w_char(w, ' ');
	w_u64(w, c->rx_malformed, 4);
	w_char(w, ' ');
	w_u64(w, c->rx_dropped, 4);
	w_char(w, ' ');
	w_u64(w, c->rx_no_buffer, 4);
	w_lit(w, "     0          0         0 ");
	w_u64(w, c->tx_bytes, 8);
	w_char(w, ' ');
	w_u64(w, c->tx_packets, 7);
	w_char(w, ' ');
	w_u64(w, c->tx_errors, 4);
	w_lit(w, "    0    0     0       0          0\n");
}
