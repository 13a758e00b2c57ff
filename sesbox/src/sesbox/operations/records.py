"""The records an account is made of, and the one table that names them for storage.

Lives here: every Record class, KINDS, and turning a record into JSON values and back.
Must not live here: decisions about records (rules/), operations, SQL.
Fields are JSON values only (str, float, int, bool, None, dict, tuple of str). Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from sesbox.account import Record


@dataclass(frozen=True, slots=True)
class Identity(Record):
    """An e-mail address or domain that may send once verified. Domains are stored in lower case.

    `status`, `dkim_status` and `mail_from_status` are SESv2's words (PENDING, SUCCESS, FAILED, ...).
    `*_since` is when the search (for DNS records, 72 hours; for the click on the link, 24 hours) began.
    """

    kind: ClassVar[str] = "identity"

    name: str
    type: str
    created_at: float
    status: str = "PENDING"
    verified_at: float | None = None
    checked_at: float | None = None
    verification_error: str | None = None
    verification_token: str = ""
    dkim_enabled: bool = False
    dkim_status: str = "NOT_STARTED"
    dkim_since: float = 0.0
    dkim_tokens: tuple[str, ...] = ()
    mail_from_domain: str | None = None
    mail_from_status: str | None = None
    mail_from_since: float = 0.0
    behavior_on_mx_failure: str = "USE_DEFAULT_VALUE"
    feedback_forwarding: bool = True
    configuration_set: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    pending_since: float = 0.0
    next_check_at: float = 0.0

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class VerificationLink(Record):
    """The secret part of a link in a verification mail; good until `expires_at`."""

    kind: ClassVar[str] = "verification-link"

    token: str
    identity: str
    expires_at: float

    @property
    def key(self) -> str:
        return self.token


@dataclass(frozen=True, slots=True)
class Settings(Record):
    """The account's own settings in this region; while absent, the profile's values hold.

    `details` are PutAccountDetails' members as given (without ProductionAccessEnabled); `case_id` and
    `review_status` tell of the latest request for production access.
    """

    kind: ClassVar[str] = "settings"

    production: bool
    max_24_hour_send: float
    max_send_rate: float
    sending_enabled: bool = True
    enforcement_status: str = "HEALTHY"
    suppressed_reasons: tuple[str, ...] = ("BOUNCE", "COMPLAINT")
    details: dict[str, Any] | None = None
    case_id: str | None = None
    review_status: str | None = None

    @property
    def key(self) -> str:
        return "settings"


@dataclass(frozen=True, slots=True)
class Case(Record):
    """A request for production access. `status` is PENDING, GRANTED, DENIED or FAILED.

    `review_at` is when the automatic reviewer answers (None: a person at the review desk does).
    """

    kind: ClassVar[str] = "case"

    case_id: str
    status: str
    opened_at: float
    updated_at: float
    mail_type: str
    website: str
    description: str
    language: str = "EN"
    contacts: tuple[str, ...] = ()
    asked_quota: float | None = None
    asked_rate: float | None = None
    granted_quota: float | None = None
    granted_rate: float | None = None
    reasons: tuple[str, ...] = ()
    review_at: float | None = None

    @property
    def key(self) -> str:
        return self.case_id


@dataclass(frozen=True, slots=True)
class Letter(Record):
    """One piece of a case's correspondence; `author` is "customer" or "ses", `number` counts from 1."""

    kind: ClassVar[str] = "letter"

    case_id: str
    number: int
    at: float
    author: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.case_id}/{self.number:06d}"


