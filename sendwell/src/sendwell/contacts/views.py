"""Pages of contacts and lists. Decisions and writes are the service's; imports have their own views.

GET changes nothing; every change is a POST followed by a redirect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sendwell.contacts import queries, service
from sendwell.contacts.forms import BASES, ContactForm, ListForm, PauseForm
from sendwell.contacts.models import ConsentBasis, ConsentEvent, Contact, List, SubscriptionStatus
from sendwell.contacts.rules import standing
from sendwell.core.db import DjangoDb
from sendwell.core.installation import installation
from sendwell.workspaces.service import require_editor, workspace_of

PAGE = 50
STANDINGS = {"active": "Active", "paused": "Paused", "off_lists": "Unsubscribed", "unsubscribed": "Left everything"}
METHODS = {
    "owner": "By hand",
    "import": "By an import",
    "page": "On the page behind the link in a mail",
    "one-click": "By one click in a mail program",
    "complaint": "After a complaint",
    "double opt-in": "By the link in an opt-in mail",
    "api": "By the API",
}
LABELS = {
    "by": "who",
    "import": "import no.",
    "stated": "in the file",
    "attested_by": "stated by",
    "message": "message no.",
    "ip": "network",
    "user_agent": "program",
}


@dataclass(frozen=True)
class Line:
    """A contact in a table."""

    contact: Contact
    standing: str
    label: str


def who(request: HttpRequest) -> str:
    """The signed-in person, for evidence."""
    return cast(str, getattr(request.user, "email", "") or request.user.get_username())


def now_of() -> datetime:
    return installation().clock.now()


@require_GET
def contact_list(request: HttpRequest) -> HttpResponse:
    """All contacts, searched and filtered by standing."""
    workspace, now = workspace_of(request), now_of()
    query, status = request.GET.get("q", "").strip(), request.GET.get("status", "")
    page = Paginator(queries.contacts_like(workspace, query, status, now), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": lines(page, now),
        "workspace_id": workspace.pk,
        "query": query,
        "status": status,
        "standings": STANDINGS,
        "filtered": bool(query or status),
    }
    return render(request, "contacts/list.html", context)


def lines(contacts: Iterable[Contact], now: datetime) -> list[Line]:
    """Contacts as lines of a table."""
    shown = list(contacts)
    gone = queries.left_lists(shown)
    return [Line(contact, found := _standing(contact, contact.pk in gone, now), STANDINGS[found]) for contact in shown]


def _standing(contact: Contact, left_lists: bool, now: datetime) -> str:
    left = contact.unsubscribed_at is not None
    return standing(left_everything=left, left_lists=left_lists, paused_until=contact.paused_until, now=now)


@require_editor
@require_http_methods(["GET", "POST"])
def contact_add(request: HttpRequest) -> HttpResponse:
    """Add one person, with the basis on which they may be mailed."""
    form = ContactForm(workspace_of(request), request.POST or None, initial={"list": request.GET.get("list")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        new = service.NewContact(data["address"], data["name"], data["basis"], data["source"])
        try:
            contact = service.add_contact(new, data["list"], who(request), now_of())
        except service.ContactRefusedError as error:
            form.add_error("address", str(error))
        else:
            messages.success(request, f"{contact.address} is on the list “{data['list']}”.")
            return redirect("contacts:detail", contact.pk)
    return render(request, "contacts/add.html", {"form": form, "bases": BASES})


def _contact(request: HttpRequest, contact_id: int) -> Contact:
    return get_object_or_404(Contact, pk=contact_id, workspace=workspace_of(request))


@require_GET
def contact_detail(request: HttpRequest, contact_id: int) -> HttpResponse:
    """One contact: standing, subscriptions, and every consent event."""
    contact, now = _contact(request, contact_id), now_of()
    return render(request, "contacts/detail.html", _detail(contact, now) | {"pause_form": PauseForm()})


def _detail(contact: Contact, now: datetime) -> dict[str, Any]:
    return {
        "contact": contact,
        "alone": [contact],
        "line": lines([contact], now)[0],
        "subscriptions": contact.subscriptions.select_related("list").order_by("list__name"),
        "events": [
            (event, METHODS.get(event.method, event.method), _evidence(event))
            for event in contact.consentevent_set.select_related("list").order_by("-at", "-pk")[:200]
        ],
    }


def _evidence(event: ConsentEvent) -> list[tuple[str, object]]:
    """What is known of the event, in words; empty facts are left out. The page of proof has all of them."""
    if "text_sha256" in event.evidence:
        return [("form", event.evidence.get("form", "")), ("words", f"version {event.evidence.get('text_version')}")]
    bases = dict[object, object](ConsentBasis.choices)
    known = [
        (LABELS.get(name, name), bases.get(value, value) if name == "basis" else value)
        for name, value in event.evidence.items()
        if value not in ("", None)
    ]
    return [
        (label, str(value)[:16].replace("T", " ") + " UTC" if label == "until" else value) for label, value in known
    ]


@require_editor
@require_POST
def contact_leave(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Take a contact off one list (`list` in the form) or off everything."""
    contact = _contact(request, contact_id)
    chosen = request.POST.get("list", "")
    list_id = get_object_or_404(List, pk=chosen, workspace=contact.workspace).pk if chosen.isdecimal() else None
    if service.unsubscribe(contact.pk, list_id, "owner", {"by": who(request)}, now_of()):
        messages.success(request, f"{contact.address} is unsubscribed. No import can undo that.")
    return redirect("contacts:detail", contact.pk)


