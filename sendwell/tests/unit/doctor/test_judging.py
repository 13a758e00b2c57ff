"""The examination over plain answers: hosts relative to the zone, advice that heals, bounds, and what is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sendwell.doctor.answers import Answer, Question, State
from sendwell.doctor.dmarc import is_dmarc, read_dmarc
from sendwell.doctor.examine import MOST_QUESTIONS, Report, examine
from sendwell.doctor.findings import LONGEST, PROBLEMS, Record
from sendwell.doctor.receivers import Facts, standings
from sendwell.doctor.render import as_json, as_text
from sendwell.doctor.rulebook import RULES, find
from sendwell.doctor.spf_terms import is_spf

TOKENS = ("one", "two", "six")
Zone = dict[Question, tuple[str, ...]]


class Answers:
    """A reader over a plain zone, which may be failing as a whole."""

    def __init__(self, zone: Mapping[Question, tuple[str, ...]], failing: State | None = None) -> None:
        self.zone, self.failing, self.asked = zone, failing, 0

    def ask_all(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        return {question: self._answer(*question) for question in questions}

    def _answer(self, name: str, kind: str) -> Answer:
        self.asked += 1
        if self.failing is not None:
            return Answer(name, kind, self.failing)
        values = self.zone.get((name, kind), ())
        if values:
            return Answer(name, kind, State.FOUND, values, tuple((value,) for value in values))
        known = any(held == name or held.endswith("." + name) for held, _ in self.zone)
        return Answer(name, kind, State.NODATA if known else State.NXDOMAIN)


def sound(domain: str, zone: str) -> Zone:
    made: Zone = {
        (zone, "SOA"): ("ns. hostmaster. 1 2 3 4 5",),
        (domain, "MX"): (f"10 mx.{domain}",),
        (domain, "TXT"): ("v=spf1 ip4:192.0.2.1 -all",),
        (f"_dmarc.{domain}", "TXT"): (f"v=DMARC1; p=reject; rua=mailto:d@{domain}",),
        (f"bounce.{domain}", "MX"): ("10 feedback-smtp.eu-west-1.amazonses.com",),
        (f"bounce.{domain}", "TXT"): ("v=spf1 include:amazonses.com ~all",),
        ("amazonses.com", "TXT"): ("v=spf1 ip4:54.240.0.0/18 -all",),
    }
    for token in TOKENS:
        made[f"{token}._domainkey.{domain}", "CNAME"] = (f"{token}.dkim.amazonses.com",)
        made[f"{token}._domainkey.{domain}", "TXT"] = ("k=ed25519; p=" + "A" * 43 + "=",)
    return made


def look(zone: Zone, domain: str = "example.com", **more: str) -> Report:
    return examine(domain, reader=Answers(zone), region="eu-west-1", dkim_tokens=TOKENS, **more)


def records(report: Report) -> list[Record]:
    return [record for finding in report.findings for record in finding.records]


def test_hosts_are_relative_to_the_zone_that_holds_the_domain() -> None:
    zone = sound("news.example.com", "example.com")
    del zone["bounce.news.example.com", "TXT"], zone["one._domainkey.news.example.com", "CNAME"]
    del zone["one._domainkey.news.example.com", "TXT"]
    report = look(zone, "news.example.com", mail_from="bounce.news.example.com")
    assert {record.host for record in records(report)} == {"bounce.news", "one._domainkey.news"}
    assert {record.zone for record in records(report)} == {"example.com"}


def test_a_record_for_somebody_else_s_zone_says_so() -> None:
    zone = sound("example.com", "example.com")
    zone["_dmarc.example.com", "TXT"] = ("v=DMARC1; p=reject; rua=mailto:x@reports.example",)
    zone["reports.example", "MX"] = ("10 mx.reports.example",)
    (record,) = records(look(zone))
    assert (record.host, record.zone, record.value) == ("example.com._report._dmarc", "reports.example", "v=DMARC1")
    assert "publish in reports.example:" in as_text(look(zone))


def test_a_report_address_of_the_same_organization_needs_no_permission() -> None:
    zone = sound("example.com", "example.com")
    zone["_dmarc.example.com", "TXT"] = ("v=DMARC1; p=reject; rua=mailto:x@reports.example.com",)
    zone["reports.example.com", "MX"] = ("10 mx.example.com",)
    assert "dmarc.reports-refused" not in {finding.rule for finding in look(zone).findings}


def heal(zone: Zone, report: Report) -> Zone:
    """The zone after its owner followed the advice of every problem."""
    healed = dict(zone)
    for finding in report.findings:
        for record in finding.records if finding.severity in PROBLEMS or finding.rule.startswith("spf.") else ():
            name = record.zone if record.host == "@" else f"{record.host}.{record.zone}"
            kept = tuple(value for value in healed.get((name, record.kind), ()) if value != record.value)
            if not record.remove:
                family = is_spf if is_spf(record.value) else is_dmarc if is_dmarc(record.value) else None
                kept = tuple(value for value in kept if family is not None and not family(value))
                kept = (*kept, record.value)
            healed[name, record.kind] = kept
            if not kept:
                del healed[name, record.kind]
    return healed


SPF = ["v=spf1 +all", "v=spf1 ?all", "v=spf1 ptr", "v=spf1 include:nowhere.example ~all", "v=spf1 include:example.com",
       "v=spf1 include:amazonses.com -all mx", "v=spf1 ip4:0.0.0.0/0 -all", "v=spf1 redirect=nowhere.example",
       " v=spf1 -all",
       "v=spf1 -all redirect=a.example", "v=spf1 a:n1.example a:n2.example a:n3.example -all"]  # fmt: skip
DMARC = ["v=DMARC1; p=reject; sp=none", "v=DMARC1; p=block", "v=dmarc1; p=reject", "v=DMARC1; p=none; p=none",
         "v=DMARC1; p=reject; np=none; pct=3", "v=DMARC1; p=quarantine; t=y"]  # fmt: skip
PATH = ["v=spf1 -all", "v=spf1 inclde:amazonses.com ~all", "v=spf1 include:amazonses.com +all"]
MX = ["20 feedback-smtp.eu-west-1.amazonses.com", "10 feedback-smtp.us-east-1.amazonses.com", "10 mx.example.com"]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(SPF), max_size=2, unique=True),
    st.lists(st.sampled_from(DMARC), max_size=2, unique=True),
    st.lists(st.sampled_from(PATH), max_size=2, unique=True),
    st.lists(st.sampled_from(MX), max_size=2, unique=True),
    st.sets(st.sampled_from(TOKENS)),
)
def test_whoever_follows_the_advice_has_no_problems_left(
    spf: list[str], dmarc: list[str], path: list[str], mx: list[str], missing: set[str]
) -> None:
    zone = sound("example.com", "example.com")
    broken: Zone = {("example.com", "TXT"): tuple(spf), ("_dmarc.example.com", "TXT"): tuple(dmarc)}
    broken |= {("bounce.example.com", "TXT"): tuple(path), ("bounce.example.com", "MX"): tuple(mx)}
    zone = {question: values for question, values in (zone | broken).items() if values}
    for token in missing:
        del zone[f"{token}._domainkey.example.com", "CNAME"]
        del zone[f"{token}._domainkey.example.com", "TXT"]
    for _ in range(3):  # a merged record may show a fault that its parts hid
        report = look(zone, mail_from="bounce.example.com")
        zone = heal(zone, report)
        for token in TOKENS:  # behind a CNAME that is right, SES has a key
            zone[f"{token}._domainkey.example.com", "TXT"] = ("k=ed25519; p=" + "A" * 43 + "=",)
    report = look(zone, mail_from="bounce.example.com")
    assert report.problems == 0, as_text(report)


@settings(deadline=None, max_examples=100)
@example({("example.com", "MX"): ("\u00b9 mx.example.com",)})  # a digit, and no number
@given(st.dictionaries(st.sampled_from(list(sound("example.com", "example.com"))),
                       st.lists(st.text(max_size=60), min_size=1, max_size=3).map(tuple)))  # fmt: skip
def test_no_zone_makes_the_doctor_stumble(strange: Zone) -> None:
    zone = sound("example.com", "example.com") | strange
    zone = {
        (name, kind): values for (name, kind), values in zone.items() if kind in ("TXT", "SOA") or values[0].isascii()
    }
    report = look(zone, mail_from="bounce.example.com")
    assert as_text(report) and as_json(report)
    assert all(len(finding.sentence) <= LONGEST for finding in report.findings)
    assert "\x1b" not in as_text(report)


@pytest.mark.parametrize("state", [State.SERVFAIL, State.TIMEOUT])
def test_what_is_unknown_is_never_called_missing(state: State) -> None:
    report = examine("example.com", reader=Answers({}, state), dkim_tokens=TOKENS)
    assert report.problems == 0 and report.blind and report.exit_status == 2


def test_one_silent_name_makes_the_report_blind_but_not_wrong() -> None:
    class Half(Answers):
        def _answer(self, name: str, kind: str) -> Answer:
            return Answer(name, kind, State.TIMEOUT) if name.startswith("_dmarc") else super()._answer(name, kind)

    report = examine("example.com", reader=Half(sound("example.com", "example.com")), dkim_tokens=TOKENS)
    assert "dmarc.unanswered" in {finding.rule for finding in report.findings}
    assert not {"dmarc.missing", "dmarc.wrong-place"} & {finding.rule for finding in report.findings}
    assert report.exit_status == 2
    assert report.receivers["gmail"] == "cannot be told"


def test_a_zone_made_to_tire_us_is_given_up_on() -> None:
    class Endless(Answers):
        def _answer(self, name: str, kind: str) -> Answer:
            self.asked += 1
            more = " ".join(f"include:x{self.asked}n{n}.example" for n in range(9))
            return (
                Answer(name, kind, State.FOUND, (f"v=spf1 {more} -all",))
                if kind == "TXT"
                else super()._answer(name, kind)
            )

    reader = Endless(sound("example.com", "example.com"))
    report = examine("example.com", reader=reader, dkim_tokens=TOKENS)
    assert report.questions <= MOST_QUESTIONS
    assert "spf.lookups" in {finding.rule for finding in report.findings}


def test_every_rule_has_a_short_sentence_and_problems_have_reasons() -> None:
    for rule, text in RULES.items():
        assert len(text.sentence) < 130 and text.sentence[-1] in ".}", rule
        assert text.why or text.severity not in PROBLEMS, rule
    long = "a-very-long-label-for-a-domain.with-another-long-label.example"
    assert len(find("spf.lookalike", long, text="v" * 500).sentence) <= LONGEST


def test_receivers_ask_for_different_things() -> None:
    assert set(standings(Facts(True, True, True), ()).values()) == {"met"}
    without_spf = standings(Facts(True, False, True), ())
    assert (without_spf["gmail"], without_spf["microsoft"], without_spf["ses"]) == ("at risk", "not met", "met")
    assert set(standings(Facts(None, None, None), ()).values()) == {"cannot be told"}


def test_the_next_step_of_the_ladder_is_written_out() -> None:
    zone = sound("example.com", "example.com")
    for policy, step in (("none", "quarantine"), ("quarantine", "reject")):
        zone["_dmarc.example.com", "TXT"] = (f"v=DMARC1; p={policy}; rua=mailto:d@example.com; pct=20",)
        finding = next(found for found in look(zone).findings if found.rule.startswith("dmarc.step-"))
        assert finding.records[0].value == f"v=DMARC1; p={step}; rua=mailto:d@example.com; t=y"
        assert "weeks of reports" in finding.evidence
        assert read_dmarc(finding.records[0].value).testing
