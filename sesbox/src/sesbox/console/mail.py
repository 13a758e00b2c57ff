"""A raw message taken apart for looking at.

Lives here: headers, text, HTML and attachments of the MIME source, pure. Must not live here: pages.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import cast

_CID = re.compile(r"""(?P<quote>["'(])cid:(?P<id>[^"')\s]+)""", re.IGNORECASE)
_INLINE_LIMIT = 2_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One attachment or inline file. `number` counts the leaves of the message from 0."""

    number: int
    name: str
    type: str
    content: bytes
    content_id: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What a person wants to see of a message."""

    headers: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None
    parts: tuple[Part, ...]


def read_mail(raw: bytes) -> Mail:
    """Take a message apart. Broken MIME never raises: what cannot be decoded is shown with replacement marks."""
    try:
        message = BytesParser(policy=default).parsebytes(raw)
        leaves = list(_leaves(message))
    except Exception:  # multiparts nested without end, and what else the library stumbles over
        return Mail(headers=(), text=raw.decode("utf-8", "replace"), html=None, parts=())
    found: dict[str, str] = {}
    parts: list[Part] = []
    for number, leaf in enumerate(leaves):
        try:
            kind = leaf.get_content_type()
            attached = leaf.get_content_disposition() == "attachment" or leaf.get_filename() is not None
            if kind in ("text/plain", "text/html") and kind not in found and not attached:
                found[kind] = _text(leaf)
            else:
                parts.append(_part(number, leaf))
        except Exception:  # the library raises many kinds of errors on broken headers
            parts.append(Part(number, f"part-{number}", "application/octet-stream", _unread(leaf), ""))
    return Mail(tuple(_headers(message)), found.get("text/plain"), found.get("text/html"), tuple(parts))


def frame_document(mail: Mail) -> str:
    """The HTML part as it is put in the sandboxed frame: links open outside, cid: images are carried inside."""
    carried = {part.content_id: part for part in mail.parts if part.content_id}

    def image(match: re.Match[str]) -> str:
        part = carried.get(match["id"])
        if part is None or not part.type.startswith("image/") or len(part.content) > _INLINE_LIMIT:
            return match[0]
        return f"{match['quote']}data:{part.type};base64,{base64.b64encode(part.content).decode('ascii')}"

    return '<base target="_blank">' + _CID.sub(image, mail.html or "")


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        if not part.is_multipart():
            yield part


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    """Every header, decoded as far as it can be."""
    for name, value in message.raw_items():
        try:
            yield _clean(name), _clean(str(message.policy.header_fetch_parse(name, value)))
        except Exception:  # as above
            yield _clean(name), _clean(str(value))


def _clean(text: str) -> str:
    """Without halves of surrogate pairs, which no page and no JSON can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _unread(leaf: EmailMessage) -> bytes:
    """The content as it stands in the message; where not even that can be had, the source still shows it."""
    try:
        return str(leaf.get_payload()).encode("utf-8", "replace")
    except Exception:  # as above
        return b""


def _text(leaf: EmailMessage) -> str:
    content = cast(bytes, leaf.get_payload(decode=True) or b"")
    charset = leaf.get_content_charset() or "utf-8"
    try:
        return _clean(content.decode(charset, "replace"))
    except (LookupError, ValueError):  # no such charset, or one that knows no replacement marks
        return content.decode("utf-8", "replace")


def _part(number: int, leaf: EmailMessage) -> Part:
    kind = leaf.get_content_type()
    return Part(
        number=number,
        name=_clean(leaf.get_filename() or f"part-{number}.{kind.rpartition('/')[2]}"),
        type=_clean(kind),
        content=cast(bytes, leaf.get_payload(decode=True) or b""),
        content_id=_clean(str(leaf.get("Content-ID", ""))).strip().strip("<>"),
    )
