"""A visitor sends a form: every defence in turn, then one row and one job, and always the same answer.

Lives here: the order of the checks and what each refusal says. Must not live here: HTTP (public_views.py), the mail
that asks back (mailing.py). Nothing here asks who is subscribed, suppressed or known, so neither answer nor time
depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from sendwell.contacts.service import NEVER_IMPORTED
from sendwell.content.service import FREEMAIL
from sendwell.core import jobs
from sendwell.core.addresses import Address, InvalidAddress, parse
from sendwell.core.installation import Installation
from sendwell.core.visitors import Visitor, limit_subject, short_agent
from sendwell.forms import editing, mailboxes, proof, remote, rules, store
from sendwell.forms.models import Signup, SignupForm
from sendwell.forms.rules import Age, Breaker, Captcha, Limit, SignupStatus

MAIL = "forms.mail"


class Answer(StrEnum):
    """What a visitor is told. ACCEPTED is the neutral one."""

    ACCEPTED = "accepted"
    INVALID = "invalid"
    ONE_MORE_STEP = "one_more_step"
    TOO_MANY = "too_many"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor sent."""

    email: str
    name: str = ""
    list_ids: Sequence[int] = ()
    consent: bool = False
    captcha: str = ""
    stamp: str = ""
    trap: str = ""
    url: str = ""
    channel: str = "page"
    text: str = ""
    """The first digits of the hash of what was shown; a copy of the form on another site may show older words."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer; `errors` by field, with the remedy."""

    answer: Answer
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Wish:
    address: Address
    typed: str
    name: str
    list_ids: tuple[int, ...]


def ask(form: SignupForm, asked: Asked, visitor: Visitor, parts: Installation, now: datetime) -> Reply:
    """Take a wish in, or say what is missing. The mail that asks back is a worker's job."""
    if not form.is_open:
        return Reply(Answer.CLOSED)
    if asked.trap:
        return _refused(form, "trap", Reply(Answer.ACCEPTED), now)  # a robot learns nothing from being caught
    wish, errors = _read(form, asked)
    keys = [key for _, key in parts.ring.links]
    age = rules.read_stamp(keys, form.public_id, asked.stamp, now)
    proven_by_work = form.captcha == Captcha.ALTCHA and bool(asked.captcha)
    if age is Age.ABSENT and not proven_by_work:
        return Reply(Answer.ONE_MORE_STEP, errors)
    if errors or wish is None:
        return Reply(Answer.INVALID, errors)
    if _over(rules.IP_LIMITS, limit_subject(visitor.ip), keys, now):
        return _refused(form, "ip", Reply(Answer.TOO_MANY), now)
    if age not in (Age.FINE, Age.ABSENT):
        return _refused(form, age.value, Reply(Answer.INVALID, {"form": _AGES[age]}), now)
    state = breaker(form, now)
    detail = _captcha(form, asked, visitor, parts, state, now)
    if detail is not None:
        return _refused(form, "captcha", Reply(Answer.INVALID, {"captcha": detail}), now)
    return _take(form, asked, wish, visitor, keys, state, now)


_AGES = {
    Age.TOO_FAST: "That was faster than people type. Wait a moment and press the button again.",
    Age.TOO_OLD: "This page was open for too long. Press the button again.",
    Age.FORGED: "This page could not be recognised. Press the button again.",
}


def _read(form: SignupForm, asked: Asked) -> tuple[_Wish | None, dict[str, str]]:
    errors: dict[str, str] = {}
    address: Address | None = None
    try:
        address = parse(asked.email[:400])
    except InvalidAddress:
        errors["email"] = "Write an e-mail address like jane@example.com."
    if address is not None and mailboxes.is_disposable(address.domain):
        errors["email"] = "This is a throw-away mailbox. Give an address that you keep."
    if address is not None and address.key.partition("@")[0] in NEVER_IMPORTED:
        errors["email"] = "This mailbox is for reports about mail. Give a personal address."
    name = " ".join(asked.name.split())[:200] if form.ask_name != "no" else ""
    if form.ask_name == "required" and not name:
        errors["name"] = "Write your name."
    offered = [one.pk for one in editing.lists_of(form)]
    chosen = tuple(sorted(set(asked.list_ids) & set(offered) if form.lets_choose else offered))
    if not chosen:
        errors["lists"] = "Choose at least one."
    if not asked.consent:
        errors["consent"] = "Tick the box: without your consent nothing is sent."
    if errors or address is None:
        return None, errors
    return _Wish(address, asked.email.strip()[:320], name, chosen), {}


def _over(limits: Sequence[Limit], about: str, keys: Sequence[bytes], now: datetime) -> bool:
    who = rules.subject(keys[-1], about)
    counts = [store.count(limit, who, now) > limit.most for limit in limits]
    return any(counts)


def _refused(form: SignupForm, why: str, reply: Reply, now: datetime) -> Reply:
    store.count(rules.REFUSED, f"{form.pk}:{why}", now, store.KEEP_FIGURES)
    return reply


