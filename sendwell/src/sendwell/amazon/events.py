"""What SES says happened: event-publishing and feedback-notification JSON, normalised once, one event a recipient.

Lives here: reading the Message of an SNS notification. Must not live here: trust (sns.py), consequences (feedback).
Unknown types are kept as unknown, unknown fields are ignored: AWS reserves the right to add both.
Source: SES Developer Guide "event-publishing-retrieving-sns-contents" and "notification-contents".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr
from enum import Enum
from typing import Any

import orjson

from sendwell.amazon.send import TAG


class Kind(str, Enum):
    """What happened to one recipient."""

    SEND = "send"
    DELIVERY = "delivery"
    BOUNCE_PERMANENT = "bounce_permanent"
    BOUNCE_TRANSIENT = "bounce_transient"
    BOUNCE_UNDETERMINED = "bounce_undetermined"
    COMPLAINT = "complaint"
    REJECT = "reject"
    DELAY = "delay"


class Reading(Enum):
    """What to do with a notification."""

    EVENTS = "events"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SesEvent:
    """One event about one recipient. `tag` is our `<message>.<n>` or empty; `accepted_at` is when SES took the mail.

    `mailed` is the one address that the mail went to, empty if it was not one: a bounce may name another recipient.
    """

    kind: Kind
    subtype: str
    recipient: str
    ses_message_id: str
    occurred_at: datetime | None
    accepted_at: datetime | None
    feedback_id: str = ""
    tag: str = ""
    mailed: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A read notification; `about` says in words what was ignored or not known."""

    reading: Reading
    events: tuple[SesEvent, ...] = ()
    about: str = ""


class BadEventError(ValueError):
    """The notification is of a known type, but what makes it one is missing."""


_NO_EFFECT = {
    "Open": "an open, which sendwell does not count",
    "Click": "a click, which sendwell does not count",
    "Subscription": "a change on SES's own contact list, which sendwell does not use",
    "AmazonSnsSubscriptionSucceeded": "SES's note that an identity publishes to this topic",
}


