"""The DNS door: answers questions about the scripted zone over UDP and TCP on one port.

Lives here: sockets, message framing, truncation. Must not live here: what is answered (dns/zone.py).
It is authoritative only: it never asks another server, and knows no name outside the zone.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from sesbox.dns.zone import Zone, answer

_PLAIN_UDP = 512
_OWN_UDP = 1232
_IDLE = 30.0
_TRIES = 20


class DnsServer:
    """Serves the zone that `zone()` gives at the moment of the question."""

    def __init__(self, zone: Callable[[], Zone]) -> None:
        self._zone = zone
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
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self._zone), local_addr=(host, self.port))

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):
            while True:
                (length,) = struct.unpack("!H", await asyncio.wait_for(reader.readexactly(2), _IDLE))
                wire = await asyncio.wait_for(reader.readexactly(length), _IDLE)
                reply = _reply(self._zone(), wire, 65_535)
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
    def __init__(self, zone: Callable[[], Zone]) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own class does not derive from it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = _reply(self._zone(), data, None)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


def _reply(zone: Zone, wire: bytes, limit: int | None) -> bytes | None:
    """The answer's bytes within `limit` (None: what the asker's EDNS allows), or None for what is no query."""
    try:
        query = dns.message.from_wire(wire)
    except (dns.exception.DNSException, ValueError):
        return _format_error(wire)
    if query.flags & dns.flags.QR:
        return None
    response = answer(zone, query)
    if limit is None:
        limit = min(max(query.payload, _PLAIN_UDP), _OWN_UDP) if query.edns >= 0 else _PLAIN_UDP
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        short = dns.message.make_response(query)
        short.flags |= dns.flags.AA | dns.flags.TC
        return short.to_wire(max_size=limit)


def _format_error(wire: bytes) -> bytes | None:
    """FORMERR for something with at least a header that claims to be a query (RFC 1035, 4.1.1)."""
    if len(wire) < 12 or wire[2] & 0x80:
        return None
    return wire[:2] + struct.pack("!HHHHH", 0x8000 | dns.rcode.FORMERR, 0, 0, 0, 0)
