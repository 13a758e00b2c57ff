"""Single messages seen from outside: where they stand, and values that the ledger keeps encrypted.

Lives here: reads for those who queued a message, sealing of its context. Must not live here: enqueueing (service.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Min

from sendwell.content.service import RenderError
from sendwell.core.keyring import KeyRing, KeyRingError
from sendwell.outbox.models import Message
from sendwell.outbox.rules import OPEN, Reason, Status, Stream

SEALED = "sealed"


class Single(NamedTuple):
    """Where a single message stands; `accepted_at` is when SES took it."""

    status: Status
    reason: Reason
    accepted_at: datetime | None
    ses_message_id: str

    @property
    def waits(self) -> bool:
        return self.status in OPEN


def singles(message_ids: Iterable[int]) -> dict[int, Single]:
    """Where these messages stand; unknown ids are absent."""
    found = Message.objects.filter(pk__in=list(message_ids))
    rows = found.values_list("pk", "status", "reason", "accepted_at", "ses_message_id")
    return {pk: Single(Status(status), Reason(reason), at, ses_id) for pk, status, reason, at, ses_id in rows}


def held_opt_in(workspace_id: int) -> tuple[int, datetime | None]:
    """How many opt-in mails of the workspace the sandbox holds, and since when the oldest of them waits."""
    held = Message.objects.filter(workspace_id=workspace_id, stream=Stream.OPT_IN.value, status=Status.HELD.value)
    found = held.filter(reason=Reason.SANDBOX.value).aggregate(number=Count("pk"), oldest=Min("created_at"))
    return found["number"], found["oldest"]


def seal(ring: KeyRing, values: Mapping[str, str]) -> dict[str, str]:
    """Values for a message's context that the ledger keeps encrypted, such as a link with a token in it."""
    return {SEALED: ring.encrypt(json.dumps(dict(values)))}


def unseal(ring: KeyRing, context: Mapping[str, Any]) -> dict[str, Any]:
    """A message's context with its sealed values opened. Raises RenderError if no key of the ring opens them."""
    if SEALED not in context:
        return dict(context)
    try:
        opened = json.loads(ring.decrypt(str(context[SEALED])))
    except KeyRingError as error:
        raise RenderError(str(error)) from error
    return {name: value for name, value in context.items() if name != SEALED} | dict(opened)
