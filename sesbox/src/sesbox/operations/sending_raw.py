"""Sending a message the caller built: what is common to SendRawEmail and SES v2's Raw content.

Lives here: reading the caller's headers and SES's control headers into a Submission. Must not live here: the core.
Source: SES API reference, SendRawEmail; SES Developer Guide, "event-publishing-send-email".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from sesbox.operations import mime
from sesbox.operations.sending import Submission
from sesbox.rules import addresses, content, tags
from sesbox.rules.refusals import invalid

_FILE_NAME = re.compile(
    rb"^content-(?:type|disposition):(?:[^\r\n]|\r?\n[ \t])*?\b(?:file)?name=\"?([^\"\r\n;]+)",
    re.IGNORECASE | re.MULTILINE,
)


def submission(
    operation: str,
    data: bytes,
    source: str | None,
    feedback: str | None,
    destinations: Sequence[str] | None,
    given_tags: Iterable[tuple[str, str]] | None,
    configuration_set: str | None,
    most_bytes: int,
) -> Submission:
    """What a raw message asks for. Parameters beat headers; tags of both are not merged.

    `source` is the envelope's sender if given, `feedback` where bounces go, `destinations` the envelope's
    recipients (None: To, Cc and Bcc headers). Raises RefusedError for headers SES does not take.
    """
    content.check_size(len(data), most_bytes)
    headers = mime.parse_headers(data)
    content.check_once(name for name, _ in headers)
    first: dict[str, str] = {}
    for name, value in headers:
        first.setdefault(name.lower(), value)
    authors = _authors(first)
    for match in _FILE_NAME.finditer(data):
        content.check_file_name(match.group(1).decode("utf-8", "replace"))
    recipients = tuple(destinations) if destinations else _recipients(first)
    return Submission(
        operation=operation,
        source=source or authors[0],
        senders=_senders(first, source, feedback),
        recipients=recipients,
        subject=_decoded(first.get("subject", "")),
        render=lambda _: mime.finish_raw(data),
        most_bytes=most_bytes,
        configuration_set=configuration_set or first.get("x-ses-configuration-set") or None,
        tags=tags.check(given_tags or tags.from_header(first.get("x-ses-message-tags", ""))),
        raw=True,
        author=next(iter(addresses.split(first["from"])), ""),
        own=tuple((name, value) for name, value in headers if name.lower() in ("date", "message-id")),
    )


def _authors(first: dict[str, str]) -> list[str]:
    found = addresses.split(first.get("from", ""))
    if not found:
        raise invalid("Missing required header 'From'.")
    return found


def _senders(first: dict[str, str], source: str | None, feedback: str | None) -> tuple[str, ...]:
    """Everybody who must be verified: the envelope's sender, From, Sender, and where bounces go."""
    found = [source] if source else []
    found += addresses.split(first["from"])
    found += addresses.split(first.get("sender", ""))
    if feedback:
        found.append(feedback)
    elif not source:
        path = first.get("return-path", "").strip()
        found += [path] if path and path != "<>" else []
    return tuple(dict.fromkeys(found))


def _recipients(first: dict[str, str]) -> tuple[str, ...]:
    return tuple(address for name in ("to", "cc", "bcc") for address in addresses.split(first.get(name, "")))


def _decoded(value: str) -> str:
    """A header as a person reads it."""
    if "=?" not in value:
        return value
    try:
        text = str(make_header(decode_header(value)))
        text.encode()  # UTF-7 can spell halves of surrogate pairs
    except (ValueError, LookupError, HeaderParseError):
        return value
    return text
