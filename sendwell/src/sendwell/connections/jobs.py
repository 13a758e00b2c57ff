"""Background work of connections; the table of handlers is in worker.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sendwell.connections import public_url, setting_up
from sendwell.connections.models import Connection
from sendwell.core.jobs import Handler, JobContext


def set_up(payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Run the set-up of one connection, once; its report says how it went."""
    connection = Connection.objects.filter(pk=payload["connection"]).first()
    if connection is not None:
        setting_up.run(connection, str(payload.get("sender") or ""), context.installation, context.now)
    return None


def prove_public_url(_: dict[str, Any], context: JobContext) -> timedelta | None:
    """Fetch ourselves by the public address, daily; sooner while that fails."""
    return public_url.prove(context.installation, context.now)


HANDLERS: dict[str, Handler] = {setting_up.JOB: set_up, public_url.JOB: prove_public_url}
