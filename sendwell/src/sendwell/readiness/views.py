"""Pages of "Leave the sandbox": where one stands, the form, what will be sent, the review, the proofs.

Lives here: reading forms, choosing words by state, redirects. Must not live here: decisions (rules.py), AWS calls.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from sendwell.connections.models import Connection
from sendwell.connections.service import primary_connection, usual_sender
from sendwell.core.installation import installation
from sendwell.readiness import presenting, proving, rules, service
from sendwell.readiness.forms import ProofForm, RequestForm
from sendwell.readiness.models import AccessRequest
from sendwell.workspaces.service import require_editor, workspace_of


def _connection(request: HttpRequest, connection_id: int) -> Connection:
    return get_object_or_404(Connection, pk=connection_id, workspace=workspace_of(request))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where the workspace's first connection stands; without one, what to do first."""
    found = primary_connection(workspace_of(request))
    if found is None:
        return render(request, "readiness/no_connection.html")
    return _show(request, found)


@require_safe
def connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Where one connection stands: every region has its own sandbox."""
    return _show(request, _connection(request, connection_id))


@require_safe
def live(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The part of the page that moves, for htmx."""
    found = _connection(request, connection_id)
    context = presenting.standing(found, installation()) | {"out_of_band": True}
    return render(request, "readiness/live.html", context)


def _show(request: HttpRequest, found: Connection, form: ProofForm | None = None, status: int = 200) -> HttpResponse:
    context = presenting.standing(found, installation())
    context["proof_form"] = form or ProofForm(initial={"from_address": usual_sender(found)})
    context["others"] = Connection.objects.filter(workspace=found.workspace).exclude(pk=found.pk).order_by("id")
    return render(request, "readiness/home.html", context, status=status)


@require_editor
def edit(request: HttpRequest, connection_id: int) -> HttpResponse:
    """GET shows the form; POST saves the draft, however incomplete, and goes on to the review if asked to."""
    found = _connection(request, connection_id)
    draft = service.editable(found, installation().clock.now())
    if draft is None:
        return redirect("readiness:connection", found.pk)
    proposed = service.propose(found, draft.limit_kind, draft.sends_per_day)
    if draft.pk is None and draft.limit_value is None:
        draft.limit_value = proposed.value
    form = RequestForm(request.POST or None, instance=draft)
    if request.method == "POST" and form.is_valid():
        form.save()
        if "review" in request.POST:
            return redirect("readiness:review", found.pk)
        messages.success(request, "Draft saved. Nothing has been sent.")
        return redirect("readiness:edit", found.pk)
    context = {
        "connection": found,
        "form": form,
        "draft": draft,
        "questions": [(form[field], question) for field, question, _ in rules.QUESTIONS],
        "proposal": proposed,
        **presenting.text_as_sent(service.as_draft(draft)),
    }
    return render(request, "readiness/edit.html", context)


@require_POST
def preview(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The description as it would be sent, its length and what is missing, for htmx. A POST because of its size."""
    found = _connection(request, connection_id)
    form = RequestForm(request.POST, instance=AccessRequest(connection=found))
    form.is_valid()  # what does not fit a field stays at its default; the form itself says so when saved
    return render(request, "readiness/_preview.html", presenting.text_as_sent(service.as_draft(form.instance)))


@require_safe
def proposal(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The proposed limit with its arithmetic, for htmx."""
    found = _connection(request, connection_id)
    sends = request.GET.get("sends_per_day", "")
    proposed = service.propose(
        found, request.GET.get("limit_kind", ""), min(int(sends), 100) if sends.isdecimal() and len(sends) < 5 else 1
    )
    return render(request, "readiness/_proposal.html", {"proposal": proposed})


@require_editor
def review(request: HttpRequest, connection_id: int) -> HttpResponse:
    """GET shows exactly what will be sent; POST sends it, once confirmed."""
    found = _connection(request, connection_id)
    saved = service.current(found)
    if saved is None or saved.state != "draft":
        return redirect("readiness:connection", found.pk)
    if request.method != "POST":
        return _review(request, saved)
    if request.POST.get("confirm") != "yes":
        return _review(request, saved, "Tick the box to confirm: without it nothing is sent.", 400)
    parts = installation()
    done = service.submit(saved.pk, request.POST.get("digest", ""), parts, parts.clock.now())
    if done.outcome is service.Outcome.SENT:
        return redirect("readiness:connection", found.pk)  # that page says by itself where the request stands
    if done.outcome in (service.Outcome.CONFLICT, service.Outcome.UNCLEAR):
        messages.error(request, done.text)
        return redirect("readiness:connection", found.pk)
    saved.refresh_from_db()
    return _review(request, saved, done.text, 400)


def _review(request: HttpRequest, saved: AccessRequest, error: str = "", status: int = 200) -> HttpResponse:
    draft = service.as_draft(saved)
    found = rules.problems(draft)
    context: dict[str, Any] = {"connection": saved.connection, "draft": saved, "problems": found, "error": error}
    if not found:
        context |= {"details": rules.account_details(draft), "digest": service.digest(draft)}
        context["advice"] = rules.advice(draft.use_case)
    return render(request, "readiness/review.html", context | presenting.text_as_sent(draft), status=status)


@require_POST
@require_editor
def again(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Take up a request that SES never received."""
    saved = service.current(_connection(request, connection_id))
    if saved is not None:
        service.take_up_again(saved.pk)
    return redirect("readiness:edit", connection_id)


@require_POST
@require_editor
def check(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Ask SES now how the review goes and what the limits are."""
    found = _connection(request, connection_id)
    parts = installation()
    error = service.check(found, parts, parts.clock.now())
    if error:
        messages.error(request, error)
    else:
        messages.success(request, "Checked with SES just now.")
    return redirect("readiness:connection", found.pk)


@require_POST
@require_editor
def prove(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Send to an unverified address of the owner's and show SES's answer word for word."""
    found = _connection(request, connection_id)
    form = ProofForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, 400)
    parts = installation()
    given = form.cleaned_data
    try:
        accepted = proving.prove_by_sending(found, parts, given["from_address"], given["to_address"], parts.clock.now())
    except proving.ProofRefusedError as error:
        form.add_error(None, str(error))
        return _show(request, found, form, 400)
    if accepted:
        messages.success(request, "SES accepted the message: this account is out of the sandbox.")
    else:
        messages.warning(request, "SES rejected the message: this account is still in the sandbox.")
    return redirect(reverse("readiness:connection", args=[found.pk]) + "#ways")
