"""Pages of campaigns before and at Start: list, draft, preview, test mail, what Start will do; and the owner's verbs.

Lives here: reading forms, calling the service, choosing pages. Must not live here: decisions, SQL, the report
(reporting.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from sendwell.campaigns import drafting, presenting, reporting, service, store
from sendwell.campaigns.forms import CampaignForm, TestForm
from sendwell.campaigns.models import Campaign, CampaignStatus
from sendwell.connections.models import Connection
from sendwell.connections.service import primary_connection, senders, usual_sender
from sendwell.contacts.models import List
from sendwell.core.installation import installation
from sendwell.workspaces.service import require_editor, workspace_of

# The mail is somebody's HTML: no script, no form, nothing fetched but pictures; and shown in a sandboxed frame only.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox"
)


def find(request: HttpRequest, campaign_id: int) -> Campaign:
    """The campaign, if it is of the signed-in person's workspace; else 404."""
    return get_object_or_404(store.of(workspace_of(request)).select_related("workspace"), pk=campaign_id)


def _now() -> datetime:
    return installation().clock.now()


@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """All campaigns, newest first, with what has become of each."""
    page = Paginator(store.of(workspace_of(request)), 25).get_page(request.GET.get("page"))
    context = {"page": page, "rows": presenting.rows(list(page.object_list))}
    return render(request, "campaigns/list.html", context)


@require_editor
def new(request: HttpRequest) -> HttpResponse:
    """A new draft. Without a list or a connection, says what to do first."""
    workspace = workspace_of(request)
    connection, found = primary_connection(workspace), List.objects.filter(workspace=workspace).order_by("id").first()
    if connection is None or found is None:
        return render(request, "campaigns/not_yet.html", {"connection": connection, "list": found})
    draft = Campaign(workspace=workspace, connection=connection, list=found, created_at=_now())
    draft.from_name, draft.from_address = workspace.sender_name, usual_sender(connection)
    return _edit(request, draft)


@require_editor
def edit(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """GET shows the draft; POST saves it, however incomplete."""
    draft = find(request, campaign_id)
    if draft.status != CampaignStatus.DRAFT:
        return redirect("campaigns:campaign", draft.pk)
    return _edit(request, draft)


def _edit(request: HttpRequest, draft: Campaign) -> HttpResponse:
    form = CampaignForm(request.POST or None, instance=draft, workspace=draft.workspace)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        if "preview" in request.POST:
            return redirect("campaigns:preview", saved.pk)
        if "next" in request.POST:
            return redirect("campaigns:campaign", saved.pk)
        messages.success(request, "Draft saved.")
        return redirect("campaigns:edit", saved.pk)
    connections = Connection.objects.filter(workspace=draft.workspace).order_by("id")
    context = {
        "form": form,
        "campaign": draft if draft.pk else None,
        "senders": [(connection, senders(connection)) for connection in connections],
        "attributes": drafting.sample(draft.list_id, _now()).attributes,
    }
    return render(request, "campaigns/edit.html", context, status=400 if form.errors else 200)


@require_safe
def preview(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The mail as one contact would get it: desktop, mobile, text, headers; and the form for a test mail."""
    return _preview(request, find(request, campaign_id))


def _preview(request: HttpRequest, found: Campaign, form: TestForm | None = None) -> HttpResponse:
    contact = _contact(request.POST.get("contact") or request.GET.get("contact"))
    user = request.user
    mine = getattr(user, "email", "")
    address = "" if mine.endswith("@localhost") else mine  # the first owner has no real address until they set one
    initial = {"address": address, "contact": contact, "nonce": secrets.token_hex(8)}
    context: dict[str, Any] = {
        "campaign": found,
        "contact": contact,
        "preview": drafting.preview(found, contact, _now()),
        "sample": drafting.sample(found.list_id, _now()),
        "test_form": form or TestForm(initial=initial),
    }
    return render(request, "campaigns/preview.html", context, status=400 if form else 200)


@require_safe
@xframe_options_sameorigin
def mail(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The rendered HTML alone, for the preview's sandboxed frame."""
    found = drafting.preview(find(request, campaign_id), _contact(request.GET.get("contact")), _now())
    html = found.rendered.html if found.rendered else "<p>There is nothing to show yet.</p>"
    return HttpResponse(html, headers={"Content-Security-Policy": MAIL_POLICY, "Cache-Control": "no-store"})


def _contact(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


@require_POST
@require_editor
def test_send(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Queue the mail as it stands to one address."""
    found = find(request, campaign_id)
    form = TestForm(request.POST)
    if not form.is_valid():
        return _preview(request, found, form)
    given = form.cleaned_data
    try:
        drafting.send_test(found, given["address"], given["contact"], given["nonce"], _now())
    except drafting.TestRefusedError as error:
        form.add_error("address", str(error))
        return _preview(request, found, form)
    messages.success(request, f"A test to {given['address']} is queued; it leaves within seconds.")
    return redirect("campaigns:preview", found.pk)


test_send.__test__ = False  # type: ignore[attr-defined]  # not a test case


@require_safe
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A draft: what Start will do, or what stands in its way. Started: the report."""
    found = find(request, campaign_id)
    if found.status != CampaignStatus.DRAFT:
        return reporting.report(request, found)
    return _before(request, found)


def _before(request: HttpRequest, found: Campaign, status: int = 200) -> HttpResponse:
    now, config = _now(), installation().config
    context = {"campaign": found, "problems": service.problems(found, config.base_url, now)}
    return render(request, "campaigns/before.html", context | presenting.before(found, now), status=status)


@require_POST
@require_editor
def start(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Start, if nothing stands in the way and the owner confirmed how many get it."""
    found = find(request, campaign_id)
    parts = installation()
    if request.POST.get("confirm") != "yes":
        messages.error(request, "Tick the box to confirm: without it nothing is sent.")
        return redirect("campaigns:campaign", found.pk)
    try:
        service.start(found, str(request.user), parts.clock.now(), parts.config.base_url)
    except service.NotStartableError:
        return _before(request, found, 400)
    except service.CannotDoError as error:
        messages.error(request, str(error))
    return redirect("campaigns:campaign", found.pk)  # the report says by itself that it runs


def _verb(change: Callable[[int, datetime], None], done: str) -> Callable[[HttpRequest, int], HttpResponse]:
    """A view that applies one of the owner's verbs and goes back to the report."""

    @require_POST
    @require_editor
    def view(request: HttpRequest, campaign_id: int) -> HttpResponse:
        found = find(request, campaign_id)
        try:
            change(found.pk, _now())
        except service.CannotDoError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done)
        return redirect("campaigns:campaign", found.pk)

    return view


pause = _verb(service.pause, "Paused. What had been handed to SES already still arrives.")
resume = _verb(service.resume, "Going on.")
cancel = _verb(service.cancel, "Cancelled. What had been handed to SES already still arrives.")


@require_POST
@require_editor
def copy(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A new draft with the same text."""
    made = service.copy(find(request, campaign_id), _now())
    messages.success(request, "Copied into a new draft.")
    return redirect("campaigns:edit", made.pk)


@require_POST
@require_editor
def discard(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Delete a draft."""
    found = find(request, campaign_id)
    try:
        service.discard(found)
    except service.CannotDoError as error:
        messages.error(request, str(error))
        return redirect("campaigns:campaign", found.pk)
    messages.success(request, f"The draft “{found.name}” is deleted.")
    return redirect("campaigns:list")
