"""A domain's DNS records: what each DNS host is told, and a zone file that a stranger reads the same way."""

from __future__ import annotations

import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.connections import records

TOKENS = ["aaa", "bbb", "ccc"]
label = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
domains = st.lists(label, min_size=2, max_size=5).map(".".join)


def found(domain: str = "example.com", mail_from: str = "bounce.example.com", region: str = "eu-west-1"):
    return records.records(domain, TOKENS, "dkim.amazonses.com", mail_from, region, f"dmarc@{domain}")


@pytest.mark.parametrize(
    ("domain", "zone"),
    [
        ("example.com", "example.com"),
        ("news.example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("news.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("mail.example.info", "example.info"),
    ],
)
def test_the_zone_is_guessed_one_label_below_the_registry(domain: str, zone: str) -> None:
    assert records.likely_zone(domain) == zone


@pytest.mark.parametrize(
    ("name", "zone", "host"),
    [
        ("example.com", "example.com", "@"),
        ("_dmarc.example.com", "example.com", "_dmarc"),
        ("a._domainkey.news.example.com", "example.com", "a._domainkey.news"),
        ("x.myexample.com", "example.com", "x.myexample.com."),
    ],
)
def test_host_parts_are_relative_to_the_zone(name: str, zone: str, host: str) -> None:
    assert records.relative(name, zone) == host


def test_each_style_writes_mx_and_txt_its_own_way() -> None:
    def told(key: str, kind: str) -> tuple[str, int | None]:
        rows = records.rows(found(), records.style_of(key), "example.com")
        row = next(one for one in rows if one.record.kind == kind)
        return row.value, row.priority

    assert told("most", "MX") == ("feedback-smtp.eu-west-1.amazonses.com", 10)
    assert told("route53", "MX") == ("10 feedback-smtp.eu-west-1.amazonses.com", None)
    assert told("cloudflare", "TXT") == ("v=spf1 include:amazonses.com ~all", None)
    assert told("route53", "TXT") == ('"v=spf1 include:amazonses.com ~all"', None)


def test_an_unknown_style_is_the_first() -> None:
    assert records.style_of("nonsense") is records.STYLES[0]


def test_without_a_mail_from_only_dkim_and_dmarc_are_asked_for() -> None:
    assert [one.kind for one in found(mail_from="")] == ["CNAME", "CNAME", "CNAME", "TXT"]


def test_dkim_points_into_the_zone_that_ses_names() -> None:
    listed = records.records("example.com", TOKENS, "dkim.af-south-1.amazonses.com", "", "af-south-1", "d@example.com")
    assert (listed[0].name, listed[0].value) == ("aaa._domainkey.example.com", "aaa.dkim.af-south-1.amazonses.com")


def test_the_first_dmarc_record_refuses_nothing() -> None:
    assert found()[-1].value == "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    assert found()[-1].name == "_dmarc.example.com"


@given(domain=domains, data=st.data())
def test_the_zone_file_says_to_a_stranger_what_the_page_says(domain: str, data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(records.zones(domain)))
    listed = found(domain, f"bounce.{domain}")
    read = dns.zone.from_text(records.zone_file(domain, listed), origin=zone, check_origin=False, relativize=False)
    seen = {
        (name.to_text(omit_final_dot=True), dns.rdatatype.to_text(rdata.rdtype), rdata.to_text())
        for name, _, rdata in read.iterate_rdatas()
    }
    assert len(seen) == len(listed) == 6
    for one in listed:
        value = {"CNAME": f"{one.value}.", "MX": f"10 {one.value}."}.get(one.kind, f'"{one.value}"')
        assert (one.name, one.kind, value) in seen
    for row in records.rows(listed, records.style_of("most"), zone):
        assert row.host == "@" or f"{row.host}.{zone}" == row.record.name


@pytest.mark.parametrize(
    ("mail_from", "fine"),
    [
        ("bounce.example.com", True),
        ("a.bounce.example.com", True),
        ("example.com", False),
        ("bounce.example.org", False),
        ("notexample.com", False),
        (".example.com", False),
        ("a..example.com", False),
        ("spa ce.example.com", False),
        ("bóunce.example.com", False),
        ("news.example.com", False),
    ],
)
def test_a_mail_from_is_an_unused_subdomain(mail_from: str, fine: bool) -> None:
    assert (records.mail_from_problem("example.com", mail_from, ["news.example.com"]) == "") is fine


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("dmarc@example.com", True),
        ("a+b@x.example.com", True),
        ("nobody", False),
        ("@example.com", False),
        ("a@example", False),
        ("a;b@example.com", False),
        ('a"b@example.com', False),
    ],
)
def test_reports_need_an_address_that_fits_into_a_record(address: str, fine: bool) -> None:
    assert (records.report_problem(address) == "") is fine


def test_reports_to_another_domain_need_that_domains_word() -> None:
    assert records.reports_elsewhere("example.com", "me@mail.example.com") is None
    elsewhere = records.reports_elsewhere("news.example.com", "me@reports.example.net")
    assert elsewhere is not None
    assert elsewhere.name == "news.example.com._report._dmarc.reports.example.net"
    assert elsewhere.value == "v=DMARC1"
