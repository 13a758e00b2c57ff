"""One SESv2 SendEmail call, as values: building the request, and judging any answer to it.

Lives here: the JSON of the call and the total classification of answers. Must not live here: sockets, retries, what
becomes of the message. Source of the codes and texts: SES Developer Guide "manage-sending-quotas-errors", botocore's
sesv2 model, and recorded answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from enum import Enum
from typing import Any

import orjson

from sendwell.amazon.signing import Credentials, Endpoint, HttpRequest, sign_v4

TAG = "sendwell"
PATH = "/v2/email/outbound-emails"


class Kind(Enum):
    """What an answer (or its absence) says about the message."""

    ACCEPTED = "accepted"
    THROTTLED_RATE = "throttled_rate"  # not accepted: slow down, try again with jitter
    THROTTLED_DAILY = "throttled_daily"  # not accepted: the 24-hour quota is used up
    REFUSED = "refused"  # not accepted: this message is at fault
    UNVERIFIED = "unverified"  # not accepted: `identities` (sender or, in the sandbox, recipient) are not verified
    PAUSED = "paused"  # not accepted: the account or the configuration set may not send now
    CREDENTIALS = "credentials"  # not accepted: the connection is at fault (keys, permission, configuration set gone)
    NOT_SENT = "not_sent"  # no byte was written: safe to try again
    IN_DOUBT = "in_doubt"  # may or may not have been accepted


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to one recipient, rendered. `from_` and `reply_to` are header texts (see `mailbox`), all ASCII."""

    message_id: int
    attempt_n: int
    from_: str
    to: str
    subject: str
    html: str
    text: str
    reply_to: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    configuration_set: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def tag(self) -> str:
        """`<message>.<n>`: travels with the mail and comes back in every event."""
        return f"{self.message_id}.{self.attempt_n}"


@dataclass(frozen=True, slots=True)
class SendResult:
    """The verdict on one call. `code` and `text` are SES's own words, or ours for NOT_SENT and IN_DOUBT."""

    kind: Kind
    ses_message_id: str = ""
    code: str = ""
    text: str = ""
    status: int = 0
    identities: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.kind is Kind.ACCEPTED


def mailbox(name: str, address: str) -> str:
    """`Name <address>` for a header: quoted, or RFC 2047 encoded when not ASCII; control characters are dropped."""
    cleaned = " ".join("".join(c for c in name if c.isprintable() or c.isspace()).split())
    if not cleaned:
        return address
    if cleaned.isascii():
        escaped = cleaned.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{Header(cleaned, 'utf-8', maxlinelen=75).encode(linesep='')} <{address}>"


def build_request(envelope: Envelope, endpoint: Endpoint, credentials: Credentials, now: datetime) -> HttpRequest:
    """The signed POST of SESv2 SendEmail with Simple content."""
    body = orjson.dumps(payload(envelope))
    unsigned = HttpRequest("POST", endpoint.url + PATH, {"Content-Type": "application/json"}, body)
    return sign_v4(unsigned, credentials, endpoint.region, now)


def payload(envelope: Envelope) -> dict[str, Any]:
    """The members of SendEmail for one envelope; what is empty is left out, as SES refuses empty values."""
    parts = {"Html": envelope.html, "Text": envelope.text}
    simple: dict[str, Any] = {
        "Subject": {"Data": envelope.subject, "Charset": "UTF-8"},
        "Body": {name: {"Data": data, "Charset": "UTF-8"} for name, data in parts.items() if data},
    }
    if envelope.headers:
        simple["Headers"] = [{"Name": name, "Value": value} for name, value in envelope.headers]
    call: dict[str, Any] = {
        "FromEmailAddress": envelope.from_,
        "Destination": {"ToAddresses": [envelope.to]},
        "Content": {"Simple": simple},
        "EmailTags": [{"Name": name, "Value": value} for name, value in ((TAG, envelope.tag), *envelope.tags)],
    }
    if envelope.reply_to:
        call["ReplyToAddresses"] = [envelope.reply_to]
    if envelope.configuration_set:
        call["ConfigurationSetName"] = envelope.configuration_set
    return call


