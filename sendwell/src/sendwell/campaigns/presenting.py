"""What the pages of campaigns show, gathered: counts by reason, arithmetic in words, the report's numbers.

Lives here: values for templates. Must not live here: decisions, changes of any kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sendwell.campaigns import audience, rules, service
from sendwell.campaigns.models import Campaign
from sendwell.campaigns.rules import Phase
from sendwell.outbox import service as outbox
from sendwell.outbox.service import REASON_LABELS, STATUS_LABELS, Reason, Status

PHASE_WORDS = {
    Phase.DRAFT: "draft",
    Phase.PREPARING: "running",
    Phase.SENDING: "running",
    Phase.HELD_SANDBOX: "held",
    Phase.IN_DOUBT: "in_doubt",
    Phase.PAUSED: "paused",
    Phase.FINISHED: "finished",
    Phase.CANCELLED: "cancelled",
}
_SETTLING = timedelta(hours=1)  # bounces and deliveries of a finished campaign still come in


@dataclass(frozen=True)
class Row:
    """One campaign in the list."""

    campaign: Campaign
    phase: str
    phase_word: str
    total: int
    reached: int
    bounced: int
    complained: int
    left_out: int


def rows(campaigns: list[Campaign]) -> list[Row]:
    """The list's rows, with one query for all their numbers."""
    counts = outbox.campaign_counts([campaign.pk for campaign in campaigns])
    return [_row(campaign, counts.get(campaign.pk, {})) for campaign in campaigns]


def _row(campaign: Campaign, counts: dict[str, dict[str, int]]) -> Row:
    phase = rules.phase(campaign.status, campaign.expanded_at is not None, counts)
    by_status = {status: sum(reasons.values()) for status, reasons in counts.items()}
    reached = sum(by_status.get(s, 0) for s in (Status.ACCEPTED, Status.DELIVERED, Status.COMPLAINED))
    return Row(
        campaign,
        phase.value,
        PHASE_WORDS[phase],
        sum(by_status.values()),
        reached,
        by_status.get(Status.BOUNCED, 0),
        by_status.get(Status.COMPLAINED, 0),
        by_status.get(Status.SKIPPED, 0),
    )


def before(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """Who gets it, who does not and why, and how long it takes at today's limits."""
    summary = audience.summarise(campaign, now)
    timing = audience.timing(campaign, summary.now, now)
    return {
        "summary": summary,
        "left_out": [(REASON_LABELS[reason], number) for reason, number in sorted(summary.left_out.items())],
        "capacity": timing.capacity,
        "estimate": timing.estimate,
        "duration": words(timing.estimate.duration),
        "ends_at": rules.finish_time(now, timing.estimate),
        "now": now,
    }


def words(duration: timedelta) -> str:
    """A duration as people say it, rounded up: `40 seconds`, `3 minutes`, `2 hours 5 minutes`, `4 days 1 hour`."""
    seconds = -int(-duration.total_seconds() // 1)
    if seconds < 60:
        return _count(max(1, seconds), "second")
    minutes = -(-seconds // 60)
    if minutes < 60:
        return _count(minutes, "minute")
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return _count(hours, "hour") + (f" {_count(rest, 'minute')}" if rest else "")
    days, left = divmod(-(-minutes // 60), 24)
    return _count(days, "day") + (f" {_count(left, 'hour')}" if left else "")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Part:
    """Rows of one status and reason; `label` is the reason in words."""

    status: str
    reason: str
    label: str
    count: int

    @property
    def status_label(self) -> str:
        return STATUS_LABELS[Status(self.status)]


def report(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """The numbers of a started campaign; the funnel's rows add up to the total."""
    counts = service.counts(campaign.pk)
    total, funnel = rules.funnel(counts)
    phase = rules.phase(campaign.status, campaign.expanded_at is not None, counts)
    opened = sum(sum(counts.get(status, {}).values()) for status in rules.OPEN)
    settling = bool(counts.get(Status.ACCEPTED)) and now - (campaign.finished_at or now) < _SETTLING
    capacity = outbox.capacity(campaign.connection_id, now)
    waiting = sum(counts.get(Status.QUEUED, {}).values())
    timing = audience.timing(campaign, waiting, now) if waiting and phase is Phase.SENDING else None
    return {
        "campaign": campaign,
        "phase": phase.value,
        "phase_word": PHASE_WORDS[phase],
        "total": total,
        "settled": total - opened,
        "funnel": funnel,
        "parts": _parts(counts),
        "held_sandbox": counts.get(Status.HELD, {}).get(Reason.SANDBOX, 0),
        "in_doubt": sum(counts.get(Status.IN_DOUBT, {}).values()),
        "moving": phase in (Phase.PREPARING, Phase.SENDING, Phase.HELD_SANDBOX, Phase.IN_DOUBT) or settling,
        "capacity": capacity,
        "rest": _rest(capacity) if waiting else "",
        "ends_at": rules.finish_time(now, timing.estimate) if timing else None,
        "duration": words(timing.estimate.duration) if timing else "",
        "whole": campaign.expanded_at is not None,
    }


def _parts(counts: dict[str, dict[str, int]]) -> list[Part]:
    """What was left out, held, failed or came back, by reason: largest first."""
    shown = (Status.SKIPPED, Status.HELD, Status.FAILED, Status.BOUNCED, Status.COMPLAINED, Status.IN_DOUBT)
    found = [
        Part(status, reason, REASON_LABELS.get(Reason(reason), reason), number)
        for status in shown
        for reason, number in counts.get(status, {}).items()
    ]
    return sorted(found, key=lambda part: -part.count)


_RESTS = {
    "daily_quota": "SES's 24-hour quota is used up",
    "daily_quota_campaigns": "Campaigns' share of the 24-hour quota is used up; the rest is kept for single mail",
}


def _rest(capacity: outbox.Capacity) -> str:
    """Why nothing leaves right now, or empty."""
    if not capacity.reason:
        return ""
    return _RESTS.get(capacity.reason, capacity.detail or "The connection rests after an error")


def filters(campaign: Campaign) -> dict[str, Any]:
    """The states and reasons that this campaign's messages are in, for the list's filter."""
    counts = service.counts(campaign.pk)
    parts = [
        Part(status, reason, _label(status, reason), number)
        for status, reasons in counts.items()
        for reason, number in reasons.items()
    ]
    return {"parts": sorted(parts, key=lambda part: part.label), "reason_labels": REASON_LABELS}


def _label(status: str, reason: str) -> str:
    label = STATUS_LABELS[Status(status)]
    return f"{label}: {REASON_LABELS[Reason(reason)]}" if reason else label
