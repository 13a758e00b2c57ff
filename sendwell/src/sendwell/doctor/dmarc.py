"""DMARC: a record read as RFC 9989 reads it, the tree walk, and which policy meets a domain's mail.

Lives here: grammar and defaults (4.7, 4.8), tree walk (4.10), organizational domain (4.10.2), report addresses.
Must not live here: sentences and advice (dmarc_check.py, rulebook/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sendwell.doctor.answers import Answer, Ask, State, plain
from sendwell.doctor.tags import Tags, read_tags

MOST_LABELS = 8
JUMP_TO = 7
POLICIES = ("none", "quarantine", "reject")
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_MEANT = re.compile(r"[\s\"']*v?\s*=?\s*dmarc", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:([^@\s,!;]+)@([^@\s,!;]+?)(![0-9]+[kmgt]?)?", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*:\S+", re.IGNORECASE)
_REMOVED = ("pct", "rf", "ri")


class Standing(StrEnum):
    """What a single text at `_dmarc` amounts to (4.10.1; a repeated tag voids the whole list, RFC 6376, 3.2)."""

    VALID = "valid"
    AS_NONE = "policy invalid, treated as none"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class DmarcText:
    """A DMARC record taken apart; wrong values have already become their defaults (4.7)."""

    text: str
    standing: Standing
    p: str
    sp: str
    np: str
    strict_dkim: bool
    strict_spf: bool
    testing: bool
    psd: str
    rua: tuple[str, ...]
    tags: Tags
    faults: tuple[str, ...] = ()

    @property
    def mailboxes(self) -> tuple[tuple[str, str], ...]:
        """The (local part, domain) pairs of the mailto addresses that reports go to."""
        found = (_MAILTO.fullmatch(uri) for uri in self.rua)
        return tuple((match[1], plain(match[2])) for match in found if match is not None)

    @property
    def removed(self) -> tuple[str, ...]:
        """Tags that RFC 9989 took away and that older receivers still read."""
        return tuple(f"{name}={value}" for name, value in self.tags.pairs if name in _REMOVED)


def is_dmarc(text: str) -> bool:
    """Whether a TXT value is a DMARC record: `v=DMARC1` first, this spelling exactly (4.7, 4.8)."""
    return _VERSION.match(text) is not None


def meant_as_dmarc(text: str) -> bool:
    """Whether a TXT value was meant to be a DMARC record and is none."""
    return not is_dmarc(text) and _MEANT.match(text) is not None


def read_dmarc(text: str) -> DmarcText:
    """Take a record apart. Never raises. `p`, `sp` and `np` are what receivers apply."""
    tags = read_tags(text)
    wrong = [f"{name}={tags.get(name)}" for name in ("p", "sp", "np") if not _fits(tags.get(name))]
    rua = tuple(uri.strip() for uri in (tags.get("rua") or "").split(",") if _is_uri(uri.strip()))
    has_policy = tags.get("p") is not None
    standing = Standing.VALID
    if tags.doubles or ((wrong or not has_policy) and not rua):
        standing = Standing.IGNORED
    elif wrong:
        standing = Standing.AS_NONE
    p = "none" if standing is not Standing.VALID else (tags.get("p") or "none").lower()
    sp = p if standing is not Standing.VALID else (tags.get("sp") or p).lower()
    np = sp if standing is not Standing.VALID else (tags.get("np") or sp).lower()
    return DmarcText(
        text,
        standing,
        p,
        sp,
        np,
        strict_dkim=(tags.get("adkim") or "").lower() == "s",
        strict_spf=(tags.get("aspf") or "").lower() == "s",
        testing=(tags.get("t") or "").lower() == "y",
        psd=psd if (psd := (tags.get("psd") or "u").lower()) in ("y", "n") else "u",
        rua=rua,
        tags=tags,
        faults=(*_other_faults(tags), *wrong, *tags.faults, *(f"{name}= twice" for name in tags.doubles)),
    )


def _fits(value: str | None) -> bool:
    return value is None or value.lower() in POLICIES


def _is_uri(text: str) -> bool:
    return bool(_MAILTO.fullmatch(text)) if text.lower().startswith("mailto:") else bool(_SCHEME.fullmatch(text))


def _other_faults(tags: Tags) -> tuple[str, ...]:
    """Values that are discarded in favour of their defaults, and report addresses that nobody can write to."""
    allowed = {"adkim": "rs", "aspf": "rs", "t": "yn", "psd": "ynu"}
    found = [f"{name}={value}" for name, value in tags.pairs if name in allowed and value.lower() not in allowed[name]]
    for name in ("rua", "ruf"):
        value = tags.get(name)
        if value is not None:
            found.extend(f"{name}={uri.strip()}" for uri in value.split(",") if not _is_uri(uri.strip()))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Stop:
    """One name of the tree walk: the answer, and its records (more than one: receivers discard them all)."""

    domain: str
    answer: Answer
    records: tuple[DmarcText, ...]

    @property
    def record(self) -> DmarcText | None:
        """The one record that counts here."""
        return self.records[0] if len(self.records) == 1 else None


@dataclass(frozen=True, slots=True)
class Dmarc:
    """What meets mail From: a domain. `at` is where the policy was found, `applied` what receivers do to failing mail.

    `applied` is empty when DMARC does not apply at all; `exists` is whether the domain itself is in DNS.
    """

    domain: str
    stops: tuple[Stop, ...]
    organizational: str
    at: str = ""
    record: DmarcText | None = None
    requested: str = ""
    applied: str = ""
    exists: bool = True
    several: str = ""
    unknown: tuple[str, ...] = ()


def names_to_walk(domain: str) -> tuple[str, ...]:
    """The names to ask, longest first, at most eight: long ones jump to the last seven labels (4.10)."""
    labels = plain(domain).split(".")
    rest = labels[1:] if len(labels) <= MOST_LABELS else labels[-JUMP_TO:]
    return (plain(domain), *(".".join(rest[i:]) for i in range(len(rest))))


def walk(ask: Ask, domain: str) -> tuple[Stop, ...]:
    """The tree walk: every name up to the first record with psd=y or psd=n, or to the top (4.10)."""
    stops: list[Stop] = []
    for name in names_to_walk(domain):
        answer = ask(f"_dmarc.{name}", "TXT")
        stop = Stop(name, answer, tuple(read_dmarc(value) for value in answer.values if is_dmarc(value)))
        stops.append(stop)
        if stop.record is not None and stop.record.psd != "u":
            break
    return tuple(stops)


def organizational(stops: tuple[Stop, ...]) -> str:
    """The organizational domain by a walk (4.10.2); the walked domain itself if no record was found."""
    start = stops[0].domain
    for stop in stops:
        if stop.record is not None and stop.record.psd == "n":
            return stop.domain
        if stop.record is not None and stop.record.psd == "y" and stop.domain != start:
            return ".".join(start.split(".")[-(stop.domain.count(".") + 2) :])
    return next((stop.domain for stop in reversed(stops) if stop.record is not None), start)


def look_at_dmarc(ask: Ask, domain: str) -> Dmarc:
    """Find the policy for mail From: this domain: its own record, its organization's, its registry's (4.10.1)."""
    stops = walk(ask, domain)
    org = organizational(stops)
    unknown = tuple(stop.domain for stop in stops if stop.answer.unknown)
    exists = ask(domain, "TXT").state is not State.NXDOMAIN
    by_name = {stop.domain: stop for stop in stops}
    several = next((stop.domain for stop in stops if len(stop.records) > 1), "")
    base = Dmarc(plain(domain), stops, org, exists=exists, several=several, unknown=unknown)
    if several == plain(domain) or unknown[:1] == (plain(domain),):
        return base
    last = stops[-1]
    places = (plain(domain), org, last.domain if last.record is not None and last.record.psd == "y" else "")
    at = next((name for name in places if name in by_name and by_name[name].record is not None), "")
    record = by_name[at].record if at else None
    if record is None:
        return base
    requested = policy_for(record, own=at == plain(domain), exists=exists)
    applied = soften(requested, testing=record.testing)
    if record.standing is Standing.IGNORED:
        applied = ""
    return Dmarc(plain(domain), stops, org, at, record, requested, applied, exists, several, unknown)


def policy_for(record: DmarcText, *, own: bool, exists: bool) -> str:
    """The policy a record asks for: p for its own name, sp for names below, np for those that do not exist (4.7)."""
    if own:
        return record.p
    return record.sp if exists else record.np


def soften(policy: str, *, testing: bool) -> str:
    """What is applied while t=y: one step less (4.7)."""
    return POLICIES[max(0, POLICIES.index(policy) - 1)] if testing else policy


def report_permission(ask: Ask, about: str, box: str) -> Answer:
    """The answer that says whether `box` takes reports about the domain `about` (RFC 9990, 4)."""
    return ask(f"{about}._report._dmarc.{box}", "TXT")
