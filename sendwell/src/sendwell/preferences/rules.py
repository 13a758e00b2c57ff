"""What a request to leave means, and how much of a person is kept or shown.

Lives here: reading a POST, masking. Must not live here: where it came from (core/visitors.py), Django, the database,
tokens' format.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

ONE_CLICK_FIELD, ONE_CLICK_VALUE = "List-Unsubscribe", "One-Click"  # RFC 8058, section 3.2
PAGE_FIELD = "leave"


class Ask(StrEnum):
    """What a POST asks for."""

    ONE_CLICK = "one-click"
    LEAVE_LIST = "list"
    LEAVE_ALL = "all"
    NOTHING = "nothing"


def read_ask(fields: Mapping[str, object]) -> Ask:
    """What the form fields ask for.

    Link scanners also POST, with an empty body or fields of their own: without the exact one-click field or a button of
    our page nothing is asked for.
    """
    if str(fields.get(ONE_CLICK_FIELD, "")).strip().lower() == ONE_CLICK_VALUE.lower():
        return Ask.ONE_CLICK
    pressed = fields.get(PAGE_FIELD)
    if pressed in (Ask.LEAVE_LIST, Ask.LEAVE_ALL):
        return Ask(str(pressed))
    return Ask.NOTHING


def mask(address: str) -> str:
    """`j***@example.com`: enough to know one's own address by, too little for somebody who found the link."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if local else ""
