"""One port for everything: AWS's APIs, the control API and the pages.

Lives here: ASGI, the cap on bodies, which requests are AWS's, the guard before everything else.
Must not live here: AWS's protocols (api.py, wire/), what the pages show (console/).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from sesbox.console.guard import foreign
from sesbox.http.api import V2_PREFIX, Api
from sesbox.wire.request import Answer, Request

BODY_LIMIT = 50 * 1024 * 1024
PAGE_BODY_LIMIT = 4 * 1024 * 1024
_TEXT = (("content-type", "text/plain; charset=utf-8"),)
_TOO_LARGE = Answer(413, _TEXT, b"sesbox takes at most 50 MB in one request, and 4 MB on its own pages.\n")
_CIRCLE = Answer(
    400, _TEXT, b"This is sesbox itself: a subscription's endpoint must be an address of your own program.\n"
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class App:
    """The ASGI application. `pages` serves everything that is not AWS's, for requests that the guard lets pass."""

    def __init__(self, api: Api, pages: Asgi, own_hosts: Collection[str]) -> None:
        self._api, self._pages, self._own_hosts = api, pages, own_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = _request(scope)
        if "x-amz-sns-message-type" in request.headers:  # sesbox posts to itself; an answer of 4xx ends the circle
            await _send(send, _CIRCLE)
            return
        if not _is_aws(request):
            await self._serve_page(request, scope, receive, send)
            return
        body = await _read_body(request, receive, BODY_LIMIT)
        if body is None:
            await _send(send, _TOO_LARGE)
            return
        client = scope.get("client")
        request = Request(request.method, request.path, request.query, request.headers, body)
        await _send(send, await self._api.answer(request, client[0] if client else "127.0.0.1"))

    async def _serve_page(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        reason = foreign(request.method, request.headers, self._own_hosts)
        if reason is not None:
            await _send(send, Answer(403, _TEXT, f"{reason}\n".encode()))
            return
        body = await _read_body(request, receive, PAGE_BODY_LIMIT)
        if body is None:
            await _send(send, _TOO_LARGE)
            return
        await self._pages(scope, _replay(body, receive), send)


def _request(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("utf-8", "replace")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path = scope.get("raw_path") or scope["path"].encode()
    return Request(scope["method"], path.decode("latin-1"), scope["query_string"].decode("latin-1"), headers)


def _is_aws(request: Request) -> bool:
    """AWS's are SES v2's paths, and `/` when it is posted to or names an Action; a browser's `/` is the inbox."""
    if request.path in ("", "/"):
        return request.method == "POST" or "Action=" in request.query
    return request.path == V2_PREFIX or request.path.startswith(V2_PREFIX + "/")


def _replay(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, for an application that reads it itself."""
    parts = [body]

    async def again() -> MutableMapping[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        return await receive()

    return again


async def _read_body(request: Request, receive: Receive, most: int) -> bytes | None:
    """The body, or None if it has more than `most` bytes or the client went away."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > most:
        return None
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
