"""Pages of the suppression list, one connection at a time. Writes are the service's."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from sendwell.connections.models import Connection, ConnectionKind
from sendwell.core.installation import installation
from sendwell.suppression import presenting, service
from sendwell.suppression.forms import AddForm, LiftForm
from sendwell.suppression.models import Suppression, SuppressionReason
from sendwell.workspaces.service import require_editor, workspace_of

PAGE = 50


def _connections(request: HttpRequest) -> list[Connection]:
    """The workspace's connections; those that send for real come first, the newest of them at the top."""
    found = Connection.objects.filter(workspace=workspace_of(request)).order_by("-pk")
    return sorted(found, key=lambda connection: connection.kind == ConnectionKind.EMBEDDED)


def _chosen(request: HttpRequest, connections: list[Connection]) -> Connection:
    wanted = request.GET.get("connection", "")
    return next((connection for connection in connections if str(connection.pk) == wanted), connections[0])


@require_GET
def suppression_list(request: HttpRequest) -> HttpResponse:
    """Who must not be mailed over a connection, since when and why; with the lifted ones on request."""
    connections = _connections(request)
    if not connections:
        return render(request, "suppression/no_connection.html")
    connection = _chosen(request, connections)
    query, reason = request.GET.get("q", "").strip(), request.GET.get("reason", "")
    entries = Suppression.objects.filter(connection=connection)
    page = Paginator(_like(entries, query, reason), PAGE).get_page(request.GET.get("page"))
    context = {
        "connections": connections,
        "connection": connection,
        "page": page,
        "entries": [(entry, presenting.evidence(entry.evidence)) for entry in page],
        "query": query,
        "reason": reason,
        "reasons": [*SuppressionReason.choices, ("lifted", "Lifted")],
        "filtered": bool(query or reason),
    }
    return render(request, "suppression/list.html", context)


def _like(entries: QuerySet[Suppression], query: str, reason: str) -> QuerySet[Suppression]:
    found = entries.filter(key__contains=query.lower()) if query else entries
    if reason == "lifted":
        return found.filter(lifted_at__isnull=False).order_by("-lifted_at")
    open_ones = found.filter(lifted_at__isnull=True)
    return (open_ones.filter(reason=reason) if reason else open_ones).order_by("-created_at", "-pk")


def _url(connection: Connection, **query: str) -> str:
    return reverse("suppression:list", query={"connection": connection.pk, **query})


def _who(request: HttpRequest) -> str:
    return cast(str, getattr(request.user, "email", "") or request.user.get_username())


@require_editor
@require_http_methods(["GET", "POST"])
def suppression_add(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Suppress an address by hand."""
    connection = get_object_or_404(Connection, pk=connection_id, workspace=workspace_of(request))
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["address"].key
        now = installation().clock.now()
        if service.add(connection.pk, key, _who(request), form.cleaned_data["because"], now):
            messages.success(request, f"{key} is suppressed. Nothing is sent to it over this connection.")
        else:
            messages.info(request, f"{key} was suppressed already; the earlier entry stays.")
        return redirect(_url(connection, q=key))
    return render(request, "suppression/add.html", {"form": form, "connection": connection})


@require_editor
@require_http_methods(["GET", "POST"])
def suppression_lift(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Let an address be mailed again, after a warning and with a reason."""
    entry = get_object_or_404(
        Suppression.objects.select_related("connection"), pk=entry_id, connection__workspace=workspace_of(request)
    )
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        because, now = form.cleaned_data["because"], installation().clock.now()
        service.lift(entry.connection_id, entry.key, _who(request), because, now)
        messages.success(
            request, f"{entry.key} may be mailed again over this connection. Subscriptions did not change."
        )
        return redirect(_url(entry.connection, q=entry.key, reason="lifted"))
    context: dict[str, Any] = {"form": form, "entry": entry, "connection": entry.connection}
    context["evidence"] = presenting.evidence(entry.evidence)
    return render(request, "suppression/lift.html", context)
