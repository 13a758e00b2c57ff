"""State on disk: SQLite, one file (or memory), one writer.

Lives here: the schema, every SQL statement, loading, and writing one batch of changes as one transaction.
Must not live here: decisions, threads (writer.py), the meaning of due work (delivery.py).
WAL with synchronous=NORMAL survives kill -9 of the process; `fsync` (synchronous=FULL) also survives power loss.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from sesbox.account import Account, Change, Drop, Due, Log, Message, Put, Record, Store
from sesbox.operations.records import decode, encode

MEMORY = ":memory:"
SCHEMA_VERSION = "1"
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record(
    seq INTEGER PRIMARY KEY, region TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE(region, kind, key));
CREATE TABLE IF NOT EXISTS message(
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, region TEXT NOT NULL, accepted_at REAL NOT NULL,
    source TEXT NOT NULL, destinations TEXT NOT NULL, subject TEXT NOT NULL, configuration_set TEXT,
    meta TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS due(
    id INTEGER PRIMARY KEY, region TEXT NOT NULL, at REAL NOT NULL, task TEXT NOT NULL, endpoint TEXT,
    data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS due_at ON due(at, id);
CREATE TABLE IF NOT EXISTS history(
    id INTEGER PRIMARY KEY, region TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, message_id TEXT NOT NULL,
    data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_message ON history(message_id, id);
"""
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
STATE_TABLES = ("record", "message", "due", "history")
_MESSAGE = "id, accepted_at, source, destinations, subject, raw, configuration_set, meta, region"
_MESSAGE_BARE = _MESSAGE.replace("raw", "x'' AS raw")


class StorageError(Exception):
    """The data file cannot be used; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """One piece of due work on disk. `at` is seconds since the epoch on sesbox's clock."""

    id: int
    region: str
    at: float
    task: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history on disk."""

    id: int
    region: str
    log: Log


@dataclass(slots=True)
class Batch:
    """What one transaction will write. A record that is put twice is written once, as it is in the end."""

    records: dict[tuple[str, str, str], Record] = field(default_factory=dict)
    dropped: list[tuple[str, str, str]] = field(default_factory=list)
    messages: list[tuple[str, Message]] = field(default_factory=list)
    due: list[tuple[str, Due]] = field(default_factory=list)
    lines: list[tuple[str, Log]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)

    def add(self, region: str, changes: Iterable[Change]) -> None:
        """Add an outcome's changes in their order."""
        for change in changes:
            if isinstance(change, Put):
                record = change.record
                self.records[(region, record.kind, record.key)] = record
            elif isinstance(change, Drop):
                place = (region, change.kind, change.key)
                self.records.pop(place, None)
                self.dropped.append(place)  # written before the records, so a later Put goes to the end as in memory
            elif isinstance(change, Store):
                self.messages.append((region, change.message))
            elif isinstance(change, Due):
                self.due.append((region, change))
            else:
                self.lines.append((region, change))

    def clear(self) -> None:
        """Forget what was collected."""
        for part in (self.records, self.dropped, self.messages, self.due, self.lines, self.done, self.meta):
            part.clear()

    def __bool__(self) -> bool:
        return bool(self.records or self.dropped or self.messages or self.due or self.lines or self.done or self.meta)


