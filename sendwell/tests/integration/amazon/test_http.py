"""The pool against a real server that misbehaves: nothing is repeated, and doubt is told from certainty."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sendwell.amazon.http import Limits, Mailer
from sendwell.amazon.send import Kind, SendResult
from sendwell.amazon.signing import HttpRequest

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]
LIMITS = Limits(connect=1.0, total=1.5, connections=4)
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"MessageId":"0100"}'


class Server:
    """Counts connections and whole requests; `behave` plays each connection."""

    def __init__(self, behave: Behave) -> None:
        self.behave, self.connections, self.requests = behave, 0, 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self.behave(reader, writer, self.connections)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def read(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        self.requests += 1


def play(make: Callable[[list[Server]], Behave], calls: int = 1, pause: float = 0.0) -> tuple[list[SendResult], Server]:
    async def run() -> tuple[list[SendResult], Server]:
        holder: list[Server] = []
        server = Server(make(holder))
        holder.append(server)
        listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        request = HttpRequest("POST", f"http://127.0.0.1:{port}/v2", {"Content-Type": "application/json"}, b"{}" * 100)
        results = []
        async with Mailer(LIMITS) as mailer:
            for _ in range(calls):
                results.append(await mailer.send(request))
                await asyncio.sleep(pause)
        listener.close()
        return results, server

    return asyncio.run(run())


def answering(*parts: bytes, then: float = 0.0) -> Callable[[list[Server]], Behave]:
    def make(holder: list[Server]) -> Behave:
        async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
            await holder[0].read(reader)
            for part in parts:
                writer.write(part)
                await writer.drain()
            await asyncio.sleep(then)

        return behave

    return make


def test_a_whole_answer_is_judged():
    results, server = play(answering(OK))

    assert results[0].ses_message_id == "0100"
    assert server.requests == 1


def test_connections_are_kept():
    def make(holder):
        async def behave(reader, writer, _):
            while True:
                await holder[0].read(reader)
                writer.write(OK)

        return behave

    results, server = play(make, calls=5)

    assert all(r.accepted for r in results)
    assert (server.connections, server.requests) == (1, 5)


def test_a_refused_connection_is_not_sent():
    async def run() -> SendResult:
        listener = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        listener.close()
        await listener.wait_closed()
        async with Mailer(LIMITS) as mailer:
            return await mailer.send(HttpRequest("POST", f"http://127.0.0.1:{port}/", {}, b"{}"))

    assert asyncio.run(run()).kind is Kind.NOT_SENT


def test_a_name_that_does_not_resolve_is_not_sent():
    async def run() -> SendResult:
        async with Mailer(LIMITS) as mailer:
            return await mailer.send(HttpRequest("POST", "http://no-such-host.invalid/", {}, b"{}"))

    assert asyncio.run(run()).kind is Kind.NOT_SENT


def test_a_failed_tls_handshake_is_not_sent():
    async def run() -> SendResult:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        listener = await asyncio.start_server(plain, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        async with Mailer(LIMITS) as mailer:
            result = await mailer.send(HttpRequest("POST", f"https://127.0.0.1:{port}/", {}, b"{}"))
        listener.close()
        return result

    assert asyncio.run(run()).kind is Kind.NOT_SENT


def test_closing_after_reading_is_in_doubt_and_not_repeated():
    results, server = play(answering())

    assert results[0].kind is Kind.IN_DOUBT
    assert (server.connections, server.requests) == (1, 1)


def test_closing_before_reading_is_in_doubt():
    def make(_):
        async def behave(reader, writer, number):
            writer.transport.abort()

        return behave

    results, server = play(make)

    assert results[0].kind is Kind.IN_DOUBT
    assert server.connections == 1


def test_half_an_answer_is_in_doubt():
    for cut in (1, 15, len(OK) - 20, len(OK) - 1):
        results, server = play(answering(OK[:cut]))
        assert results[0].kind is Kind.IN_DOUBT, cut
        assert server.requests == 1


def test_half_an_error_is_in_doubt():
    head = b"HTTP/1.1 400 Bad Request\r\nx-amzn-ErrorType: MessageRejected\r\nContent-Length: 50\r\n\r\n{"

    assert play(answering(head))[0][0].kind is Kind.IN_DOUBT


def test_silence_is_in_doubt_after_the_time_limit():
    results, server = play(answering(then=5.0))

    assert results[0].kind is Kind.IN_DOUBT
    assert results[0].code == "timeout"
    assert server.requests == 1


def test_an_answer_that_dribbles_is_in_doubt():
    def make(holder):
        async def behave(reader, writer, _):
            await holder[0].read(reader)
            for byte in OK:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.1)

        return behave

    assert play(make)[0][0].kind is Kind.IN_DOUBT


def test_garbage_is_in_doubt():
    assert play(answering(b"220 mail.example.com ESMTP\r\n" * 3))[0][0].kind is Kind.IN_DOUBT
    assert play(answering(b"\x15\x03\x01\x00\x02\x02\x0a"))[0][0].kind is Kind.IN_DOUBT


def test_an_endless_answer_is_in_doubt():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"

    assert play(answering(head, b"x" * 300_000))[0][0].code == "answer_too_long"


def test_a_redirect_is_not_followed():
    head = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
    results, server = play(answering(head))

    assert results[0].kind is Kind.IN_DOUBT
    assert server.requests == 1


def test_a_kept_connection_closed_after_reading_is_in_doubt_and_not_repeated():
    def make(holder):
        async def behave(reader, writer, _):
            await holder[0].read(reader)
            writer.write(OK)
            await holder[0].read(reader)

        return behave

    results, server = play(make, calls=2)

    assert [r.kind for r in results] == [Kind.ACCEPTED, Kind.IN_DOUBT]
    assert (server.connections, server.requests) == (1, 2)


def test_a_kept_connection_reset_before_reading_is_in_doubt_and_not_repeated():
    def make(holder):
        async def behave(reader, writer, number):
            await holder[0].read(reader)
            writer.write(OK)
            if number == 1:
                await reader.readexactly(1)  # the second request has begun to arrive
                writer.transport.abort()

        return behave

    results, server = play(make, calls=2)

    assert [r.kind for r in results] == [Kind.ACCEPTED, Kind.IN_DOUBT]
    assert (server.connections, server.requests) == (1, 1)


def test_a_kept_connection_found_closed_is_replaced():
    def make(holder):
        async def behave(reader, writer, _):
            await holder[0].read(reader)
            writer.write(OK)

        return behave

    results, server = play(make, calls=2, pause=0.1)

    assert [r.kind for r in results] == [Kind.ACCEPTED, Kind.ACCEPTED]
    assert (server.connections, server.requests) == (2, 2)


def test_waiting_for_a_free_connection_is_not_sent():
    async def run() -> list[SendResult]:
        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100_000)
            await asyncio.sleep(1.0)
            writer.write(OK)
            writer.close()

        listener = await asyncio.start_server(hold, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        request = HttpRequest("POST", f"http://127.0.0.1:{port}/", {}, b"{}")
        async with Mailer(Limits(connect=0.3, total=2.0, connections=1)) as mailer:
            results = await asyncio.gather(mailer.send(request), mailer.send(request))
        listener.close()
        return list(results)

    assert sorted(r.kind.value for r in asyncio.run(run())) == ["accepted", "not_sent"]
