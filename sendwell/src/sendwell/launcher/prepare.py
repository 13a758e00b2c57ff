"""What the database needs before anything starts: tables, a workspace with an owner, the rehearsal's connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management import call_command
from django.db import connections as django_connections

from sendwell.core.installation import installation
from sendwell.workspaces import service as workspaces


def database() -> None:
    """Bring the tables up to date; a fresh database gets its workspace and owner. Safe to run again."""
    call_command("migrate", verbosity=0, interactive=False)
    workspaces.ensure_first_workspace(installation().clock.now())
    django_connections.close_all()


def embedded_connection(ready: Mapping[str, Any]) -> None:
    """Make or refresh the connection to the embedded sesbox from its ready file."""
    from sendwell.connections import service as connections

    parts = installation()
    workspace = workspaces.ensure_first_workspace(parts.clock.now())
    connections.ensure_embedded(workspace, ready, parts.ring, parts.clock.now())
    django_connections.close_all()


def sign_in_token(email: str | None = None) -> str:
    """A new one-time token; see workspaces.service.make_sign_in_token."""
    token = workspaces.make_sign_in_token(email, installation().clock.now())
    django_connections.close_all()
    return token
