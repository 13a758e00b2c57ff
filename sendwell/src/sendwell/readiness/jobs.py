"""Background work of readiness: asking SES how the review goes. The table of handlers is in worker.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sendwell.connections.models import Connection
from sendwell.core.jobs import Handler, JobContext
from sendwell.readiness import arithmetic, service


def poll(payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Follow one connection's review; comes again for as long as its state can change."""
    connection = Connection.objects.filter(pk=payload["connection"]).first()
    request = service.poll(connection, context.installation, context.now) if connection else None
    if connection is None or request is None:
        return None
    return arithmetic.poll_after(request.state, connection.is_rehearsal)


HANDLERS: dict[str, Handler] = {service.POLL: poll}
