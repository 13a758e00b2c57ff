"""Every zone of the table draws exactly the findings that it should, over a real DNS server."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from doctor_zones import ROWS, Zone

from sendwell.doctor.examine import Report
from sendwell.doctor.findings import PROBLEMS, Severity
from sendwell.doctor.render import as_dict, as_text

WEIGHTY = PROBLEMS | {Severity.WARN}
JARGON = re.compile(r"permerror|temperror|NXDOMAIN|NODATA|RRset|ABNF|canonical|org(?:anizational)?[- ]domain", re.I)


def test_the_table_is_large_enough_and_names_are_unique() -> None:
    assert len(ROWS) >= 60
    assert len({zone.id for zone in ROWS}) == len(ROWS)


@pytest.mark.parametrize("zone", ROWS, ids=lambda zone: zone.id)
def test_findings(report_of: Callable[[Zone], Report], zone: Zone) -> None:
    report = report_of(zone)
    weighty = sorted(finding.rule for finding in report.findings if finding.severity in WEIGHTY)
    assert weighty == sorted(zone.expects.split()), as_text(report)
    assert set(zone.says.split()) <= {finding.rule for finding in report.findings}, as_text(report)
    assert not report.blind
    assert report.exit_status == (1 if any(f.severity in PROBLEMS for f in report.findings) else 0)


@pytest.mark.parametrize("zone", ROWS, ids=lambda zone: zone.id)
def test_every_finding_is_one_plain_sentence(report_of: Callable[[Zone], Report], zone: Zone) -> None:
    for finding in report_of(zone).findings:
        assert len(finding.sentence) < 160, finding
        assert not JARGON.search(finding.sentence), finding
        assert "{" not in finding.sentence, finding
        assert finding.severity in (Severity.OK, Severity.INFO) or finding.why or finding.blind, finding
        for record in finding.records:
            assert record.host and record.value and record.kind in ("TXT", "CNAME", "MX", "A"), finding


@pytest.mark.parametrize("zone", ROWS, ids=lambda zone: zone.id)
def test_text_fits_a_terminal(report_of: Callable[[Zone], Report], zone: Zone) -> None:
    report = report_of(zone)
    for line in as_text(report).splitlines():
        assert len(line) <= 80 or line.startswith(("    value  ", "    host   ")), line
    assert as_dict(report)["problems"] == report.problems
