"""An HTTP request and answer as plain values, the way the wire functions see them.

Lives here: the two value types. Must not live here: sockets, ASGI (http/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was sent: `path` and `query` are raw (percent-encoded), header names are lower case.

    A header that came several times is one value, joined by commas, as SigV4 wants it.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: status, headers (name, value) and body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
