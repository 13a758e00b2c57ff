"""Decisions about consent: may a campaign mail this contact on this list?

Lives here: values in, a verdict out. Must not live here: Django, the database, the clock, parsing of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class ConsentVerdict(StrEnum):
    """What a contact's consent allows right now. Only OK is mailed by a campaign."""

    OK = "ok"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIRMED = "unconfirmed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """One subscription of a list: whom it means, and whether it may be mailed."""

    contact_id: int
    address: str
    key: str
    verdict: ConsentVerdict


MergeFields = dict[str, Any]


def judge(status: str | None, *, left_everything: bool, paused_until: datetime | None, now: datetime) -> ConsentVerdict:
    """The verdict for one subscription (`status` None: no subscription at all).

    Leaving wins over everything, a missing confirmation over a pause: the strongest reason is the one reported.
    """
    if left_everything or status == "unsubscribed":
        return ConsentVerdict.UNSUBSCRIBED
    if status != "confirmed":
        return ConsentVerdict.UNCONFIRMED
    if paused_until is not None and paused_until > now:
        return ConsentVerdict.PAUSED
    return ConsentVerdict.OK


def standing(*, left_everything: bool, left_lists: bool, paused_until: datetime | None, now: datetime) -> str:
    """A contact's standing beyond any one list: `unsubscribed`, `off_lists` (left each list), `paused` or `active`."""
    if left_everything:
        return "unsubscribed"
    if left_lists:
        return "off_lists"
    return "paused" if paused_until is not None and paused_until > now else "active"


def asked_later(requested_at: datetime, left_at: datetime | None) -> bool:
    """Whether a request came after a person last left (None: never did): only then may its confirmation undo that."""
    return left_at is None or requested_at > left_at
