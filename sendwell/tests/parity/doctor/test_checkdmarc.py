"""A foreign witness for SPF and DMARC: checkdmarc, asking the same DNS server about every zone of the table.

Where the two differ on purpose, `DISAGREEMENTS` names the sentence of the RFC that decides; a difference that is not
listed fails, and so does a listed one that is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from checkdmarc.dmarc import check_dmarc
from checkdmarc.spf import check_spf
from doctor_zones import ROWS, Zone

from sendwell.doctor.dmarc import Dmarc, Standing, look_at_dmarc
from sendwell.doctor.examine import Report, settle
from sendwell.doctor.spf import Spf, Verdict, look_at_spf

# (zone, what is compared) -> the sentence that decides
DISAGREEMENTS: dict[tuple[str, str], str] = {
    ("spf-upper", "spf.valid"): (
        "RFC 7208, 12 with RFC 5234, 2.3: the literal v=spf1 of the ABNF is case-insensitive, so V=SPF1 is a record."
    ),
    ("spf-junk-after-all", "spf.valid"): (
        "RFC 7208, 4.6: a syntax error anywhere in the record is a permerror at once; 5.1 skips only mechanisms."
    ),
    ("spf-ptr", "spf.voids"): (
        "RFC 7208, 4.6.4 and 5.5: ptr asks for the names of the sender's address; the target's own A is never asked."
    ),
    ("spf-ptr", "spf.ptr"): "RFC 7208, 5.5: ptr SHOULD NOT be published, whether or not its target has an address.",
    ("spf-exists-void", "spf.valid"): (
        "RFC 7208, 4.6.4: void look-ups are those of any term that asks DNS, and exists is one of them."
    ),
    ("dmarc-with-spf", "dmarc.valid"): (
        "RFC 9989, 4.10, step 2: records that do not start with the version are discarded; one DMARC record remains."
    ),
    ("dmarc-nothing", "dmarc.valid"): (
        "RFC 9989, 4.10.1: without a valid p tag and without a valid rua, no DMARC processing is applied."
    ),
    ("dmarc-junk", "dmarc.valid"): (
        "RFC 9989, 4.7: syntax errors in the remainder of the record are discarded or ignored outright."
    ),
    ("dmarc-bad-t", "dmarc.valid"): (
        "RFC 9989, 4.7: a syntax error in a value is discarded in favor of the default, here t=n."
    ),
    ("dmarc-bad-rua", "dmarc.valid"): (
        "RFC 9989, 4.7: a wrong report address is ignored; with a valid p tag the policy stands (4.10.1)."
    ),
    ("mx-implicit", "dmarc.undeliverable"): (
        "RFC 5321, 5.1: a domain without MX but with an address is its own mail server, so reports arrive."
    ),
}

ALL = {"pass": "+", "softfail": "~", "fail": "-", "neutral": "?"}


def spf_facts(ours: Spf, theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What both say about an SPF record: {what: (ours, theirs)}."""
    error = str(theirs.get("error", ""))
    facts: dict[str, tuple[Any, Any]] = {
        "spf.valid": (ours.verdict is Verdict.OK, bool(theirs["valid"])),
        "spf.there": (ours.verdict is not Verdict.NONE, theirs["record"] is not None or "multiple SPF" in error),
    }
    if not (ours.verdict is Verdict.OK and theirs["valid"]):
        return facts
    warnings = " ".join(theirs["warnings"])
    assert ours.record is not None
    return facts | {
        "spf.lookups": (ours.lookups, theirs["dns_lookups"]),
        "spf.voids": (ours.voids, theirs["void_dns_lookups"]),
        "spf.end": (ours.end, ALL[theirs["parsed"]["all"]]),
        "spf.ptr": (bool(ours.ptr), "ptr mechanism should not be used" in warnings),
        "spf.after-all": (bool(ours.record.after_all), "text after the all mechanism" in warnings),
        "spf.redirect-ignored": (bool(ours.record.all and ours.record.modifier("redirect")),
                                 "redirect modifier was ignored" in warnings),
        "spf.size": (len(ours.records[0].encode()) > 450, "RFC 7208 section 3.4" in warnings
                     or "over 512" in warnings),
    }  # fmt: skip


