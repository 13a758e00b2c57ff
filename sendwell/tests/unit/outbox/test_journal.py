"""The journal of calls: read after death, bounded, and honest about what it does not know."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sendwell.outbox import journal


def test_it_is_readable_while_its_writer_never_closes_it(tmp_path: Path) -> None:
    book = journal.Journal(tmp_path, "a:1:2")
    assert journal.begun(tmp_path, "a:1:2") == set()
    book.begin(5, 1)
    book.begin(6, 2)
    assert journal.begun(tmp_path, "a:1:2") == {"5.1", "6.2"}
    assert journal.begun(tmp_path, "b:1:2") is None
    journal.forget(tmp_path, "a:1:2")
    assert journal.begun(tmp_path, "a:1:2") is None


def test_it_keeps_the_newest_calls_and_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "TURN_AT", 1000)
    book = journal.Journal(tmp_path, "w")
    for n in range(1, 2000):
        book.begin(n, 1)
    found = journal.begun(tmp_path, "w") or set()
    assert {f"{n}.1" for n in range(1900, 2000)} <= found
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2100
    book.close()
    assert list(tmp_path.iterdir()) == []


def test_old_ones_are_swept(tmp_path: Path) -> None:
    journal.Journal(tmp_path, "old")
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    journal.Journal(tmp_path, "new")
    assert journal.begun(tmp_path, "old") is None
    assert journal.begun(tmp_path, "new") == set()
