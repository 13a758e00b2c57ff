"""What a campaign may do, what stands in the way of its start, and how long it takes. Pure.

Lives here: the transition table, the problems before Start, the phase a page shows, the arithmetic of time.
Must not live here: the database, the clock, what a message may do (outbox/rules.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

DAY = timedelta(hours=24)
OPEN = ("queued", "held", "sending", "in_doubt")


class Status(StrEnum):
    """The campaign's own state; `models.CampaignStatus` has the same values (a test compares them)."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Event(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    DONE = "done"  # everyone of the audience is in the ledger and nobody's mail is open


class Refusal(StrEnum):
    """Why an event has no effect; the value is what a person reads."""

    NOT_STARTED = "This campaign has not been started."
    ALREADY_STARTED = "This campaign has been started already."
    OVER = "This campaign is over; copy it to send something like it again."


# Every (state, event) pair has an answer: a state to be in next (its own means "stay") or the reason why not.
TRANSITIONS: Mapping[Status, Mapping[Event, Status | Refusal]] = {
    Status.DRAFT: {
        Event.START: Status.RUNNING,
        Event.PAUSE: Refusal.NOT_STARTED,
        Event.RESUME: Refusal.NOT_STARTED,
        Event.CANCEL: Refusal.NOT_STARTED,
        Event.DONE: Refusal.NOT_STARTED,
    },
    Status.RUNNING: {
        Event.START: Refusal.ALREADY_STARTED,
        Event.PAUSE: Status.PAUSED,
        Event.RESUME: Status.RUNNING,
        Event.CANCEL: Status.CANCELLED,
        Event.DONE: Status.FINISHED,
    },
    Status.PAUSED: {
        Event.START: Refusal.ALREADY_STARTED,
        Event.PAUSE: Status.PAUSED,
        Event.RESUME: Status.RUNNING,
        Event.CANCEL: Status.CANCELLED,
        Event.DONE: Status.FINISHED,  # what was on its way at the pause was the last of it
    },
    Status.FINISHED: {
        Event.START: Refusal.OVER,
        Event.PAUSE: Refusal.OVER,
        Event.RESUME: Refusal.OVER,
        Event.CANCEL: Refusal.OVER,
        Event.DONE: Status.FINISHED,
    },
    Status.CANCELLED: {
        Event.START: Refusal.OVER,
        Event.PAUSE: Refusal.OVER,
        Event.RESUME: Refusal.OVER,
        Event.CANCEL: Status.CANCELLED,
        Event.DONE: Status.CANCELLED,
    },
}


def after(status: str, event: Event) -> Status | Refusal:
    """The next state, or why the event has no effect. Total over both enums."""
    return TRANSITIONS[Status(status)][event]


class Code(StrEnum):
    """Names of what can stand in the way of a start; content's own problems keep their own names."""

    NO_CONNECTION = "connection_not_ready"
    FROM_NOT_VERIFIED = "from_not_verified"
    NO_AUDIENCE = "no_audience"
    NO_PUBLIC_URL = "no_public_url"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that blocks Start: what is wrong, in which field, and what to do about it."""

    code: str
    field: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What is known just before a start. `unreachable` says why recipients cannot reach us, empty if they can or need
    not, and `remedy` what to do about it; `mailable` counts contacts who consented and are not suppressed."""

    connection_ready: bool
    unreachable: str
    remedy: str
    from_address: str
    from_covered: bool
    list_total: int
    mailable: int


def problems(facts: StartFacts, content: tuple[Problem, ...] = ()) -> list[Problem]:
    """Everything that blocks Start, content lint included, in the order in which an owner would mend it."""
    checks = (_connection, _public_url, _from_address, _audience)
    return [problem for check in checks for problem in check(facts)] + list(content)


def _connection(facts: StartFacts) -> list[Problem]:
    if facts.connection_ready:
        return []
    return [
        Problem(
            Code.NO_CONNECTION,
            "connection",
            "The connection is not set up: bounces and complaints could not come back.",
            "Open the connection and run its set-up until it says Ready.",
        )
    ]


def _public_url(facts: StartFacts) -> list[Problem]:
    # RFC 8058 section 3.1: List-Unsubscribe must hold an https URI. A rehearsal's mail is read by nobody outside.
    if not facts.unreachable:
        return []
    return [
        Problem(
            Code.NO_PUBLIC_URL,
            "connection",
            f"Recipients could not reach the unsubscribe link. {facts.unreachable}",
            f"{facts.remedy} Until then, test sends work.",
        )
    ]


def _from_address(facts: StartFacts) -> list[Problem]:
    if facts.from_covered or not facts.from_address:  # a missing address is found by content's own checks
        return []
    return [
        Problem(
            Code.FROM_NOT_VERIFIED,
            "from_address",
            f"{facts.from_address} is not verified on this connection, so SES would refuse every message.",
            "Verify this address or its domain on the connection's page, or choose another From address.",
        )
    ]


