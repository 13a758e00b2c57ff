"""The mails of a form, from the worker's side: the one that asks back, the reminder, the welcome.

Lives here: facts gathered, a plan asked of rules.py, a message queued. Must not live here: sending (outbox), HTTP.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from sendwell.contacts.models import List
from sendwell.core import jobs
from sendwell.core.addresses import parse
from sendwell.core.db import DjangoDb
from sendwell.core.installation import Installation
from sendwell.forms import mailboxes, rules, store
from sendwell.forms.models import OptInMail, Signup, SignupForm
from sendwell.forms.rules import MailFacts, MailKind, Plan, SignupReason, SignupStatus, Step
from sendwell.outbox import service as outbox
from sendwell.outbox import singles
from sendwell.outbox.service import Stream
from sendwell.suppression import service as suppression

REMIND = "forms.remind"


def ask_back(signup_id: int, parts: Installation, now: datetime) -> timedelta | None:
    """Send the mail that asks to confirm, if one may go now; how long to wait if it may go later."""
    signup = Signup.objects.select_related("form__connection", "workspace").filter(pk=signup_id).first()
    if signup is None:
        return None
    plan = rules.plan_mail(_facts(signup, now), now)
    if plan.step is Step.SEND and not signup.mails.exists() and not _takes_mail(signup, parts):
        plan = Plan(Step.DROP, reason=SignupReason.NO_MAILBOX)
    if plan.step is Step.WAIT:
        return plan.wait
    if plan.step is Step.DROP and plan.reason is not None:
        _drop(signup, plan.reason)
    elif plan.step is Step.SEND:
        kind = MailKind.AGAIN if signup.mails.exists() else MailKind.FIRST
        if not queue(signup, kind, parts, now):
            return rules.WINDOW
        if kind is MailKind.FIRST and signup.form.reminds:
            jobs.ensure(REMIND, str(signup.pk), {"signup": signup.pk}, now + rules.REMIND_AFTER)
    return None


def _facts(signup: Signup, now: datetime) -> MailFacts:
    form = signup.form
    found = store.mails_to(signup.workspace_id, signup.key, now - rules.PURGE_AFTER)
    states = singles.singles([message for _, message, _ in found])
    waiting = {of for of, message, _ in found if message in states and states[message].waits}
    own = [mail for mail in signup.mails.all() if mail.kind != MailKind.REMINDER]
    return MailFacts(
        pending=signup.status == SignupStatus.PENDING.value,
        suppressed=bool(suppression.suppressed(DjangoDb(), form.connection_id, [signup.key])),
        own_mails=len(own),
        own_waits=signup.pk in waiting,
        last_to_address=max((at for _, _, at in found), default=None),
        other_waits=bool(waiting - {signup.pk}),
        mails_today=sum(at > now - timedelta(days=1) for _, _, at in found),
        forms_this_hour=store.forms_asked(signup.workspace_id, signup.key, now - timedelta(hours=1)),
    )


def _takes_mail(signup: Signup, parts: Installation) -> bool:
    """Whether DNS knows a mailbox there. In a rehearsal nothing leaves this machine, questions to DNS neither, unless
    servers for them are set."""
    if signup.form.connection.is_rehearsal and not parts.config.dns_servers:
        return True
    return mailboxes.takes_mail(signup.key.rpartition("@")[2], parts.config.dns_servers)


def _drop(signup: Signup, reason: SignupReason) -> None:
    signup.status, signup.reason = SignupStatus.DROPPED.value, reason.value
    signup.save(update_fields=["status", "reason"])


def queue(signup: Signup, kind: MailKind, parts: Installation, now: datetime) -> bool:
    """Put one opt-in mail into the ledger, with a link of its own. False if the address had one in this window.

    The token leaves in the mail only: we keep its hash, and the ledger keeps the link encrypted.
    """
    form = signup.form
    token = secrets.token_urlsafe(24)  # 192 bits
    context = {
        "lists": list_names(signup),
        "requested_at": f"{signup.requested_at.astimezone(UTC):%-d %b %Y, %H:%M} UTC",
        **singles.seal(parts.ring, {"confirm_url": f"{parts.config.base_url}/confirm/{token}"}),
    }
    try:
        with transaction.atomic():
            message_id = outbox.enqueue_single(
                workspace_id=signup.workspace_id,
                connection_id=form.connection_id,
                stream=Stream.OPT_IN,
                idempotency_key=f"opt-in:{signup.pk}:{signup.mails.count() + 1}",
                content_id=form.mail_content_id or 0,
                address=parse(signup.address).address,
                context=context,
                now=now,
            )
            OptInMail.objects.create(
                workspace_id=signup.workspace_id,
                signup=signup,
                kind=kind.value,
                key=signup.key,
                window=rules.window_of(now),
                token_hash=rules.token_hash(token),
                message_id=message_id,
                created_at=now,
            )
    except IntegrityError:
        return False
    if kind is MailKind.FIRST:
        store.count(rules.MAILED, str(form.pk), now, store.KEEP_FIGURES)
    return True


def list_names(signup: Signup) -> str:
    """The lists of a signup in words, by name; lists are the owner's words, never the visitor's."""
    return ", ".join(List.objects.filter(pk__in=signup.list_ids).order_by("name").values_list("name", flat=True))


def remind(signup_id: int, parts: Installation, now: datetime) -> timedelta | None:
    """Remind once, a day after the first mail was taken by SES, while its link still works."""
    signup = Signup.objects.select_related("form__connection", "workspace").filter(pk=signup_id).first()
    if signup is None or signup.status != SignupStatus.PENDING.value or not signup.form.reminds:
        return None
    mails = list(signup.mails.order_by("pk"))
    state = singles.singles([mails[0].message_id]).get(mails[0].message_id) if mails else None
    if state is None or any(mail.kind == MailKind.REMINDER for mail in mails):
        return None
    if state.waits:
        return rules.REMIND_AFTER
    if state.accepted_at is None or state.status not in ("accepted", "delivered"):
        return None
    due = state.accepted_at + rules.REMIND_AFTER
    if due > now:
        return due - now
    facts = _facts(signup, now)
    expired = now >= rules.expires_at(mails[0].created_at, state.accepted_at, signup.form.expiry_hours)
    if facts.suppressed or expired or not signup.form.is_open:
        return None
    return None if queue(signup, MailKind.REMINDER, parts, now) else rules.WINDOW


def welcome(signup: Signup, contact_id: int, now: datetime) -> None:
    """Queue the welcome, once for each confirmed signup, if the form has one."""
    form: SignupForm = signup.form
    if not form.welcomes or form.welcome_content_id is None:
        return
    outbox.enqueue_single(
        workspace_id=signup.workspace_id,
        connection_id=form.connection_id,
        stream=Stream.TRANSACTIONAL,
        idempotency_key=f"welcome:{signup.pk}",
        content_id=form.welcome_content_id,
        address=parse(signup.address).address,
        contact_id=contact_id,
        context={"lists": list_names(signup)},
        now=now,
    )
