"""What every console page's frame needs: workspace, navigation, the rehearsal banner. No page's own content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

import sendwell
from sendwell.connections.service import primary_connection
from sendwell.core.installation import installation
from sendwell.workspaces.models import Workspace
from sendwell.workspaces.service import workspace_of


@dataclass(frozen=True)
class NavItem:
    """One entry of the side bar."""

    label: str
    icon: str
    url: str
    active: bool


_NAV = (
    ("Home", "home", "console:home", "/"),
    ("Contacts", "users", "contacts:list", "/contacts/"),
    ("Lists", "list", "contacts:lists", "/lists/"),
    ("Forms", "user-plus", "forms:list", "/forms/"),
    ("Campaigns", "speakerphone", "campaigns:list", "/campaigns/"),
    ("Messages", "mail", "outbox:list", "/messages/"),
    ("Suppression", "ban", "suppression:list", "/suppression/"),
    ("Connections", "plug-connected", "connections:list", "/connections/"),
    ("Leave the sandbox", "door-exit", "readiness:home", "/leave-the-sandbox/"),
)


def console(request: HttpRequest) -> Mapping[str, Any]:
    """Context processor. Lazy, so that public pages and fragments pay nothing for it."""
    return {
        "sendwell_version": sendwell.__version__,
        "nav_items": SimpleLazyObject(lambda: _navigation(request.path)),
        "workspace": SimpleLazyObject(lambda: _workspace(request)),
        "rehearsal": SimpleLazyObject(lambda: _is_rehearsal(request)),
        "rehearsal_url": SimpleLazyObject(_sesbox_url),
    }


def _navigation(path: str) -> list[NavItem]:
    return [
        NavItem(label, icon, reverse(name), path == start or (start != "/" and path.startswith(start)))
        for label, icon, name, start in _NAV
    ]


def _workspace(request: HttpRequest) -> Workspace | None:
    try:
        return workspace_of(request) if request.user.is_authenticated else None
    except PermissionDenied:
        return None


def _is_rehearsal(request: HttpRequest) -> bool:
    """True while mail of the workspace goes to the embedded sesbox: it has no connection that sends for real."""
    workspace = _workspace(request)
    connection = primary_connection(workspace) if workspace else None
    return connection is not None and connection.is_rehearsal


def _sesbox_url() -> str:
    config = installation().config
    return f"http://127.0.0.1:{config.sesbox_port}/" if config.embedded else ""