def _audience(facts: StartFacts) -> list[Problem]:
    if facts.mailable:
        return []
    if not facts.list_total:
        return [Problem(Code.NO_AUDIENCE, "list", "The list is empty.", "Import or add contacts to it first.")]
    return [
        Problem(
            Code.NO_AUDIENCE,
            "list",
            f"Nobody of the {facts.list_total:,} on this list may be mailed: see below who is left out and why.",
            "Choose another list, or import contacts together with their consent basis.",
        )
    ]


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long `recipients` take. `waits` are 24-hour windows to wait for; `never`: no quota or rate is usable."""

    recipients: int
    seconds: float
    now_in_window: int
    waits: int
    never: bool = False

    @property
    def duration(self) -> timedelta:
        return timedelta(seconds=self.seconds)


def estimate(recipients: int, rate: float, usable_24h: float, left: float) -> Estimate:
    """The time until the last of `recipients` is handed to SES, at the latest, at today's limits.

    `rate` is recipients per second; `usable_24h` recipients per rolling 24 hours (-1: unlimited); `left` what of that
    is free now. What exceeds `left` waits for whole windows: 24 hours after now every earlier send has left the rolling
    window, so this bound holds whenever the earlier mail went out.
    """
    if rate <= 0:
        return Estimate(recipients, 0, 0, 0, never=recipients > 0)
    if usable_24h < 0 or recipients <= left:
        return Estimate(recipients, recipients / rate, recipients, 0)
    usable, free = int(usable_24h), max(0, int(left))
    if usable <= 0:
        return Estimate(recipients, 0, 0, 0, never=True)
    rest = recipients - free
    waits = ceil(rest / usable)
    last = rest - (waits - 1) * usable
    return Estimate(recipients, waits * DAY.total_seconds() + last / rate, free, waits)


class Phase(StrEnum):
    """What the owner should understand at a glance. The value is the badge's text."""

    DRAFT = "Draft"
    PREPARING = "Preparing"
    SENDING = "Sending"
    HELD_SANDBOX = "Waiting for production access"
    IN_DOUBT = "Waiting for your decision"
    PAUSED = "Paused"
    FINISHED = "Finished"
    CANCELLED = "Cancelled"


Counts = Mapping[str, Mapping[str, int]]


def phase(status: str, expanded: bool, counts: Counts) -> Phase:
    """The phase of a campaign with these ledger counts (status -> reason -> number)."""
    if status != Status.RUNNING:
        return Phase[Status(status).name]
    if not expanded:
        return Phase.PREPARING
    if _sum(counts, "queued") or _sum(counts, "sending"):
        return Phase.SENDING
    if _sum(counts, "held"):
        return Phase.HELD_SANDBOX
    return Phase.IN_DOUBT if _sum(counts, "in_doubt") else Phase.SENDING


def is_done(expanded: bool, counts: Counts) -> bool:
    """True when nobody's mail is open: in doubt or held counts as open, so such a campaign stays visible."""
    return expanded and not any(_sum(counts, status) for status in OPEN)


def _sum(counts: Counts, status: str) -> int:
    return sum(counts.get(status, {}).values())


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One line of the report; `share` is of the total, 0 to 1; `tone` is a colour of the console."""

    key: str
    label: str
    count: int
    share: float
    tone: str


# (status, label, Tabler colour), in the order in which mail moves.
FUNNEL = (
    ("delivered", "Delivered", "green"),
    ("accepted", "Accepted by SES, no delivery report yet", "azure"),
    ("bounced", "Bounced", "red"),
    ("complained", "Reported as spam", "red"),
    ("queued", "Queued", "blue"),
    ("sending", "Being sent", "blue"),
    ("held", "Held back", "yellow"),
    ("in_doubt", "In doubt", "orange"),
    ("failed", "Failed", "red"),
    ("skipped", "Skipped", "secondary"),
    ("cancelled", "Cancelled before sending", "secondary"),
)


def funnel(counts: Counts) -> tuple[int, list[FunnelRow]]:
    """The total, and one row per status that occurs; the rows add up to the total."""
    known = [status for status, _, _ in FUNNEL]
    total = sum(_sum(counts, status) for status in counts)
    rows = [(key, label, _sum(counts, key), tone) for key, label, tone in FUNNEL]
    rows += [(key, key, _sum(counts, key), "secondary") for key in counts if key not in known]
    return total, [FunnelRow(k, label, n, n / total if total else 0.0, tone) for k, label, n, tone in rows if n]


def finish_time(now: datetime, found: Estimate) -> datetime | None:
    """When the last message is handed to SES at the latest; None if it never is."""
    return None if found.never else now + found.duration
