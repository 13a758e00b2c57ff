"""SPF: which record a domain publishes, and what it costs and allows when followed to its end (RFC 7208).

Lives here: following include and redirect through answers, the limits. Must not live here: grammar (spf_terms.py),
sentences (rulebook/), what SES needs of it (mail_from.py).
Every term is counted, as if none matched: the worst case, which some receiver will meet (4.6.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from sendwell.doctor.answers import Answer, Ask, mail_hosts, plain
from sendwell.doctor.spf_terms import SpfText, Term, is_spf, looks_like_spf, read_spf

LOOKUPS = 10
VOIDS = 2
MX_HOSTS = 10
DEEPEST = 12
MOST_TERMS = 120
_WIDEST_V4 = 8
_WIDEST_V6 = 16


class Verdict(StrEnum):
    """What a receiver makes of the record before it looks at any sender."""

    OK = "ok"
    NONE = "none"
    BROKEN = "permerror"
    UNKNOWN = "temperror"


@dataclass(slots=True)
class _Walk:
    """What was met on the way."""

    ask: Ask
    lookups: int = 0
    voids: int = 0
    terms: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    passing: set[str] = field(default_factory=set)
    ptr: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spf:
    """A domain's SPF as receivers meet it. `faults` are (kind, word) pairs, each of which breaks the record.

    `end` is the qualifier that meets senders nobody named: + - ~ ?, by `all` here or behind redirect; `?` without.
    `includes` are all names that were followed, `passing` those that are asked with a plain `+`.
    """

    domain: str
    verdict: Verdict
    answer: Answer
    records: tuple[str, ...] = ()
    lookalikes: tuple[str, ...] = ()
    record: SpfText | None = None
    lookups: int = 0
    voids: int = 0
    end: str = "?"
    ends: bool = False
    faults: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    passing: frozenset[str] = frozenset()
    ptr: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


def look_at_spf(ask: Ask, domain: str) -> Spf:
    """Read and follow the SPF record of a domain."""
    answer = ask(domain, "TXT")
    records = tuple(value for value in answer.values if is_spf(value))
    lookalikes = tuple(value for value in answer.values if looks_like_spf(value))
    if answer.unknown:
        return Spf(domain, Verdict.UNKNOWN, answer, unknown=(domain,))
    if not records:
        return Spf(domain, Verdict.NONE, answer, lookalikes=lookalikes)
    if len(records) > 1:
        return Spf(domain, Verdict.BROKEN, answer, records, lookalikes, faults=(("several", domain),))
    walk = _Walk(ask)
    record = read_spf(records[0])
    end = _follow(walk, plain(domain), record, (plain(domain),), passing=True)
    _check_limits(walk)
    verdict = Verdict.BROKEN if walk.faults else Verdict.UNKNOWN if walk.unknown else Verdict.OK
    return Spf(
        domain,
        verdict,
        answer,
        records,
        lookalikes,
        record,
        lookups=walk.lookups,
        voids=walk.voids,
        end=end or "?",
        ends=bool(end),
        faults=tuple(dict.fromkeys(walk.faults)),
        unknown=tuple(dict.fromkeys(walk.unknown)),
        includes=tuple(dict.fromkeys(walk.includes)),
        passing=frozenset(walk.passing),
        ptr=tuple(walk.ptr),
        wide=tuple(walk.wide),
        empty=tuple(dict.fromkeys(walk.empty)),
    )


def _check_limits(walk: _Walk) -> None:
    if walk.lookups > LOOKUPS:
        walk.faults.append(("lookups", str(walk.lookups)))
    if walk.voids > VOIDS:
        walk.faults.append(("voids", str(walk.voids)))


def _follow(walk: _Walk, domain: str, record: SpfText, path: tuple[str, ...], *, passing: bool) -> str:
    """Count one record and all behind it; the qualifier of its `all`, its redirect's, or nothing."""
    if record.error:
        walk.faults.append(("syntax", record.error if len(path) == 1 else f"{domain}: {record.error}"))
        return ""
    for term in record.active:
        walk.terms += 1
        if walk.terms > MOST_TERMS:
            break
        _count(walk, domain, term, path, passing=passing)
    redirect = record.redirect
    if redirect is None:
        return record.all
    walk.lookups += 1
    if redirect.has_macro:
        return "?"
    return _enter(walk, redirect, path, passing=passing)


