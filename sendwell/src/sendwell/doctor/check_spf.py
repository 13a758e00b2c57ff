"""Judges the SPF record of one name: which rules apply, and the record that mends it.

Lives here: rules about SPF. Must not live here: following the record (spf.py), the return path's needs (check_ses.py).
All findings about a name propose the same record, with every mistake in it mended, so that it can be pasted once.
"""

from __future__ import annotations

from collections.abc import Iterator

from sendwell.doctor.answers import mail_hosts
from sendwell.doctor.case import Case
from sendwell.doctor.findings import Finding, Record
from sendwell.doctor.mail_from import SES_INCLUDE, SPF_VALUE
from sendwell.doctor.rulebook import find
from sendwell.doctor.spf import LOOKUPS, VOIDS, Spf, Verdict, glued
from sendwell.doctor.spf_terms import SpfText, Term, is_spf, looks_like_spf, read_spf

_ROOM_LEFT = 8
_LONG = 450
_TOO_LONG = 512
_DEAD_ENDS = frozenset({"loop", "target-none", "target-several"})
# What the large mailbox providers ask their customers to include, by the end of the MX host.
_PROVIDERS = {
    "google.com": "_spf.google.com",
    "googlemail.com": "_spf.google.com",
    "protection.outlook.com": "spf.protection.outlook.com",
    "messagingengine.com": "spf.messagingengine.com",
    "protonmail.ch": "_spf.protonmail.ch",
}


def check_spf(case: Case, spf: Spf, *, return_path: bool) -> Iterator[Finding]:
    """The findings about one name's SPF. `return_path`: it is SES's MAIL FROM domain, else the From domain."""
    if spf.answer.unknown:
        yield find("spf.unanswered", spf.domain, seen=spf.answer.seen, word=spf.domain)
        return
    put = records_to_mend(case, spf, SPF_VALUE if return_path else mended(spf))
    problems = [*_lookalikes(case, spf), *_faults(spf, put), *_openness(spf, put)]
    if spf.verdict is Verdict.NONE and not spf.lookalikes and not return_path:
        problems.append(find("spf.none", spf.domain, _first_record(case), seen=spf.answer.seen))
    yield from problems
    yield from _untidy(spf, put)
    for name in spf.unknown:
        yield find("spf.unanswered", spf.domain, seen=f"{name}: no answer", word=name)
    if return_path:
        return
    if spf.record is not None and any(_is_useless(term) for term in spf.record.terms):
        yield find("spf.useless-include", spf.domain, *put, seen=spf.records[0])
    if not problems and spf.verdict is Verdict.OK:
        yield find("spf.ok", spf.domain, seen=spf.records[0], count=spf.lookups)


def _is_useless(term: Term) -> bool:
    """SES's include on the From domain: SES sends with another return path."""
    return term.name == "include" and term.domain.lower() == SES_INCLUDE


def mended(spf: Spf) -> str:
    """The record with its mistakes taken out, all records in one; empty if nobody can tell what was meant."""
    texts = [_joined(spf, text) for text in spf.records]
    read = [read_spf(text) for text in texts]
    if not read or any(record.error for record in read):
        return ""
    dead = {word.rsplit(" ", 1)[-1] for kind, word in spf.faults if kind in _DEAD_ENDS} | set(spf.empty)
    kept = [term for record in read for term in _kept(record, dead, spf.wide)]
    redirect = next((term.text for record in read if (term := record.redirect) and term.domain.lower() not in dead), "")
    ends = [record.all for record in read if record.all in ("-", "~")]
    last = f"{ends[0]}all" if ends else redirect if redirect and len(read) == 1 and spf.end in "-~" else "~all"
    return " ".join(["v=spf1", *dict.fromkeys(kept), last])


def _kept(record: SpfText, dead: set[str], wide: tuple[str, ...]) -> Iterator[str]:
    for term in record.terms:
        unseen = term in record.after_all or term.name in ("all", "redirect", "ptr")
        if not (unseen or term.text in wide or term.domain.lower() in dead or _is_useless(term)):
            yield term.text


def _joined(spf: Spf, text: str) -> str:
    """The record, with a blank put back where its strings were cut without one."""
    for value, parts in zip(spf.answer.values, spf.answer.parts, strict=False):
        if value == text and glued(spf.answer, text):
            return " ".join(" ".join(parts).split())
    return text


