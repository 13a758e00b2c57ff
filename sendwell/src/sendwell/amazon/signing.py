"""AWS Signature Version 4, as pure arithmetic: the same request at the same time always gets the same signature.

Lives here: credentials, endpoints, requests as values, the signature. Must not live here: sockets, the clock, retries.
Source: SigV4 as botocore.auth.SigV4Auth does it for service `ses` (path encoded twice); hypothesis compares the two.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair. The secret is kept out of repr, so that no traceback or log shows it."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where SES's API answers (no trailing slash) and the region that requests are signed for."""

    url: str
    region: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request, ready to be written; header names as they go out."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def domain_of(region: str) -> str:
    """The DNS suffix of a region's partition: amazonaws.com, or amazonaws.com.cn in China."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def ses_endpoint(region: str) -> Endpoint:
    """Amazon's own SES endpoint of a region (v1 and v2 share the host)."""
    return Endpoint(f"https://email.{region}.{domain_of(region)}", region)


def sign_v4(
    request: HttpRequest, credentials: Credentials, region: str, now: datetime, service: str = "ses"
) -> HttpRequest:
    """The request with Host, X-Amz-Date and Authorization added. `now` must be aware.

    All headers given are signed, so the caller leaves out those that a proxy may change. SES allows a skew of five
    minutes between `now` and its own clock.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(request.url)
    headers = {**request.headers, "Host": parts.netloc, "X-Amz-Date": stamp}
    if credentials.session_token:
        headers["X-Amz-Security-Token"] = credentials.session_token
    signed = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in signed)
    canonical = "\n".join(
        (
            request.method,
            quote(parts.path or "/", safe="/~"),
            _canonical_query(parts.query),
            *(f"{name}:{value}" for name, value in signed),
            "",
            names,
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(_key(credentials.secret_access_key, stamp[:8], region, service), to_sign).hex()
    headers["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return HttpRequest(request.method, request.url, headers, request.body)


def _canonical_query(query: str) -> str:
    pairs = [item.partition("=")[::2] for item in query.split("&")] if query else []
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