@require_editor
@require_POST
def contact_pause(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Pause a contact until a day, or end the pause (no day given)."""
    contact, now = _contact(request, contact_id), now_of()
    evidence = {"by": who(request)}
    if "resume" in request.POST:
        service.resume(contact.pk, "owner", evidence, now)
        return redirect("contacts:detail", contact.pk)
    form = PauseForm(request.POST)
    if form.is_valid():
        try:
            service.pause(contact.pk, form.moment(), "owner", evidence, now)
        except ValueError as error:
            form.add_error("until", str(error))
        else:
            return redirect("contacts:detail", contact.pk)
    return render(request, "contacts/detail.html", _detail(contact, now) | {"pause_form": form}, status=422)


@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """All lists with their sizes by status."""
    workspace = workspace_of(request)
    sizes = service.list_sizes(workspace)
    found = [(item, sizes[item.pk]) for item in List.objects.filter(workspace=workspace).order_by("name")]
    return render(request, "contacts/lists.html", {"lists": found})


@require_editor
@require_http_methods(["GET", "POST"])
def list_new(request: HttpRequest) -> HttpResponse:
    """Create a list."""
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = service.create_list(workspace_of(request), now=now_of(), **form.cleaned_data)
        except service.NameTakenError as error:
            form.add_error("name", str(error))
        else:
            return redirect("contacts:list_detail", made.pk)
    return render(request, "contacts/list_form.html", {"form": form, "changed": None})


@require_editor
@require_http_methods(["GET", "POST"])
def list_edit(request: HttpRequest, list_id: int) -> HttpResponse:
    """Rename a list."""
    changed = get_object_or_404(List, pk=list_id, workspace=workspace_of(request))
    form = ListForm(request.POST or None, initial={"name": changed.name, "description": changed.description})
    if request.method == "POST" and form.is_valid():
        try:
            service.rename_list(changed, **form.cleaned_data)
        except service.NameTakenError as error:
            form.add_error("name", str(error))
        else:
            return redirect("contacts:list_detail", changed.pk)
    return render(request, "contacts/list_form.html", {"form": form, "changed": changed})


@require_GET
def list_detail(request: HttpRequest, list_id: int) -> HttpResponse:
    """One list: who may be mailed, who not and why, and its contacts."""
    shown = get_object_or_404(List, pk=list_id, workspace=workspace_of(request))
    query, status = request.GET.get("q", "").strip(), request.GET.get("status", "")
    now = now_of()
    page = Paginator(queries.subscriptions_like(shown, query, status), PAGE).get_page(request.GET.get("page"))
    counts = service.audience_counts(DjangoDb(), shown.pk, now)
    context = {
        "list": shown,
        "page": page,
        "lines": [(item, line) for item, line in zip(page, lines((s.contact for s in page), now), strict=True)],
        "counts": {verdict.value: number for verdict, number in counts.items()},
        "total": sum(counts.values()),
        "import_url": f"{reverse('contacts:import_new')}?list={shown.pk}",
        "query": query,
        "status": status,
        "statuses": SubscriptionStatus.choices,
    }
    return render(request, "contacts/list_detail.html", context)
