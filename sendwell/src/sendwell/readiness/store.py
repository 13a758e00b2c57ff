"""Reads and writes of requests and proofs. No decisions: those are in rules.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sendwell.connections.models import Connection
from sendwell.readiness.models import AccessRequest, ProductionProof, RequestState


def latest(connection: Connection) -> AccessRequest | None:
    """The newest request of a connection, whatever its state."""
    return AccessRequest.objects.filter(connection=connection).order_by("-id").first()


def locked(request_id: int) -> AccessRequest:
    """The request, held until the end of the transaction."""
    return AccessRequest.objects.select_for_update(of=("self",)).select_related("connection").get(pk=request_id)


def earlier(connection: Connection, than: AccessRequest | None) -> list[AccessRequest]:
    """Requests before the given one, newest first."""
    found = AccessRequest.objects.filter(connection=connection).exclude(state=RequestState.DRAFT)
    return list((found.filter(pk__lt=than.pk) if than and than.pk else found).order_by("-id")[:10])


def waiting() -> list[AccessRequest]:
    """Requests whose review may still move, over all connections."""
    moving = [RequestState.PENDING, RequestState.DENIED]
    return list(AccessRequest.objects.filter(state__in=moving).select_related("connection"))


def record_proof(connection: Connection, way: str, shown: bool, evidence: dict[str, Any], now: datetime) -> None:
    """Keep the newest evidence of one way; there is one row per connection and way."""
    ProductionProof.objects.update_or_create(
        connection=connection, way=way, defaults={"shown": shown, "evidence": evidence, "checked_at": now}
    )


def proofs(connection: Connection) -> dict[str, ProductionProof]:
    """The newest evidence by way."""
    return {proof.way: proof for proof in ProductionProof.objects.filter(connection=connection)}
