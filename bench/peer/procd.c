// procd: the least HTTP server for Linux that serves live /proc files (an upper bound for the peer).
// One epoll thread, HTTP/1.1 keep-alive, GET only; /proc/* is read afresh for each request, the rest is sendfile.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct conn {
	int fd, len, file, close;
	off_t off, size;
	char in[2048];
};
static int ep;
static char out[1 << 20];

static void drop(struct conn *c)
{
	if (c->file >= 0)
		close(c->file);
	close(c->fd);
	free(c);
}
static void want(struct conn *c, unsigned ev)
{
	struct epoll_event e = { .events = ev, .data.ptr = c };
	epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}
// Returns -1 when the connection is gone, 1 when the file is still being sent, 0 when the answer is done.
static int pump(struct conn *c)
{
	while (c->off < c->size) {
		ssize_t n = sendfile(c->fd, c->file, &c->off, c->size - c->off);
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n <= 0)
			return -1;
	}
	close(c->file);
	c->file = -1;
	return c->close ? -1 : 0;
}
static int answer(struct conn *c)
{
	char path[512] = "/www", *sp;
	if (strncmp(c->in, "GET /", 5) || !(sp = strchr(c->in + 4, ' ')) || sp - c->in > 300)
		return -1;
	*sp = 0;
	char *uri = c->in + 4;
	if (!strncmp(uri, "/proc/", 6))
		path[0] = 0;
	strcat(path, uri);
	c->close = strcasestr(sp + 1, "\r\nConnection: close") != NULL;
	const char *cl = c->close ? "Connection: close\r\n" : "";
	int f = strstr(uri, "..") ? -1 : open(path, O_RDONLY), h = 256, n = 0, r;
	struct stat st;
	if (f < 0 || fstat(f, &st)) {
		n = sprintf(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n%s\r\n", cl);
		if (f >= 0)
			close(f);
		return write(c->fd, out, n) == n && !c->close ? 0 : -1;
	}
	if (path[1] == 'p') {
		while ((r = read(f, out + h + n, sizeof out - h - n)) > 0)
			n += r;
		close(f);
		char head[256];
		int k = snprintf(
			head, sizeof head,
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n",
			n, cl);
		memcpy(out + h - k, head, k);
		// A socket buffer holds every /proc answer measured here; a short write ends the connection.
		return write(c->fd, out + h - k, n + k) == n + k && !c->close ? 0 : -1;
	}
	n = sprintf(out,
		    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %lld\r\n%s\r\n",
		    (long long)st.st_size, cl);
	if (send(c->fd, out, n, MSG_MORE) != n) {
		close(f);
		return -1;
	}
	c->file = f, c->off = 0, c->size = st.st_size;
	return pump(c);
}
int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(s, (void *)&a, sizeof a) || listen(s, 4096))
		return perror("procd"), 1;
	ep = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN }, ev[64];
	epoll_ctl(ep, EPOLL_CTL_ADD, s, &e);
	for (;;) {
		int n = epoll_wait(ep, ev, 64, -1);
		for (int i = 0; i < n; i++) {
			struct conn *c = ev[i].data.ptr;
			if (!c) {
				int fd;
				while ((fd = accept4(s, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
					setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
					c = calloc(1, sizeof *c);
					c->fd = fd, c->file = -1;
					e.events = EPOLLIN, e.data.ptr = c;
					epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
				}
				continue;
			}
			int r = 0;
			if (c->file >= 0) {
				if ((r = pump(c)) == 0)
					want(c, EPOLLIN);
			} else {
				int k = read(c->fd, c->in + c->len, sizeof c->in - 1 - c->len);
				if (k < 0 && errno == EAGAIN)
					continue;
				if (k <= 0) {
					drop(c);
					continue;
				}
				c->len += k, c->in[c->len] = 0;
				if (strstr(c->in, "\r\n\r\n")) {
					r = answer(c), c->len = 0;
					if (r > 0)
						want(c, EPOLLOUT);
				} else if (c->len == sizeof c->in - 1)
					r = -1;
			}
			if (r < 0)
				drop(c);
		}
	}
}
