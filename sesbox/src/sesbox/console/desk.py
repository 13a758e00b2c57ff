"""What the pages and the control API are built from, handed over by main.py.

Lives here: the one value that carries it. Must not live here: pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from sesbox.account import Message
from sesbox.clock import Clock
from sesbox.delivery import LookUp
from sesbox.operations.base import Profile
from sesbox.storage import Storage
from sesbox.writer import Writer

ZONE = "zone"


class ZoneDoor(Protocol):
    """The scripted zone (dns/zone.ScriptedZone)."""

    @property
    def text(self) -> str: ...

    def replace(self, text: str) -> int:
        """Returns the number of records; raises ValueError with the reason and changes nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`clock_moved` keeps the clock's state and wakes delivery; `dns_address` is None without a DNS door;
    `as_sent` gives a message as receivers get it (mailroom.py)."""

    writer: Writer
    storage: Storage
    clock: Clock
    clock_moved: Callable[[], Awaitable[None]]
    zone: ZoneDoor
    look_up: LookUp
    as_sent: Callable[[Message], Awaitable[bytes]]
    profile: Profile
    account_id: str
    region: str
    access_key_id: str
    secret_access_key: str
    own_hosts: frozenset[str] = frozenset()
    dns_address: str | None = None
