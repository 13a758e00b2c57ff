"""Decisions about signups: when a mail may ask back, what is too fast or too often, when a form closes itself.

Lives here: values in, decisions out; the figures and where they come from. Must not live here: Django, the database,
the clock, sockets. Figures without another source are those of the reference list-bombing defences (M3AAWG).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum


class Captcha(StrEnum):
    NONE = "none"
    ALTCHA = "altcha"
    TURNSTILE = "turnstile"
    HCAPTCHA = "hcaptcha"
    RECAPTCHA_V2 = "recaptcha2"
    RECAPTCHA_V3 = "recaptcha3"
    FRIENDLY = "friendly"


class SignupStatus(Enum):
    """What became of a wish. The value is stored, the label shown."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    DROPPED = "dropped"

    @property
    def label(self) -> str:
        return {"pending": "Waits for the click", "dropped": "No mail sent"}.get(self.value, self.value.capitalize())


class SignupReason(Enum):
    """Why no mail asks back."""

    SUPPRESSED = "suppressed"
    NO_MAILBOX = "no_mailbox"
    TOO_MANY = "too_many"

    @property
    def label(self) -> str:
        return {
            "suppressed": "The address is on the suppression list",
            "no_mailbox": "The domain takes no mail",
            "too_many": "The address was entered too often, on several forms",
        }[self.value]


class MailKind(StrEnum):
    FIRST = "first"
    AGAIN = "again"
    REMINDER = "reminder"


WINDOW = timedelta(minutes=10)
"""One opt-in mail for each address in this time, whatever the number of forms."""
MOST_MAILS = 3
"""The first and two more for one signup; then silence, however often the form is sent. A reminder comes on top."""
MOST_MAILS_A_DAY = 3
MOST_FORMS_AN_HOUR = 2
REMIND_AFTER = timedelta(hours=24)
HELD_AT_MOST = timedelta(days=7)
PURGE_AFTER = timedelta(days=30)
FASTEST = timedelta(seconds=2)
SLOWEST = timedelta(hours=12)
SUSPICIOUS = timedelta(seconds=5)
"""A click this soon after the mail left is more likely a scanner's; it counts, and the evidence says so."""


# --- when to ask back --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What is known when a signup's mail is due. Times are None where there was no such mail."""

    pending: bool
    suppressed: bool
    own_mails: int
    own_waits: bool
    """A mail of this signup is still in the ledger, held or queued."""
    last_to_address: datetime | None
    other_waits: bool
    mails_today: int
    forms_this_hour: int


class Step(StrEnum):
    SEND = "send"
    WAIT = "wait"
    DROP = "drop"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about a signup's mail now."""

    step: Step
    wait: timedelta = timedelta(0)
    reason: SignupReason | None = None


_NOTHING = Plan(Step.NOTHING)


def plan_mail(facts: MailFacts, now: datetime) -> Plan:
    """Whether a mail may ask back now. Whatever it answers, the visitor has seen the same page."""
    if not facts.pending or facts.own_mails >= MOST_MAILS or facts.own_waits:
        return _NOTHING
    if facts.suppressed:
        return Plan(Step.DROP, reason=SignupReason.SUPPRESSED)
    if not facts.own_mails and facts.forms_this_hour > MOST_FORMS_AN_HOUR:
        return Plan(Step.DROP, reason=SignupReason.TOO_MANY)
    if facts.mails_today >= MOST_MAILS_A_DAY:
        return _NOTHING if facts.own_mails else Plan(Step.DROP, reason=SignupReason.TOO_MANY)
    if facts.last_to_address is not None and now - facts.last_to_address < WINDOW:
        return _NOTHING if facts.own_mails else Plan(Step.WAIT, facts.last_to_address + WINDOW - now)
    if facts.other_waits:
        return Plan(Step.WAIT, timedelta(hours=1))
    return Plan(Step.SEND)


def window_of(now: datetime) -> int:
    """The number of the ten minutes that `now` lies in."""
    return int(now.timestamp()) // int(WINDOW.total_seconds())


def expires_at(created_at: datetime, accepted_at: datetime | None, hours: int) -> datetime:
    """Until when a link works. Time in the sandbox's hold does not count: nobody could press it there."""
    return max(created_at, accepted_at or created_at) + timedelta(hours=hours)


# --- how fast, how often -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in each span of `seconds`."""

    sort: str
    seconds: int
    most: int


