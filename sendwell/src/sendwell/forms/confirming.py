"""The link in an opt-in mail: looked at as often as anybody likes, confirmed by one press.

Lives here: what a token opens, taking the confirmation over into contacts. Must not live here: HTTP, decisions about
other lists (contacts).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from sendwell.contacts import service as contacts
from sendwell.contacts.models import List
from sendwell.core.addresses import parse
from sendwell.core.visitors import Visitor, short_agent
from sendwell.forms import mailing, rules, store
from sendwell.forms.models import OptInMail, Signup
from sendwell.forms.rules import SignupStatus
from sendwell.outbox import singles


class Link(StrEnum):
    """What a link opens now."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    LEFT_SINCE = "left_since"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page says. `lists` are names; `paused_until` where mail still rests at the person's own wish."""

    link: Link
    signup: Signup | None = None
    lists: tuple[str, ...] = ()
    paused_until: datetime | None = None
    fresh: bool = False
    """This very press confirmed it."""

    @property
    def sender(self) -> str:
        workspace = self.signup.workspace if self.signup else None
        return (workspace.sender_name or workspace.name) if workspace else ""


def look(token: str, now: datetime) -> Seen:
    """What the link opens. Changes nothing."""
    mail = _mail(token)
    return _seen(mail, now) if mail is not None else Seen(Link.UNKNOWN)


def _mail(token: str) -> OptInMail | None:
    if not 20 <= len(token) <= 64:
        return None
    found = OptInMail.objects.select_related("signup__form", "signup__workspace", "signup__text")
    return found.filter(token_hash=rules.token_hash(token)).first()


def _seen(mail: OptInMail, now: datetime) -> Seen:
    signup = mail.signup
    names = tuple(List.objects.filter(pk__in=signup.list_ids).order_by("name").values_list("name", flat=True))
    if signup.status == SignupStatus.CONFIRMED.value:
        return Seen(Link.CONFIRMED, signup, names)
    state = singles.singles([mail.message_id]).get(mail.message_id)
    until = rules.expires_at(mail.created_at, state.accepted_at if state else None, signup.form.expiry_hours)
    return Seen(Link.OPEN if now < until and names else Link.EXPIRED, signup, names)


def confirm(token: str, visitor: Visitor, now: datetime) -> Seen:
    """Confirm, once; pressing again changes nothing, not even after the person has left since."""
    mail = _mail(token)
    if mail is None:
        return Seen(Link.UNKNOWN)
    with transaction.atomic():
        signup = Signup.objects.select_for_update(of=("self",)).select_related("form", "workspace", "text")
        mail.signup = signup.get(pk=mail.signup_id)
        seen = _seen(mail, now)
        if seen.link is not Link.OPEN:
            return seen
        return _confirmed(mail, visitor, seen, now)


def _confirmed(mail: OptInMail, visitor: Visitor, seen: Seen, now: datetime) -> Seen:
    signup = mail.signup
    done = contacts.confirm_opt_in(
        contacts.OptIn(
            workspace_id=signup.workspace_id,
            address=parse(signup.address),
            name=signup.name,
            list_ids=signup.list_ids,
            requested_at=min(mail.created_at, signup.asked_again_at),
            source=f"Form “{signup.form.name}”",
            evidence=evidence(mail, visitor, now),
        ),
        now,
    )
    if not done.joined:
        return Seen(Link.LEFT_SINCE, signup, seen.lists)
    signup.status, signup.confirmed_at, signup.contact_id = SignupStatus.CONFIRMED.value, now, done.contact_id
    signup.save(update_fields=["status", "confirmed_at", "contact"])
    store.count(rules.CONFIRMED, str(signup.form_id), now, store.KEEP_FIGURES)
    mailing.welcome(signup, done.contact_id, now)
    return Seen(Link.CONFIRMED, signup, seen.lists, done.paused_until, fresh=True)


def evidence(mail: OptInMail, visitor: Visitor, now: datetime) -> dict[str, Any]:
    """Everything that proves the consent, in one record that stands on its own when the signup is long gone."""
    signup, text = mail.signup, mail.signup.text
    state = singles.singles([mail.message_id]).get(mail.message_id)
    sent_at = state.accepted_at if state else None
    return {
        "form": signup.form.name,
        "form_id": signup.form.public_id,
        "text_version": text.version,
        "text_sha256": text.sha256,
        "address_typed": signup.address,
        "requested_at": signup.requested_at.isoformat(),
        **{f"request_{name}": value for name, value in signup.evidence.items()},
        "mail": mail.message_id,
        "mail_kind": mail.kind,
        "ses_message_id": state.ses_message_id if state else "",
        "mailed_at": sent_at.isoformat() if sent_at else "",
        "confirmed_at": now.isoformat(),
        "confirm_ip": visitor.network,
        "confirm_user_agent": short_agent(visitor.user_agent),
        "suspiciously_fast": sent_at is not None and now - sent_at < rules.SUSPICIOUS,
    }