def records_to_mend(case: Case, spf: Spf, value: str) -> tuple[Record, ...]:
    """The records to remove and the one to publish; nothing if that changes nothing."""
    if not value or spf.records == (value,):
        return ()
    away = tuple(case.take_away(spf.domain, "TXT", text) for text in spf.records if text != value)
    return (*away, case.publish(spf.domain, "TXT", value))


def _lookalikes(case: Case, spf: Spf) -> Iterator[Finding]:
    if spf.records:
        return
    for text in spf.lookalikes:
        cleaned = text.strip().strip("\"'").strip()
        value = cleaned if is_spf(cleaned) else f"v=spf1 {cleaned.partition(' ')[2]}".strip()
        away = case.take_away(spf.domain, "TXT", text)
        put = () if looks_like_spf(value) or read_spf(value).error else (case.publish(spf.domain, "TXT", value),)
        yield find("spf.lookalike", spf.domain, *((away, *put) if put else ()), seen=text, text=text)


def _faults(spf: Spf, put: tuple[Record, ...]) -> Iterator[Finding]:
    seen = " | ".join(spf.records)
    word = glued(spf.answer, spf.records[0]) if spf.faults else ""
    if word:
        yield find("spf.glued", spf.domain, *put, seen=seen, word=word)
        return
    for kind, what in spf.faults:
        if kind == "several":
            yield find("spf.several", spf.domain, *put, seen=seen, count=len(spf.records))
        elif kind in ("lookups", "voids"):
            shown = put if spf.empty else ()
            yield find(f"spf.{kind}", spf.domain, *shown, seen=f"{seen} ({_counted(spf)})", count=what)
        elif kind == "syntax":
            yield find("spf.syntax", spf.domain, *put, seen=seen, error=what)
        else:
            yield find(f"spf.{kind}", spf.domain, *put, seen=seen, word=what)


def _counted(spf: Spf) -> str:
    followed = ", ".join(spf.includes) or "nothing"
    missing = f"; not there: {', '.join(spf.empty)}" if spf.empty else ""
    return f"{spf.lookups} look-ups, {spf.voids} of them empty; it leads to {followed}{missing}"


def _openness(spf: Spf, put: tuple[Record, ...]) -> Iterator[Finding]:
    if spf.record is None or spf.record.error:
        return
    seen = spf.records[0]
    if spf.ends and spf.end == "+":
        yield find("spf.plus-all", spf.domain, *put, seen=seen)
    elif spf.ends and spf.end == "?":
        yield find("spf.neutral", spf.domain, *put, seen=seen)
    elif not spf.ends and spf.verdict is Verdict.OK:
        yield find("spf.no-end", spf.domain, *put, seen=seen)
    for word in spf.wide:
        yield find("spf.wide", spf.domain, *put, seen=seen, word=word)


def _untidy(spf: Spf, put: tuple[Record, ...]) -> Iterator[Finding]:
    """What works today and should be put right."""
    if spf.record is None or spf.record.error:
        return
    record, seen = spf.record, spf.records[0]
    size = len(seen.encode())
    if _ROOM_LEFT <= spf.lookups <= LOOKUPS:
        yield find("spf.many-lookups", spf.domain, seen=f"{seen} ({_counted(spf)})", count=spf.lookups)
    if spf.ptr:
        yield find("spf.ptr", spf.domain, *put, seen=seen)
    if record.all and record.modifier("redirect") is not None:
        yield find("spf.redirect-ignored", spf.domain, *put, seen=seen)
    if record.after_all:
        yield find("spf.after-all", spf.domain, *put, seen=seen, word=record.after_all[0].text)
    if spf.empty and spf.voids <= VOIDS and spf.verdict is Verdict.OK:
        yield find("spf.empty", spf.domain, *put, seen=seen, word=spf.empty[0])
    if size > _LONG:
        yield find("spf.too-long" if size > _TOO_LONG else "spf.long", spf.domain, seen=seen, count=size)


def _first_record(case: Case) -> Record:
    """A first SPF record for a From domain, by who receives its mail: nobody -all, a known provider its include."""
    hosts = [host for _, host in mail_hosts(case.ask(case.domain, "MX")) if host]
    ends = [include for end, include in _PROVIDERS.items() if any(host.endswith(end) for host in hosts)]
    value = f"v=spf1 include:{ends[0]} ~all" if ends else "v=spf1 mx ~all" if hosts else "v=spf1 -all"
    return case.publish(case.domain, "TXT", value)
