"""A backup of the database, taken in mid-campaign and restored after the rest was sent; both programs as processes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from story import steps
from story.harness import Installation, wait_for

PEOPLE = 120


def copy(source: Path, target: Path) -> None:
    """SQLite's own backup: a consistent copy while others write."""
    with contextlib.closing(sqlite3.connect(source)) as of, contextlib.closing(sqlite3.connect(target)) as to:
        of.backup(to)


def reached(installation: Installation) -> Counter[str]:
    return Counter(
        to for mail in installation.mailbox() if mail["subject"] == "Restored" for to in mail["destinations"]
    )


@pytest.mark.slow
def test_a_restored_backup_mails_nobody_twice_unasked(tmp_path: Path) -> None:
    fast = "--profile production --max-send-rate 20 --delivery-delay 0.05"
    installation = Installation(tmp_path / "data", sesbox_args=fast).start()
    database, backup = installation.data_dir / "sendwell.db", tmp_path / "backup.db"
    try:
        console = installation.sign_in()
        steps.prepare(installation, console)
        list_id = steps.make_list(console)
        people = "".join(f"reader{n:04}@harbour.test\n" for n in range(PEOPLE))
        steps.import_csv(installation, console, list_id, f"email\n{people}".encode())
        campaign = steps.make_campaign(console, list_id, "Restored", "Restored")
        steps.start(console, campaign)
        wait_for("some are sent", lambda: len(reached(installation)) > 10, 60, every=0.05)
        copy(database, backup)
        wait_for("all are sent", lambda: steps.counts(installation, campaign) == {("delivered", ""): PEOPLE}, 90)
    finally:
        installation.stop()
    for path in installation.data_dir.glob("sendwell.db*"):
        path.unlink()
    backup.rename(database)
    try:
        installation.start()
        wait_for("it is noticed", lambda: "a backup was restored" in installation.output(), 60)
        found = steps.counts(installation, campaign)
        assert found["in_doubt", "lease_expired"] > 0
        assert steps.rows(installation, "SELECT status FROM campaigns_campaign") == [("paused",)]
        console = installation.sign_in()
        assert "In doubt" in console.get(f"/campaigns/{campaign}/")
        console.get("/messages/in-doubt/")
        steps.import_csv(installation, console, list_id, b"email\nnew@harbour.test\n")  # the worker works on
        assert set(reached(installation).values()) == {1}
    finally:
        installation.stop()
