"""Campaigns from Start to their end: the only way in for other features.

Lives here: the verbs that change a campaign; each holds the campaign's row, so that expansion and the owner's verbs
take turns. Must not live here: what a draft says (drafting.py), who will get it (audience.py), pages, sending.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from sendwell.campaigns import rules, store
from sendwell.campaigns.audience import summarise
from sendwell.campaigns.drafting import content_problems, source_of
from sendwell.campaigns.models import Campaign
from sendwell.campaigns.rules import Event, Problem, Refusal, StartFacts, Status
from sendwell.connections import service as connections
from sendwell.connections.models import SetupState
from sendwell.contacts import service as contacts
from sendwell.content import service as content
from sendwell.core import jobs
from sendwell.core.db import DjangoDb
from sendwell.outbox import service as outbox
from sendwell.suppression import service as suppression

EXPAND, FINISH = "campaigns.expand", "campaigns.finish"
BATCH = 500


class CannotDoError(ValueError):
    """The campaign's state does not allow this; the message says why."""


class NotStartableError(CannotDoError):
    """Something stands in the way of a start; `problems` names each with its remedy."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("Something stands in the way of Start: " + "; ".join(problem.text for problem in problems))
        self.problems = problems


def problems(campaign: Campaign, base_url: str, now: datetime) -> list[Problem]:
    """What blocks Start at this moment; an empty list is ready to go. `base_url` is how recipients reach us."""
    connection = campaign.connection
    audience = summarise(campaign, now)
    trouble = connections.public_url_trouble(connection.kind, base_url)
    facts = StartFacts(
        connection_ready=connection.setup_state == SetupState.READY,
        unreachable=trouble.text if trouble else "",
        remedy=trouble.remedy if trouble else "",
        from_address=campaign.from_address,
        from_covered=connections.verified_recipients(DjangoDb(), connection.pk).covers(campaign.from_address),
        list_total=audience.total,
        mailable=audience.mailable,
    )
    return rules.problems(facts, tuple(content_problems(campaign)))


def start(campaign: Campaign, by: str, now: datetime, base_url: str) -> None:
    """Freeze the content and let a worker take the audience into the ledger.

    Raises NotStartableError while anything blocks it, CannotDoError if it was started before.
    """
    with transaction.atomic():
        held = store.locked(campaign.pk)
        _must(held, Event.START)
        found = problems(held, base_url, now)
        if found:
            raise NotStartableError(found)
        held.content_id = content.freeze(source_of(held), now)
        held.status, held.started_at, held.started_by = Status.RUNNING, now, by
        held.save()
        jobs.enqueue(EXPAND, str(held.pk), {"campaign": held.pk}, now)


def expand_next_batch(campaign_id: int, now: datetime) -> bool:
    """Take the next 500 of the audience into the ledger; True while there are more.

    Rows and cursor move in one transaction: a worker that dies repeats the batch, and the schema's
    UNIQUE(campaign, contact) makes the repetition harmless. Who may not be mailed gets a skipped row with its reason.
    """
    with transaction.atomic():
        campaign = store.locked(campaign_id)
        if campaign.status != Status.RUNNING or campaign.expanded_at is not None:
            return False
        db = DjangoDb()
        batch = contacts.audience_after(db, campaign.list_id, campaign.cursor, BATCH, now)
        barred = suppression.suppressed(db, campaign.connection_id, [row.key for row in batch])
        rows = [
            outbox.NewRow(row.contact_id, row.address, row.key, outbox.skip_reason(row.verdict, barred.get(row.key)))
            for row in batch
        ]
        _enqueue(campaign, rows, now)
        if batch:
            campaign.cursor = batch[-1].contact_id
        if len(batch) < BATCH:
            campaign.expanded_at = now
        campaign.save(update_fields=["cursor", "expanded_at"])
        return campaign.expanded_at is None


def _enqueue(campaign: Campaign, rows: list[outbox.NewRow], now: datetime) -> None:
    assert campaign.content_id is not None, "a running campaign has its content"
    outbox.enqueue_campaign(
        DjangoDb(),
        workspace_id=campaign.workspace_id,
        connection_id=campaign.connection_id,
        campaign_id=campaign.pk,
        list_id=campaign.list_id,
        content_id=campaign.content_id,
        rows=rows,
        now=now,
    )


def pause(campaign_id: int, now: datetime) -> None:
    """Hold everything that has not been handed to SES. Raises CannotDoError."""
    with transaction.atomic():
        campaign = store.locked(campaign_id)
        campaign.status = _must(campaign, Event.PAUSE)
        campaign.save(update_fields=["status"])
        outbox.pause_campaign(DjangoDb(), campaign_id, now)


def pause_all(connection_id: int, now: datetime) -> int:
    """Pause every campaign that runs over a connection; how many."""
    with transaction.atomic():
        found = store.running_over(connection_id)
        for campaign_id in found:
            pause(campaign_id, now)
    return len(found)


def resume(campaign_id: int, now: datetime) -> None:
    """Go on where the pause stopped. Raises CannotDoError."""
    with transaction.atomic():
        campaign = store.locked(campaign_id)
        campaign.status = _must(campaign, Event.RESUME)
        campaign.save(update_fields=["status"])
        outbox.resume_campaign(DjangoDb(), campaign_id, now)
        jobs.enqueue(EXPAND, str(campaign_id), {"campaign": campaign_id}, now)


def cancel(campaign_id: int, now: datetime) -> None:
    """Stop for good: what has not been handed to SES never is. Raises CannotDoError."""
    with transaction.atomic():
        campaign = store.locked(campaign_id)
        campaign.status = _must(campaign, Event.CANCEL)
        campaign.finished_at = campaign.finished_at or now
        campaign.save(update_fields=["status", "finished_at"])
        outbox.cancel_campaign(DjangoDb(), campaign_id, now)


def finish_if_done(campaign_id: int, now: datetime) -> bool:
    """Mark the campaign finished once nobody's mail is open; True if it is over (now, or already was)."""
    with transaction.atomic():
        campaign = store.locked(campaign_id)
        if campaign.status not in (Status.RUNNING, Status.PAUSED):
            return True
        if not rules.is_done(campaign.expanded_at is not None, counts(campaign_id)):
            return False
        campaign.status, campaign.finished_at = _must(campaign, Event.DONE), now
        campaign.save(update_fields=["status", "finished_at"])
        return True


def counts(campaign_id: int) -> dict[str, dict[str, int]]:
    """The campaign's rows by status and reason."""
    return outbox.campaign_counts([campaign_id]).get(campaign_id, {})


def discard(campaign: Campaign) -> None:
    """Delete a draft. Raises CannotDoError once it was started: its numbers are part of the record."""
    with transaction.atomic():
        held = store.locked(campaign.pk)
        if held.status != Status.DRAFT:
            raise CannotDoError("A campaign that was started is kept.")
        held.delete()


def copy(campaign: Campaign, now: datetime) -> Campaign:
    """A new draft with the same text and settings."""
    kept: dict[str, Any] = {
        name: getattr(campaign, name)
        for name in ("workspace", "connection", "list", "from_name", "from_address", "reply_to", "subject", "body")
    }
    name = f"{campaign.name[:150]} (copy)"
    return Campaign.objects.create(**kept, body_format=campaign.body_format, name=name, created_at=now)


def _must(campaign: Campaign, event: Event) -> Status:
    found = rules.after(campaign.status, event)
    if isinstance(found, Refusal):
        raise CannotDoError(found.value)
    return found