IP_LIMITS = (Limit("ip_10m", 600, 5), Limit("ip_day", 86_400, 20))
ADDRESS_LIMITS = (Limit("address_day", 86_400, 10),)
DOMAIN_LIMITS = (Limit("domain_hour", 3600, 20),)
FORM_HOUR = Limit("form_hour", 3600, 0)
REQUESTED = Limit("fig_requested", 86_400, 0)
MAILED = Limit("fig_mailed", 86_400, 0)
CONFIRMED = Limit("fig_confirmed", 86_400, 0)
REFUSED = Limit("fig_refused", 86_400, 0)
BREAKER_FLOOR = 60
"""Requests in an hour that never close a form, however quiet it usually is."""


class Breaker(StrEnum):
    NONE = "none"
    HARDER = "harder"
    CLOSE = "close"


def breaker(this_hour: int, usual_hour: float, confirmed: int, mailed: int) -> Breaker:
    """What a burst does to its form: above 5 times the usual hour, or when few of 50 confirm, the proof of work gets
    harder; above 10 times the form closes and its owner decides."""
    if this_hour > max(BREAKER_FLOOR, 10 * usual_hour):
        return Breaker.CLOSE
    few_confirm = mailed >= 50 and confirmed < 0.2 * mailed
    return Breaker.HARDER if few_confirm or this_hour > max(BREAKER_FLOOR / 2, 5 * usual_hour) else Breaker.NONE


def usual_hour(counts: Sequence[int], hours: int = 168) -> float:
    """The median hour of the last `hours`; `counts` are those that had any."""
    ordered = sorted([*counts, *([0] * max(0, hours - len(counts)))])
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Age(StrEnum):
    FINE = "fine"
    TOO_FAST = "too_fast"
    TOO_OLD = "too_old"
    FORGED = "forged"
    ABSENT = "absent"


def stamp(keys: Sequence[bytes], public_id: str, now: datetime) -> str:
    """The signed time at which a form was shown, for its hidden field."""
    at = f"{int(now.timestamp()):x}"
    return f"{at}.{_stamp_mac(keys[0], public_id, at)}"


def read_stamp(keys: Sequence[bytes], public_id: str, text: str, now: datetime) -> Age:
    """How long ago the form with this stamp was shown; a stamp of another form is forged."""
    if not text:
        return Age.ABSENT
    at, _, mac = text.partition(".")
    if not any(hmac.compare_digest(mac.encode(), _stamp_mac(key, public_id, at).encode()) for key in keys):
        return Age.FORGED
    age = now.timestamp() - int(at, 16)
    if age < FASTEST.total_seconds():
        return Age.TOO_FAST
    return Age.TOO_OLD if age > SLOWEST.total_seconds() else Age.FINE


def _stamp_mac(key: bytes, public_id: str, at: str) -> str:
    return hmac.new(key, f"forms.stamp:{public_id}:{at}".encode(), hashlib.sha256).hexdigest()[:32]


def derived(key: bytes, purpose: str) -> bytes:
    """A key for one purpose, from a link key of the ring."""
    return hmac.new(key, f"forms.{purpose}".encode(), hashlib.sha256).digest()


def subject(key: bytes, text: str) -> str:
    """Whom a count is about, as a keyed hash: the table names nobody."""
    return hmac.new(key, f"forms.tally:{text}".encode(), hashlib.sha256).hexdigest()[:40]


def canonical(key: str) -> str:
    """The mailbox behind an address, for limits only: dots and +tags of Gmail, +tags elsewhere. Never mailed to."""
    local, _, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


# --- evidence ----------------------------------------------------------------------------------------------------


def text_hash(shown: Mapping[str, object]) -> str:
    """SHA-256 of what a form showed, as JSON with sorted keys and without blanks."""
    return hashlib.sha256(canonical_json(shown).encode()).hexdigest()


def canonical_json(shown: Mapping[str, object]) -> str:
    return json.dumps(shown, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def token_hash(token: str) -> str:
    """What is kept of a confirmation token."""
    return hashlib.sha256(token.encode()).hexdigest()


def completion(confirmed: int, mailed: int) -> float | None:
    """Share of those who were mailed that confirmed (0-1); None before the first mail."""
    return confirmed / mailed if mailed else None


# --- origins -----------------------------------------------------------------------------------------------------


def origins(text: str) -> tuple[str, ...]:
    """The allowed origins of a form, one a line, without doubles."""
    return tuple(dict.fromkeys(line.strip().rstrip("/").lower() for line in text.splitlines() if line.strip()))


def origin_allowed(origin: str, own: str, allowed: Sequence[str]) -> bool:
    """Whether a page of this origin may post. Browsers leave the header out, or write `null`, where a page's policy
    hides it; both pass, because the signed time, the captcha and the limits still stand."""
    return not origin or origin == "null" or origin.lower() in (own.lower(), *allowed)
