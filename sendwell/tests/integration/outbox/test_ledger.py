"""What the ledger's schema refuses, and that its statements move messages as the transition table says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sendwell.core.db import Db, DjangoDb
from sendwell.outbox import leasing, recovery, service, store
from sendwell.outbox.models import Attempt, Message
from sendwell.outbox.rules import Event, Reason, Status, Stream, transition

NEEDS_A_REASON = {Status.HELD, Status.SKIPPED, Status.FAILED, Status.IN_DOUBT}


def copy(pk: int, **changed: Any) -> Message:
    """A second row like this one, but for `changed`."""
    row = Message.objects.filter(pk=pk).values().get()
    del row["id"]
    with transaction.atomic():
        return Message.objects.create(**row | changed)


def test_no_contact_gets_a_campaign_twice_and_no_key_two_messages(world: Any) -> None:
    world.campaign(world.people(1))
    mail = Message.objects.get().pk
    single = world.single("key")
    for pk in (mail, single):
        with pytest.raises(IntegrityError):
            copy(pk)
    copy(mail, campaign_id=2)
    copy(single, idempotency_key="another")
    Attempt.objects.create(message_id=mail, n=1, started_at=world.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(message_id=mail, n=1, started_at=world.now)


@pytest.mark.parametrize("missing", ["campaign_id", "contact_id", "list_id"])
def test_campaign_mail_has_its_campaign_contact_and_list(world: Any, missing: str) -> None:
    world.campaign(world.people(1))
    with pytest.raises(IntegrityError):
        copy(Message.objects.get().pk, **{"campaign_id": 2, missing: None})


@pytest.mark.parametrize("stream", [Stream.OPT_IN, Stream.TRANSACTIONAL])
def test_single_mail_has_its_key_and_no_campaign(world: Any, stream: Stream) -> None:
    pk = world.single("key", stream=stream)
    for wrong in ({"idempotency_key": None}, {"idempotency_key": "new", "campaign_id": 1}):
        with pytest.raises(IntegrityError):
            copy(pk, **wrong)


def test_a_state_is_a_known_one_and_has_its_reason(world: Any) -> None:
    pk = world.single("key")
    with pytest.raises(IntegrityError):
        copy(pk, idempotency_key="unknown", status="odd")
    for status in Status:
        if status in NEEDS_A_REASON:
            with pytest.raises(IntegrityError):
                copy(pk, idempotency_key=status.value, status=status.value, reason="")
        else:
            copy(pk, idempotency_key=status.value, status=status.value, reason="")


def test_the_attempt_is_committed_before_the_call(world: Any, ses: Any, engine: Any) -> None:
    """Whoever looks from another connection while SES is being called finds the attempt that the tag names."""
    seen: list[tuple[str, list[Any]]] = []

    def look(call: Any) -> str:
        db = engine.open()
        try:
            seen.append((call.tag, [store.find_by_tag(db, *map(int, call.tag.split("."))), store.sending_workers(db)]))
        finally:
            db.close()
        return "ok"

    ses.script = look
    pk = world.single("key")
    world.run()
    assert [(tag, [tuple(found), names]) for tag, (found, names) in seen] == [
        (f"{pk}.1", [(pk, 1, world.connection.pk), ["test:1:1"]])
    ]


# --- statements and the transition table --------------------------------------------------------------------------

CAMPAIGN = 7
Verb = Callable[[Any, Db, list[int]], object]

# Each statement that moves rows by itself: the verb, the event it stands for, and the reason of the rows it is about
# (None: any).
VERBS: dict[str, tuple[Verb, Event, Reason | None]] = {
    "hold": (lambda world, db, ids: service.pause_campaign(db, CAMPAIGN, world.now), Event.HOLD, None),
    "unhold": (
        lambda world, db, ids: service.resume_campaign(db, CAMPAIGN, world.now),
        Event.RELEASE,
        Reason.PAUSED_CAMPAIGN,
    ),
    "cancel": (lambda world, db, ids: service.cancel_campaign(db, CAMPAIGN, world.now), Event.CANCEL, None),
    "release": (
        lambda world, db, ids: service.release_sandbox(db, world.connection.pk, world.now),
        Event.RELEASE,
        Reason.SANDBOX,
    ),
    "send again": (
        lambda world, db, ids: service.resolve_doubt(db, ids, True, "owner", world.now),
        Event.SEND_AGAIN,
        None,
    ),
    "leave": (lambda world, db, ids: service.resolve_doubt(db, ids, False, "owner", world.now), Event.LEAVE, None),
}


def every_state(world: Any) -> dict[int, tuple[Status, Reason]]:
    """A campaign with one message in every state, each with every reason that a hold may have."""
    states = [
        (status, reason)
        for status in Status
        for reason in ((Reason.SANDBOX, Reason.PAUSED_CAMPAIGN) if status is Status.HELD else (_any_reason(status),))
    ]
    world.campaign(world.people(len(states)), campaign_id=CAMPAIGN)
    made = {}
    for pk, (status, reason) in zip(Message.objects.order_by("id").values_list("pk", flat=True), states, strict=True):
        Message.objects.filter(pk=pk).update(status=status.value, reason=reason.value)
        made[pk] = (status, reason)
    return made


def _any_reason(status: Status) -> Reason:
    return Reason.NO_ANSWER if status in NEEDS_A_REASON else Reason.NONE


@pytest.mark.parametrize("name", VERBS)
def test_a_statement_moves_what_the_table_says_and_nothing_else(world: Any, name: str) -> None:
    verb, event, about = VERBS[name]
    before = every_state(world)
    with transaction.atomic():
        verb(world, DjangoDb(), list(before))
    for pk, status, reason in Message.objects.values_list("pk", "status", "reason"):
        was = before[pk]
        spoken_of = about is None or was[1] is about
        expected = transition(*was, event) if spoken_of else None
        wanted = (expected.status, expected.reason) if expected else was
        assert (Status(status), Reason(reason)) == wanted, (name, was)


def test_only_rows_in_flight_run_out(world: Any, engine: Any) -> None:
    before = every_state(world)
    Message.objects.update(lease_until=world.now - timedelta(days=1))
    db = engine.open()
    recovery.expire_leases(db, timedelta(0))
    db.close()
    for pk, status, reason in Message.objects.values_list("pk", "status", "reason"):
        state = transition(*before[pk], Event.LEASE_EXPIRED)
        assert (Status(status), Reason(reason)) == (state.status, state.reason)


def test_only_waiting_rows_are_claimed(world: Any, engine: Any) -> None:
    before = every_state(world)
    db = engine.open()
    claim = leasing.claim(db, world.connection.pk, "w", 100, timedelta(0))
    db.close()
    assert [before[item.row.id] for item in claim.items] == [(Status.QUEUED, Reason.NONE)]
    for pk, status, reason in Message.objects.values_list("pk", "status", "reason"):
        state = transition(*before[pk], Event.CLAIM)
        assert (Status(status), Reason(reason)) == (state.status, state.reason)
