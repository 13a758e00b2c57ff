"""The POST client against servers that are not ours: the standard library's, and sockets that misbehave."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from sesbox.certificate import make_certificate
from sesbox.posting import Poster


@dataclass
class Seen:
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    peers: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextlib.contextmanager
def endpoint(status: int = 200, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, Seen]]:
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            seen.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            seen.headers.append(dict(self.headers.items()))
            seen.peers.append(self.client_address[1])
            seen.paths.append(self.path)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port, seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def with_poster(test: Callable[[Poster], Awaitable[None]], timeout: float = 5.0) -> None:
    poster = Poster(timeout=timeout)
    try:
        await test(poster)
    finally:
        await poster.close()


def test_a_post_arrives_whole_and_the_connection_is_kept() -> None:
    with endpoint() as (port, seen):

        async def test(poster: Poster) -> None:
            for number in range(3):
                answer = await poster.post(
                    f"http://127.0.0.1:{port}/hook?a=1", [("Content-Type", "text/plain")], b"x" * 100_000 * number
                )
                assert answer.status == 200

        asyncio.run(with_poster(test))
    assert [len(body) for body in seen.bodies] == [0, 100_000, 200_000]
    assert seen.paths == ["/hook?a=1"] * 3
    assert seen.headers[0]["Host"] == f"127.0.0.1:{port}"
    assert len(set(seen.peers)) == 1


def test_name_and_password_of_the_url_become_basic_authorization() -> None:
    with endpoint() as (port, seen):

        async def test(poster: Poster) -> None:
            await poster.post(f"http://me:p%40ss@127.0.0.1:{port}/", [], b"")

        asyncio.run(with_poster(test))
    assert seen.headers[0]["Authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert seen.headers[0]["Host"] == f"127.0.0.1:{port}"


def test_a_redirect_is_reported_and_not_followed() -> None:
    with endpoint(302) as (port, seen):

        async def test(poster: Poster) -> None:
            assert (await poster.post(f"http://127.0.0.1:{port}/", [], b"x")).status == 302

        asyncio.run(with_poster(test))
    assert seen.paths == ["/"]


def test_https_with_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    made = make_certificate(1_700_000_000.0)
    pem = tmp_path / "both.pem"
    pem.write_text(made.private_key_pem + made.certificate_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with endpoint(tls=context) as (port, seen):

        async def test(poster: Poster) -> None:
            answer = await poster.post(f"https://127.0.0.1:{port}/", [], b"x")
            assert answer.status is None
            assert "certificate" in answer.detail.lower()

        asyncio.run(with_poster(test))
    assert seen.bodies == []


@contextlib.asynccontextmanager
async def scripted(answers: list[bytes | None]) -> AsyncIterator[int]:
    """A server on a socket: each request gets the next answer; None closes without one, b"" never answers."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        answer: bytes | None = None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while answers:
                await reader.readuntil(b"\r\n\r\nbody")
                answer = answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
            if answer == b"":
                await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no answer within"),
        (None, "connection failed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not an HTTP answer"),
    ],
)
def test_what_is_no_answer_is_named(raw: bytes | None, words: str) -> None:
    async def run() -> None:
        async with scripted([raw]) as port:

            async def test(poster: Poster) -> None:
                answer = await poster.post(f"http://127.0.0.1:{port}/", [], b"body")
                assert answer.status is None
                assert words in answer.detail

            await with_poster(test, timeout=0.3)

    asyncio.run(run())


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_try() -> None:
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    async def run() -> None:
        async with scripted([ok, None, ok]) as port:

            async def test(poster: Poster) -> None:
                assert (await poster.post(f"http://127.0.0.1:{port}/", [], b"body")).status == 200
                assert (await poster.post(f"http://127.0.0.1:{port}/", [], b"body")).status == 200

            await with_poster(test)

    asyncio.run(run())


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "nonsense", "http://127.0.0.1:99999/"])
def test_an_unusable_url_is_an_answer_too(url: str) -> None:
    async def test(poster: Poster) -> None:
        assert (await poster.post(url, [], b"")).status is None

    asyncio.run(with_poster(test))


def test_nobody_listens() -> None:
    with endpoint() as (port, _):
        pass

    async def test(poster: Poster) -> None:
        answer = await poster.post(f"http://127.0.0.1:{port}/", [], b"")
        assert answer.status is None
        assert "connection failed" in answer.detail

    asyncio.run(with_poster(test))
