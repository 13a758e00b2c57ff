"""What DNS answered, as plain values; the book of questions that rules ask from.

Lives here: the states of an answer, names, records of an answer. Must not live here: sockets (zones.py), judgement.

Rules are written as if every answer were at hand: they call `ask(name, kind)`. What is not known yet comes back as
NOT_ASKED and is noted, so that the examination can fetch all of it at once and judge again (examine.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

Question = tuple[str, str]


class State(StrEnum):
    """How a question ended. Only NODATA and NXDOMAIN mean "not there"; SERVFAIL and TIMEOUT mean "nobody knows"."""

    FOUND = "found"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    TIMEOUT = "timeout"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `values` are plain text: TXT strings joined, MX as "10 host", names without the last dot.

    `parts` are the single strings of each TXT value; `chain` the CNAME targets that were followed; `ttl` seconds.
    """

    name: str
    kind: str
    state: State
    values: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    chain: tuple[str, ...] = ()
    ttl: int | None = None
    detail: str = ""

    @property
    def found(self) -> bool:
        """Whether there is at least one record."""
        return self.state is State.FOUND

    @property
    def absent(self) -> bool:
        """Whether DNS said that there is no such record."""
        return self.state in (State.NODATA, State.NXDOMAIN)

    @property
    def unknown(self) -> bool:
        """Whether nobody can say: the server failed, or did not answer in time."""
        return not self.found and not self.absent

    @property
    def seen(self) -> str:
        """The answer for people: the values, or what DNS said instead."""
        return " | ".join(self.values) if self.found else _WORDS[self.state]


_WORDS = {
    State.FOUND: "",
    State.NODATA: "no record of this kind",
    State.NXDOMAIN: "no such name",
    State.SERVFAIL: "the name server failed (SERVFAIL)",
    State.TIMEOUT: "no answer in time",
    State.NOT_ASKED: "not asked",
}

Ask = Callable[[str, str], Answer]


class Book:
    """The known answers, and a note of every question that was asked and is not among them."""

    def __init__(self, known: Mapping[Question, Answer]) -> None:
        self._known = known
        self.wanted: set[Question] = set()

    def ask(self, name: str, kind: str) -> Answer:
        """The answer, or one with the state NOT_ASKED. Names are compared in lower case without the last dot."""
        question = (plain(name), kind)
        answer = self._known.get(question)
        if answer is None:
            self.wanted.add(question)
            return Answer(question[0], kind, State.NOT_ASKED)
        return answer


def plain(name: str) -> str:
    """A name as it is compared: lower case, no last dot, no blanks around it."""
    return name.strip().rstrip(".").lower()


def is_below(name: str, domain: str) -> bool:
    """Whether `name` is a true subdomain of `domain`."""
    return plain(name).endswith("." + plain(domain))


def relative(name: str, zone: str) -> str:
    """The host part as DNS panels want it: `@` for the zone itself, else what stands before it."""
    name, zone = plain(name), plain(zone)
    if name == zone:
        return "@"
    return name[: -len(zone) - 1] if is_below(name, zone) else name


def mail_hosts(answer: Answer) -> tuple[tuple[int, str], ...]:
    """The (preference, host) pairs of an MX answer; the host of a null MX is empty."""
    pairs = (value.partition(" ") for value in answer.values)
    return tuple(
        (int(number) if number.isascii() and number.isdigit() else 0, plain(host)) for number, _, host in pairs
    )


def texts(answer: Answer, *starts: str) -> tuple[str, ...]:
    """The TXT values that begin, whatever the case and blanks before, with one of `starts`."""
    return tuple(value for value in answer.values if value.strip().lower().startswith(starts))


def zone_of(ask: Ask, domain: str) -> str:
    """The zone that holds `domain`: the nearest name above with an SOA record; the domain itself if none is seen."""
    labels = plain(domain).split(".")
    names = [".".join(labels[i:]) for i in range(max(1, len(labels) - 1))]
    answers = [ask(name, "SOA") for name in names]
    return next((answer.name for answer in answers if answer.found and not answer.chain), plain(domain))
