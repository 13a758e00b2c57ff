"""The headers that marketing mail carries, as printable ASCII.

Lives here: RFC 8058 and RFC 2369 (List-Unsubscribe, List-Unsubscribe-Post), RFC 2919 (List-Id), RFC 2047 encoding.
Must not live here: templates, Django.
"""

from __future__ import annotations

import re
from email.header import Header
from email.utils import quote
from urllib.parse import quote as percent

from sendwell.content.rules import CONTROL, ContentSource, RenderError

VALUE_LIMIT = 900  # SES allows 995 characters in a header's value (SESv2 MessageHeader); some room is left
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


def list_id(source: ContentSource) -> str:
    """`Name <list-7.example.com>`: stable for a list, without recipient data (RFC 2919)."""
    domain = source.from_address.rpartition("@")[2].strip().lower() or "localhost"
    ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    label = f"<list-{source.list_number}.{ascii_domain}>" if source.list_number else f"<list.{ascii_domain}>"
    name = phrase(source.list_name)
    return f"{name} {label}" if name else label


def phrase(text: str) -> str:
    """A display name for a header: bare, quoted, or as encoded words on one line."""
    cleaned = " ".join(CONTROL.sub(" ", text).split())
    if _PLAIN_PHRASE.fullmatch(cleaned):
        return cleaned
    if cleaned.isascii():
        return f'"{quote(cleaned)}"'
    return Header(cleaned, "utf-8", maxlinelen=75).encode().replace("\n", "")


def unsubscribe(url: str) -> tuple[tuple[str, str], ...]:
    """List-Unsubscribe and its RFC 8058 companion for one recipient. Raises RenderError if the URL does not fit."""
    encoded = percent(url, safe=_URL_SAFE)
    if CONTROL.search(url) or not url.startswith(("https://", "http://")) or len(encoded) > VALUE_LIMIT:
        raise RenderError("The unsubscribe link cannot stand in a header.")
    return (("List-Unsubscribe", f"<{encoded}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
