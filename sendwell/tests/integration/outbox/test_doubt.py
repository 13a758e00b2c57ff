"""What settles doubt: evidence, a proven path and time, or the owner. Never hope."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest

from sendwell.core.db import DjangoDb
from sendwell.outbox import journal, leasing, recovery, service, workers
from sendwell.outbox.models import Attempt, FeedbackProof, Message
from sendwell.outbox.rules import GRACE, Event


def owner_says(world: Any, ids: Any, send_again: bool, by: str) -> int:
    return int(world.in_transaction(service.resolve_doubt, list(ids), send_again, by, world.now))


def settle(world: Any, pk: int, event: Event, n: int = 1) -> Any:
    return world.in_transaction(service.settle, pk, n, f"ses-{pk}.{n}", event, world.now)


@pytest.fixture
def doubtful(world: Any, ses: Any, request: Any) -> int:
    """A single message, transactional unless the test says otherwise, whose answer was lost."""
    ses.script = lambda call: "lost"
    pk = world.single("doubtful", stream=getattr(request, "param", service.Stream.TRANSACTIONAL))
    world.run()
    ses.script = lambda call: "ok"
    assert world.statuses() == {"in_doubt": 1}
    return pk


def test_the_send_event_settles_doubt(world: Any, doubtful: int) -> None:
    settled = settle(world, doubtful, Event.SEND)
    assert (settled.previous, settled.status, settled.changed) == ("in_doubt", "accepted", True)
    message = Message.objects.get(pk=doubtful)
    assert message.ses_message_id == f"ses-{doubtful}.1" and message.accepted_at is not None
    assert Attempt.objects.get().outcome == "accepted"
    assert not settle(world, doubtful, Event.SEND).changed


def test_any_event_proves_acceptance(world: Any, doubtful: int) -> None:
    assert settle(world, doubtful, Event.BOUNCE_PERMANENT).status == "bounced"
    assert settle(world, doubtful, Event.SEND).status == "bounced"
    assert settle(world, doubtful, Event.COMPLAINT).status == "complained"


def test_events_find_their_message_by_tag_or_ses_id_and_never_across_connections(world: Any, ses: Any) -> None:
    pk = world.single("a")
    world.run()
    db = DjangoDb()
    own = world.connection.pk
    assert service.find_message(db, f"{pk}.1", "")[:2] == (pk, 1)
    assert service.find_message(db, "", f"ses-{pk}.1", own)[:2] == (pk, 1)
    assert service.find_message(db, f"{pk}.1", "", own + 1) is None
    for tag in ("", "x.1", f"{pk}.2", f"{pk}", "9" * 30 + ".1", "1.99999999"):
        assert service.find_message(db, tag, "unknown") is None


def test_an_unproven_path_resolves_nothing_however_long(world: Any, doubtful: int) -> None:
    world.installation.clock.advance(timedelta(days=3))
    assert world.in_transaction(service.resolve_doubts, world.now) == 0
    assert world.statuses() == {"in_doubt": 1}


@pytest.mark.parametrize("doubtful", [service.Stream.OPT_IN, service.Stream.TRANSACTIONAL], indirect=True)
def test_a_proven_path_and_grace_send_single_mail_again(world: Any, ses: Any, doubtful: int) -> None:
    later = world.single("later")
    world.run()
    settle(world, later, Event.SEND)
    assert world.in_transaction(service.resolve_doubts, world.now) == 0, "grace begins with the proof"
    world.installation.clock.advance(GRACE - timedelta(seconds=30))
    assert world.in_transaction(service.resolve_doubts, world.now) == 0
    world.installation.clock.advance(timedelta(seconds=60))
    assert world.in_transaction(service.resolve_doubts, world.now) == 1
    world.run()
    message = Message.objects.get(pk=doubtful)
    assert (message.status, message.attempts) == ("accepted", 2)


def test_an_older_messages_event_proves_nothing(world: Any, ses: Any) -> None:
    older = world.single("older")
    world.run()
    ses.script = lambda call: "lost"
    world.single("doubtful")
    world.run()
    settle(world, older, Event.SEND)
    assert FeedbackProof.objects.count() == 1
    world.installation.clock.advance(timedelta(days=1))
    assert world.in_transaction(service.resolve_doubts, world.now) == 0
    assert not Message.objects.filter(doubt_proven_at__isnull=False).exists()


def test_campaign_mail_waits_for_its_owner(world: Any, ses: Any) -> None:
    ses.script = lambda call: "lost"
    world.campaign(world.people(2))
    world.run()
    ses.script = lambda call: "ok"
    later = world.single("later")
    world.run()
    settle(world, later, Event.SEND)
    world.in_transaction(service.resolve_doubts, world.now)
    world.installation.clock.advance(timedelta(days=1))
    assert world.in_transaction(service.resolve_doubts, world.now) == 0

    first, second = service.doubts(campaign_id=1).values_list("pk", flat=True)
    assert owner_says(world, [first], send_again=True, by="owner@example.com") == 1
    assert owner_says(world, [second], send_again=False, by="owner@example.com") == 1
    world.run()
    assert Message.objects.get(pk=first).status == "accepted"
    assert Message.objects.get(pk=second).reason == "owner"
    assert "Sent again by owner@example.com" in Attempt.objects.get(message=first, n=1).error_text
    assert settle(world, second, Event.SEND).status == "accepted", "evidence still wins"


def test_evidence_outruns_a_second_sending(world: Any, ses: Any) -> None:
    ses.script = lambda call: "lost"
    world.campaign(world.people(1))
    world.run()
    pk = Message.objects.get().pk
    owner_says(world, [pk], send_again=True, by="owner")
    settle(world, pk, Event.SEND)
    world.run()
    assert ses.accepted[pk] == 1
    assert world.statuses() == {"accepted": 1}


def test_a_late_answer_still_settles_what_a_lease_put_in_doubt(world: Any, engine: Any) -> None:
    world.campaign(world.people(2))
    db = engine.open()
    claim = leasing.claim(db, world.connection.pk, "w", 10, timedelta(0), lease=timedelta(seconds=-1))
    assert recovery.expire_leases(db, timedelta(0)) == 2
    assert set(Message.objects.values_list("status", "reason")) == {("in_doubt", "lease_expired")}
    accepted, unsent = claim.items
    results = [
        leasing.Result(accepted, leasing.Outcome.ACCEPTED, "ses-1"),
        leasing.Result(unsent, leasing.Outcome.NOT_SENT),
    ]
    for _ in range(2):
        leasing.record(db, world.connection.pk, results, False, timedelta(0))
    db.close()
    assert world.statuses() == {"accepted": 1, "queued": 1}
    assert service.capacity(world.connection.pk, world.now).used == 1


def test_a_lease_is_left_alone_while_it_runs_and_its_worker_lives(world: Any, engine: Any) -> None:
    world.campaign(world.people(3))
    db = engine.open()
    here = workers.worker_name()
    for _ in range(3):
        leasing.claim(db, world.connection.pk, here, 10, timedelta(0))
    assert workers.dead([here, "elsewhere.1:1:1", "nonsense"]) == []
    assert recovery.expire_leases(db, timedelta(days=2)) == 0, "clock jumps do not expire leases"
    db.close()
    assert world.statuses() == {"sending": 3}


def test_a_dead_workers_journal_tells_unsent_from_doubtful(world: Any, engine: Any, tmp_path: Any) -> None:
    machine, _, start = workers.worker_name().rsplit(":", 2)
    gone = f"{machine}:{os.getpid()}:{int(start) + 1}"
    assert workers.dead([gone]) == [gone]
    world.campaign(world.people(3))
    world.single("s", "success@simulator.amazonses.com")
    calls = journal.Journal(tmp_path, gone)
    db = engine.open()
    claimed: list[Any] = []
    while len(claimed) < 4:
        claimed += leasing.claim(db, world.connection.pk, gone, 10, timedelta(0)).items
    calls.begin(claimed[1].row.id, claimed[1].n)
    assert service.capacity(world.connection.pk, world.now).used == 3
    assert recovery.settle_orphans(db, timedelta(0), {gone: journal.begun(tmp_path, gone)}) == (1, 3)
    db.close()
    assert world.statuses() == {"in_doubt": 1, "queued": 3}
    assert service.capacity(world.connection.pk, world.now).used == 1
    assert world.outcomes() == {"in_doubt": 1, "not_sent": 3}
    calls.close()
    assert journal.begun(tmp_path, gone) is None


def test_without_a_journal_everything_in_flight_is_in_doubt(world: Any, engine: Any) -> None:
    world.campaign(world.people(1))
    db = engine.open()
    leasing.claim(db, world.connection.pk, "w", 10, timedelta(0))
    assert recovery.settle_orphans(db, timedelta(0), {"w": None}) == (1, 0)
    db.close()


def test_an_answer_to_an_older_attempt_does_not_move_a_newer_one(world: Any, engine: Any) -> None:
    world.campaign(world.people(1))
    db = engine.open()
    first = leasing.claim(db, world.connection.pk, "w", 1, timedelta(0), lease=timedelta(seconds=-1)).items[0]
    recovery.expire_leases(db, timedelta(0))
    owner_says(world, [first.row.id], send_again=True, by="owner")
    claim = leasing.claim(db, world.connection.pk, "w", 1, timedelta(0))
    while not claim.items:
        claim = leasing.claim(db, world.connection.pk, "w", 1, timedelta(0))
    leasing.record(db, world.connection.pk, [leasing.Result(first, leasing.Outcome.REFUSED)], False, timedelta(0))
    assert world.statuses() == {"sending": 1}
    leasing.record(
        db, world.connection.pk, [leasing.Result(claim.items[0], leasing.Outcome.ACCEPTED, "x")], False, timedelta(0)
    )
    db.close()
    assert world.statuses() == {"accepted": 1}


def test_rows_set_back_by_hand_or_backup_are_not_sent_blindly(world: Any, ses: Any) -> None:
    """Restored message rows beside newer attempts: what was accepted is known again, the rest is in doubt."""
    ses.script = lambda call: "lost" if call.to.startswith("c0@") else "ok"
    world.campaign(world.people(3))
    world.run()
    ses.script = lambda call: "ok"
    Message.objects.update(status="queued", reason="", attempts=0, ses_message_id="", accepted_at=None)
    world.run()
    assert world.statuses() == {"accepted": 2, "in_doubt": 1}
    assert set(ses.accepted.values()) == {1}
    owner_says(world, service.doubts().values_list("pk", flat=True), send_again=True, by="owner")
    world.run()
    assert world.statuses() == {"accepted": 3}