def _count(walk: _Walk, domain: str, term: Term, path: tuple[str, ...], *, passing: bool) -> None:
    """One mechanism: its lookups, its voids, what it lets in."""
    passing = passing and term.qualifier == "+"
    if term.name in ("ip4", "ip6"):
        if passing and _is_wide(term.value):
            walk.wide.append(term.text)
    elif term.name != "all":
        walk.lookups += 1
        target = plain(term.domain) or domain
        if term.name == "ptr":
            walk.ptr.append(term.text)
        elif term.has_macro:
            return
        elif term.name == "include":
            _enter(walk, term, path, passing=passing)
        else:
            _look_up(walk, term.name, target)


def _look_up(walk: _Walk, kind: str, target: str) -> None:
    """The lookups of a, mx and exists; an answer without records is a void lookup."""
    answers: tuple[Answer, ...]
    if kind == "mx":
        answers = (walk.ask(target, "MX"),)
        if len(mail_hosts(answers[0])) > MX_HOSTS:
            walk.faults.append(("mx", target))
    elif kind == "exists":
        answers = (walk.ask(target, "A"),)
    else:
        answers = (walk.ask(target, "A"), walk.ask(target, "AAAA"))
    if any(answer.unknown for answer in answers):
        walk.unknown.append(target)
    elif not any(answer.found for answer in answers) or _is_null(answers[0]):
        walk.voids += 1
        walk.empty.append(target)


def _is_null(answer: Answer) -> bool:
    """A null MX names no host."""
    return answer.kind == "MX" and not any(host for _, host in mail_hosts(answer))


def _enter(walk: _Walk, term: Term, path: tuple[str, ...], *, passing: bool) -> str:
    """Go into an include or redirect; what it ends with. A target without SPF breaks the whole record (5.2, 6.1)."""
    target = plain(term.domain)
    walk.includes.append(target)
    if passing:
        walk.passing.add(target)
    if target in path:
        walk.faults.append(("loop", " -> ".join((*path, target))))
        return ""
    if len(path) > DEEPEST:
        return ""
    answer = walk.ask(target, "TXT")
    if answer.unknown:
        walk.unknown.append(target)
        return ""
    records = [value for value in answer.values if is_spf(value)]
    if answer.absent:
        walk.voids += 1
        walk.empty.append(target)
    if len(records) != 1:
        walk.faults.append(("target-several" if records else "target-none", target))
        return ""
    return _follow(walk, target, read_spf(records[0]), (*path, target), passing=passing)


def _is_wide(value: str) -> bool:
    """Whether an address range lets in a good part of the internet."""
    _, slash, prefix = value.partition("/")
    return bool(slash) and int(prefix) < (_WIDEST_V6 if ":" in value else _WIDEST_V4)


def glued(answer: Answer, record: str) -> str:
    """Where the strings of a TXT record were cut without a blank, so that two terms became one; empty if nowhere."""
    for value, parts in zip(answer.values, answer.parts, strict=False):
        if value != record:
            continue
        for left, right in pairwise(parts):
            word = (left.rsplit(" ", 1)[-1] + right.split(" ", 1)[0]).lower()
            begins = right.lstrip("+-~?").split(" ", 1)[0].lower().startswith(_BEGINNINGS)
            if left[-1:] not in ("", " ") and begins and len(word) > len(right.split(" ", 1)[0]):
                return word
    return ""


_BEGINNINGS = ("include:", "ip4:", "ip6:", "a:", "mx:", "exists:", "redirect=", "all")
