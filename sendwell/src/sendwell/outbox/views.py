"""Pages of the ledger: messages, one message's story, what is in doubt, and the queue.

Lives here: HTTP in and out. Must not live here: words (presenting.py), decisions, SQL. GET changes nothing.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from sendwell.core.db import DjangoDb
from sendwell.core.installation import installation
from sendwell.outbox import presenting, service
from sendwell.outbox.models import Message
from sendwell.outbox.rules import REASON_LABELS, STATUS_LABELS, Reason, Status
from sendwell.workspaces.service import require_editor, workspace_of

PAGE = 50


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All messages of the workspace, newest first, by address, state, reason or campaign."""
    chosen = {name: request.GET.get(name, "").strip() for name in ("q", "status", "reason", "campaign")}
    found = service.search(
        workspace_of(request).pk,
        address=chosen["q"].lower(),
        status=chosen["status"] if chosen["status"] in list(Status) else "",
        reason=chosen["reason"] if chosen["reason"] in list(Reason) else "",
        campaign_id=int(chosen["campaign"])
        if chosen["campaign"].isdecimal() and len(chosen["campaign"]) < 19
        else None,
    )
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "statuses": [(status.value, label) for status, label in STATUS_LABELS.items()],
        "reasons": [(reason.value, label) for reason, label in REASON_LABELS.items() if reason],
    }
    return render(request, "outbox/list.html", context)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: where it stands and why, and every attempt in plain words."""
    own = Message.objects.select_related("connection", "content").filter(workspace=workspace_of(request))
    message = get_object_or_404(own, pk=pk)
    return render(request, "outbox/detail.html", presenting.story(message))


@require_GET
def doubts(request: HttpRequest) -> HttpResponse:
    """Messages of which nobody here knows whether SES took them, and what may be done."""
    found = service.doubts(workspace_id=workspace_of(request).pk).select_related("connection")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "outbox/doubts.html", {"page": page, "rows": presenting.doubtful(page.object_list)})


@require_POST
@require_editor
def resolve(request: HttpRequest) -> HttpResponse:
    """The owner's word on chosen messages in doubt."""
    again = request.POST.get("do") == "send_again"
    asked = [int(pk) for pk in request.POST.getlist("message") if pk.isdecimal() and len(pk) < 19]
    if not asked or (not again and request.POST.get("do") != "leave"):
        messages.error(request, "Tick at least one message, then choose what to do with it.")
        return redirect("outbox:doubts")
    own = service.doubts(workspace_id=workspace_of(request).pk).filter(pk__in=asked)
    ids = list(own.values_list("pk", flat=True))
    done = service.resolve_doubt(DjangoDb(), ids, again, str(request.user), installation().clock.now())
    said = "wait to be sent again" if again else "are left as they are and will not be sent again"
    messages.success(request, f"{done} message{'s'[: done != 1]} {said}.")
    return redirect("outbox:doubts")


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What waits on each connection, what it may send, and why it rests if it does."""
    return render(request, "outbox/queue.html", _queue(request))


@require_GET
def queue_live(request: HttpRequest) -> HttpResponse:
    """The moving part of the queue page, for htmx."""
    return render(request, "outbox/_queue.html", _queue(request))


def _queue(request: HttpRequest) -> dict[str, object]:
    return {"lanes": presenting.lanes(workspace_of(request), installation().clock.now())}
