"""Native code beside a runner, and a look at what leaves its machine. Python's standard library alone.

    natives.py intrude [UID]     tries to get out every way it knows; prints {way: "out" or why not}
    natives.py watch DEVICE      prints each kind of frame that arrives there, once, until its input ends

Everything that `intrude` sends carries one payload or goes to one of the listeners of the test.
"""

import json
import os
import select
import socket
import struct
import sys

PORTAL, OTHER, OWN = "10.9.0.1", "10.9.0.3", "10.9.0.2"
PORTAL6, OTHER6 = "fd00:9::1", "fd00:9::3"
OPEN, CLOSED, LISTEN = 8080, 8081, 9000
PATIENCE = 1.0


def tcp(address, port, source=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.settimeout(PATIENCE)
        if source:
            sock.bind(("", source))
        sock.connect((address, port))


def udp(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(b"secret", (address, port))
        sock.recv(100)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(address):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.settimeout(PATIENCE)
        echo = struct.pack("!BBHHH", 8, 0, 0, 7, 1) + b"secret"
        sock.sendto(echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:], (address, 0))
        while sock.recv(100)[20] != 0:
            pass


def ping6(address):
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(struct.pack("!BBHHH", 128, 0, 0, 7, 1) + b"secret", (address, 0))
        while sock.recv(100)[0] != 129:
            pass


def ip_packet(address, port):
    """A UDP datagram with its IP header, to be answered by whoever listens on the port."""
    datagram = struct.pack("!HHHH", 4000, port, 14, 0) + b"secret"
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 34, 1, 0, 64, 17, 0, socket.inet_aton(OWN), socket.inet_aton(address))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + datagram


def answered(send):
    """Whether an answer arrives at the port from which `ip_packet` says to come."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.bind((OWN, 4000))
        send()
        sock.recv(100)


def raw(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        answered(lambda: sock.sendto(ip_packet(address, port), (address, 0)))


def frame(address, port, bypass):
    """Hands a whole frame to the device, past the IP layer."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("eth0", 0))
        if bypass:
            sock.setsockopt(263, 20, 1)  # SOL_PACKET, PACKET_QDISC_BYPASS
        packet = bytes.fromhex(os.environ["PORTAL_MAC"]) + sock.getsockname()[4] + b"\x08\x00" + ip_packet(address, port)
        answered(lambda: sock.send(packet))


def loopback(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as database:
        database.bind((address, 5432))
        database.listen()
        tcp(address, 5432)


WAYS = {
    "portal": lambda: tcp(PORTAL, OPEN),
    "portal, IPv6": lambda: tcp(PORTAL6, OPEN),
    "another port of the portal": lambda: tcp(PORTAL, CLOSED),
    "another port of the portal, IPv6": lambda: tcp(PORTAL6, CLOSED),
    "another address": lambda: tcp(OTHER, OPEN),
    "another address, IPv6": lambda: tcp(OTHER6, OPEN),
    "another address, from the runner's port": lambda: tcp(OTHER, OPEN, LISTEN),
    "an IPv4 address in IPv6": lambda: tcp(f"::ffff:{OTHER}", OPEN),
    "a name server": lambda: udp(PORTAL, 53),
    "a name server, IPv6": lambda: udp(PORTAL6, 53),
    "UDP to the portal's port": lambda: udp(PORTAL, OPEN),
    "ping": lambda: ping(PORTAL),
    "ping of another address": lambda: ping(OTHER),
    "ping, IPv6": lambda: ping6(OTHER6),
    "a raw IP packet": lambda: raw(OTHER, 53),
    "a frame": lambda: frame(OTHER, 53, False),
    "a frame past the queue": lambda: frame(OTHER, 53, True),
    "loopback": lambda: loopback("127.0.0.1"),
    "loopback, IPv6": lambda: loopback("::1"),
}


def intrude():
    if len(sys.argv) > 2:
        os.setgroups([])
        os.setgid(int(sys.argv[2]))
        os.setuid(int(sys.argv[2]))
    ended = {}
    # They share ports: one after another.
    for way, go in WAYS.items():
        try:
            go()
            ended[way] = "out"
        except OSError as error:
            ended[way] = repr(error)
    print(json.dumps(ended))


def kind(packet):
    """What a frame is, as text."""
    protocol, body = packet[12:14], packet[14:]
    if protocol == b"\x08\x00":
        to, transport, body = socket.inet_ntoa(body[16:20]), body[9], body[(body[0] & 15) * 4:]
    elif protocol == b"\x86\xdd":
        to, transport, body = socket.inet_ntop(socket.AF_INET6, body[24:40]), body[6], body[40:]
    else:
        return "arp" if protocol == b"\x08\x06" else protocol.hex()
    if transport == 58 and body[0] in (135, 136):
        return "neighbours"
    if transport not in (6, 17):
        return f"{to} protocol {transport}"
    source, port = struct.unpack("!HH", body[:4])
    if transport == 6 and source == LISTEN and body[13] & 0x12 != 2:
        return f"tcp answer to {to}"
    return f"{'tcp' if transport == 6 else 'udp'} to {to} {port}"


def watch():
    seen = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.bind((sys.argv[2], 3))
        print("watching", flush=True)
        while True:
            ready = select.select([sock, sys.stdin], [], [])[0]
            if sock in ready:
                packet, (_, _, direction, *_) = sock.recvfrom(65536)
                if direction != socket.PACKET_OUTGOING:
                    seen.add(kind(packet))
            elif sys.stdin in ready:
                break
    print(json.dumps(sorted(seen)))


{"intrude": intrude, "watch": watch}[sys.argv[1]]()
