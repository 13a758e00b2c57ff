"""What becomes of an accepted message: the handler of the task "deliver".

Lives here: asking the simulator for each recipient's fate and turning it into records and events.
Must not live here: the loop that finds what is due (delivery.py), POSTs, decisions (rules/).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sesbox.account import Change, Log, Message, Put
from sesbox.events import shape
from sesbox.operations import mime
from sesbox.operations.base import Context, Outcome
from sesbox.operations.mailboxes import behaviour_of
from sesbox.operations.publishing import event_changes
from sesbox.operations.records import ConfigurationSet, Suppressed
from sesbox.operations.state import settings, statistics
from sesbox.rules import addresses, simulator, suppression
from sesbox.rules.simulator import Bounced, Fate

Event = tuple[str, dict[str, Any]]


def settle(ctx: Context, message: Message, recipients: Sequence[str]) -> Outcome:
    """Decide the fate of these recipients of an accepted message.

    Data of Due("deliver"): {"message_id": str, "recipients": [str, ...]}. The outcome puts suppressions and
    statistics, and one Due("publish") for each event that a destination wants; other events are logged only.
    Response: {"events": [type, ...]}.
    """
    reasons = _reasons(ctx, message.configuration_set)
    fates = {address: _fate(ctx, address, reasons) for address in dict.fromkeys(recipients)}
    events = _events(ctx, message, fates)
    changes: list[Change] = []
    for kind, event in events:
        wanted = event_changes(ctx, message.configuration_set, kind, event)
        data = {"configuration_set": message.configuration_set, "event_type": kind, "event": event}
        changes += wanted or [Log(ctx.now, "event", message.message_id, data)]
    changes += _suppressions(ctx, message, fates, reasons, events)
    attempted = [found for found in fates.values() if found.attempted]
    changes += statistics(
        ctx,
        attempts=len(attempted),
        bounces=sum(1 for found in attempted if found.bounce is not None and found.bounce.type == "Permanent"),
        complaints=sum(1 for found in attempted if found.complaint),
    )
    return Outcome({"events": [kind for kind, _ in events]}, tuple(changes))


def _reasons(ctx: Context, configuration_set: str | None) -> tuple[str, ...]:
    used = ctx.account.get(ConfigurationSet, configuration_set) if configuration_set else None
    return suppression.effective(settings(ctx).suppressed_reasons, used.suppressed_reasons if used else None)


def _fate(ctx: Context, address: str, reasons: tuple[str, ...]) -> Fate:
    entry = ctx.account.get(Suppressed, addresses.normal(address))
    listed = suppression.listed_for(entry.reason if entry else None, reasons)
    return simulator.fate(address, listed, behaviour_of(ctx, address))


def _events(ctx: Context, message: Message, fates: Mapping[str, Fate]) -> list[Event]:
    """Deliveries by domain, then bounces of one kind together, then complaints by domain."""
    account, region = ctx.account, ctx.account.region
    headers = mime.parse_headers(message.raw)
    about = shape.mail(message, mime.without_stamp(headers), account.account_id, region, left=True)
    events: list[Event] = []
    delivered = [address for address, found in fates.items() if found.delivered]
    for group in _by_domain(delivered):
        events.append(("DELIVERY", shape.delivery(about, group, ctx.now, message.accepted_at, region)))
    bounced: dict[Bounced, list[str]] = {}
    for address, found in fates.items():
        if found.bounce is not None:
            bounced.setdefault(found.bounce, []).append(address)
    for how, group in bounced.items():
        feedback = ctx.ids.message_id(region, ctx.now)
        events.append(("BOUNCE", shape.bounce(about, group, how, ctx.now, feedback, region)))
    for sub_type in (None, "OnAccountSuppressionList"):
        unhappy = [a for a, found in fates.items() if found.complaint and found.complaint_sub_type == sub_type]
        for group in _by_domain(unhappy):
            feedback = ctx.ids.message_id(region, ctx.now)
            events.append(("COMPLAINT", shape.complaint(about, group, sub_type, ctx.now, feedback)))
    return events


def _by_domain(found: Iterable[str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for address in found:
        groups.setdefault(addresses.domain_of(address), []).append(address)
    return list(groups.values())


def _suppressions(
    ctx: Context, message: Message, fates: Mapping[str, Fate], reasons: tuple[str, ...], events: Sequence[Event]
) -> list[Change]:
    feedback_ids = {kind: str(event[kind.lower()]["feedbackId"]) for kind, event in events if kind != "DELIVERY"}
    changes: list[Change] = []
    for address, found in fates.items():
        reason = simulator.suppression_reason(found)
        if reason is not None and reason in reasons:
            key = addresses.normal(address)
            changes.append(Put(Suppressed(key, reason, ctx.now, message.message_id, feedback_ids.get(reason))))
    return changes