def parse(text: str) -> Parsed:
    """Read the Message of a verified notification. Raises BadEventError if a known type is incomplete."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        if text.strip().startswith("Successfully validated SNS topic"):
            return Parsed(Reading.IGNORED, about="SES's test of the topic")
        return Parsed(Reading.UNKNOWN, about="not an event of SES")
    kind = found.get("eventType") or found.get("notificationType")
    if not isinstance(kind, str):
        return Parsed(Reading.UNKNOWN, about="not an event of SES")
    if kind in _NO_EFFECT:
        return Parsed(Reading.IGNORED, about=_NO_EFFECT[kind])
    reader = _READERS.get(kind)
    if reader is None:
        return Parsed(Reading.UNKNOWN, about=f"an event of type {kind[:60]!r}")
    mail = _mapping(found, "mail")
    events = tuple(reader(found, mail))
    if not events:
        raise BadEventError(f"The {kind} event names no recipient.")
    return Parsed(Reading.EVENTS, events)


def _send(_: Mapping[str, Any], mail: Mapping[str, Any]) -> list[SesEvent]:
    at = mail.get("timestamp")
    return [_event(mail, Kind.SEND, "", recipient, at) for recipient in _strings(mail.get("destination"))]


def _delivery(found: Mapping[str, Any], mail: Mapping[str, Any]) -> list[SesEvent]:
    block = _mapping(found, "delivery")
    detail = _pick(block, "smtpResponse", "reportingMTA", "processingTimeMillis")
    recipients = _strings(block.get("recipients")) or _strings(mail.get("destination"))
    return [_event(mail, Kind.DELIVERY, "", who, block.get("timestamp"), detail=detail) for who in recipients]


def _bounce(found: Mapping[str, Any], mail: Mapping[str, Any]) -> list[SesEvent]:
    block = _mapping(found, "bounce")
    kinds = {"Permanent": Kind.BOUNCE_PERMANENT, "Transient": Kind.BOUNCE_TRANSIENT}
    kind = kinds.get(_text(block.get("bounceType")), Kind.BOUNCE_UNDETERMINED)
    shared = _pick(block, "bounceType", "bounceSubType", "reportingMTA")
    events = []
    for who in _people(block.get("bouncedRecipients")):
        # A Permanent bounce may list recipients whose delivery is only delayed; their address is not at fault.
        delayed = _text(who.get("action")).lower() == "delayed"
        detail = {**shared, **_pick(who, "action", "status", "diagnosticCode")}
        subtype, feedback_id = _text(block.get("bounceSubType")), _text(block.get("feedbackId"))
        address, at = _text(who.get("emailAddress")), block.get("timestamp")
        events.append(_event(mail, Kind.DELAY if delayed else kind, subtype, address, at, feedback_id, detail))
    return events


def _complaint(found: Mapping[str, Any], mail: Mapping[str, Any]) -> list[SesEvent]:
    block = _mapping(found, "complaint")
    subtype = _text(block.get("complaintSubType")) or _text(block.get("complaintFeedbackType"))
    detail = _pick(block, "complaintSubType", "complaintFeedbackType", "userAgent", "arrivalDate")
    people = [_text(who.get("emailAddress")) for who in _people(block.get("complainedRecipients"))]
    feedback_id, at = _text(block.get("feedbackId")), block.get("timestamp")
    return [_event(mail, Kind.COMPLAINT, subtype, who, at, feedback_id, detail) for who in people]


def _reject(found: Mapping[str, Any], mail: Mapping[str, Any]) -> list[SesEvent]:
    detail = _pick(_mapping(found, "reject"), "reason")
    at = mail.get("timestamp")
    return [_event(mail, Kind.REJECT, "", who, at, detail=detail) for who in _strings(mail.get("destination"))]


def _delay(found: Mapping[str, Any], mail: Mapping[str, Any]) -> list[SesEvent]:
    block = _mapping(found, "deliveryDelay")
    shared = _pick(block, "delayType", "expirationTime", "reportingMTA")
    subtype, at = _text(block.get("delayType")), block.get("timestamp")
    return [
        _event(
            mail,
            Kind.DELAY,
            subtype,
            _text(who.get("emailAddress")),
            at,
            # Delays repeat for one message; the time tells them apart.
            _text(at),
            {**shared, **_pick(who, "status", "diagnosticCode")},
        )
        for who in _people(block.get("delayedRecipients"))
    ]


_READERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], list[SesEvent]]] = {
    "Send": _send,
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Reject": _reject,
    "DeliveryDelay": _delay,
}


def _event(
    mail: Mapping[str, Any],
    kind: Kind,
    subtype: str,
    recipient: str,
    at: object,
    feedback_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> SesEvent:
    ses_id = _text(mail.get("messageId"))
    if not ses_id:
        raise BadEventError("The event has no mail.messageId.")
    tags = mail.get("tags")
    tag = (_strings(tags.get(TAG)) if isinstance(tags, dict) else []) or [""]
    to = _strings(mail.get("destination"))
    address = parseaddr(recipient)[1] or recipient.strip()
    if not address:
        raise BadEventError("The event has a recipient without an address.")
    return SesEvent(
        kind,
        subtype[:60],
        address[:320],
        ses_id[:100],
        parse_time(at),
        parse_time(mail.get("timestamp")),
        feedback_id[:100],
        tag[0],
        parseaddr(to[0])[1] if len(to) == 1 else "",
        detail or {},
    )


_ODD_ZONE = re.compile(r" ([+-]\d{2}):?(\d{2})$")


def parse_time(value: object) -> datetime | None:
    """A timestamp of SES as aware UTC; None if it is none. AWS's own samples hold one with a space before the zone."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(_ODD_ZONE.sub(r"\1:\2", value.strip()))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _mapping(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    block = found.get(name)
    if not isinstance(block, dict):
        raise BadEventError(f"The event has no {name}.")
    return block


def _people(value: object) -> list[Mapping[str, Any]]:
    return [who for who in value if isinstance(who, dict)] if isinstance(value, list) else []


def _strings(value: object) -> list[str]:
    return [_text(text) for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _text(value: object) -> str:
    # PostgreSQL's text and jsonb cannot hold NUL, and no event needs one.
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else ""


def _pick(block: Mapping[str, Any], *names: str) -> dict[str, Any]:
    found = {name: block[name] for name in names if isinstance(block.get(name), str | int | float)}
    return {name: _text(value)[:1000] if isinstance(value, str) else value for name, value in found.items()}
