"""Judges the DMARC of a domain: which rules apply, the ladder, and the record of the next step.

Lives here: rules about DMARC. Must not live here: reading and walking (dmarc.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sendwell.doctor.alignment import aligned
from sendwell.doctor.answers import mail_hosts, plain
from sendwell.doctor.case import Case
from sendwell.doctor.dmarc import Dmarc, DmarcText, Standing, is_dmarc, meant_as_dmarc, read_dmarc, report_permission
from sendwell.doctor.findings import Finding, Record
from sendwell.doctor.rulebook import find

_BEGINNING = re.compile(r"\s*v?\s*=?\s*dmarc\s*1?[\s;,:]*", re.IGNORECASE)
_NEXT = {
    "none": "Go on when two to four weeks of reports show that all mail you know of passes, with DKIM or SPF matching.",
    "quarantine": "Go on when two more weeks of reports show that nothing of yours landed in spam.",
    "reject": "Nothing is left to climb. Keep reading the reports: a new tool that sends for you shows up there first.",
}


def check_dmarc(case: Case, dmarc: Dmarc) -> Iterator[Finding]:
    """The findings about the policy that meets mail From: this domain."""
    own = dmarc.stops[0]
    if own.answer.unknown:
        yield find("dmarc.unanswered", case.domain, seen=own.answer.seen)
        return
    yield from _strays(case, dmarc)
    if dmarc.several:
        yield from _several(case, dmarc)
        if dmarc.several == case.domain:
            return
    if dmarc.record is None:
        yield from _absent(case, dmarc)
        return
    if dmarc.at != case.domain:
        policy = f"p={dmarc.applied or 'none'}"
        yield find("dmarc.inherited", case.domain, seen=dmarc.record.text, place=dmarc.at, policy=policy)
    yield from _faults(case, dmarc, dmarc.record)
    if dmarc.record.standing is Standing.VALID:
        yield from _ladder(case, dmarc, dmarc.record)
        yield from _holes(case, dmarc, dmarc.record)
    yield from _reports(case, dmarc, dmarc.record)


def with_tags(record: DmarcText, **changes: str) -> str:
    """The record again with some tags changed, added, or (empty) taken out; v first, p second, no removed tags."""
    tags = {name: value for name, value in record.tags.pairs if name not in ("v", "pct", "rf", "ri")}
    tags.update(changes)
    order = ["p", *(name for name in tags if name != "p")]
    return "; ".join(["v=DMARC1", *(f"{name}={tags[name]}" for name in order if tags.get(name))])


def mended(dmarc: Dmarc, record: DmarcText) -> str:
    """The record with its mistakes taken out and its policy as it is: no removed tags, no holes, reports asked for."""
    rua = ",".join(record.rua) or f"mailto:dmarc@{dmarc.at}"
    if record.standing is not Standing.VALID or record.faults:
        return f"v=DMARC1; p={record.p}; rua={rua}"
    holes = {"sp": ""} if record.p != "none" and record.sp == "none" else {}
    holes |= {"np": ""} if record.p != "none" and record.np == "none" else {}
    return with_tags(record, p=record.p, rua=rua, **holes)


def _first(case: Case) -> Record:
    return case.publish(f"_dmarc.{case.domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:dmarc@{case.domain}")


def _respelt(case: Case, value: str) -> Record:
    """A text that was meant as a DMARC record with its beginning put right; a first record if that is not enough."""
    rest = _BEGINNING.sub("", value.strip().strip("\"'"), count=1)
    record = read_dmarc(f"v=DMARC1; {rest}")
    if record.standing is not Standing.VALID or record.faults or record.tags.get("p") is None:
        return _first(case)
    return case.publish(f"_dmarc.{case.domain}", "TXT", with_tags(record))


def _strays(case: Case, dmarc: Dmarc) -> Iterator[Finding]:
    """Texts at `_dmarc` that are no DMARC record, and a copy at the domain itself."""
    own = dmarc.stops[0]
    for value in own.answer.values:
        if meant_as_dmarc(value):
            away, put = case.take_away(f"_dmarc.{case.domain}", "TXT", value), _respelt(case, value)
            records = (away,) if own.records else (away, put)
            error = "v=DMARC1; has to stand first, spelt exactly so"
            yield find("dmarc.malformed", case.domain, *records, seen=value, error=error)
        elif not is_dmarc(value):
            away = case.take_away(f"_dmarc.{case.domain}", "TXT", value)
            yield find("dmarc.stray", case.domain, away, seen=value)
    for value in case.ask(case.domain, "TXT").values:
        if is_dmarc(value) and own.records:
            away = case.take_away(case.domain, "TXT", value)
            yield find("dmarc.apex-leftover", case.domain, away, seen=value)


def _several(case: Case, dmarc: Dmarc) -> Iterator[Finding]:
    stop = next(stop for stop in dmarc.stops if stop.domain == dmarc.several)
    name = f"_dmarc.{stop.domain}"
    keep, *rest = sorted(stop.records, key=lambda record: (record.standing != Standing.VALID, not record.rua))
    records = [case.take_away(name, "TXT", record.text) for record in rest]
    yield find(
        "dmarc.several",
        stop.domain,
        *records,
        case.publish(name, "TXT", keep.text),
        seen=" | ".join(record.text for record in stop.records),
        count=len(stop.records),
    )


def _absent(case: Case, dmarc: Dmarc) -> Iterator[Finding]:
    """No policy applies: perhaps the record stands at the wrong place."""
    if any(meant_as_dmarc(value) for value in dmarc.stops[0].answer.values) or dmarc.several:
        return
    name = f"_dmarc.{case.domain}"
    for place in (case.domain, f"{name}.{case.domain}", f"dmarc.{case.domain}", f"_dmarc.{name}"):
        texts = [value for value in case.ask(place, "TXT").values if is_dmarc(value)]
        if texts:
            away, put = case.take_away(place, "TXT", texts[0]), case.publish(name, "TXT", texts[0])
            yield find("dmarc.wrong-place", case.domain, away, put, seen=texts[0], place=place)
            return
    if dmarc.unknown:
        yield find("dmarc.unanswered", case.domain, seen=f"{', '.join(dmarc.unknown)}: no answer")
        return
    yield find("dmarc.missing", case.domain, _first(case), seen=dmarc.stops[0].answer.seen)


def _faults(case: Case, dmarc: Dmarc, record: DmarcText) -> Iterator[Finding]:
    error = ", ".join(record.faults)
    clean = case.publish(f"_dmarc.{dmarc.at}", "TXT", mended(dmarc, record))
    if record.standing is Standing.IGNORED:
        yield find("dmarc.ignored", dmarc.at, clean, seen=record.text, error=error or "it names no policy (p=)")
    elif record.standing is Standing.AS_NONE:
        yield find("dmarc.as-none", dmarc.at, clean, seen=record.text, error=error)
    else:
        if record.tags.get("p") is None:
            yield find("dmarc.no-policy", dmarc.at, clean, seen=record.text)
        if record.faults:
            yield find("dmarc.wrong-value", dmarc.at, clean, seen=record.text, error=error)
    if record.removed:
        yield find("dmarc.removed", dmarc.at, clean, seen=record.text, word=" ".join(record.removed))


def _ladder(case: Case, dmarc: Dmarc, record: DmarcText) -> Iterator[Finding]:
    """Where the domain stands between watching and refusing, what must be seen before the next step, and its record."""
    name, evidence, sound = f"_dmarc.{dmarc.at}", _NEXT[dmarc.requested], read_dmarc(mended(dmarc, record))
    if record.testing and dmarc.requested != "none":
        now = case.publish(name, "TXT", with_tags(sound, t=""))
        evidence, policy = _NEXT["quarantine"], dmarc.requested
        yield find("dmarc.testing", case.domain, now, seen=record.text, evidence=evidence, policy=policy)
        return
    step = {"none": "dmarc.step-1", "quarantine": "dmarc.step-2", "reject": "dmarc.step-3"}[dmarc.requested]
    put: tuple[Record, ...] = ()
    if dmarc.requested == "none":
        put = (case.publish(name, "TXT", with_tags(sound, p="quarantine", t="y")),)
    elif dmarc.requested == "quarantine":
        put = (case.publish(name, "TXT", with_tags(sound, p="reject", t="y")),)
    if put and dmarc.at != case.domain:
        put = ()  # the organization's record covers other senders too: its owner climbs there
    yield find(step, case.domain, *put, seen=record.text, evidence=evidence)


def _holes(case: Case, dmarc: Dmarc, record: DmarcText) -> Iterator[Finding]:
    """A strong policy that does not hold for subdomains; sp and np count only at the organizational domain (4.7)."""
    if dmarc.at != dmarc.organizational or record.p == "none":
        return
    put = case.publish(f"_dmarc.{dmarc.at}", "TXT", mended(dmarc, record))
    if record.sp == "none":
        yield find("dmarc.subdomain-hole", dmarc.at, put, seen=record.text)
    elif record.np == "none":
        yield find("dmarc.nonexistent-hole", dmarc.at, put, seen=record.text)


def _reports(case: Case, dmarc: Dmarc, record: DmarcText) -> Iterator[Finding]:
    """Where reports go, and whether they arrive (RFC 9990, 4)."""
    if not record.rua:
        if record.standing is Standing.VALID:
            put = case.publish(f"_dmarc.{dmarc.at}", "TXT", mended(dmarc, record))
            yield find("dmarc.no-reports", dmarc.at, put, seen=record.text)
        return
    for box in dict.fromkeys(domain for _, domain in record.mailboxes):
        if not aligned(case.ask, dmarc.at, box, strict=False):
            permission = report_permission(case.ask, dmarc.at, box)
            if permission.absent or (permission.found and not any(is_dmarc(value) for value in permission.values)):
                ask_for = Record(f"{dmarc.at}._report._dmarc", "TXT", "v=DMARC1", zone=plain(box))
                yield find("dmarc.reports-refused", dmarc.at, ask_for, seen=permission.seen, box=box)
                continue
        mx = case.ask(box, "MX")
        refused = mx.found and not any(host for _, host in mail_hosts(mx))
        if refused or (mx.absent and case.ask(box, "A").absent and case.ask(box, "AAAA").absent):
            yield find("dmarc.reports-undeliverable", dmarc.at, seen=f"{box} MX: {mx.seen}", box=box)
