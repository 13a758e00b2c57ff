"""A lean HTTP/1.1 POST for notifications: asyncio sockets, h11 for the protocol, connections kept alive.

Lives here: one request, one answer, the pool of idle connections. Must not live here: retries, what is posted, or
to whom (delivery.py). Redirects are not followed; https is verified against the machine's trust store.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import h11

_READ = 65_536
_MAX_ANSWER = 1_048_576
_IDLE_PER_ORIGIN = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint did: an HTTP status, or None and the reason why there is none."""

    status: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection leads."""

    scheme: str
    host: str
    port: int


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: h11.Connection
    used: bool = False


class _StaleError(Exception):
    """A kept connection had been closed by the other side before it answered anything."""


class Poster:
    """Sends POSTs. `timeout` (seconds) bounds one whole POST, connecting included (SNS: 15)."""

    def __init__(self, timeout: float = 15.0, tls: ssl.SSLContext | None = None) -> None:
        self._timeout = timeout
        self._tls = tls or ssl.create_default_context()
        self._idle: dict[Origin, list[_Connection]] = {}

    async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        """POST once and tell what came back; never raises for anything the network or the endpoint does."""
        try:
            return await asyncio.wait_for(self._post(url, headers, body), self._timeout)
        except asyncio.TimeoutError:
            return Answer(None, f"no answer within {self._timeout:g} seconds")
        except ssl.SSLError as error:
            return Answer(None, f"TLS failed: {error.reason or error}")
        except OSError as error:
            return Answer(None, f"connection failed: {error.strerror or error}")
        except h11.ProtocolError as error:
            return Answer(None, f"not an HTTP answer: {error}")
        except ValueError as error:
            return Answer(None, f"not a usable URL: {error}")

    async def close(self) -> None:
        """Close the idle connections."""
        connections = [connection for kept in self._idle.values() for connection in kept]
        self._idle.clear()
        for connection in connections:
            connection.writer.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                await connection.writer.wait_closed()

    async def _post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        origin, target, own = _read_url(url)
        request = h11.Request(
            method="POST",
            target=target,
            headers=[*own, *headers, ("Content-Length", str(len(body))), ("Connection", "keep-alive")],
        )
        kept = self._idle.get(origin, [])
        while kept:
            try:
                return await self._exchange(origin, kept.pop(), request, body)
            except _StaleError:
                continue
        return await self._exchange(origin, await self._connect(origin), request, body)

    async def _connect(self, origin: Origin) -> _Connection:
        tls = self._tls if origin.scheme == "https" else None
        reader, writer = await asyncio.open_connection(origin.host, origin.port, ssl=tls)
        return _Connection(reader, writer, h11.Connection(our_role=h11.CLIENT))

    async def _exchange(self, origin: Origin, connection: _Connection, request: h11.Request, body: bytes) -> Answer:
        reusable = False
        try:
            status = await _converse(connection, request, body)
            reusable = connection.protocol.our_state is h11.DONE and connection.protocol.their_state is h11.DONE
        finally:
            if not reusable:
                connection.writer.close()
        kept = self._idle.setdefault(origin, [])
        if reusable and len(kept) < _IDLE_PER_ORIGIN:
            connection.protocol.start_next_cycle()
            connection.used = True
            kept.append(connection)
        elif reusable:
            connection.writer.close()
        return Answer(status, f"HTTP {status}")


async def _converse(connection: _Connection, request: h11.Request, body: bytes) -> int:
    """Write the request, read the answer's status, and read its body away so the connection can be kept."""
    protocol, started = connection.protocol, False
    parts = (request, h11.Data(data=body), h11.EndOfMessage())
    try:
        connection.writer.write(b"".join(protocol.send(part) or b"" for part in parts))
        with contextlib.suppress(ConnectionError):  # an endpoint may answer and close before it has read everything
            await connection.writer.drain()
        status, size = 0, 0
        while True:
            event = protocol.next_event()
            if event is h11.NEED_DATA:
                data = await connection.reader.read(_READ)
                started = started or bool(data)
                if not data and not status:
                    raise ConnectionResetError("closed without an answer")
                protocol.receive_data(data)
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                size += len(event.data)
            if status and (isinstance(event, h11.EndOfMessage) or size > _MAX_ANSWER):
                return status
    except ConnectionError:
        if connection.used and not started:
            raise _StaleError from None
        raise


def _read_url(url: str) -> tuple[Origin, str, list[tuple[str, str]]]:
    """Origin, request target, and the Host and Authorization headers. Raises ValueError if it is no http(s) URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(url)
    default = 443 if parts.scheme == "https" else 80
    origin = Origin(parts.scheme, parts.hostname, parts.port or default)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [("Host", parts.netloc.rpartition("@")[2])]
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers.append(("Authorization", "Basic " + base64.b64encode(pair.encode()).decode("ascii")))
    return origin, target, headers
