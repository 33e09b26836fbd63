#!/usr/bin/env python3
"""idle: share of guest time not halted while nobody looks, and while one browser shows the dashboard.

The browser is played: an /events stream at --hz, /api/v1/memory asked twice a second as the page does. The share is
the guest's own account: what /proc/uptime says was not spent halted, between two readings."""
from benchlib import *
import http.client, threading

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
    """What an open page costs the guest: its stream, its polls, each on a connection that is kept."""

    def __init__(self, q):
        super().__init__(daemon=True)
        self.q, self.stop, self.polls, self.events = q, threading.Event(), 0, 0

    def run(self):
        stream = http.client.HTTPConnection(self.q.host, self.q.port, timeout=10)
        stream.request("GET", f"/events?hz={o.hz}")
        answer = stream.getresponse()
        reader = threading.Thread(target=self.read, args=(answer,), daemon=True)
        reader.start()
        poll = http.client.HTTPConnection(self.q.host, self.q.port, timeout=10)
        while not self.stop.wait(0.5):
            poll.request("GET", "/api/v1/memory")
            r = poll.getresponse()
            r.read()
            self.polls += r.status == 200

    def read(self, answer):
        try:
            while line := answer.readline():
                self.events += line.startswith(b"event: memory")
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the guest is gone: the measurement is over


res = {}
g = guests(o)[-1]  # the Linux guest has no such page
with Guest(o, g) as q:
    if q.wait(g["proc"]) is None:
        sys.exit(f"no HTTP 200\n{q.serial_text()[-2000:]}")
    time.sleep(2)
    res["nobody"] = busy(q)
    page = Page(q)
    page.start()
    time.sleep(2)
    before = page.polls, page.events
    res["dashboard"] = busy(q)
    polls, events = page.polls - before[0], page.events - before[1]
    if polls < o.seconds or events < o.seconds:
        sys.exit(f"only {polls} polls and {events} events in {o.seconds} s")
    page.stop.set()
print(f"idle   nobody        {res['nobody']:.2f} % of guest time not halted")
print(f"idle   dashboard     {res['dashboard']:.2f} %  ({polls} polls, {events} memory events in {o.seconds} s)")
save(o, "idle", res)
