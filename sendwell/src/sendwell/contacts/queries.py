"""Reads for the pages of contacts, by the ORM. Hot paths are in queries.sql; writes are in service.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from sendwell.contacts.models import Contact, Import, ImportRow, List, RowOutcome, Subscription, SubscriptionStatus
from sendwell.workspaces.models import Workspace


def contacts_like(workspace: Workspace, text: str, standing: str, now: datetime) -> QuerySet[Contact]:
    """Contacts whose address or name holds `text`, newest first; `standing` as in rules.standing, empty for all."""
    found = Contact.objects.filter(workspace=workspace).exclude(address="")
    if text:
        found = found.filter(Q(key__contains=text.lower()) | Q(name__icontains=text))
    paused = Q(paused_until__gt=now)
    if standing == "unsubscribed":
        found = found.filter(unsubscribed_at__isnull=False)
    elif standing == "off_lists":
        found = found.filter(_left_lists(), unsubscribed_at__isnull=True)
    elif standing == "paused":
        found = found.filter(paused, ~_left_lists(), unsubscribed_at__isnull=True)
    elif standing == "active":
        found = found.filter(~_left_lists(), unsubscribed_at__isnull=True).exclude(paused)
    return found.order_by("-pk")


def _left_lists() -> Q:
    """True of a contact that was on lists and left each of them."""
    theirs = Subscription.objects.filter(contact=OuterRef("pk"))
    return Q(Exists(theirs)) & ~Q(Exists(theirs.exclude(status=SubscriptionStatus.UNSUBSCRIBED)))


def left_lists(contacts: Iterable[Contact]) -> set[int]:
    """Ids of those of a page's contacts that were on lists and left each of them."""
    found = Contact.objects.filter(_left_lists(), pk__in=[contact.pk for contact in contacts])
    return set(found.values_list("pk", flat=True))


def subscriptions_like(of: List, text: str, status: str) -> QuerySet[Subscription]:
    """The list's subscriptions whose contact's address or name holds `text`; `status` empty for all."""
    found = Subscription.objects.filter(list=of).exclude(contact__address="").select_related("contact")
    if text:
        found = found.filter(Q(contact__key__contains=text.lower()) | Q(contact__name__icontains=text))
    if status:
        found = found.filter(status=status)
    return found.order_by("-contact_id")


def imports_of(workspace: Workspace) -> QuerySet[Import]:
    """All imports, newest first."""
    return Import.objects.filter(workspace=workspace).select_related("list").order_by("-pk")


def report(imported: Import, outcome: str, reason: str) -> QuerySet[ImportRow]:
    """The report's rows in the order of the file; empty filters are all, the reason `none` is rows without one."""
    rows = ImportRow.objects.filter(imported=imported)
    if outcome:
        rows = rows.filter(outcome=outcome)
    if reason:
        rows = rows.filter(reason="" if reason == "none" else reason)
    return rows.order_by("line")


def problems_first(rows: QuerySet[ImportRow]) -> QuerySet[ImportRow]:
    """A report's rows for the page: those left out come first, each part in the order of the file."""
    return rows.order_by(Case(When(outcome=RowOutcome.SKIPPED, then=Value(0)), default=Value(1)), "line")
