"""State of one account in one region: settings, identities and counters, held in memory as frozen records.

Lives here: the record types, the changes an operation may ask for, and applying a change to the state.
Must not live here: messages and events (they are on disk behind storage.py), decisions (rules/), I/O, the clock.
Times are seconds since the epoch (float, UTC) on sesbox's own clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

R = TypeVar("R", bound="Record")


@dataclass(frozen=True, slots=True)
class Record:
    """One stored fact. `kind` names its table in memory and on disk; `key` is unique in its kind."""

    kind: ClassVar[str] = ""

    @property
    def key(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Message:
    """One accepted message as it was accepted. `meta` holds what events need (tags, operation, source ip...).

    `region` is filled in by storage when a message is read back.
    """

    message_id: str
    accepted_at: float
    source: str
    destinations: tuple[str, ...]
    subject: str
    raw: bytes
    configuration_set: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    region: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """Insert or replace one record."""

    record: Record


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove one record; removing an absent one is no error."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Store:
    """Append one accepted message to the message store."""

    message: Message


@dataclass(frozen=True, slots=True)
class Due:
    """Work to be done at `at` by delivery.py: `task` names the handler in its table, `data` is JSON.

    It is committed with the change that caused it, so no event is lost by a crash after the answer.
    """

    at: float
    task: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Log:
    """Append one line to the history on disk, which the pages show: an event, or a try to post one.

    `message_id` is SES's id of the message it belongs to ("" if none). Memory knows nothing of it.
    """

    at: float
    kind: str
    message_id: str
    data: Mapping[str, Any]


Change = Put | Drop | Store | Due | Log


class Account:
    """All records of one (account, region). Only the writer thread applies changes; operations only read."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self._tables: dict[str, dict[str, Record]] = {}

    def get(self, kind: type[R], key: str) -> R | None:
        """The record of this kind under this key, or None."""
        found = self._tables.get(kind.kind, {}).get(key)
        return found if isinstance(found, kind) else None

    def all(self, kind: type[R]) -> list[R]:
        """All records of a kind in the order of their first insertion."""
        return [record for record in self._tables.get(kind.kind, {}).values() if isinstance(record, kind)]

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the settings part of an outcome; messages and due work concern the disk only."""
        for change in changes:
            if isinstance(change, Put):
                self._tables.setdefault(change.record.kind, {})[change.record.key] = change.record
            elif isinstance(change, Drop):
                self._tables.get(change.kind, {}).pop(change.key, None)
