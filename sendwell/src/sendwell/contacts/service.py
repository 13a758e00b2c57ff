"""The verbs of contacts, lists and consent: the only way in for other features.

Batch verbs take a `Db`, so the sender's own connection and Django's run the same statements; verbs that change
consent open their own transaction on Django's connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from sendwell.contacts import store
from sendwell.contacts.confirming import Confirmed, OptIn, confirm_opt_in
from sendwell.contacts.import_rules import NEVER_IMPORTED
from sendwell.contacts.imports import run_import_batch
from sendwell.contacts.models import (
    ConsentBasis,
    ConsentEvent,
    ConsentEventKind,
    Contact,
    List,
    Subscription,
    SubscriptionStatus,
)
from sendwell.contacts.rules import AudienceRow, ConsentVerdict, MergeFields
from sendwell.core.addresses import Address
from sendwell.core.db import Db
from sendwell.workspaces.models import Workspace

__all__ = [
    "NEVER_IMPORTED",
    "AudienceRow",
    "Confirmed",
    "ConsentVerdict",
    "OptIn",
    "confirm_opt_in",
    "run_import_batch",
]


class ContactRefusedError(ValueError):
    """This person may not be put on the list; the message says why."""


class NameTakenError(ValueError):
    """Two lists of a workspace cannot have one name."""


@dataclass(frozen=True, slots=True)
class NewContact:
    """A person to add: `basis` is a ConsentBasis, `source` says in words where the consent comes from."""

    address: Address
    name: str
    basis: str
    source: str


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
            _record(contact.pk, list_id, ConsentEventKind.UNSUBSCRIBED, method, evidence, now)
        return changed


def add_contact(new: NewContact, to: List, by: str, now: datetime) -> Contact:
    """Put one person on a list, with the basis and its evidence as somebody (`by`) states them.

    Confirms an unconfirmed subscription if there is a basis now; changes nothing for who is confirmed already. Raises
    ContactRefusedError for who left the list or everything (only a new sign-up brings them back) and for mailboxes
    such as abuse@ that never get bulk mail.
    """
    if new.address.key.partition("@")[0] in NEVER_IMPORTED:
        raise ContactRefusedError("abuse@, postmaster@ and spam@ must not get bulk mail.")
    with transaction.atomic():
        contact, _ = Contact.objects.select_for_update().get_or_create(
            workspace_id=to.workspace_id,
            key=new.address.key,
            defaults={"address": new.address.address, "name": new.name, "created_at": now, "updated_at": now},
        )
        if contact.unsubscribed_at is not None:
            raise ContactRefusedError("This person left everything. Only they can come back, by signing up again.")
        if new.name and new.name != contact.name:
            contact.name, contact.updated_at = new.name, now
            contact.save(update_fields=["name", "updated_at"])
        _subscribe(contact, to, new, by, now)
        return contact


def _subscribe(contact: Contact, to: List, new: NewContact, by: str, now: datetime) -> None:
    confirmed = new.basis != ConsentBasis.NONE
    status = SubscriptionStatus.CONFIRMED if confirmed else SubscriptionStatus.UNCONFIRMED
    subscription, created = Subscription.objects.get_or_create(
        contact=contact,
        list=to,
        defaults={"status": status, "basis": new.basis, "source": new.source, "changed_at": now},
    )
    if subscription.status == SubscriptionStatus.UNSUBSCRIBED:
        raise ContactRefusedError("This person left that list. Only they can come back, by signing up again.")
    if not created:
        if subscription.status == SubscriptionStatus.CONFIRMED or not confirmed:
            return
        subscription.status, subscription.basis, subscription.source = status, new.basis, new.source
        subscription.changed_at = now
        subscription.save()
    evidence = {"basis": new.basis, "source": new.source, "by": by}
    _record(contact.pk, to.pk, ConsentEventKind.SUBSCRIBED, "owner", evidence, now)


def pause(contact_id: int, until: datetime, method: str, evidence: Mapping[str, Any], now: datetime) -> None:
    """No campaign mails the contact before `until`; then it goes on by itself. Raises ValueError for a past time."""
    if until <= now:
        raise ValueError("Choose a time in the future.")
    with transaction.atomic():
        Contact.objects.filter(pk=contact_id).update(paused_until=until, updated_at=now)
        kept = {**evidence, "until": until.isoformat()}
        _record(contact_id, None, ConsentEventKind.PAUSED, method, kept, now)


def resume(contact_id: int, method: str, evidence: Mapping[str, Any], now: datetime) -> None:
    """End a pause early. Nothing happens to a contact that has none."""
    with transaction.atomic():
        if Contact.objects.filter(pk=contact_id, paused_until__isnull=False).update(paused_until=None, updated_at=now):
            _record(contact_id, None, ConsentEventKind.RESUMED, method, evidence, now)


def create_list(workspace: Workspace, name: str, description: str, now: datetime) -> List:
    """A new, empty list. The name is unique in the workspace: raises NameTakenError."""
    _check_name(workspace, name, None)
    return List.objects.create(workspace=workspace, name=name, description=description, created_at=now)


def rename_list(changed: List, name: str, description: str) -> None:
    """Another name or public description. Raises NameTakenError."""
    _check_name(changed.workspace, name, changed.pk)
    changed.name, changed.description = name, description
    changed.save(update_fields=["name", "description"])


def _check_name(workspace: Workspace, name: str, but: int | None) -> None:
    if List.objects.filter(workspace=workspace, name=name).exclude(pk=but or 0).exists():
        raise NameTakenError("There is a list of this name already.")


def _record(
    contact_id: int,
    list_id: int | None,
    kind: ConsentEventKind,
    method: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> None:
    ConsentEvent.objects.create(
        contact_id=contact_id, list_id=list_id, kind=kind, at=now, method=method, evidence=dict(evidence)
    )


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


@dataclass(frozen=True, slots=True)
class Membership:
    """What a person's own page may say: never more than they know already."""

    address: str
    sender: str
    list_id: int | None
    list_name: str
    list_description: str
    on_list: bool
    left_everything: bool


def membership(contact_id: int, list_id: int | None) -> Membership | None:
    """How a contact stands to a list (None: to none in particular); None if the contact is gone or was erased."""
    contact = Contact.objects.select_related("workspace").filter(pk=contact_id).exclude(address="").first()
    if contact is None:
        return None
    of = List.objects.filter(pk=list_id, workspace_id=contact.workspace_id).first() if list_id else None
    subscription = Subscription.objects.filter(contact=contact, list=of).first() if of else None
    return Membership(
        address=contact.address,
        sender=contact.workspace.sender_name or contact.workspace.name,
        list_id=of.pk if of else None,
        list_name=of.name if of else "",
        list_description=of.description if of else "",
        on_list=subscription is not None and subscription.status != SubscriptionStatus.UNSUBSCRIBED,
        left_everything=contact.unsubscribed_at is not None,
    )
