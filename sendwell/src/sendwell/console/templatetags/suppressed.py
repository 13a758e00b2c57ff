"""Who of a page's contacts is suppressed, for badges: `{% load suppressed %}`.

Lives here: the one thing that pages of contacts show and contacts may not ask for, because suppression stands beside
them. Must not live here: formatting (sendwell.py), decisions.
"""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from sendwell.contacts.models import Contact, Subscription
from sendwell.core.db import DjangoDb
from sendwell.suppression import service
from sendwell.suppression.service import SuppressionReason

register = template.Library()


@register.simple_tag
def suppressed_among(workspace_id: int, shown: Iterable[Contact | Subscription]) -> dict[str, SuppressionReason]:
    """The reasons, by key, of those contacts (or subscriptions' contacts) that are suppressed: one query a page."""
    keys = [item.key if isinstance(item, Contact) else item.contact.key for item in shown]
    return service.reasons_in_workspace(DjangoDb(), workspace_id, keys)


@register.filter
def reason_for(reasons: dict[str, SuppressionReason], key: str) -> SuppressionReason | None:
    """This contact's reason; None if it is not suppressed."""
    return reasons.get(key)
