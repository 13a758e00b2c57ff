"""The JSON of SES's event publishing: what a configuration set's destinations are told.

Lives here: pure functions from an accepted message and an outcome to the event, field for field as SES writes it.
Must not live here: the SNS envelope (events/envelope.py), who gets an event (operations/publishing.py), ids, time.
Source: SES Developer Guide, "event-publishing-retrieving-sns-contents" and "-examples"; recorded events.

`Message.meta` keys read here: operation ("SendEmail" | "SendRawEmail"), identity (the identity that sent), caller,
source_ip, tags ({name: value}), raw (bool: the caller made the MIME), own (pairs: Date and Message-ID the caller set).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from sesbox.account import Message
from sesbox.rules.addresses import bare, domain_of, split
from sesbox.rules.refusals import RefusedError
from sesbox.rules.simulator import Bounced

HEADER_BYTES = 10_240
OUTGOING_IP = "192.0.2.25"
REMOTE_IP = "192.0.2.9"
SUBJECT = "Amazon SES Email Event Notification"
_COMMON_LISTS = {"from": "from", "to": "to", "cc": "cc", "reply-to": "replyTo"}


def timestamp(at: float) -> str:
    """Seconds since the epoch as SES writes times: 2026-01-02T03:04:05.678Z."""
    moment = datetime.fromtimestamp(int(at * 1000 + 0.5) // 1000, tz=timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{int(at * 1000 + 0.5) % 1000:03d}Z"


def mail(
    message: Message, headers: Sequence[tuple[str, str]], account_id: str, region: str, left: bool = False
) -> dict[str, Any]:
    """The `mail` object of every event. `headers` are the message's own in their order.

    `left`: the message has left SES, so the event carries ses:outgoing-ip (Delivery and later ones).
    """
    meta = message.meta
    body: dict[str, Any] = {"timestamp": timestamp(message.accepted_at), "source": message.source}
    if meta.get("operation") == "SendEmail" and meta.get("identity"):
        body["sourceArn"] = f"arn:aws:ses:{region}:{account_id}:identity/{meta['identity']}"
    kept, truncated = _fitting([(str(name), str(value)) for name, value in meta.get("own", ())] + list(headers))
    body.update(
        sendingAccountId=account_id,
        messageId=message.message_id,
        destination=list(message.destinations),
        headersTruncated=truncated,
        headers=[{"name": name, "value": value} for name, value in kept],
        commonHeaders=_common(message, kept),
        tags=_tags(message, left),
    )
    return body


def _fitting(headers: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], bool]:
    kept: list[tuple[str, str]] = []
    size = 0
    for name, value in headers:
        size += len(name) + len(value) + 4
        if size > HEADER_BYTES:
            return kept, True
        kept.append((name, value))
    return kept, False


def _common(message: Message, headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    common: dict[str, Any] = {}
    for name, value in headers:
        low = name.lower()
        if low in _COMMON_LISTS:
            common.setdefault(_COMMON_LISTS[low], split(value))
        elif low == "date":
            common.setdefault("date", value)
        elif low == "message-id" and message.meta.get("raw"):
            common.setdefault("messageId", value)
    common.setdefault("messageId", message.message_id)
    common["subject"] = message.subject
    return common


def _tags(message: Message, left: bool) -> dict[str, list[str]]:
    meta = message.meta
    tags = {"ses:operation": [str(meta.get("operation", "SendEmail"))]}
    if message.configuration_set:
        tags["ses:configuration-set"] = [message.configuration_set]
    tags["ses:source-ip"] = [str(meta.get("source_ip", ""))]
    tags["ses:from-domain"] = [_domain(message.source)]
    tags["ses:caller-identity"] = [str(meta.get("caller", ""))]
    if left:
        tags["ses:outgoing-ip"] = [OUTGOING_IP]
    tags.update({str(name): [str(value)] for name, value in meta.get("tags", {}).items()})
    return tags


def _domain(source: str) -> str:
    try:
        return domain_of(bare(source))
    except RefusedError:
        return ""


def send(about: Mapping[str, Any]) -> dict[str, Any]:
    """The event of acceptance; `about` is the `mail` object."""
    return {"eventType": "Send", "mail": dict(about), "send": {}}


def delivery(
    about: Mapping[str, Any], recipients: Sequence[str], at: float, accepted_at: float, region: str
) -> dict[str, Any]:
    """The event of the recipient's server having taken the message. `at` in seconds since the epoch."""
    return {
        "eventType": "Delivery",
        "mail": dict(about),
        "delivery": {
            "timestamp": timestamp(at),
            "processingTimeMillis": max(0, int((at - accepted_at) * 1000)),
            "recipients": list(recipients),
            "smtpResponse": "250 ok",
            "remoteMtaIp": REMOTE_IP,
            "reportingMTA": _reporting_mta(region),
        },
    }


def bounce(
    about: Mapping[str, Any], recipients: Sequence[str], how: Bounced, at: float, feedback_id: str, region: str
) -> dict[str, Any]:
    """One bounce event for all recipients of a message that bounced in the same way."""
    bounced = []
    for address in recipients:
        entry = {"emailAddress": address}
        if how.action:
            entry["action"] = how.action
        if how.status:
            entry["status"] = how.status
        if how.diagnostic:
            entry["diagnosticCode"] = how.diagnostic
        bounced.append(entry)
    return {
        "eventType": "Bounce",
        "mail": dict(about),
        "bounce": {
            "feedbackId": feedback_id,
            "bounceType": how.type,
            "bounceSubType": how.sub_type,
            "bouncedRecipients": bounced,
            "timestamp": timestamp(at),
            "reportingMTA": f"dns; {_reporting_mta(region)}",
        },
    }


def complaint(
    about: Mapping[str, Any], recipients: Sequence[str], sub_type: str | None, at: float, feedback_id: str
) -> dict[str, Any]:
    """One complaint event. With a sub type (OnAccountSuppressionList) nobody complained just now, so no report."""
    body: dict[str, Any] = {
        "feedbackId": feedback_id,
        "complaintSubType": sub_type,
        "complainedRecipients": [{"emailAddress": address} for address in recipients],
        "timestamp": timestamp(at),
    }
    if sub_type is None:
        body.update(userAgent="Amazon SES Mailbox Simulator", complaintFeedbackType="abuse", arrivalDate=timestamp(at))
    return {"eventType": "Complaint", "mail": dict(about), "complaint": body}


def _reporting_mta(region: str) -> str:
    return f"a8-70.smtp-out{'' if region == 'us-east-1' else '.' + region}.amazonses.com"
