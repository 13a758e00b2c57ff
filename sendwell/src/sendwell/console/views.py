"""The dashboard, the settings page and the health check."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sendwell.connections import service as connections
from sendwell.console import rules, service
from sendwell.console.forms import EmailForm, SenderForm
from sendwell.core import jobs
from sendwell.core.installation import installation
from sendwell.workspaces.service import AddressTakenError, change_email, require_editor, workspace_of


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # a view's signature
    """For load balancers and `sendwell up`: we answer. Says nothing about the database or SES."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def echo(request: HttpRequest, nonce: str) -> HttpResponse:  # noqa: ARG001  # a view's signature
    """Our own question, come back by the public address: only this installation knows the answer."""
    answer = HttpResponse(connections.echo(installation().ring, nonce), content_type="text/plain")
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where things stand and what to do next; the live part alone for htmx."""
    board = service.dashboard(workspace_of(request), installation().clock.now())
    template = "console/_home_live.html" if getattr(request, "htmx", False) else "console/home.html"
    return render(request, template, {"board": board})


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """Who sends, and how one signs in."""
    return _settings(request, None, None)


@require_POST
@require_editor
def save_sender(request: HttpRequest) -> HttpResponse:
    """Change the workspace's name, legal name, postal address and website."""
    form = SenderForm(request.POST, instance=workspace_of(request))
    if not form.is_valid():
        return _settings(request, form, None)
    saved = form.save()
    gaps = rules.sender_gaps(saved.sender_name, saved.postal_address)
    if gaps:
        messages.warning(request, f"Saved. No campaign can start yet: {gaps}. Every campaign mail names both.")
    else:
        messages.success(request, "Saved. Campaigns started from now on carry these details.")
    return redirect("console:settings")


@require_POST
def save_email(request: HttpRequest) -> HttpResponse:
    """Change the address that the signed-in person signs in with."""
    form = EmailForm(request.POST)
    if form.is_valid():
        try:
            change_email(cast(User, request.user), form.cleaned_data["email"])
        except AddressTakenError as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, f"Saved. You sign in as {form.cleaned_data['email']} from now on.")
            return redirect("console:settings")
    return _settings(request, None, form)


@require_POST
@require_editor
def retry_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Run a background task again that failed 20 times."""
    if jobs.retry(job_id, installation().clock.now()):
        messages.success(request, "The task will be tried again in a moment.")
    else:
        messages.info(request, "That task is not waiting any more.")
    return redirect("console:home")


def _settings(request: HttpRequest, sender: SenderForm | None, email: EmailForm | None) -> HttpResponse:
    user, parts = cast(User, request.user), installation()
    context = {
        **connections.public_url_view(parts.config, parts.clock.now()),
        "sender_form": sender or SenderForm(instance=workspace_of(request)),
        "email_form": email or EmailForm(initial={"email": user.email}),
        "has_password": user.has_usable_password(),
    }
    failed = sender is not None or email is not None
    return render(request, "console/settings.html", context, status=422 if failed else 200)
