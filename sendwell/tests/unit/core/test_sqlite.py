"""Both ways to the database run an SQLite without the WAL-reset bug (fixed in 3.51.3), set up for several processes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db.backends.sqlite3 import base

from sendwell.core.db import SqliteDb
from sendwell.core.sqlite import UnsafeSqliteError, use_safe_sqlite

FIXED = (3, 51, 3)


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def test_the_sqlite_in_use_has_no_wal_reset_bug(tmp_path: Path) -> None:
    db = SqliteDb(str(tmp_path / "x.db"))
    assert version(db.query("SELECT sqlite_version()", {})[0][0]) >= FIXED
    db.close()
    assert version(base.Database.sqlite_version) >= FIXED


def test_connections_are_set_up_for_several_processes(tmp_path: Path) -> None:
    db = SqliteDb(str(tmp_path / "x.db"))
    found = {name: db.query(f"PRAGMA {name}", {}) for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert [rows[0][0] for rows in found.values()] == ["wal", 1, 1]
    assert db.query("PRAGMA busy_timeout", {})[0][0] >= 5000
    assert [row[0] for row in db.query("PRAGMA mmap_size", {})] in ([], [0]), "never mmap: it hides writers' changes"
    db.close()
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "mmap_size" not in settings.DATABASES["default"]["OPTIONS"]["init_command"]


@pytest.mark.parametrize("pysqlite3", [None, SimpleNamespace(sqlite_version_info=(3, 51, 2), sqlite_version="3.51.2")])
def test_without_a_safe_one_the_start_names_the_two_ways_out(
    monkeypatch: pytest.MonkeyPatch, pysqlite3: SimpleNamespace | None
) -> None:
    old = SimpleNamespace(sqlite_version_info=(3, 40, 1), sqlite_version="3.40.1")
    monkeypatch.setitem(sys.modules, "sqlite3", old)
    monkeypatch.setitem(sys.modules, "pysqlite3", pysqlite3)
    monkeypatch.delenv("SENDWELL_DATABASE_URL", raising=False)
    with pytest.raises(UnsafeSqliteError, match=r"pysqlite3>=0\.6\.1.*PostgreSQL"):
        use_safe_sqlite()
    monkeypatch.setenv("SENDWELL_DATABASE_URL", "postgresql://db/sendwell")
    use_safe_sqlite()
