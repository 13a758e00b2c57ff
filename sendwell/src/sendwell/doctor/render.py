"""The report for people (a terminal of 80 columns) and for programs (JSON).

Lives here: layout. Must not live here: judgement.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from sendwell.doctor.examine import Report
from sendwell.doctor.findings import Finding, Record, Severity

WIDTH = 80
_NAMES = {"ses": "Amazon SES", "gmail": "Gmail", "yahoo": "Yahoo", "microsoft": "Microsoft"}
_SEEN = 300


def as_text(report: Report) -> str:
    """The report as lines of at most 80 columns (a record's value may be longer: it is there to be copied)."""
    lines = [f"{report.domain}: {_summary(report)}", ""]
    for finding in report.findings:
        if finding.severity not in (Severity.OK, Severity.INFO):
            lines += [*_full(finding, report.zone), ""]
    quiet = [finding for finding in report.findings if finding.severity in (Severity.OK, Severity.INFO)]
    for finding in quiet:
        lines += _wrap(f"{finding.severity.upper():<9}", _clean(finding.sentence))
        lines += [line for record in finding.records for line in _record(record, report.zone)]
        lines += _wrap("          ", finding.evidence) if finding.evidence else []
    lines += [""] if quiet else []
    lines += ["As far as DNS shows it:"]
    lines += [f"  {_NAMES[name]:<11} {standing}" for name, standing in report.receivers.items()]
    lines += ["", *_footer(report)]
    return "\n".join(lines) + "\n"


def _summary(report: Report) -> str:
    if report.problems:
        return f"{report.problems} problem{'s' if report.problems > 1 else ''} to mend"
    return "not everything could be looked at" if report.blind else "no problems"


def _footer(report: Report) -> list[str]:
    where = f"Hosts are relative to the zone {report.zone} (@ is the zone itself)."
    region = f" Region: {report.region}." if report.region else " Region not known: us-east-1 is written; see --region."
    return _wrap("", where + region)


def _full(finding: Finding, report_zone: str) -> list[str]:
    lines = _wrap(f"{finding.severity.upper():<9}", _clean(finding.sentence))
    if finding.seen:
        lines += _wrap("  seen:   ", _clean(finding.seen)[:_SEEN])
    for reason in dict.fromkeys(finding.why[name] for name in _NAMES if name in finding.why):
        whose = ", ".join(_NAMES[name] for name in _NAMES if finding.why.get(name) == reason)
        lines += _wrap(f"  {whose}: ", reason)
    if finding.evidence:
        lines += _wrap("  next:   ", finding.evidence)
    for record in finding.records:
        lines += _record(record, report_zone)
    return lines


def _record(record: Record, zone: str) -> Iterator[str]:
    """Host, type and value on lines of their own, so that each can be copied."""
    where = "" if record.zone == zone else f" in {record.zone}" if record.zone else " (the whole name is given)"
    yield f"  {'take away' if record.remove else 'publish'}{where}:"
    yield f"    host   {_clean(record.host)}"
    yield f"    type   {record.kind}"
    yield f"    value  {_clean(record.value)}"


def _wrap(head: str, text: str) -> list[str]:
    below = " " * min(len(head), 10)
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=below, break_on_hyphens=False) or [head]


def _clean(text: str) -> str:
    """Text from somebody's zone without anything that moves the cursor or changes colours."""
    return "".join(c if c.isprintable() else "?" for c in text)


def as_json(report: Report) -> str:
    """The report as JSON; the fields are those of Report, Finding and Record."""
    return json.dumps(as_dict(report), indent=2, ensure_ascii=False)


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "domain": report.domain,
        "zone": report.zone,
        "organizational_domain": report.organization,
        "region": report.region,
        "mail_from": report.mail_from,
        "problems": report.problems,
        "could_not_look": report.blind,
        "receivers": {name: str(standing) for name, standing in report.receivers.items()},
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "subject": finding.subject,
        "sentence": finding.sentence,
        "why": dict(finding.why),
        "seen": finding.seen,
        "evidence": finding.evidence,
        "records": [
            {"action": "remove" if r.remove else "publish", "host": r.host, "type": r.kind, "value": r.value}
            | {"zone": r.zone}
            for r in finding.records
        ],
    }