def _captcha(
    form: SignupForm, asked: Asked, visitor: Visitor, parts: Installation, state: Breaker, now: datetime
) -> str | None:
    """None if the captcha holds, else what to say."""
    kind = Captcha(form.captcha)
    if kind is Captcha.NONE:
        return None
    if kind is Captcha.ALTCHA:
        keys = [key for _, key in parts.ring.links]
        found = proof.verify(keys, form.public_id, asked.captcha, now, harder=state is Breaker.HARDER)
        return None if found.passed else "The spam check did not finish. Let it run and press the button again."
    hosts = captcha_hosts(form, parts)
    secret = parts.ring.decrypt(form.captcha_secret) if form.captcha_secret else ""
    verdict = remote.verify(
        kind, asked.captcha, secret, form.captcha_site_key, visitor.ip, hosts, parts.config.captcha_endpoint
    )
    if verdict.broken:
        return "The spam check cannot be reached just now. Try again in a few minutes."
    return None if verdict.passed else "The spam check did not pass. Try it again."


def captcha_hosts(form: SignupForm, parts: Installation) -> set[str]:
    """The hosts on which a widget of this form may be solved."""
    return {urlsplit(site).hostname or "" for site in (parts.config.base_url, *rules.origins(form.origins))} - {""}


def breaker(form: SignupForm, now: datetime) -> Breaker:
    """Whether a burst is under way."""
    about = str(form.pk)
    hour = store.counted(rules.FORM_HOUR, about, now)
    usual = rules.usual_hour(store.earlier(rules.FORM_HOUR, about, now, 168))
    recent = Signup.objects.filter(form=form, mails__isnull=False, requested_at__lt=now - timedelta(hours=1))
    newest = list(recent.order_by("-pk").values_list("status", flat=True)[:50]) if hour > 10 else []
    return rules.breaker(hour, usual, newest.count("confirmed"), len(newest))


def _take(
    form: SignupForm,
    asked: Asked,
    wish: _Wish,
    visitor: Visitor,
    keys: Sequence[bytes],
    state: Breaker,
    now: datetime,
) -> Reply:
    domain = wish.address.domain
    if domain not in FREEMAIL and _over(rules.DOMAIN_LIMITS, domain, keys, now):
        return _refused(form, "domain", Reply(Answer.TOO_MANY), now)
    if state is Breaker.CLOSE:
        because = "Far more requests than usual within an hour. Look at them before you open it again."
        editing.set_open(form, False, because, now)
        return _refused(form, "burst", Reply(Answer.CLOSED), now)
    if _over(rules.ADDRESS_LIMITS, rules.canonical(wish.address.key), keys, now):
        return _refused(form, "address", Reply(Answer.ACCEPTED), now)
    store.count(rules.FORM_HOUR, str(form.pk), now)
    store.count(rules.REQUESTED, str(form.pk), now, store.KEEP_FIGURES)
    _keep(form, asked, wish, visitor, now)
    return Reply(Answer.ACCEPTED)


def _keep(form: SignupForm, asked: Asked, wish: _Wish, visitor: Visitor, now: datetime) -> None:
    text = editing.text_shown(form, asked.text, now)
    same = {"form": form, "text": text, "key": wish.address.key, "lists_key": ",".join(map(str, wish.list_ids))}
    pending = SignupStatus.PENDING.value
    lapsed = now - timedelta(hours=form.expiry_hours) - rules.HELD_AT_MOST
    with transaction.atomic():
        Signup.objects.filter(**same, status=pending, asked_again_at__lt=lapsed).update(
            status=SignupStatus.EXPIRED.value
        )
        found = Signup.objects.select_for_update().filter(**same, status=pending).first()
        if found is not None:
            found.requests, found.asked_again_at = found.requests + 1, now
            found.save(update_fields=["requests", "asked_again_at"])
        else:
            found = _new(form, asked, wish, visitor, same, now)
        jobs.enqueue(MAIL, str(found.pk), {"signup": found.pk}, now)


def _new(
    form: SignupForm, asked: Asked, wish: _Wish, visitor: Visitor, same: Mapping[str, object], now: datetime
) -> Signup:
    values = {
        "workspace_id": form.workspace_id,
        "address": wish.typed,
        "name": wish.name,
        "list_ids": list(wish.list_ids),
        "requested_at": now,
        "asked_again_at": now,
        "evidence": {
            "url": asked.url[:500],
            "channel": asked.channel,
            "ip": visitor.network,
            "user_agent": short_agent(visitor.user_agent),
            "captcha": "none" if form.captcha == Captcha.NONE else f"{form.captcha}: passed",
        },
    }
    try:
        with transaction.atomic():
            return Signup.objects.create(**same, status=SignupStatus.PENDING.value, **values)
    except IntegrityError:  # the same wish came twice at this moment
        return Signup.objects.get(**same, status=SignupStatus.PENDING.value)
