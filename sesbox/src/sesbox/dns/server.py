"""The DNS door: answers questions about the scripted zone over UDP and TCP on one port.

Lives here: sockets, message framing, truncation. Must not live here: what is answered (dns/zone.py).
It is authoritative only: it never asks another server, and knows no name outside the zone and what Amazon would
publish (the public DKIM keys under amazonses.com).
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from sesbox.dns.zone import Zone, answer, end_of_aliases, with_text

Published = Callable[[str], Awaitable[Sequence[str] | None]]

_PLAIN_UDP = 512
_OWN_UDP = 1232
_IDLE = 30.0
_TRIES = 20


class DnsServer:
    """Serves the zone that `zone()` gives at the moment of the question.

    `published` gives the strings of the TXT record that Amazon has under a name (whole, lower case, no last dot).
    """

    def __init__(self, zone: Callable[[], Zone], published: Published | None = None) -> None:
        self._source = _Source(zone, published or _nothing)
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def start(self, host: str, port: int) -> int:
        """Listen on UDP and TCP under the same number and return it; 0 takes any free one. Raises OSError."""
        for left in reversed(range(_TRIES)):
            try:
                await self._listen(host, port)
            except OSError:
                await self.stop()
                if port or not left:
                    raise
            else:
                break
        return self.port

    async def stop(self) -> None:
        """Close both sockets."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
            for writer in tuple(self._open):
                await _close(writer)
            await self._tcp.wait_closed()
        self._udp = self._tcp = None

    async def _listen(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._serve_tcp, host, port)
        self.port = int(self._tcp.sockets[0].getsockname()[1])
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self._source), local_addr=(host, self.port))

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):
            while True:
                (length,) = struct.unpack("!H", await asyncio.wait_for(reader.readexactly(2), _IDLE))
                wire = await asyncio.wait_for(reader.readexactly(length), _IDLE)
                reply = await self._source.reply(wire, 65_535)
                if reply is None:
                    break
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
        self._open.discard(writer)
        await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, source: _Source) -> None:
        self._source = source
        self._transport: asyncio.DatagramTransport | None = None
        self._answering: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own class does not derive from it

    def connection_lost(self, _: Exception | None) -> None:
        for task in self._answering:
            task.cancel()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._answer(data, addr))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = await self._source.reply(data, None)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


class _Source:
    """Where answers come from: the zone, and what Amazon publishes beside it."""

    def __init__(self, zone: Callable[[], Zone], published: Published) -> None:
        self._zone, self._published = zone, published

    async def reply(self, wire: bytes, limit: int | None) -> bytes | None:
        """The answer's bytes within `limit` (None: what the asker's EDNS allows), or None for what is no query."""
        try:
            query = dns.message.from_wire(wire)
        except (dns.exception.DNSException, ValueError):
            return _format_error(wire)
        if query.flags & dns.flags.QR:
            return None
        response = answer(await self._zone_for(query), query)
        if limit is None:
            limit = min(max(query.payload, _PLAIN_UDP), _OWN_UDP) if query.edns >= 0 else _PLAIN_UDP
        try:
            return response.to_wire(max_size=limit)
        except dns.exception.TooBig:
            short = dns.message.make_response(query)
            short.flags |= dns.flags.AA | dns.flags.TC
            return short.to_wire(max_size=limit)

    async def _zone_for(self, query: dns.message.Message) -> Zone:
        """The zone, with the one record of Amazon's that the question is about or that its aliases lead to."""
        zone = self._zone()
        if len(query.question) != 1:
            return zone
        name = end_of_aliases(zone, query.question[0].name)
        strings = await self._published(name.to_text(omit_final_dot=True).lower())
        return with_text(zone, name, strings) if strings else zone


async def _nothing(_: str) -> None:
    return None


def _format_error(wire: bytes) -> bytes | None:
    """FORMERR for something with at least a header that claims to be a query (RFC 1035, 4.1.1)."""
    if len(wire) < 12 or wire[2] & 0x80:
        return None
    return wire[:2] + struct.pack("!HHHHH", 0x8000 | dns.rcode.FORMERR, 0, 0, 0, 0)
