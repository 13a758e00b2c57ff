"""Fetching a certificate is bounded in every direction."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sendwell.amazon import certificates
from sendwell.amazon.certificates import Certificates, CertificateUnavailableError, fetch


@contextmanager
def serving(answer: bytes, hold: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives one raw answer to each connection, and the requests that it saw."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                seen.append(peer.recv(65536))
                try:
                    peer.sendall(answer)
                    stop.wait(hold)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/SimpleNotificationService-00.pem", seen
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_a_certificate_is_fetched_whole():
    pem = b"-----BEGIN CERTIFICATE-----\n" + b"MIIF" * 1000
    with serving(ok(pem)) as (url, seen):
        assert fetch(url) == pem

    assert seen[0].startswith(b"GET /SimpleNotificationService-00.pem HTTP/1.1")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        ok(b"x" * (certificates.MAX_BYTES + 1)),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n-----BEGIN CERTIFICATE-----\n",
        ok(b"<html>maintenance</html>"),
        b"not http at all\r\n\r\n",
        b"",
    ],
    ids=["redirect", "missing", "too long", "cut off", "no certificate", "garbage", "nothing"],
)
def test_anything_else_is_unavailable(answer):
    with serving(answer) as (url, _), pytest.raises(CertificateUnavailableError):
        fetch(url)


def test_silence_ends(monkeypatch):
    monkeypatch.setattr(certificates, "SECONDS", 0.2)
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    with serving(half, hold=2) as (url, _), pytest.raises(CertificateUnavailableError):
        fetch(url)


def test_nobody_there_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CertificateUnavailableError):
        fetch(f"http://127.0.0.1:{port}/x.pem")


def test_the_cache_asks_once_and_is_bounded():
    asked: list[str] = []
    cache = Certificates(lambda url: asked.append(url) or url.encode(), keep=2)  # type: ignore[func-returns-value]

    for url in ("a", "a", "b", "a", "c", "a", "b"):
        assert cache.get(url) == url.encode()

    assert asked == ["a", "b", "c", "b"]


def test_failures_are_not_cached_and_floods_are_cut_off():
    asked: list[str] = []

    def failing(url: str) -> bytes:
        asked.append(url)
        raise CertificateUnavailableError("no")

    cache = Certificates(failing)
    for number in range(50):
        with pytest.raises(CertificateUnavailableError):
            cache.get(str(number))

    assert len(asked) == certificates.FETCHES_A_MINUTE
