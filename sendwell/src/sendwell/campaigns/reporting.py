"""The report of a started campaign: numbers that add up, who was left out and why, messages in doubt.

Lives here: views of started campaigns. Must not live here: drafts (views.py), decisions.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from sendwell.campaigns import presenting, store
from sendwell.campaigns.models import Campaign, CampaignStatus
from sendwell.core.db import DjangoDb
from sendwell.core.installation import installation
from sendwell.outbox import service as outbox
from sendwell.outbox.service import Reason, Status
from sendwell.workspaces.service import require_editor, workspace_of


def _find(request: HttpRequest, campaign_id: int) -> Campaign:
    started = store.of(workspace_of(request)).exclude(status=CampaignStatus.DRAFT)
    return get_object_or_404(started, pk=campaign_id)


def report(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """The whole report page; its moving part is `live`."""
    context = presenting.report(campaign, installation().clock.now())
    return render(request, "campaigns/report.html", context)


@require_safe
def live(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The moving part of the report, for htmx; it replaces itself and asks no more once nothing moves."""
    context = presenting.report(_find(request, campaign_id), installation().clock.now())
    return render(request, "campaigns/_live.html", context)


@require_safe
def messages_page(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The campaign's messages, all of them or those in one state for one reason."""
    found = _find(request, campaign_id)
    status = request.GET.get("status") if request.GET.get("status") in list(Status) else None
    reason = request.GET.get("reason") if request.GET.get("reason") in list(Reason) else None
    page = Paginator(outbox.messages_of(found.pk, status, reason), 50).get_page(request.GET.get("page"))
    context = {"campaign": found, "page": page, "status": status, "reason": reason}
    return render(request, "campaigns/messages.html", context | presenting.filters(found))


@require_POST
@require_editor
def doubts(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The owner's word on the campaign's messages in doubt: send again, or leave them."""
    found = _find(request, campaign_id)
    again = request.POST.get("do") == "send_again"
    if not again and request.POST.get("do") != "leave":
        messages.error(request, "Choose one of the two.")
        return redirect("campaigns:campaign", found.pk)
    ids = list(outbox.doubts(campaign_id=found.pk).values_list("pk", flat=True))
    done = outbox.resolve_doubt(DjangoDb(), ids, again, str(request.user), installation().clock.now())
    messages.success(request, f"{done} {'queued again' if again else 'left as they are'}.")
    return redirect("campaigns:campaign", found.pk)
