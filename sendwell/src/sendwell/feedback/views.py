"""The SNS webhook, and the pages that show what came through it.

Lives here: HTTP in and out. Must not live here: what is believed (trust.py), what it means (applying.py).
"""

from __future__ import annotations

import json
import logging
from typing import cast

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from sendwell.connections import service as connections
from sendwell.connections.models import Connection
from sendwell.core.installation import installation
from sendwell.feedback import service, trust
from sendwell.feedback.apps import FeedbackConfig
from sendwell.feedback.models import Notification, NotificationState
from sendwell.workspaces.service import require_editor, workspace_of

log = logging.getLogger("sendwell.feedback")


@csrf_exempt
@login_not_required
@require_POST
def sns(request: HttpRequest, hook_key: str) -> HttpResponse:
    """SNS's POSTs. No cookie, no redirect, and an answer that tells a stranger nothing."""
    try:
        connection = connections.by_hook_key(hook_key)
        if connection is None:
            return HttpResponse("Not found.\n", status=404, content_type="text/plain")
        headers = {name.lower(): value for name, value in request.headers.items()}
        verdict = service.receive(connection, headers, _body(request), _desk())
    except DatabaseError:
        log.exception("A notification could not be stored; SNS was asked to send it again.")
        return HttpResponse("Try again.\n", status=503, content_type="text/plain")
    if verdict.status != 200:
        log.warning("SNS post for connection %d: %d %s", connection.pk, verdict.status, verdict.cause)
    return HttpResponse(f"{verdict.cause}\n", status=verdict.status, content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    """The body, or one byte more than is allowed, so that a long one is never read whole."""
    return request.read(trust.MAX_BODY + 1)


def _desk() -> service.Desk:
    parts = installation()
    config = cast(FeedbackConfig, apps.get_app_config("feedback"))
    return service.Desk(parts, config.certificates, parts.clock.now())


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Recent notifications, also those that are unknown or could not be applied."""
    workspace = workspace_of(request)
    state = request.GET.get("state", "")
    if state not in NotificationState.values:
        state = ""
    chosen = request.GET.get("connection", "")
    connection_id = int(chosen) if chosen.isdecimal() and len(chosen) < 10 else None
    found = service.notifications(workspace, connection_id, state)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": service.rows(page.object_list),
        "state": state,
        "states": NotificationState.choices,
        "counts": service.counts(workspace),
        "refusals": service.refusals(workspace),
        "connections": Connection.objects.filter(workspace=workspace).order_by("id"),
        "connection_id": connection_id,
    }
    return render(request, "feedback/list.html", context)


def _own(request: HttpRequest, pk: int) -> Notification:
    own = Notification.objects.select_related("connection")
    return get_object_or_404(own, pk=pk, connection__workspace=workspace_of(request))


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One notification: what it said, raw, and what followed from it."""
    notification = _own(request, pk)
    try:
        raw = json.dumps(json.loads(notification.body), indent=2, ensure_ascii=False)
    except ValueError:
        raw = notification.body
    events = notification.feedback_set.order_by("id")
    return render(request, "feedback/detail.html", {"notification": notification, "raw": raw, "events": events})


@require_POST
@require_editor
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply a failed or unknown notification again."""
    notification = _own(request, pk)
    if not service.replay(notification):
        raise Http404
    messages.success(request, "The worker will apply this notification again.")
    return redirect("feedback:detail", pk=pk)
