"""The owner's pages of forms: list, figures, settings, copies for other sites, proof of consent.

Lives here: HTTP in and out for signed-in people. Must not live here: what visitors see (public_views.py), decisions.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sendwell.connections.service import primary_connection, senders, usual_sender
from sendwell.contacts.models import Contact, List
from sendwell.core.installation import installation
from sendwell.forms import editing, presenting
from sendwell.forms.editing import MailProblemError
from sendwell.forms.forms import SettingsForm
from sendwell.forms.models import Signup, SignupForm
from sendwell.outbox import singles
from sendwell.workspaces.service import require_editor, workspace_of


def _now() -> datetime:
    return installation().clock.now()


def _find(request: HttpRequest, form_id: int) -> SignupForm:
    found = SignupForm.objects.select_related("workspace", "connection")
    return get_object_or_404(found, pk=form_id, workspace=workspace_of(request))


@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """All forms with their figures, and what the sandbox holds."""
    workspace = workspace_of(request)
    held, oldest = singles.held_opt_in(workspace.pk)
    context = {"rows": presenting.rows(workspace, _now()), "held": held, "held_since": oldest}
    return render(request, "forms/list.html", context)


@require_editor
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new form. Without a list or a connection, says what to do first."""
    workspace = workspace_of(request)
    connection, found = primary_connection(workspace), List.objects.filter(workspace=workspace).exists()
    if connection is None or not found:
        return render(request, "forms/not_yet.html", {"connection": connection})
    return _edit(request, editing.draft(workspace, connection, usual_sender(connection), _now()))


@require_editor
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, form_id: int) -> HttpResponse:
    """Change a form. Copies on other sites go on working; their older words stay known."""
    return _edit(request, _find(request, form_id))


def _edit(request: HttpRequest, changed: SignupForm) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=changed)
    if request.method == "POST" and form.is_valid():
        saved = form.save(commit=False)
        given = form.cleaned_data
        try:
            editing.save(saved, list(given["lists"]), given["secret"], installation().ring, _now())
        except MailProblemError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, "Saved. Visitors see it at once.")
            return redirect("forms:detail", saved.pk)
    context = {
        "form": form,
        "changed": changed if changed.pk else None,
        "senders": senders(changed.connection),
        "has_secret": bool(changed.captcha_secret),
    }
    return render(request, "forms/edit.html", context, status=422 if form.errors else 200)


@require_safe
def detail(request: HttpRequest, form_id: int) -> HttpResponse:
    """One form: its figures, who asked, and what was turned away."""
    found, now = _find(request, form_id), _now()
    status = request.GET.get("status", "")
    signups = Signup.objects.filter(form=found).order_by("-pk")
    if status:
        signups = signups.filter(status=status)
    page = Paginator(signups, 25).get_page(request.GET.get("page"))
    context = presenting.detail(found, now) | {
        "page": page,
        "lines": presenting.lines(list(page.object_list)),
        "status": status,
        "public_url": f"{installation().config.base_url}/f/{found.public_id}",
    }
    return render(request, "forms/detail.html", context)


@require_safe
def embed(request: HttpRequest, form_id: int) -> HttpResponse:
    """The form for other sites, to copy."""
    found = _find(request, form_id)
    context = {"form": found, "snippets": presenting.snippets(found, installation())}
    return render(request, "forms/embed.html", context)


@require_POST
@require_editor
def set_open(request: HttpRequest, form_id: int) -> HttpResponse:
    """Open or close a form."""
    found = _find(request, form_id)
    is_open = request.POST.get("open") == "yes"
    editing.set_open(found, is_open, "" if is_open else f"Closed by {request.user}", _now())
    messages.success(request, "The form takes signups." if is_open else "Closed. Links in mails still confirm.")
    return redirect("forms:detail", found.pk)


@require_safe
def proof(request: HttpRequest, contact_id: int) -> HttpResponse:
    """All that proves one person's consent, to print or to show to an authority."""
    contact = get_object_or_404(Contact, pk=contact_id, workspace=workspace_of(request))
    context = {
        "contact": contact,
        "proven": presenting.proof(contact),
        "subscriptions": contact.subscriptions.select_related("list").order_by("list__name"),
        "now": _now(),
    }
    return render(request, "forms/proof.html", context)
