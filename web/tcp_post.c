/*
 * The client side of TCP, for one request at a time. See tcp_post.h.
 *
 *	connecting -> sending (head, then the text by reference, as the window allows)
 *	  -> the first line of the answer is read -> closed; done, or again after PAUSE_MS
 *
 * Everything is bounded: one pcb, no copy of the text, TRIES tries of TRY_SLOW_TIMERS each.
 */
#include "web/tcp_post.h"

#include <stdio.h>
#include <string.h>

#include <lwip/tcp.h>

#include "kernel/job.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "web/query.h"

#define TRIES 5
#define PAUSE_MS 2000
#define TRY_SLOW_TIMERS 20 /* of half a second */
#define STATUS_AT 9	   /* in "HTTP/1.1 200" */

static struct {
	const char *text; /* NULL: nothing is to be posted */
	u32 len, sent;
	void (*done)(const char *text);
	ip_addr_t addr;
	u32 port;
	char path[128];
	struct tcp_pcb *pcb;
	u32 tries;
	u64 next_ms;
	char answer[16];
	u32 answered;
} post;

/* The try is over: lets go of the pcb. Returns what a callback must. */
static err_t let_go(bool abort)
{
	struct tcp_pcb *pcb = post.pcb;

	post.pcb = NULL;
	post.next_ms = now_ms() + PAUSE_MS;
	if (!pcb)
		return ERR_OK;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	if (!abort && tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static void finish(void)
{
	const char *text = post.text;

	post.text = NULL;
	if (post.done)
		post.done(text);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	u32 n = min(post.len - post.sent, (u32)tcp_sndbuf(pcb));

	(void)arg;
	(void)len;
	while (n) {
		u16_t piece = (u16_t)min(n, 0xffffu);

		if (tcp_write(pcb, post.text + post.sent, piece, 0) != ERR_OK)
			break; /* again when something was acknowledged, or at the next poll */
		post.sent += piece;
		n -= piece;
	}
	return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
	char head[320];
	int len;

	(void)arg;
	(void)error;
	len = snprintf(head, sizeof(head),
		       "POST %s HTTP/1.1\r\nHost: %s:%u\r\nContent-Type: application/json\r\n"
		       "Content-Length: %u\r\nConnection: close\r\n\r\n",
		       post.path, ipaddr_ntoa(&post.addr), post.port, post.len);
	if (tcp_write(pcb, head, (u16_t)len, TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE) != ERR_OK)
		return let_go(true);
	return on_sent(NULL, pcb, 0);
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	(void)arg;
	(void)error;
	if (p) {
		u32 room = sizeof(post.answer) - 1 - post.answered;

		post.answered += pbuf_copy_partial(p, post.answer + post.answered,
						   (u16_t)min(room, (u32)p->tot_len), 0);
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
	}
	if (post.answered > STATUS_AT && post.answer[STATUS_AT] == '2') {
		pr_info("soak: the verdict was taken by %s:%u", ipaddr_ntoa(&post.addr), post.port);
		error = let_go(false);
		finish();
		return error;
	}
	if (p && post.answered <= STATUS_AT)
		return ERR_OK;
	pr_warn("soak: %s:%u answered \"%s\"", ipaddr_ntoa(&post.addr), post.port, post.answer);
	return let_go(false);
}

static void on_error(void *arg, err_t error)
{
	(void)arg;
	(void)error;
	post.pcb = NULL; /* lwIP has freed it */
	post.next_ms = now_ms() + PAUSE_MS;
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	(void)arg;
	if (now_ms() >= post.next_ms)
		return let_go(true);
	return pcb->state == ESTABLISHED ? on_sent(NULL, pcb, 0) : ERR_OK;
}

static void try_once(void)
{
	post.tries++;
	post.sent = post.answered = 0;
	memset(post.answer, 0, sizeof(post.answer));
	post.next_ms = now_ms() + TRY_SLOW_TIMERS * 500;
	post.pcb = tcp_new_ip_type(IPADDR_TYPE_V4);
	if (!post.pcb)
		return;
	tcp_err(post.pcb, on_error);
	tcp_recv(post.pcb, on_recv);
	tcp_sent(post.pcb, on_sent);
	tcp_poll(post.pcb, on_poll, 2);
	if (tcp_connect(post.pcb, &post.addr, (u16_t)post.port, on_connected) != ERR_OK)
		let_go(true);
}

static u32 poll(struct poller *self)
{
	u64 now = now_ms();

	(void)self;
	if (!post.text)
		return POLL_IDLE;
	if (post.pcb || now < post.next_ms)
		return 500;
	if (post.tries < TRIES) {
		try_once();
		return 500;
	}
	pr_err("soak: the verdict could not be posted to %s:%u", ipaddr_ntoa(&post.addr),
	       post.port);
	finish();
	return POLL_IDLE;
}

static int parse(const char *url)
{
	char host[20];
	u32 len;

	if (!strncmp(url, "http://", 7))
		url += 7;
	len = strcspn(url, ":/");
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, url, len);
	host[len] = '\0';
	if (!ipaddr_aton(host, &post.addr))
		return -EINVAL;
	url += len;
	post.port = 80;
	if (*url == ':') {
		url = parse_u32(url + 1, &post.port);
		if (!url || !post.port || post.port > 65535)
			return -EINVAL;
	}
	if ((*url && *url != '/') || strlen(url) >= sizeof(post.path))
		return -EINVAL;
	snprintf(post.path, sizeof(post.path), "%s", *url ? url : "/");
	return 0;
}

int tcp_post(const char *url, const char *text, u32 len, void (*done)(const char *text))
{
	static struct poller poller = { .name = "post", .poll = poll };

	if (post.text)
		return -EBUSY;
	if (parse(url))
		return -EINVAL;
	if (!poller.link.next)
		poller_register(&poller);
	post.text = text;
	post.len = len;
	post.done = done;
	post.tries = 0;
	post.next_ms = 0;
	return 0;
}
