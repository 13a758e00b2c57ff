"""Message tags: what SES takes as a name and a value, and where tags come from.

Lives here: the literal refusals and reading the X-SES-MESSAGE-TAGS header. Must not live here: events.
Texts as recorded against SES; the API reference speaks of 256 characters, SES of 255.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sesbox.rules.refusals import invalid

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VALUE = re.compile(r"[A-Za-z0-9_.@-]+")
_MOST = 255


def check(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The tags by name, the first of a name winning. Raises RefusedError; the name is checked before the value."""
    checked: dict[str, str] = {}
    for name, value in tags:
        _check_name(name)
        _check_value(value)
        checked.setdefault(name, value)
    return checked


def _check_name(name: str) -> None:
    if not name:
        raise invalid("The tag name must be specified.")
    if not _NAME.fullmatch(name):
        raise invalid(f"Invalid tag name <{name}>: only alphanumeric ASCII characters, '_',  '-' are allowed.")
    if len(name) > _MOST:
        raise invalid("Tag name cannot exceed 255 characters.")


def _check_value(value: str) -> None:
    if not value:
        raise invalid("The tag value must be specified.")
    if not _VALUE.fullmatch(value):
        raise invalid(
            f"Invalid tag value <{value}>: only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."
        )
    if len(value) > _MOST:
        raise invalid("Tag value cannot exceed 255 characters.")


def from_header(value: str) -> list[tuple[str, str]]:
    """The tags of an X-SES-MESSAGE-TAGS header: `k=v, k2=v2`."""
    pairs = (part.strip() for part in value.split(","))
    return [(name.strip(), text.strip()) for name, _, text in (pair.partition("=") for pair in pairs if pair)]