_THROTTLES = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded"})
_DAILY = frozenset({"LimitExceededException", "LimitExceeded"})
_PAUSES = frozenset(
    {
        "SendingPausedException",
        "AccountSuspendedException",
        "AccountSendingPausedException",
        "ConfigurationSetSendingPausedException",
    }
)
_CONNECTION = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "OptInRequired",
        "UnknownOperationException",
        "NotFoundException",
        "ConfigurationSetDoesNotExist",
        "MailFromDomainNotVerifiedException",
    }
)
_NOT_VERIFIED = re.compile(r"not verified.*?region [A-Z0-9-]+: (.*)", re.DOTALL)
_XML_CODE = re.compile(r"<Code>([A-Za-z]{1,100})</Code>")
_XML_TEXT = re.compile(r"<Message>(.{0,1000}?)</Message>", re.DOTALL)
_DOUBTFUL = frozenset({500, 502, 504})


def classify(status: int, headers: Mapping[str, str], body: bytes) -> SendResult:
    """What a complete answer to SendEmail means. Total: any status, headers and bytes get a verdict; never raises.

    Only an answer that proves that SES did not take the message lets it be sent again; everything else is IN_DOUBT.
    """
    if status == 200:
        return _accepted(body)
    if status in _DOUBTFUL or not 400 <= status <= 599:
        return SendResult(Kind.IN_DOUBT, code=f"http_{status}", text=f"SES answered HTTP {status}.", status=status)
    code, text = parse_error(headers, body)
    if not code:
        kind = Kind.THROTTLED_RATE if status == 429 else Kind.IN_DOUBT
        return SendResult(kind, code=f"http_{status}", text=f"HTTP {status} without an error of SES.", status=status)
    kind = _judge(status, code, text)
    found = _NOT_VERIFIED.search(text) if kind is Kind.UNVERIFIED else None
    identities = tuple(part.strip() for part in found[1].split(", ")) if found else ()
    return SendResult(kind, code=code, text=text, status=status, identities=identities)


def _accepted(body: bytes) -> SendResult:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    ses_id = answer.get("MessageId") if isinstance(answer, dict) else None
    if isinstance(ses_id, str) and ses_id:
        return SendResult(Kind.ACCEPTED, ses_message_id=ses_id, status=200)
    return SendResult(Kind.IN_DOUBT, code="http_200", text="HTTP 200 without a message id.", status=200)


def _judge(status: int, code: str, text: str) -> Kind:
    if "Daily message quota exceeded" in text:
        return Kind.THROTTLED_DAILY
    if code in _DAILY:
        return Kind.THROTTLED_RATE if "rate" in text else Kind.THROTTLED_DAILY
    if code in _THROTTLES or status in (429, 503):
        return Kind.THROTTLED_RATE
    if code in _PAUSES or text.startswith(("Sending paused", "Sending suspended")):
        return Kind.PAUSED
    if code in _CONNECTION or status in (401, 403):
        return Kind.CREDENTIALS
    if "is not verified" in text:
        return Kind.UNVERIFIED
    return Kind.REFUSED if status < 500 else Kind.IN_DOUBT


def parse_error(headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """SES's error code and text from a REST-JSON answer, or a Query (XML) one; empty when there is none."""
    lowered = {name.lower(): value for name, value in headers.items()}
    code = lowered.get("x-amzn-errortype", "")
    text = ""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict):
        code = code or _text(answer.get("__type")) or _text(answer.get("code"))
        text = _text(answer.get("message")) or _text(answer.get("Message"))
    elif body.lstrip()[:1] == b"<":
        xml = body[:20_000].decode("utf-8", "replace")
        found, said = _XML_CODE.search(xml), _XML_TEXT.search(xml)
        code, text = code or (found[1] if found else ""), said[1] if said else ""
    return code.partition(":")[0].rpartition("#")[2].strip()[:100], text[:1000]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
