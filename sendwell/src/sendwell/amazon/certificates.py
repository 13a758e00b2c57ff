"""Fetching SNS's signing certificates, within bounds, and keeping the few that are in use.

Lives here: one GET with caps and the cache object. Must not live here: which URL may be fetched (sns.certificate_url
decides before anything here is called), whether a signature holds. Build one cache per process and hand it around.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from urllib.parse import urlsplit

MAX_BYTES = 32 * 1024
SECONDS = 5.0
FETCHES_A_MINUTE = 12


class CertificateUnavailableError(RuntimeError):
    """The certificate could not be fetched: our trouble or SNS's, not a forgery. SNS should try again later."""


def fetch(url: str) -> bytes:
    """GET the PEM: no redirect, no proxy, 5 seconds in all, at most 32 KB, TLS verified.

    Raises CertificateUnavailableError for anything but a whole 200.
    """
    deadline = time.monotonic() + SECONDS
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", parts.path, headers={"Accept-Encoding": "identity"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise CertificateUnavailableError(f"The signing certificate's address answered HTTP {answer.status}.")
        return _read(connection, answer, deadline)
    except (OSError, http.client.HTTPException) as error:
        raise CertificateUnavailableError(f"The signing certificate could not be fetched: {error}") from error
    finally:
        connection.close()


def _read(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, deadline: float) -> bytes:
    body = b""
    while chunk := answer.read1(8192):
        body += chunk
        if len(body) > MAX_BYTES:
            raise CertificateUnavailableError("The signing certificate is longer than 32 KB.")
        left = deadline - time.monotonic()
        if left <= 0:
            raise CertificateUnavailableError("The signing certificate did not arrive within 5 seconds.")
        if connection.sock is not None:
            connection.sock.settimeout(left)
    if answer.length or not body.lstrip().startswith(b"-----BEGIN CERTIFICATE-----"):
        raise CertificateUnavailableError("What the signing certificate's address gave is no whole certificate.")
    return body


class Certificates:
    """A bounded cache of fetched certificates by URL, safe to share by threads, with a cap on fetches a minute."""

    def __init__(self, fetcher: Callable[[str], bytes] = fetch, keep: int = 16) -> None:
        self._fetch = fetcher
        self._keep = keep
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._fetched: deque[float] = deque(maxlen=FETCHES_A_MINUTE)
        self._lock = threading.Lock()

    def get(self, url: str) -> bytes:
        """The PEM at an allowed URL. Raises CertificateUnavailableError."""
        with self._lock:
            if url in self._kept:
                self._kept.move_to_end(url)
                return self._kept[url]
            self._take_turn()
        pem = self._fetch(url)
        with self._lock:
            self._kept[url] = pem
            while len(self._kept) > self._keep:
                self._kept.popitem(last=False)
        return pem

    def _take_turn(self) -> None:
        now = time.monotonic()
        if len(self._fetched) == FETCHES_A_MINUTE and now - self._fetched[0] < 60:
            raise CertificateUnavailableError("Too many different signing certificates were asked for in a minute.")
        self._fetched.append(now)
