"""The DNS door, asked by dnspython as a stranger would: over UDP and TCP on one port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode

from sesbox.dns.server import DnsServer
from sesbox.dns.zone import Zone, read_zone

BIG = "".join(f'big.test TXT "{"x" * 200}{number}"\n' for number in range(20))


def with_server(zone: Zone, test: Callable[[int], Awaitable[None]]) -> None:
    async def run() -> None:
        server = DnsServer(lambda: zone)
        port = await server.start("127.0.0.1", 0)
        try:
            await test(port)
        finally:
            await server.stop()

    asyncio.run(run())


def test_udp_and_tcp_give_the_same_answer() -> None:
    async def test(port: int) -> None:
        query = dns.message.make_query("a.example.com", "CNAME")
        udp = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=5)
        tcp = await dns.asyncquery.tcp(query, "127.0.0.1", port=port, timeout=5)
        assert udp.answer == tcp.answer
        assert udp.answer[0].to_text() == "a.example.com. 60 IN CNAME b.dkim.amazonses.com."
        assert udp.flags & dns.flags.AA

    with_server(read_zone("a.example.com CNAME b.dkim.amazonses.com\n"), test)


def test_what_is_too_big_for_udp_is_truncated_and_comes_whole_by_tcp() -> None:
    async def test(port: int) -> None:
        query = dns.message.make_query("big.test", "TXT")
        udp = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=5)
        assert udp.flags & dns.flags.TC
        whole, by_tcp = await dns.asyncquery.udp_with_fallback(query, "127.0.0.1", port=port, timeout=5)
        assert by_tcp
        assert len(whole.answer[0]) == 20

    with_server(read_zone(BIG), test)


def test_rubbish_gets_a_format_error_and_the_door_stays_open() -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        rubbish = b"\x12\x34" + b"\x01\x00\x00\x05" + b"\x00" * 6
        writer.write(len(rubbish).to_bytes(2, "big") + rubbish)
        length = int.from_bytes(await reader.readexactly(2), "big")
        reply = dns.message.from_wire(await reader.readexactly(length))
        assert (reply.id, reply.rcode()) == (0x1234, dns.rcode.FORMERR)
        writer.close()
        await writer.wait_closed()
        query = dns.message.make_query("a.test", "A")
        response = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=5)
        assert response.rcode() == dns.rcode.NXDOMAIN

    with_server(Zone(), test)


def test_a_zone_changed_at_run_time_answers_at_once() -> None:
    zones = [Zone()]

    async def test() -> None:
        server = DnsServer(lambda: zones[-1])
        port = await server.start("127.0.0.1", 0)
        query = dns.message.make_query("a.test", "A")
        before = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=5)
        zones.append(read_zone("a.test A 127.0.0.1\n"))
        after = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=5)
        assert (before.rcode(), after.rcode()) == (dns.rcode.NXDOMAIN, dns.rcode.NOERROR)
        await server.stop()

    asyncio.run(test())
