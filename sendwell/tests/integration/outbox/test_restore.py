"""A backup taken in mid-campaign and restored after more was sent: nobody is mailed twice without the owner's word."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from sendwell import worker
from sendwell.campaigns.models import Campaign
from sendwell.core.db import open_plain
from sendwell.outbox import service
from sendwell.outbox.marks import Marks
from sendwell.outbox.models import Message


def installation_of(world: Any) -> Any:
    return replace(world.installation, config=world.installation.config.model_copy(update={"database_url": world.url}))


def with_marks(world: Any) -> Any:
    return replace(world.parts(), marks=worker.marks_of(installation_of(world)))


def start(world: Any) -> int:
    """A campaign that runs, of 30 people."""
    made = Campaign.objects.create(
        workspace=world.workspace, connection=world.connection, list=world.mailing, name="June", status="running",
        content_id=world.content.pk, started_at=world.now, expanded_at=world.now, created_at=world.now,
    )  # fmt: skip
    world.campaign(world.people(30), made.pk)
    return made.pk


def test_what_waits_in_a_restored_backup_is_asked_about(world: Any, ses: Any, engine: Any, tmp_path: Any) -> None:
    if engine.name != "sqlite":
        pytest.skip("the backup is a copy of the file")
    campaign = start(world)
    world.single("welcome")
    world.limits(rate=40)
    world.run(until=lambda: len(ses.calls) >= 8, parts=with_marks(world))
    assert Message.objects.filter(status="queued").exists()
    connection.close()
    db = open_plain(world.url)
    db.query("PRAGMA wal_checkpoint(TRUNCATE)", {})
    db.close()
    path = world.url.removeprefix("sqlite:///")
    shutil.copyfile(path, tmp_path / "backup.db")

    world.run(parts=with_marks(world))
    assert world.statuses() == {"accepted": 31}
    connection.close()
    for suffix in ("-wal", "-shm"):
        Path(path + suffix).unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "backup.db", path)

    world.run(until=lambda: True, parts=with_marks(world))
    assert set(ses.accepted.values()) == {1}, "a worker that is already running claims nothing of it"
    worker.heed_restore(installation_of(world))
    world.run(parts=with_marks(world))
    assert set(ses.accepted.values()) == {1}
    assert set(world.statuses()) == {"accepted", "in_doubt"}
    assert Campaign.objects.get(pk=campaign).status == "paused"
    assert worker.marks_of(installation_of(world)).read(world.connection.pk) == 0

    waiting = list(service.doubts(campaign_id=campaign).values_list("pk", flat=True))
    with transaction.atomic():
        service.resolve_doubt(worker.DjangoDb(), waiting[:1], True, "owner", world.now)
    world.in_transaction(service.resume_campaign, campaign, world.now)
    world.run(parts=with_marks(world))
    assert sum(ses.accepted.values()) == 32, "one is mailed again, because the owner said so"


def test_a_database_as_far_as_its_mark_or_new_is_left_alone(world: Any, ses: Any) -> None:
    campaign = start(world)
    worker.heed_restore(installation_of(world))
    world.run(parts=with_marks(world))
    assert world.statuses() == {"accepted": 30}
    kept = worker.marks_of(installation_of(world))
    assert kept.read(world.connection.pk) == world.pace().next_slot
    world.single("later")
    worker.heed_restore(installation_of(world))
    assert Campaign.objects.get(pk=campaign).status == "running"
    assert Message.objects.filter(status="queued").count() == 1

    type(world.pace()).objects.update(next_slot=0)  # a new database beside old marks
    worker.heed_restore(installation_of(world))
    assert Message.objects.filter(status="queued").count() == 1


def test_a_damaged_mark_is_no_mark(tmp_path: Any) -> None:
    kept = Marks(tmp_path / "marks")
    assert kept.read(1) == 0
    kept.note(1, 5)
    assert kept.read(1) == 5
    (tmp_path / "marks" / "1").write_bytes(b"\xff")
    assert kept.read(1) == 0
    kept.forget(1)
    kept.forget(1)
