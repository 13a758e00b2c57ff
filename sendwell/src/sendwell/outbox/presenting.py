"""What pages say about messages, attempts and queues, in plain words. No decisions, no writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sendwell.connections.models import Connection
from sendwell.outbox import service
from sendwell.outbox.models import Attempt, Message
from sendwell.outbox.rules import REASON_LABELS, STATUS_LABELS, AttemptOutcome, Reason, Status, Stream
from sendwell.workspaces.models import Workspace

_MEANING = {
    Status.QUEUED: "It waits for its turn. Suppression, consent and limits are asked once more right before it goes.",
    Status.HELD: "It waits for something to change and goes by itself then.",
    Status.SENDING: "It is on its way to SES this moment.",
    Status.IN_DOUBT: "It was handed to SES, and no complete answer came. SES may have taken it or not.",
    Status.ACCEPTED: "SES has it. A delivery or a bounce is reported later.",
    Status.DELIVERED: "The recipient's mail server took it.",
    Status.BOUNCED: "The recipient's mail server did not take it.",
    Status.COMPLAINED: "The recipient reported it as spam.",
    Status.SKIPPED: "It was left out on purpose and never handed to SES.",
    Status.FAILED: "It cannot be sent as it is.",
    Status.CANCELLED: "It will not be sent.",
}
_OUTCOME = {
    AttemptOutcome.OPEN: "Handed to SES; no answer yet.",
    AttemptOutcome.ACCEPTED: "SES accepted it.",
    AttemptOutcome.NOT_SENT: "Nothing left this machine.",
    AttemptOutcome.THROTTLED: "SES asked to slow down; it was queued again.",
    AttemptOutcome.REFUSED: "SES refused it.",
    AttemptOutcome.IN_DOUBT: "It was handed over, but no complete answer came.",
}
_REST = {
    "no_connection": "SES cannot be reached. Nothing is lost; it is tried again by itself.",
    "no_answer": "SES does not answer properly. It is tried again by itself.",
    "blocked": "SES refuses this connection. Mail waits until that is mended.",
    "daily_quota": "The 24-hour quota is used up.",
    "daily_quota_campaigns": "Campaigns have used their part of the 24-hour quota; the rest is kept for single mail.",
}


@dataclass(frozen=True)
class Told:
    """One attempt, told."""

    attempt: Attempt
    text: str


@dataclass(frozen=True)
class Lane:
    """One connection's queue. `holds` and `waiting` are (words, rows)."""

    connection: Connection
    capacity: service.Capacity
    rest: str
    waiting: list[tuple[str, int]]
    holds: list[tuple[str, int]]
    doubts: int

    @property
    def slowed(self) -> bool:
        return self.capacity.effective_rate < 0.99 * self.capacity.rate


def story(message: Message) -> dict[str, Any]:
    """Everything the page of one message shows."""
    attempts = Attempt.objects.filter(message=message).order_by("n")
    return {
        "message": message,
        "stream": Stream(message.stream).value.replace("_", "-"),
        "meaning": _MEANING[Status(message.status)],
        "attempts": [Told(attempt, _OUTCOME[AttemptOutcome(attempt.outcome)]) for attempt in attempts],
    }


def doubtful(found: Iterable[Message]) -> list[tuple[Message, Attempt | None]]:
    """Messages in doubt, each with its newest attempt."""
    rows = list(found)
    attempts = {(one.message_id, one.n): one for one in Attempt.objects.filter(message__in=[row.pk for row in rows])}
    return [(row, attempts.get((row.pk, row.attempts))) for row in rows]


def lanes(workspace: Workspace, now: datetime) -> list[Lane]:
    """Every connection of the workspace with its queue."""
    found = []
    for connection in Connection.objects.filter(workspace=workspace).order_by("id"):
        capacity = service.capacity(connection.pk, now)
        counts = service.open_counts(connection.pk)
        found.append(
            Lane(
                connection,
                capacity,
                _REST.get(capacity.reason, ""),
                [(STATUS_LABELS[status], sum(counts.get(status, {}).values())) for status in _WAITING],
                [(REASON_LABELS[Reason(reason)], n) for reason, n in counts.get(Status.HELD, {}).items()],
                sum(counts.get(Status.IN_DOUBT, {}).values()),
            )
        )
    return found


_WAITING = (Status.QUEUED, Status.SENDING)
