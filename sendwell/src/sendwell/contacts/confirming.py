"""The one thing that makes somebody mailable who had left: a fresh, confirmed opt-in.

Lives here: taking a confirmation over into subscriptions and the ledger of consent. Must not live here: forms, tokens,
suppression (which a confirmation never lifts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from sendwell.contacts.models import (
    ConsentBasis,
    ConsentEvent,
    ConsentEventKind,
    Contact,
    List,
    Subscription,
    SubscriptionStatus,
)
from sendwell.contacts.rules import asked_later
from sendwell.core.addresses import Address


@dataclass(frozen=True, slots=True)
class OptIn:
    """What a person asked for at `requested_at` and has confirmed by a link that only they were sent."""

    workspace_id: int
    address: Address
    name: str
    list_ids: Sequence[int]
    requested_at: datetime
    source: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a confirmation did. `joined` are the lists the person is on now; `stale` those left after asking."""

    contact_id: int
    joined: tuple[int, ...]
    stale: tuple[int, ...]
    paused_until: datetime | None


def confirm_opt_in(opt_in: OptIn, now: datetime) -> Confirmed:
    """Subscribe a person by double opt-in, with evidence for each list.

    Lifts an unsubscribe that is older than the request, from these lists only: who had left everything stays off all
    others. A pause is lifted only where no other list would begin to mail by that. An unsubscribe or pause that came
    after the request wins: the link in an old mail undoes no later wish. Lists that are gone are left out.
    """
    with transaction.atomic():
        contact, _ = Contact.objects.select_for_update().get_or_create(
            workspace_id=opt_in.workspace_id,
            key=opt_in.address.key,
            defaults={
                "address": opt_in.address.address,
                "name": opt_in.name,
                "created_at": now,
                "updated_at": now,
            },
        )
        lists = list(List.objects.filter(workspace_id=opt_in.workspace_id, pk__in=list(opt_in.list_ids)).order_by("pk"))
        known = {found.list_id: found for found in Subscription.objects.filter(contact=contact)}
        left_since = not asked_later(opt_in.requested_at, contact.unsubscribed_at)
        stale = tuple(one.pk for one in lists if left_since or _left_since(known.get(one.pk), opt_in))
        joined = [one for one in lists if one.pk not in stale]
        if joined:
            _lift(contact, opt_in, {one.pk for one in joined}, now)
        for one in joined:
            _subscribe(contact, one, opt_in, now)
        return Confirmed(contact.pk, tuple(one.pk for one in joined), stale, _pause_left(contact, now))


def _left_since(subscription: Subscription | None, opt_in: OptIn) -> bool:
    left = subscription is not None and subscription.status == SubscriptionStatus.UNSUBSCRIBED
    return left and subscription is not None and not asked_later(opt_in.requested_at, subscription.changed_at)


def _lift(contact: Contact, opt_in: OptIn, joined: set[int], now: datetime) -> None:
    others = Subscription.objects.filter(contact=contact).exclude(list_id__in=joined)
    if contact.unsubscribed_at is not None:
        # From now on each list speaks for itself, so those that are not confirmed now must say that they were left.
        left = others.exclude(status=SubscriptionStatus.UNSUBSCRIBED)
        left.update(status=SubscriptionStatus.UNSUBSCRIBED, changed_at=contact.unsubscribed_at)
        contact.unsubscribed_at = None
    elsewhere = others.filter(status=SubscriptionStatus.CONFIRMED).exists()
    if contact.paused_until is not None and not elsewhere and _paused_before(contact, opt_in):
        contact.paused_until = None
    contact.name = contact.name or opt_in.name
    contact.address = opt_in.address.address if not contact.address else contact.address
    contact.updated_at = now
    contact.save(update_fields=["unsubscribed_at", "paused_until", "name", "address", "updated_at"])


def _paused_before(contact: Contact, opt_in: OptIn) -> bool:
    pauses = ConsentEvent.objects.filter(contact=contact, kind=ConsentEventKind.PAUSED).order_by("-at")
    return asked_later(opt_in.requested_at, pauses.values_list("at", flat=True).first())


def _subscribe(contact: Contact, to: List, opt_in: OptIn, now: datetime) -> None:
    Subscription.objects.update_or_create(
        contact=contact,
        list=to,
        defaults={
            "status": SubscriptionStatus.CONFIRMED,
            "basis": ConsentBasis.DOUBLE_OPT_IN,
            "source": opt_in.source[:200],
            "changed_at": now,
        },
    )
    ConsentEvent.objects.create(
        contact=contact,
        list=to,
        kind=ConsentEventKind.CONFIRMED,
        at=now,
        method="double opt-in",
        evidence=dict(opt_in.evidence),
    )


def _pause_left(contact: Contact, now: datetime) -> datetime | None:
    until = contact.paused_until
    return until if until is not None and until > now else None
