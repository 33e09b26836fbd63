#!/usr/bin/env python3
"""idle: share of guest time not halted while nobody looks, and while one browser shows the dashboard.

The browser is played: an /events stream at --hz that carries what a view shows, as the page does, one view after
the other. The share is
the guest's own account: what /proc/uptime says was not spent halted, between two readings."""
from benchlib import *
import http.client, socket, threading

o = options(__doc__, seconds=dict(type=int, default=20), hz=dict(type=int, default=4))


def uptime(q):
    """(seconds since entry, seconds halted), and nothing of the cost of asking counts: both are of one instant."""
    c = http.client.HTTPConnection(q.host, q.port, timeout=10)
    c.request("GET", "/proc/uptime")
    up, idle = map(float, c.getresponse().read().split())
    c.close()
    return up, idle


def busy(q):
    """Percent of the time of --seconds that the guest did not halt."""
    a = uptime(q)
    time.sleep(o.seconds)
    b = uptime(q)
    return 100 * (1 - (b[1] - a[1]) / (b[0] - a[0]))


class Page(threading.Thread):
    """What an open page costs the guest: its stream, and on it the answers that the view shows."""

    def __init__(self, q, views):
        super().__init__(daemon=True)
        self.events = 0
        self.stream = http.client.HTTPConnection(q.host, q.port, timeout=10)
        self.stream.request("GET", f"/events?hz={o.hz}" + (f"&views={views}" if views else ""))
        self.answer = self.stream.getresponse()
        self.socket = self.stream.sock or self.answer.fp.raw._sock

    def run(self):
        try:
            while line := self.answer.readline():
                self.events += line.startswith(b"event: memory")
        except (OSError, http.client.HTTPException, ValueError):
            pass  # closed: the measurement is over

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()


VIEWS = {
    "dashboard": "",
    "network": "/api/v1/net",
    "slab": "/api/v1/slab?cache=kmem_cache%26slabs=32",
    "picture": "/api/v1/frames?by=use%26start=0%26frames=65536%26cells=16384",
    "everything": "%20".join(["/api/v1/machine", "/api/v1/callsites?sites=512", "/api/v1/vm", "/api/v1/soak",
                              "/api/v1/buddy", "/api/v1/pagetables", "/sys/kernel/debug/kernel_page_tables"]),
}

res = {}
g = guests(o)[-1]  # the Linux guest has no such page
with Guest(o, g) as q:
    if q.wait(g["proc"]) is None:
        sys.exit(f"no HTTP 200\n{q.serial_text()[-2000:]}")
    time.sleep(2)
    res["nobody"] = busy(q)
    print(f"idle   nobody        {res['nobody']:.2f} % of guest time not halted")
    for name, views in VIEWS.items():
        page = Page(q, views)
        page.start()
        time.sleep(2)
        before = page.events
        res[name] = busy(q)
        events = page.events - before
        if events < o.seconds * o.hz * 0.9:
            sys.exit(f"only {events} events in {o.seconds} s")
        page.close()
        print(f"idle   {name:13} {res[name]:.2f} %  ({events} memory events in {o.seconds} s)")
save(o, "idle", res)