class Storage:
    """The data file. `write`, `load` and `reset` belong to the writer thread, everything else to any thread."""

    def __init__(self, path: str, *, account_id: str, fsync: bool = False) -> None:
        """Opens or makes the file. Raises StorageError if it is in use, newer than this program, or no data file."""
        self._account_id = account_id
        with contextlib.ExitStack() as opening:
            try:
                if path != MEMORY:
                    opening.enter_context(_lock(path))
                    Path(path).touch(mode=0o600)  # mail and the signing key are in it
                self._connection = opening.enter_context(contextlib.closing(_connect(path, fsync)))
                self._check_version(path)
                self._reader = self._connection
                if path != MEMORY:
                    self._reader = opening.enter_context(contextlib.closing(_connect(path, fsync)))
            except (sqlite3.Error, OSError) as error:
                raise StorageError(f"cannot use the data file {path}: {error}") from error
            self._opened = opening.pop_all()
        self._writing = threading.RLock()
        self._reading = self._writing if path == MEMORY else threading.RLock()
        with self._read("SELECT COALESCE(MAX(id), 0) FROM due") as found:
            self._last_due = int(next(found)[0])

    def close(self) -> None:
        """Close the file; whatever was committed stays."""
        with self._writing, self._reading:
            self._opened.close()

    def load(self) -> dict[str, Account]:
        """All accounts by region. Raises StorageError for a kind of record that this version does not know."""
        accounts: dict[str, Account] = {}
        with self._read("SELECT region, kind, body FROM record ORDER BY seq") as found:
            for region, kind, body in found:
                account = accounts.setdefault(region, Account(self._account_id, region))
                try:
                    account.apply((Put(decode(kind, json.loads(body))),))
                except (KeyError, TypeError) as error:
                    raise StorageError(f"the data file holds a {kind} that this sesbox cannot read") from error
        return accounts

    def write(self, batch: Batch) -> None:
        """Write a batch as one transaction; after an exception nothing of it is there. Raises sqlite3.Error."""
        statements = [(sql, rows) for sql, rows in self._statements(batch) if rows]
        with self._transaction():
            for sql, rows in statements:
                self._connection.executemany(sql, rows)

    def reset(self) -> None:
        """Forget all records, messages, due work and history; the meta values (keys, certificate) stay."""
        with self._transaction():
            for table in STATE_TABLES:
                self._connection.execute(f"DELETE FROM {table}")

    def meta(self, name: str) -> str | None:
        """A value that belongs to the file, not to an account (certificate, clock)."""
        with self._read("SELECT value FROM meta WHERE name = ?", name) as found:
            row = next(found, None)
        return None if row is None else str(row[0])

    def message(self, message_id: str) -> Message | None:
        """One accepted message by its SES id."""
        with self._read(f"SELECT {_MESSAGE} FROM message WHERE id = ?", message_id) as found:
            row = next(found, None)
        return None if row is None else _message(row)

    def messages(
        self,
        region: str | None = None,
        limit: int = 50,
        before: str | None = None,
        search: str | None = None,
        *,
        to: str | None = None,
        after: str | None = None,
        raw: bool = True,
    ) -> list[Message]:
        """Accepted messages, newest first. `before` and `after` are message ids, `to` one recipient's address,
        `search` a part of source, subject or recipients; without `raw` the messages' bytes are left out."""
        where: list[str] = ["1"]
        values: list[Any] = []
        if region is not None:
            where.append("region = ?")
            values.append(region)
        for name, sign in ((before, "<"), (after, ">")):
            if name is not None:
                where.append(f"seq {sign} (SELECT seq FROM message WHERE id = ?)")
                values.append(name)
        if to is not None:
            where.append("EXISTS (SELECT 1 FROM json_each(destinations) WHERE LOWER(value) = LOWER(?))")
            values.append(to)
        if search:
            where.append("INSTR(LOWER(source || ' ' || subject || ' ' || destinations), LOWER(?)) > 0")
            values.append(search)
        columns = _MESSAGE if raw else _MESSAGE_BARE
        sql = f"SELECT {columns} FROM message WHERE {' AND '.join(where)} ORDER BY seq DESC LIMIT ?"
        with self._read(sql, *values, limit) as found:
            return [_message(row) for row in found]

    def message_count(self, region: str | None = None) -> int:
        """How many messages were accepted. None is ever removed alone, so the last number is the count of all."""
        sql = "SELECT COUNT(*) FROM message WHERE region = ?1"
        if region is None:
            sql = "SELECT COALESCE(MAX(seq), 0) FROM message WHERE ?1 IS NULL"
        with self._read(sql, region) as found:
            return int(next(found)[0])

    def history(
        self, message_id: str | None = None, kind: str | None = None, limit: int = 200, before: int | None = None
    ) -> list[Line]:
        """Lines of the history, newest first, of one message or one kind if wanted; `before` is a line's id."""
        sql = (
            "SELECT id, region, at, kind, message_id, data FROM history"
            " WHERE (?1 IS NULL OR message_id = ?1) AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR id < ?3)"
            " ORDER BY id DESC LIMIT ?4"
        )
        with self._read(sql, message_id, kind, before, limit) as found:
            return [Line(row[0], row[1], Log(row[2], row[3], row[4], json.loads(row[5]))) for row in found]

    def due(self, now: float, limit: int, held: Collection[int] = (), full: Collection[str] = ()) -> list[DueRow]:
        """Rows with at <= now by (at, id), without the ids `held` and without posts to the endpoints `full`."""
        where = "at <= ?"
        values: list[Any] = [now]
        if held:
            where += " AND id NOT IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(list(held)))
        if full:
            where += " AND (endpoint IS NULL OR endpoint NOT IN (SELECT value FROM json_each(?)))"
            values.append(json.dumps(list(full)))
        sql = f"SELECT id, region, at, task, data FROM due WHERE {where} ORDER BY at, id LIMIT ?"
        with self._read(sql, *values, limit) as found:
            return [DueRow(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in found]

    def next_due_at(self, after: float) -> float | None:
        """The earliest `at` later than `after`, or None."""
        with self._read("SELECT MIN(at) FROM due WHERE at > ?", after) as found:
            at = next(found)[0]
        return None if at is None else float(at)

    def is_due(self, row_id: int) -> bool:
        """Whether a row of due work is still there."""
        with self._read("SELECT 1 FROM due WHERE id = ?", row_id) as found:
            return next(found, None) is not None

    @property
    def last_due(self) -> int:
        """The highest id of due work so far."""
        return self._last_due

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of the block is committed, or nothing."""
        with self._writing:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _read(self, sql: str, *values: Any) -> Iterator[Iterator[Any]]:
        """The rows of a query; they must be used up inside the block. Sees committed state only."""
        with self._reading:
            cursor = self._reader.execute(sql, values)
            try:
                yield cursor
            finally:
                cursor.close()

    def _check_version(self, path: str) -> None:
        self._connection.executescript(SCHEMA)
        self._connection.execute("INSERT OR IGNORE INTO meta VALUES('schema', ?)", (SCHEMA_VERSION,))
        (version,) = self._connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        if version != SCHEMA_VERSION:
            raise StorageError(f"the data file {path} has format {version}; this sesbox reads {SCHEMA_VERSION}")

    def _statements(self, batch: Batch) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        yield "DELETE FROM record WHERE region = ? AND kind = ? AND key = ?", batch.dropped
        yield (
            "INSERT INTO record(region, kind, key, body) VALUES(?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET body = excluded.body",
            [(*place, _json(encode(record))) for place, record in batch.records.items()],
        )
        yield (
            f"INSERT INTO message({_MESSAGE}) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_message_row(region, message) for region, message in batch.messages],
        )
        yield (
            "INSERT INTO due(id, region, at, task, endpoint, data) VALUES(?, ?, ?, ?, ?, ?)",
            [self._due_row(region, due) for region, due in batch.due],
        )
        yield (
            "INSERT INTO history(region, at, kind, message_id, data) VALUES(?, ?, ?, ?, ?)",
            [(region, log.at, log.kind, log.message_id, _json(log.data)) for region, log in batch.lines],
        )
        yield "DELETE FROM due WHERE id = ?", [(row_id,) for row_id in batch.done]
        yield "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)", list(batch.meta.items())

    def _due_row(self, region: str, due: Due) -> tuple[Any, ...]:
        """Ids are never used twice in one process, so whoever holds one holds exactly that work."""
        self._last_due += 1
        endpoint = str(due.data.get("endpoint", "")) if due.task == "post" else None
        return (self._last_due, region, due.at, due.task, endpoint, _json(due.data))


def _connect(path: str, fsync: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={'FULL' if fsync else 'NORMAL'}")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    return connection


def _lock(path: str) -> IO[str]:
    """Hold `<file>.lock` while the process lives: two writers would each believe their own memory."""
    file = Path(f"{path}.lock").open("a+", encoding="utf-8")  # noqa: SIM115 it stays open
    try:
        import fcntl
    except ImportError:  # no such lock on this system
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise StorageError(f"the data file {path} is in use by another sesbox (process {owner})") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _message_row(region: str, message: Message) -> tuple[Any, ...]:
    return (
        message.message_id,
        message.accepted_at,
        message.source,
        _json(message.destinations),
        message.subject,
        message.raw,
        message.configuration_set,
        _json(message.meta),
        region,
    )


def _message(row: Any) -> Message:
    return Message(
        message_id=row[0],
        accepted_at=row[1],
        source=row[2],
        destinations=tuple(json.loads(row[3])),
        subject=row[4],
        raw=row[5],
        configuration_set=row[6],
        meta=json.loads(row[7]),
        region=row[8],
    )


def _json(value: Any) -> str:
    return _ENCODER.encode(value)
