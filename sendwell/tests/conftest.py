"""What sendwell's tests share: an installation in a temporary folder, and real databases of both engines.

`engine` gives a test a fresh, migrated, committed database that Django and plain connections see alike, once on SQLite
and once on PostgreSQL. Use it for whatever runs in more than one connection; use `django_db` for the rest.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from sendwell.config import Config
from sendwell.core.clock import Clock
from sendwell.core.db import PlainDb, open_plain
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRing

POSTGRES = "SENDWELL_TEST_POSTGRES_URL"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Engine:
    """A database under test: its name, its URL, and Django's default connection pointing at it."""

    name: str
    url: str

    def open(self) -> PlainDb:
        """A plain connection of its own, as the sender's thread has one. The caller closes it."""
        return open_plain(self.url)


@pytest.fixture(autouse=True, scope="session")
def _private_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the developer's data folder."""
    before = settings.SENDWELL
    config = Config(data_dir=tmp_path_factory.mktemp("sendwell"), public_url="https://mail.example.com")
    settings.SENDWELL = Installation(config, Clock(config.rehearsal_clock_file), KeyRing.generate())
    yield
    settings.SENDWELL = before


@pytest.fixture
def installation() -> Installation:
    return settings.SENDWELL


class Databases:
    """Migrated templates, one an engine and session, and copies of them, one a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = 0
        self.templates: dict[str, str] = {}

    def fresh(self, name: str) -> str:
        """The URL of a new database with the schema in it."""
        if name not in self.templates:
            self.templates[name] = self._template(name)
        self.made += 1
        if name == "sqlite":
            path = self.folder / f"test{self.made}.db"
            shutil.copyfile(self.templates[name], path)
            return f"sqlite:///{path}"
        fresh = f"sendwell_test_{os.getpid()}_{self.made}"
        self._postgres(f'CREATE DATABASE "{fresh}" TEMPLATE "{self.templates[name]}"')
        return self._url(fresh)

    def drop(self, name: str, url: str) -> None:
        database = urlsplit(url).path[1:]
        if name == "sqlite":
            for suffix in ("", "-wal", "-shm"):
                Path(database + suffix).unlink(missing_ok=True)
        else:
            self._postgres(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def close(self) -> None:
        if "postgresql" in self.templates:
            self._postgres(f'DROP DATABASE IF EXISTS "{self.templates["postgresql"]}" WITH (FORCE)')

    def _template(self, name: str) -> str:
        if name == "sqlite":
            where = str(self.folder / "template.db")
            url = f"sqlite:///{where}"
        else:
            where = f"sendwell_template_{os.getpid()}"
            self._postgres(f'CREATE DATABASE "{where}"')
            url = self._url(where)
        with DjangoOn(name, url):
            call_command("migrate", verbosity=0)
        if name == "sqlite":
            db = open_plain(url)
            db.query("PRAGMA wal_checkpoint(TRUNCATE)", {})
            db.close()
        return where

    def _url(self, database: str) -> str:
        return urlunsplit(urlsplit(os.environ[POSTGRES])._replace(path=f"/{database}"))

    def _postgres(self, statement: str) -> None:
        db = open_plain(os.environ[POSTGRES])
        try:
            db.execute(statement, {})
        finally:
            db.close()


class DjangoOn:
    """Django's default connection, in every thread, on another database for the length of a block."""

    def __init__(self, name: str, url: str) -> None:
        from sendwell.settings import _database

        made = _database(Config(database_url=url))
        self._fresh = connections.configure_settings({"default": made})["default"]
        self._fresh["TEST"] = connections.settings["default"]["TEST"]

    def __enter__(self) -> None:
        self._before: Any = connections.settings["default"]
        self._connection = connections["default"]
        del connections["default"]
        connections.settings["default"] = self._fresh

    def __exit__(self, *_: object) -> None:
        connections["default"].close()
        del connections["default"]
        connections.settings["default"] = self._before
        connections["default"] = self._connection


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, databases: Databases, django_db_blocker: Any) -> Iterator[Engine]:
    """A fresh database on each engine; Django's default connection and `engine.open()` commit into it for real."""
    name: str = request.param
    if name == "postgresql" and not os.environ.get(POSTGRES):
        pytest.skip(f"{POSTGRES} is not set: `python tools/services.py -- pytest ...` starts a PostgreSQL")
    with django_db_blocker.unblock():
        url = databases.fresh(name)
        try:
            with DjangoOn(name, url):
                yield Engine(name, url)
        finally:
            databases.drop(name, url)
