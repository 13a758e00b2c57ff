"""The pool of connections that mail goes out by. One POST is one POST: nothing here ever repeats one.

Lives here: sockets, time limits, telling "nothing was written" from "no complete answer". Must not live here: what
SES's answers mean (send.py), pacing, the ledger.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
from yarl import URL

from sendwell.amazon.send import Kind, SendResult, classify
from sendwell.amazon.signing import HttpRequest

MAX_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for a connection (pool, DNS, TCP, TLS) and for a whole call; connections at once."""

    connect: float = 10.0
    total: float = 30.0
    connections: int = 64
    keepalive: float = 20.0


class Mailer:
    """Sends requests over kept-alive connections. Belongs to one event loop; close it with `close` or `async with`."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        connector = aiohttp.TCPConnector(limit=limits.connections, keepalive_timeout=limits.keepalive)
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_mark_written)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect),
            trace_configs=[trace],
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        )

    async def send(self, request: HttpRequest) -> SendResult:
        """One call, one verdict; never raises for what the network does, never repeats, never follows a redirect.

        NOT_SENT only if no byte of the request can have been handed to the network. A kept-alive connection that the
        other side closed while we wrote is IN_DOUBT: who was first cannot be told from here.
        """
        progress = _Progress()
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._call(request, progress)
        except (aiohttp.ClientError, TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            return _failure(progress, error)

    async def _call(self, request: HttpRequest, progress: _Progress) -> SendResult:
        async with self._session.request(
            request.method,
            URL(request.url, encoded=True),
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
            trace_request_ctx=progress,
        ) as response:
            body = await response.content.read(MAX_ANSWER + 1)
            while not response.content.at_eof() and len(body) <= MAX_ANSWER:
                body += await response.content.read(MAX_ANSWER + 1 - len(body))
            if len(body) > MAX_ANSWER:
                return SendResult(Kind.IN_DOUBT, code="answer_too_long", text="The answer is too long for SES.")
            return classify(response.status, response.headers, body)

    async def close(self) -> None:
        """Close all connections; calls under way end in doubt."""
        await self._session.close()

    async def __aenter__(self) -> Mailer:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Progress:
    """How far one call got. `written` is set before the first byte is handed over, so unset is proof."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        self.written = False


async def _mark_written(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    context.trace_request_ctx.written = True


def _failure(progress: _Progress, error: BaseException) -> SendResult:
    name = "timeout" if isinstance(error, TimeoutError) else "connection"
    if not progress.written:
        text = "No connection to SES within the time limit." if name == "timeout" else f"No connection to SES: {error}"
        return SendResult(Kind.NOT_SENT, code=name, text=text[:500])
    return SendResult(Kind.IN_DOUBT, code=name, text=f"Written, but no complete answer came: {error}"[:500])
