"""A thin DB-API shim, so that the sender's thread and Django's requests run the same named SQL.

Lives here: opening plain connections, running statements, transactions, database time. Must not live here: SQL of
any feature, the ORM. A Db belongs to one thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from sendwell.core.sql import Dialect, load, pyformat

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000; "
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768; PRAGMA foreign_keys=ON;"
)

Params = Mapping[str, Any]
Row = Sequence[Any]


class Db(Protocol):
    """What stores need of a database."""

    dialect: Dialect

    def query(self, sql: str, params: Params) -> list[Row]: ...
    def execute(self, sql: str, params: Params) -> int: ...
    def executemany(self, sql: str, rows: Iterable[Params]) -> None: ...


def queries(db: Db, package: str, filename: str = "queries.sql") -> dict[str, str]:
    """The named statements of a feature for this database."""
    return load(package, filename, db.dialect)


def to_json(values: Iterable[object]) -> str:
    """A JSON array for the `@bigints` and `@texts` macros."""
    return json.dumps(list(values))


def to_time(value: Any) -> datetime | None:
    """A timestamp column as an aware UTC datetime, whatever the driver gave; NULL is None."""
    if value is None or isinstance(value, datetime):
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


def _bind(value: Any) -> Any:
    """Datetimes as Django writes them into SQLite: naive UTC text."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None)) if value.tzinfo else str(value)
    return value


class SqliteDb:
    """A plain SQLite connection in autocommit, with explicit BEGIN IMMEDIATE transactions."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: str) -> None:
        import sqlite3

        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(SQLITE_PRAGMAS)

    def query(self, sql: str, params: Params) -> list[Row]:
        return self._connection.execute(sql, {k: _bind(v) for k, v in params.items()}).fetchall()

    def execute(self, sql: str, params: Params) -> int:
        return self._connection.execute(sql, {k: _bind(v) for k, v in params.items()}).rowcount

    def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        self._connection.executemany(sql, [{k: _bind(v) for k, v in row.items()} for row in rows])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE ... COMMIT; rolled back if the block raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class PostgresDb:
    """A plain psycopg connection in autocommit, with explicit transactions."""

    dialect: Dialect = "postgresql"

    def __init__(self, url: str) -> None:
        import psycopg

        self._connection = psycopg.connect(url, autocommit=True)

    def query(self, sql: str, params: Params) -> list[Row]:
        return list(self._connection.execute(pyformat(sql), params).fetchall())

    def execute(self, sql: str, params: Params) -> int:
        return int(self._connection.execute(pyformat(sql), params).rowcount)

    def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(pyformat(sql), list(rows))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN ... COMMIT; rolled back if the block raises."""
        with self._connection.transaction():
            yield

    def close(self) -> None:
        self._connection.close()


PlainDb = SqliteDb | PostgresDb


class DjangoDb:
    """The same verbs on Django's connection, inside whatever transaction the caller has opened."""

    def __init__(self) -> None:
        from django.db import connection

        self._connection = connection
        self.dialect: Dialect = "postgresql" if connection.vendor == "postgresql" else "sqlite"

    def query(self, sql: str, params: Params) -> list[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(pyformat(sql), self._bound(params))
            return list(cursor.fetchall())

    def execute(self, sql: str, params: Params) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(pyformat(sql), self._bound(params))
            return int(cursor.rowcount)

    def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        for row in rows:
            self.execute(sql, row)

    def _bound(self, params: Params) -> dict[str, Any]:
        bind = _bind if self.dialect == "sqlite" else (lambda value: value)
        return {name: bind(value) for name, value in params.items()}


def open_plain(url: str) -> PlainDb:
    """A plain connection for `sqlite:///path` or `postgresql://...`. Raises ValueError for another scheme."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return SqliteDb(unquote(parts.path[1:]))
    if parts.scheme in ("postgresql", "postgres"):
        return PostgresDb(url)
    raise ValueError(f"SENDWELL_DATABASE_URL must start with sqlite:/// or postgresql://, not {parts.scheme!r}://")
