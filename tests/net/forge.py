"""Forged packets for the network tests: a host of its own on the tap, below the host's TCP.

Runs with scapy's names imported and sys.argv[1] = tap device (see lan.scapy in tests/lib/lan.mjs).
The forged host has an address of its own in the guest's subnet, so that the machine's kernel neither
answers nor resets; its ARP entry is put into the guest by asking the guest with it.
"""
import json, random, select, socket, time

TAP = sys.argv[1]
MAC = "02:00:00:00:00:99"


class Host:
    def __init__(self, guest, address, mac=MAC):
        self.guest, self.address, self.mac = guest, address, mac
        self.socket = conf.L2socket(iface=TAP)
        self.guest_mac = None
        self.meet()

    def meet(self):
        """Asks for the guest's hardware address; thereby the guest learns ours."""
        ask = Ether(src=self.mac, dst="ff:ff:ff:ff:ff:ff") / ARP(
            op=1, hwsrc=self.mac, psrc=self.address, pdst=self.guest)
        for _ in range(20):
            self.send(ask)
            got = self.wait(lambda p: ARP in p and p[ARP].op == 2 and p[ARP].psrc == self.guest, 0.5)
            if got:
                self.guest_mac = got[ARP].hwsrc
                return
        raise SystemExit("the guest does not answer ARP")

    def send(self, *frames):
        for frame in frames:
            self.socket.send(frame if isinstance(frame, bytes) else bytes(frame))

    def wait(self, wanted, seconds):
        """The first frame for us that `wanted` takes, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                return None
            packet = self.socket.recv(65535)
            if packet is None or Ether not in packet or packet[Ether].dst not in (self.mac, "ff:ff:ff:ff:ff:ff"):
                continue
            if ARP in packet and packet[ARP].op == 1 and packet[ARP].pdst == self.address:
                self.send(Ether(src=self.mac, dst=packet[Ether].src) / ARP(
                    op=2, hwsrc=self.mac, psrc=self.address, hwdst=packet[ARP].hwsrc, pdst=packet[ARP].psrc))
            if wanted(packet):
                return packet
        return None

    def ip(self, **fields):
        fields = {"src": self.address, "dst": self.guest, **fields}
        return Ether(src=self.mac, dst=self.guest_mac) / IP(**fields)


class Connection:
    """The client's side of one TCP connection, segment by segment."""

    def __init__(self, host, port=80, sport=None, options=(), window=65535):
        self.host, self.port, self.window = host, port, window
        self.sport = sport or random.randrange(20000, 60000)
        self.seq = random.randrange(1 << 32)
        self.ack = 0
        self.isn = None
        self.segment("S", options=options)
        self.seq = (self.seq + 1) & 0xFFFFFFFF
        answer = self.read(lambda t: t.flags.S and t.flags.A, 3)
        if answer is None:
            raise SystemExit("no SYN and ACK")
        self.isn = answer.seq
        self.mss = dict((k, v) for k, v in answer.options if isinstance(k, str)).get("MSS")
        self.ip_id = answer.underlayer.id
        self.ack = (answer.seq + 1) & 0xFFFFFFFF
        self.segment("A")

    def segment(self, flags, payload=b"", options=(), **fields):
        tcp = TCP(sport=self.sport, dport=self.port, seq=self.seq, ack=self.ack, flags=flags,
                  window=self.window, options=list(options), **fields)
        self.host.send(self.host.ip() / tcp / Raw(payload))

    def raw_segment(self, options, payload):
        """A segment with option bytes that scapy would not make."""
        pad = options + b"\0" * (-len(options) % 4)
        head = bytes(TCP(sport=self.sport, dport=self.port, seq=self.seq, ack=self.ack, flags="PA",
                         window=self.window, dataofs=5 + len(pad) // 4))[:20]
        segment = bytearray(head[:16] + b"\0\0" + head[18:] + pad + payload)
        pseudo = socket.inet_aton(self.host.address) + socket.inet_aton(self.host.guest)
        sum16 = checksum(pseudo + bytes([0, 6]) + len(segment).to_bytes(2, "big") + bytes(segment))
        segment[16:18] = sum16.to_bytes(2, "big")
        self.host.send(self.host.ip(proto=6) / Raw(bytes(segment)))

    def read(self, wanted, seconds):
        got = self.host.wait(lambda p: TCP in p and p[TCP].dport == self.sport
                             and p[IP].src == self.host.guest and wanted(p[TCP]), seconds)
        return got[TCP] if got else None

    def data(self, payload, **fields):
        self.segment("PA", payload, **fields)
        self.seq = (self.seq + len(payload)) & 0xFFFFFFFF

    def receive(self, seconds, acknowledge=True):
        """All payload that comes until nothing more does for `seconds`."""
        chunks = b""
        while (tcp := self.read(lambda t: True, seconds)) is not None:
            payload = bytes(tcp.payload)[: tcp_length(tcp)]
            if payload and tcp.seq == self.ack:
                chunks += payload
                self.ack = (self.ack + len(payload)) & 0xFFFFFFFF
                if acknowledge:
                    self.segment("A")
            if tcp.flags.F:
                self.ack = (self.ack + 1) & 0xFFFFFFFF
                self.segment("A")
                break
            if tcp.flags.R:
                break
        return chunks

    def reset(self):
        self.segment("R")


def tcp_length(tcp):
    """Bytes of payload, without what pads a short frame."""
    ip = tcp.underlayer
    return ip.len - 4 * ip.ihl - 4 * tcp.dataofs


def report(**values):
    print(json.dumps(values))
