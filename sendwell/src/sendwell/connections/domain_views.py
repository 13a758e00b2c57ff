"""The page of one sending domain: how it stands, its set-up, its records.

Lives here: HTTP in and out. Must not live here: calls to AWS other than through domains.py, records' forms.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from sendwell.amazon.client import AwsError
from sendwell.connections import access, domain_presenting, domains, records
from sendwell.connections.forms import DomainForm
from sendwell.connections.models import Identity, IdentityKind
from sendwell.core.installation import installation
from sendwell.core.keyring import KeyRingError
from sendwell.workspaces.service import require_editor, workspace_of

TROUBLE = (AwsError, access.NoConnectionError, KeyRingError, domains.GoneError, ValueError)


def _own(request: HttpRequest, pk: int, identity_id: int) -> Identity:
    return get_object_or_404(
        Identity.objects.select_related("connection"),
        pk=identity_id,
        connection_id=pk,
        connection__workspace=workspace_of(request),
        kind=IdentityKind.DOMAIN,
    )


@require_GET
def page(request: HttpRequest, pk: int, identity_id: int) -> HttpResponse:
    """How the domain stands, and the records in the words of the chosen DNS host."""
    return _page(request, _own(request, pk, identity_id), None)


def _page(request: HttpRequest, identity: Identity, form: DomainForm | None) -> HttpResponse:
    style = records.style_of(request.GET.get("style", ""))
    context = {
        **domain_presenting.standing(identity),
        **domain_presenting.publishing(identity, style, request.GET.get("zone", "")),
        "form": form or _form(identity),
    }
    return render(request, "connections/domain.html", context, status=422 if form else 200)


def _form(identity: Identity, data: object = None) -> DomainForm:
    others = identity.connection.identities.exclude(pk=identity.pk).values_list("name", flat=True)
    start = {
        "mail_from": domains.mail_from(identity) or f"bounce.{identity.name}",
        "report_to": domains.report_to(identity),
    }
    return DomainForm(data, initial=start, domain=identity.name, taken=list(others))


@require_POST
def look(request: HttpRequest, pk: int, identity_id: int) -> HttpResponse:
    """Ask SES how the domain stands and give the live part; polled while something may still change."""
    identity, parts = _own(request, pk, identity_id), installation()
    polled, trouble = bool(getattr(request, "htmx", False)), ""
    try:
        domains.look(identity, parts, parts.clock.now(), asked=not polled)
    except TROUBLE as error:
        trouble = str(error)
    if not polled:
        if trouble:
            messages.error(request, trouble)
        return redirect("connections:domain", pk=pk, identity_id=identity_id)
    context = {**domain_presenting.standing(identity), "trouble": trouble}
    return render(request, "connections/_domain_live.html", context)


@require_POST
@require_editor
def set_up(request: HttpRequest, pk: int, identity_id: int) -> HttpResponse:
    """Set DKIM, MAIL FROM and the configuration set up at SES."""
    identity, parts = _own(request, pk, identity_id), installation()
    form = _form(identity, request.POST)
    if not form.is_valid():
        return _page(request, identity, form)
    wanted, report_to = form.cleaned_data["mail_from"], form.cleaned_data["report_to"]
    try:
        steps = domains.set_up(identity, wanted, report_to, parts, parts.clock.now())
    except TROUBLE as error:
        messages.error(request, str(error))
    else:
        messages.success(request, domain_presenting.told(steps))
    return redirect("connections:domain", pk=pk, identity_id=identity_id)


@require_POST
@require_editor
def start_anew(request: HttpRequest, pk: int, identity_id: int) -> HttpResponse:
    """Delete the domain at SES and create it again, after SES gave up on its records."""
    identity, parts = _own(request, pk, identity_id), installation()
    try:
        domains.start_anew(identity, parts, parts.clock.now())
    except TROUBLE as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "SES searches again, for 72 hours. The DKIM records are new ones: replace the old.")
    return redirect("connections:domain", pk=pk, identity_id=identity_id)


@require_GET
def zone_file(request: HttpRequest, pk: int, identity_id: int) -> HttpResponse:
    """All records as a file in the master file format."""
    identity = _own(request, pk, identity_id)
    text = records.zone_file(identity.name, domains.to_publish(identity))
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{identity.name}.zone"'
    return answer