def dmarc_facts(ours: Dmarc, rules: set[str], theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What both say about a DMARC record. `rules` are those that the doctor found."""
    error, record = str(theirs.get("error", "")), ours.record
    sound = record is not None and record.standing is Standing.VALID
    facts: dict[str, tuple[Any, Any]] = {
        "dmarc.valid": (sound, bool(theirs["valid"])),
        "dmarc.several": (bool(ours.several), "Multiple DMARC policy records" in error),
    }
    if not (record is not None and sound and theirs["valid"]):
        return facts
    tags = {name: tag["value"] for name, tag in theirs["tags"].items()}
    warnings = " ".join(theirs["warnings"])
    return facts | {
        "dmarc.at": (ours.at, theirs["location"]),
        "dmarc.p": (record.p, tags["p"]),
        "dmarc.sp": (record.sp, tags["sp"]),
        "dmarc.np": (record.np, tags["np"]),
        "dmarc.adkim": (record.strict_dkim, tags["adkim"] == "s"),
        "dmarc.aspf": (record.strict_spf, tags["aspf"] == "s"),
        "dmarc.t": (record.testing, tags["t"] == "y"),
        "dmarc.psd": (record.psd, tags["psd"]),
        "dmarc.rua": (len(record.rua), len(tags.get("rua", {}))),
        "dmarc.removed": (bool(record.removed), "was removed in RFC 9989" in warnings),
        "dmarc.refused": ("dmarc.reports-refused" in rules, "does not indicate that it accepts" in warnings),
        "dmarc.undeliverable": ("dmarc.reports-undeliverable" in rules, "MX records" in warnings),
        "dmarc.leftover": ("dmarc.apex-leftover" in rules, "at the root of" in warnings),
    }


@pytest.fixture(scope="session")
def compared(served: Any, report_of: Callable[[Zone], Report]) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Every comparison of the table: {(zone, what): (ours, theirs)}."""
    resolver, found = served.resolver, {}
    resolver.lifetime = 5.0
    for zone in ROWS:
        spf, _ = settle(served.reader, lambda ask, zone=zone: look_at_spf(ask, zone.domain))
        dmarc, _ = settle(served.reader, lambda ask, zone=zone: look_at_dmarc(ask, zone.domain))
        rules = {finding.rule for finding in report_of(zone).findings}
        their_spf = check_spf(zone.domain, resolver=resolver, nameservers=resolver.nameservers)
        their_dmarc = check_dmarc(zone.domain, resolver=resolver, nameservers=resolver.nameservers)
        facts = spf_facts(spf, their_spf) | dmarc_facts(dmarc, rules, dict(their_dmarc))
        found.update({(zone.id, what): pair for what, pair in facts.items()})
    return found


def test_verdicts_are_those_of_the_table(served: Any) -> None:
    for zone in ROWS:
        spf, _ = settle(served.reader, lambda ask, zone=zone: look_at_spf(ask, zone.domain))
        dmarc, _ = settle(served.reader, lambda ask, zone=zone: look_at_dmarc(ask, zone.domain))
        assert spf.verdict == zone.spf, zone.id
        standing = None if dmarc.record is None else dmarc.record.standing
        word = "none" if standing is None else "sound" if standing is Standing.VALID else "broken"
        assert word == zone.dmarc, zone.id


def test_checkdmarc_agrees_but_for_what_is_listed(compared: dict[tuple[str, str], tuple[Any, Any]]) -> None:
    differ = {key: pair for key, pair in compared.items() if pair[0] != pair[1]}
    unlisted = [f"{key}: {pair}" for key, pair in differ.items() if key not in DISAGREEMENTS]
    assert not unlisted, "\n".join(unlisted)
    assert [key for key in DISAGREEMENTS if key not in differ] == []


def test_there_is_enough_to_agree_on(compared: dict[tuple[str, str], tuple[Any, Any]]) -> None:
    agreed = sum(ours == theirs for ours, theirs in compared.values())
    assert agreed >= 1500
    assert agreed + len(DISAGREEMENTS) == len(compared)
