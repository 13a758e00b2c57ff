"""What the owner's pages say of forms: figures, copies for other sites, the proof of one person's consent.

Lives here: values for templates. Must not live here: decisions, changes of any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.template.loader import render_to_string

from sendwell.contacts.models import ConsentEvent, Contact
from sendwell.core.installation import Installation
from sendwell.forms import editing, public_pages, rules, store
from sendwell.forms.models import FormText, OptInMail, Signup, SignupForm
from sendwell.forms.rules import Captcha, SignupReason
from sendwell.outbox import singles
from sendwell.workspaces.models import Workspace

SPAN = timedelta(days=90)
REFUSALS = {
    "trap": "fell into the trap for robots",
    "ip": "came too often from one network",
    "too_fast": "were sent within 2 seconds",
    "too_old": "came from a page open for over 12 hours",
    "forged": "came with a forged page",
    "captcha": "did not pass the captcha",
    "domain": "came too often for one mail domain",
    "address": "came too often for one address",
    "burst": "closed the form",
}


@dataclass(frozen=True)
class Figures:
    """A form in numbers, over the last 90 days. `rate` is confirmed over mailed, None before the first mail."""

    requested: int = 0
    mailed: int = 0
    confirmed: int = 0

    @property
    def rate(self) -> float | None:
        return rules.completion(self.confirmed, self.mailed)


def figures(forms: Sequence[SignupForm], now: datetime) -> dict[int, Figures]:
    """The numbers of each form."""
    since = now - SPAN
    sorts = (rules.REQUESTED, rules.MAILED, rules.CONFIRMED)
    requested, mailed, confirmed = (store.figures(sort.sort, since) for sort in sorts)
    return {
        form.pk: Figures(*(found.get(str(form.pk), 0) for found in (requested, mailed, confirmed))) for form in forms
    }


def rows(workspace: Workspace, now: datetime) -> list[tuple[SignupForm, Figures]]:
    """All forms with their numbers, newest first."""
    forms = list(SignupForm.objects.filter(workspace=workspace).prefetch_related("lists").order_by("-pk"))
    numbers = figures(forms, now)
    return [(form, numbers[form.pk]) for form in forms]


def detail(form: SignupForm, now: datetime) -> dict[str, Any]:
    """Everything on the page of one form."""
    since = now - SPAN
    refused = store.figures(rules.REFUSED.sort, since)
    held, oldest = singles.held_opt_in(form.workspace_id)
    dropped = Signup.objects.filter(form=form, status="dropped").values_list("reason").annotate(n=Count("pk"))
    return {
        "form": form,
        "figures": figures([form], now)[form.pk],
        "lists": editing.lists_of(form),
        "pending": Signup.objects.filter(form=form, status="pending").count(),
        "refused": [(text, n) for why, text in REFUSALS.items() if (n := refused.get(f"{form.pk}:{why}", 0))],
        "dropped": [(SignupReason(reason).label, n) for reason, n in dropped.order_by()],
        "held": held,
        "held_since": oldest,
        "days": rules.HELD_AT_MOST.days,
        "captcha_none": form.captcha == Captcha.NONE,
    }


@dataclass(frozen=True)
class Line:
    """One signup in the form's table, with where its newest mail stands."""

    signup: Signup
    mail: str
    mails: int


def lines(signups: Sequence[Signup]) -> list[Line]:
    """Signups with their mails."""
    mails: dict[int, list[int]] = {}
    found = OptInMail.objects.filter(signup__in=signups).order_by("pk")
    for signup_id, message_id in found.values_list("signup_id", "message_id"):
        mails.setdefault(signup_id, []).append(message_id)
    states = singles.singles(ids[-1] for ids in mails.values())
    return [_line(signup, mails.get(signup.pk, []), states) for signup in signups]


def _line(signup: Signup, ids: list[int], states: dict[int, Any]) -> Line:
    state = states.get(ids[-1]) if ids else None
    if state is None:
        return Line(signup, "not yet" if signup.status == "pending" else "none", len(ids))
    if state.reason == "sandbox":
        return Line(signup, "held by the sandbox", len(ids))
    words = "dropped: waited over 7 days" if state.reason == "too_old" else str(state.status).replace("_", " ")
    return Line(signup, words, len(ids))


def snippets(form: SignupForm, parts: Installation) -> dict[str, str]:
    """The form as HTML for other sites, as an iframe, and as a call to the JSON endpoint."""
    context = {
        "form": form,
        "lists": editing.lists_of(form),
        "base": parts.config.base_url,
        "digest": editing.digest_of(form),
        "trap": public_pages.TRAP,
        "altcha": form.captcha == Captcha.ALTCHA,
    }
    names = ("html", "iframe", "json")
    return {name: render_to_string(f"forms/snippet_{name}.txt", context).strip() for name in names}


@dataclass(frozen=True)
class Proven:
    """One consent event with what the form showed, where a form was the way."""

    event: ConsentEvent
    text: FormText | None
    intact: bool
    times: dict[str, str]


def proof(contact: Contact) -> list[Proven]:
    """Every consent event of a person, oldest first; `intact` says that the kept words still have the recorded hash."""
    events = ConsentEvent.objects.filter(contact=contact).select_related("list").order_by("at", "pk")
    return [_proven(contact, event) for event in events]


def _proven(contact: Contact, event: ConsentEvent) -> Proven:
    digest = str(event.evidence.get("text_sha256", ""))
    if not digest:
        return Proven(event, None, True, {})
    text = FormText.objects.filter(
        form__workspace_id=contact.workspace_id, form__public_id=event.evidence.get("form_id", ""), sha256=digest
    ).first()
    times = {name: _time(event.evidence.get(name)) for name in ("requested_at", "mailed_at", "confirmed_at")}
    return Proven(event, text, text is not None and rules.text_hash(text.shown) == digest, times)


def _time(kept: object) -> str:
    """A kept moment for people, to the second."""
    try:
        return f"{datetime.fromisoformat(str(kept)).astimezone(UTC):%-d %b %Y, %H:%M:%S} UTC"
    except ValueError:
        return "–"
