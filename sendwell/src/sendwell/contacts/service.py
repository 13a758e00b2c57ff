"""The verbs of contacts, lists and consent: the only way in for other features.

Batch verbs take a `Db`, so the sender's own connection and Django's run the same statements; verbs that change
consent open their own transaction on Django's connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from sendwell.contacts import store
from sendwell.contacts.imports import run_import_batch
from sendwell.contacts.models import (
    ConsentEvent,
    ConsentEventKind,
    Contact,
    List,
    Subscription,
    SubscriptionStatus,
)
from sendwell.contacts.rules import AudienceRow, ConsentVerdict, MergeFields
from sendwell.core.db import Db
from sendwell.workspaces.models import Workspace

__all__ = ["AudienceRow", "ConsentVerdict", "run_import_batch"]


def audience_after(db: Db, list_id: int, cursor: int, limit: int, now: datetime) -> list[AudienceRow]:
    """Up to `limit` subscriptions of the list with a contact id above `cursor`, in that order, whatever the verdict.

    Contacts that may not be mailed come too, so that the campaign's numbers add up. An empty answer is the end.
    """
    return store.audience_after(db, list_id, cursor, limit, now)


def consent(db: Db, list_id: int, contact_ids: Iterable[int], now: datetime) -> dict[int, ConsentVerdict]:
    """A verdict for every id asked; for the sender, in the transaction that marks rows `sending`.

    A contact that was erased since, or never existed, answers UNSUBSCRIBED: nobody may mail it.
    """
    return store.consent(db, list_id, contact_ids, now)


def merge_fields(db: Db, contact_ids: Iterable[int]) -> dict[int, MergeFields]:
    """What templates may say of each contact: `address`, `name` and `attributes` (a dict of texts)."""
    return store.merge_fields(db, contact_ids)


def audience_counts(db: Db, list_id: int, now: datetime) -> dict[ConsentVerdict, int]:
    """Subscriptions of the list by verdict; every verdict is a key. `OK` is what a campaign would reach."""
    return store.audience_counts(db, list_id, now)


def list_sizes(workspace: Workspace) -> dict[int, dict[str, int]]:
    """For every list of the workspace: how many subscriptions have which SubscriptionStatus (all are keys)."""
    sizes = {
        pk: dict.fromkeys(SubscriptionStatus.values, 0)
        for pk in List.objects.filter(workspace=workspace).values_list("pk", flat=True)
    }
    counted = Subscription.objects.filter(list__workspace=workspace).values_list("list_id", "status")
    for list_id, status, number in counted.annotate(number=Count("pk")):
        sizes[list_id][status] = number
    return sizes


def unsubscribe(contact_id: int, list_id: int | None, method: str, evidence: Mapping[str, Any], now: datetime) -> bool:
    """Take the contact off one list, or off everything (`list_id` None). True if that changed anything.

    Idempotent: leaving twice is recorded once. A contact that was never on the list is marked as having left it, so
    that no later import can put it there. `method`: page, one-click, complaint, owner, api.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
        if contact is None:
            return False
        changed = _leave_list(contact, list_id, now) if list_id is not None else _leave_everything(contact, now)
        if changed:
            ConsentEvent.objects.create(
                contact=contact,
                list_id=list_id,
                kind=ConsentEventKind.UNSUBSCRIBED,
                at=now,
                method=method,
                evidence=dict(evidence),
            )
        return changed


def _leave_everything(contact: Contact, now: datetime) -> bool:
    if contact.unsubscribed_at is not None:
        return False
    contact.unsubscribed_at = contact.updated_at = now
    contact.save(update_fields=["unsubscribed_at", "updated_at"])
    return True


def _leave_list(contact: Contact, list_id: int, now: datetime) -> bool:
    if not List.objects.filter(pk=list_id, workspace_id=contact.workspace_id).exists():
        return False
    left = SubscriptionStatus.UNSUBSCRIBED
    subscription, created = Subscription.objects.get_or_create(
        contact=contact, list_id=list_id, defaults={"status": left, "changed_at": now}
    )
    if created or subscription.status == left:
        return created
    subscription.status, subscription.changed_at = left, now
    subscription.save(update_fields=["status", "changed_at"])
    return True