@dataclass(frozen=True, slots=True)
class Suppressed(Record):
    """An address on the account's suppression list. `reason` is BOUNCE or COMPLAINT."""

    kind: ClassVar[str] = "suppressed"

    address: str
    reason: str
    updated_at: float
    message_id: str | None = None
    feedback_id: str | None = None

    @property
    def key(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class ConfigurationSet(Record):
    """A configuration set. `suppressed_reasons` None: the account's setting holds; empty: no suppression at all.

    `options` keeps what is stored and given back only (TrackingOptions, DeliveryOptions, VdmOptions, ...).
    """

    kind: ClassVar[str] = "configuration-set"

    name: str
    created_at: float
    sending_enabled: bool = True
    reputation_metrics: bool = False
    fresh_start: float | None = None
    suppressed_reasons: tuple[str, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class EventDestination(Record):
    """Where a configuration set's events go. `event_types` are SESv2's words (SEND, BOUNCE, ...)."""

    kind: ClassVar[str] = "event-destination"

    configuration_set: str
    name: str
    enabled: bool
    event_types: tuple[str, ...]
    topic_arn: str

    @property
    def key(self) -> str:
        return f"{self.configuration_set}/{self.name}"


@dataclass(frozen=True, slots=True)
class Topic(Record):
    """An SNS topic; `attributes` holds only what was set (Policy, DisplayName, SignatureVersion, ...)."""

    kind: ClassVar[str] = "topic"

    arn: str
    created_at: float
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.arn


@dataclass(frozen=True, slots=True)
class Subscription(Record):
    """A subscription to a topic; nothing but the confirmation is posted before `confirmed`."""

    kind: ClassVar[str] = "subscription"

    arn: str
    topic_arn: str
    protocol: str
    endpoint: str
    created_at: float
    token: str
    token_expires_at: float
    confirmed: bool = False
    authenticated: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.arn


@dataclass(frozen=True, slots=True)
class Sending(Record):
    """The running state of quota and rate: one small record, so that a send reads and writes it only.

    `level` is the rate bucket's content in recipients at `level_at` (negative: debt); `window_total` is the sum
    of the MinuteCounts from minute `window_from` on.
    """

    kind: ClassVar[str] = "sending"

    level: float
    level_at: float
    window_total: int = 0
    window_from: int = 0

    @property
    def key(self) -> str:
        return "sending"


@dataclass(frozen=True, slots=True)
class MinuteCount(Record):
    """Recipients accepted in one minute (minutes since the epoch) that count toward the 24-hour quota."""

    kind: ClassVar[str] = "minute-count"

    minute: int
    recipients: int

    @property
    def key(self) -> str:
        return str(self.minute)


@dataclass(frozen=True, slots=True)
class StatPoint(Record):
    """GetSendStatistics: what happened in the quarter of an hour that began at `at`."""

    kind: ClassVar[str] = "stat-point"

    at: int
    attempts: int = 0
    bounces: int = 0
    complaints: int = 0
    rejects: int = 0

    @property
    def key(self) -> str:
        return str(self.at)


@dataclass(frozen=True, slots=True)
class ScriptedMailbox(Record):
    """A recipient whose fate was told to sesbox: deliver, hard-bounce, soft-bounce or complain."""

    kind: ClassVar[str] = "scripted-mailbox"

    address: str
    behaviour: str

    @property
    def key(self) -> str:
        return self.address


ALL: tuple[type[Record], ...] = (
    Identity,
    VerificationLink,
    Settings,
    Case,
    Letter,
    Suppressed,
    ConfigurationSet,
    EventDestination,
    Topic,
    Subscription,
    Sending,
    MinuteCount,
    StatPoint,
    ScriptedMailbox,
)
KINDS: dict[str, type[Record]] = {cls.kind: cls for cls in ALL}


def encode(record: Record) -> dict[str, Any]:
    """The record's fields as JSON values (tuples become lists when dumped); `decode` is its inverse."""
    return {item.name: getattr(record, item.name) for item in fields(record)}


def decode(kind: str, body: Mapping[str, Any]) -> Record:
    """The record of this kind from its JSON values; unknown fields are left out, missing ones take defaults.

    Raises KeyError for an unknown kind and TypeError if a field without default is missing.
    """
    cls = KINDS[kind]
    known = {item.name for item in fields(cls)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items() if name in known}
    return cls(**values)
