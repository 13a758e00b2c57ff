"""The examination: asks, judges, asks for what the judgement lacked, and judges again until nothing is lacking.

Lives here: `examine`, the order of the checks, the report. Must not live here: any rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from sendwell.doctor.answers import Answer, Ask, Book, Question, State, mail_hosts, plain, zone_of
from sendwell.doctor.case import Case
from sendwell.doctor.check_dmarc import check_dmarc
from sendwell.doctor.check_ses import check_alignment, check_dkim, check_mail_from
from sendwell.doctor.check_spf import check_spf
from sendwell.doctor.dmarc import look_at_dmarc
from sendwell.doctor.findings import ORDER, PROBLEMS, Finding, Severity
from sendwell.doctor.mail_from import MailFrom, find_mail_from, look_at_mail_from
from sendwell.doctor.receivers import Facts, Standing, standings
from sendwell.doctor.rulebook import find
from sendwell.doctor.spf import look_at_spf
from sendwell.doctor.transport import look_at_mta_sts, look_at_tls_reports

ROUNDS = 30
MOST_QUESTIONS = 400


class Reader(Protocol):
    """What the examination needs of DNS (zones.ZoneReader, or anything that answers alike)."""

    def ask_all(self, questions: Iterable[Question]) -> Mapping[Question, Answer]:
        """The answers to all questions."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result. `organization` is the organizational domain by DMARC's tree walk, `zone` what hosts are relative to.

    `blind`: something that matters could not be looked up, so silence about it means nothing.
    """

    domain: str
    zone: str
    organization: str
    region: str
    mail_from: str
    findings: tuple[Finding, ...]
    receivers: Mapping[str, Standing]
    questions: int = 0

    @property
    def problems(self) -> int:
        """How many findings are critical or high."""
        return sum(finding.severity in PROBLEMS for finding in self.findings)

    @property
    def blind(self) -> bool:
        """Whether an answer that matters did not come."""
        return any(finding.blind for finding in self.findings)

    @property
    def exit_status(self) -> int:
        """0 fine, 1 there are problems, 2 none were seen but not everything could be looked at."""
        return 1 if self.problems else 2 if self.blind else 0


def examine(
    domain: str,
    *,
    reader: Reader,
    region: str = "",
    dkim_tokens: Sequence[str] = (),
    selectors: Sequence[str] = (),
    mail_from: str = "",
    signing_zone: str = "",
) -> Report:
    """Examine a domain that sends through SES. All names are A-labels (zones.ascii_name).

    `region` empty: taken from the MAIL FROM's MX if there is one. `dkim_tokens`: the three that SES gave;
    `signing_zone`: SES's SigningHostedZone, where known. `selectors`: own DKIM keys.
    """
    names = {
        "tokens": tuple(plain(token) for token in dkim_tokens),
        "selectors": tuple(plain(selector) for selector in selectors),
    }

    def look(ask: Ask) -> Report:
        zone = zone_of(ask, domain)
        case = Case(ask, plain(domain), zone, region, **names, mail_from=plain(mail_from), signing_zone=signing_zone)
        return judge(case)

    report, questions = settle(reader, look)
    return replace(report, questions=questions)


Seen = TypeVar("Seen")


def settle(reader: Reader, look: Callable[[Ask], Seen]) -> tuple[Seen, int]:
    """Look again and again, fetching what was lacking, until nothing is; the last view and the number of questions.

    Both rounds and questions are capped: what was not asked by then is as unknown as what was not answered.
    """
    known: dict[Question, Answer] = {}
    asked = 0
    for _ in range(ROUNDS):
        book = Book(known)
        seen = look(book.ask)
        if not book.wanted:
            break
        allowed = sorted(book.wanted)[: MOST_QUESTIONS - asked]
        asked += len(allowed)
        known.update(reader.ask_all(allowed))
        known.update({question: _never(question) for question in book.wanted.difference(allowed)})
    return seen, asked


def _never(question: Question) -> Answer:
    return Answer(*question, State.TIMEOUT, detail="too many questions for one domain")


def judge(case: Case) -> Report:
    """The report by the answers at hand."""
    name, found = _return_path(case)
    case = replace(case, region=case.region or (found.region if found else ""))
    org, facts, findings = case.domain, Facts(None, None, None), tuple(_domain(case.ask, case.domain))
    if not findings:
        org, facts, findings = _mail(case, name, found)
    ordered = tuple(sorted(findings, key=lambda finding: ORDER.index(finding.severity)))
    path = found.name if found else ""
    return Report(case.domain, case.zone, org, case.region, path, ordered, standings(facts, ordered))


def _return_path(case: Case) -> tuple[bool, MailFrom | None]:
    """The MAIL FROM domain that was named, or one that is seen under a usual name; whether it was guessed."""
    name = case.mail_from or find_mail_from(case.ask, case.domain)
    if not name:
        return False, None
    return not case.mail_from, look_at_mail_from(case.ask, name, case.domain, case.region)


def _domain(ask: Ask, domain: str) -> Iterator[Finding]:
    """What ends the examination at once: the domain is not there, or nobody answers for it."""
    answer = ask(domain, "TXT")
    if answer.state is State.NXDOMAIN and not ask(f"_dmarc.{domain}", "TXT").found:
        yield find("domain.missing", domain, seen=answer.seen)
    elif answer.unknown and ask(domain, "MX").unknown:
        yield find("domain.unanswered", domain, seen=answer.seen)


def _mail(case: Case, guessed: bool, given: MailFrom | None) -> tuple[str, Facts, tuple[Finding, ...]]:
    """All checks of a domain that is there."""
    spf, dmarc = look_at_spf(case.ask, case.domain), look_at_dmarc(case.ask, case.domain)
    keys, signed = check_dkim(case)
    findings = [
        *keys,
        *([find("mail-from.found", given.name, seen=given.seen)] if guessed and given else []),
        *check_mail_from(case, given),
        *check_spf(case, spf, return_path=False),
        *check_dmarc(case, dmarc),
        *check_alignment(case, dmarc, given, signed),
        *_incoming(case),
        *_transport(case),
    ]
    applies = None if dmarc.stops[0].answer.unknown else bool(dmarc.applied)
    misses = {"alignment.strict-spf", "alignment.other-organization"}
    matches = not any(finding.rule in misses for finding in findings)
    return_path = (given.sound and matches) if given is not None else None
    return dmarc.organizational, Facts(signed, return_path, applies), tuple(findings)


def _incoming(case: Case) -> Iterator[Finding]:
    """Whether replies can arrive: MX, null MX (RFC 7505), or the address as a last resort (RFC 5321, 5.1)."""
    answer = case.ask(case.domain, "MX")
    hosts = [host for _, host in mail_hosts(answer)]
    if answer.unknown:
        yield find("mx.unanswered", case.domain, seen=answer.seen)
    elif not hosts:
        address = case.ask(case.domain, "A").found or case.ask(case.domain, "AAAA").found
        yield find("mx.implicit" if address else "mx.none", case.domain, seen=answer.seen)
    elif all(hosts):
        yield find("mx.ok", case.domain, seen=answer.seen)
    else:
        away = case.take_away(case.domain, "MX", "0 .")
        yield find("mx.null" if len(hosts) == 1 else "mx.null-and-others", case.domain, away, seen=answer.seen)


def _transport(case: Case) -> Iterator[Finding]:
    looked = {
        "mta-sts": look_at_mta_sts(case.ask, case.domain),
        "tls-rpt": look_at_tls_reports(case.ask, case.domain),
    }
    for rule, record in looked.items():
        if record.answer.unknown:
            continue
        kind = "none" if not record.present else "bad" if record.error else "ok"
        yield find(f"{rule}.{kind}", case.domain, seen=record.answer.seen, error=record.error)


def worst(report: Report) -> Severity:
    """The worst severity in a report."""
    return report.findings[0].severity if report.findings else Severity.OK
