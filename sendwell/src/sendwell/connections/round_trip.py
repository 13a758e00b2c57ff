"""The public address proved: this installation fetches itself by it, with a nonce that nobody else can answer.

Lives here: the one request, the answer to it, and the words for what went wrong. Must not live here: when it is done
and kept (public_url.py), what follows from it (rules.py). The address comes from the deployment, never from a page.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from sendwell.core.keyring import KeyRing

PATH = "/health/echo/"
SECONDS = 8.0
MAX_BYTES = 4096
_LABEL = b"sendwell echo\0"


@dataclass(frozen=True, slots=True)
class Trip:
    """What came of one round trip: `detail` says in one sentence what went wrong, `milliseconds` how long it took."""

    ok: bool
    detail: str
    milliseconds: int


def answer(ring: KeyRing, nonce: str) -> str:
    """What only this installation can say to a nonce: its HMAC under the link key, which is never retired."""
    return hmac.new(ring.links[0][1], _LABEL + nonce.encode(), hashlib.sha256).hexdigest()


def travel(base_url: str, nonce: str, ring: KeyRing, context: ssl.SSLContext | None = None) -> Trip:
    """Fetch our own echo by the public address: no redirect, no proxy, TLS verified, 8 seconds for each step."""
    start = time.monotonic()
    detail = _ask(base_url, nonce, ring, context)
    return Trip(not detail, detail, round(1000 * (time.monotonic() - start)))


def _ask(base_url: str, nonce: str, ring: KeyRing, context: ssl.SSLContext | None) -> str:
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        trusted = context or ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=trusted)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=SECONDS)
    try:
        connection.request("GET", parts.path + PATH + nonce, headers={"User-Agent": "sendwell round trip"})
        found = connection.getresponse()
        return _judge(host, found.status, found.getheader("Location", ""), found.read(MAX_BYTES), answer(ring, nonce))
    except ssl.SSLCertVerificationError as error:
        return f"The certificate of {host} is not trusted: {error.verify_message}."
    except ssl.SSLError as error:
        return f"{host} does not speak TLS there: {error.reason or error}."
    except TimeoutError:
        return f"{host} did not answer within {SECONDS:g} seconds. {_HAIRPIN}"
    except OSError as error:
        return f"{host} cannot be reached from this machine: {error.strerror or error}. {_HAIRPIN}"
    except http.client.HTTPException as error:
        return f"What answers at {host} is no web server ({type(error).__name__})."
    finally:
        connection.close()


_HAIRPIN = "If others do reach it, this machine cannot reach its own public address: give the name in its hosts file."


def _judge(host: str, status: int, location: str, body: bytes, expected: str) -> str:
    """What is wrong with an answer, or ""."""
    if 300 <= status < 400:
        to = f" to {location.split('?')[0].split(PATH)[0][:100]}" if location else ""
        return (
            f"{host} redirects{to}. Mail programs do not follow that for one-click unsubscribe: use the last address."
        )
    if status != 200:
        return f"{host} answered HTTP {status} instead of passing the request on to this installation."
    if not hmac.compare_digest(body.strip(), expected.encode()):
        return f"Something else answers at {host}: it is not this installation."
    return ""
