"""The owner's pause and resume in the middle of a claim, on an engine where both go on at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from sendwell.core.db import DjangoDb
from sendwell.outbox import service, store
from sendwell.outbox.models import Message
from sendwell.outbox.rules import Reason, Status


def test_a_row_that_a_claim_holds_while_its_campaign_is_resumed_waits_again(world: Any, engine: Any) -> None:
    if engine.name != "postgresql":
        pytest.skip("SQLite has one writer: a claim and a resume take turns")
    world.campaign(world.people(3))
    world.in_transaction(service.pause_campaign, 1, world.now)
    Message.objects.update(status="queued", reason="")  # came back from SES after the pause

    def resume() -> None:
        with transaction.atomic():
            service.resume_campaign(DjangoDb(), 1, world.now)
        connection.close()

    thread = threading.Thread(target=resume)
    claim = engine.open()
    try:
        with claim.transaction():
            rows = store.candidates(claim, world.connection.pk, 5, 10, world.now)
            assert store.stops(claim, [1]) == {1: False}
            thread.start()
            thread.join(1.0)  # the resume either waits for this transaction or is through
            store.set_status(claim, [row.id for row in rows], Status.HELD, Reason.PAUSED_CAMPAIGN, world.now)
    finally:
        claim.close()
        thread.join(10)
    assert world.statuses() == {"queued": 3}
