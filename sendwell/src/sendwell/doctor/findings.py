"""What the doctor says: findings with a severity, one sentence, the reasons, and the record to publish.

Lives here: the values and how a finding is made from its rule. Must not live here: the rules' texts (rulebook/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sendwell.doctor.answers import is_below, plain, relative


class Severity(StrEnum):
    """How much it hurts, worst first. Critical and high are problems; warn wants a plan; info and ok want nothing."""

    CRITICAL = "critical"
    HIGH = "high"
    WARN = "warn"
    INFO = "info"
    OK = "ok"


ORDER = tuple(Severity)
PROBLEMS = frozenset({Severity.CRITICAL, Severity.HIGH})
LONGEST = 159
_ROOM = 40
_ROOM_FOR_ERRORS = 64


@dataclass(frozen=True, slots=True)
class Record:
    """A record to publish (or, with `remove`, to take away). `host` is relative to `zone`, as DNS panels ask for it.

    An empty zone: the name lies in somebody else's or a parent zone, and `host` is the whole name.
    """

    host: str
    kind: str
    value: str
    zone: str
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be found: its severity, its sentence ({subject} and other words are filled in), and why."""

    severity: Severity
    sentence: str
    why: Mapping[str, str] = field(default_factory=dict)
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `why` says, by receiver, what follows; `seen` is what DNS holds; `blind`: we could not look."""

    rule: str
    severity: Severity
    subject: str
    sentence: str
    why: Mapping[str, str]
    seen: str = ""
    records: tuple[Record, ...] = ()
    evidence: str = ""
    blind: bool = False


def publish(name: str, kind: str, value: str, zone: str) -> Record:
    """The record to publish at the full name `name`; outside `zone`, the host is the whole name."""
    return Record(relative(name, zone), kind, value, _home(name, zone))


def take_away(name: str, kind: str, value: str, zone: str) -> Record:
    """The record to remove at the full name `name`."""
    return Record(relative(name, zone), kind, value, _home(name, zone), remove=True)


def _home(name: str, zone: str) -> str:
    return zone if is_below(name, zone) or plain(name) == plain(zone) else ""


def short(text: str, *, roomy: bool = False) -> str:
    """A word from someone's zone, short enough for a sentence and without control characters. `roomy`: for errors."""
    clean, room = "".join(c if c.isprintable() else "?" for c in text), _ROOM_FOR_ERRORS if roomy else _ROOM
    return clean if len(clean) <= room else clean[: room - 3] + "..."
