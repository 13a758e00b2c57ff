"""Readers of records: they never raise, whatever somebody published, and read what they read as the RFCs do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.doctor.answers import Answer, State, mail_hosts
from sendwell.doctor.dkim import Kind, read_key, rsa_bits, signing_zone
from sendwell.doctor.dmarc import POLICIES, is_dmarc, meant_as_dmarc, names_to_walk, read_dmarc, soften
from sendwell.doctor.mail_from import region_of, wanted_host
from sendwell.doctor.spf import glued
from sendwell.doctor.spf_terms import domain_fault, is_spf, looks_like_spf, read_spf
from sendwell.doctor.tags import read_tags
from sendwell.doctor.zones import BadNameError, BadResolverError, ascii_name, resolver_at

_WORDS = """
v=spf1 include: a mx all ~ - + ? redirect= ip4: 1.2.3.4 / // %{ } % i r exists: a.example v=DMARC1 ; p= none rua=
mailto: @ ! , = p t=y psd= k=rsa MIIB : ä \x00
"""
PIECES = [" ", "\t", *re.findall(r"\S+", _WORDS)]
TEXT = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@given(TEXT)
def test_spf_is_read_whatever_it_says(text: str) -> None:
    is_spf(text), looks_like_spf(text), domain_fault(text)
    record = read_spf("v=spf1 " + text)
    assert record.all in ("", "+", "-", "~", "?")
    assert len(record.active) + len(record.after_all) == sum(not term.modifier for term in record.terms)
    assert record.redirect is None or not record.all


@given(TEXT)
def test_dmarc_is_read_whatever_it_says(text: str) -> None:
    assert not (is_dmarc(text) and meant_as_dmarc(text))
    record = read_dmarc(text)
    assert {record.p, record.sp, record.np} <= set(POLICIES)
    assert record.psd in ("y", "n", "u")


@given(TEXT)
def test_tags_and_keys_are_read_whatever_they_say(text: str) -> None:
    tags = read_tags(text)
    assert set(tags.doubles) <= {name for name, _ in tags.pairs}
    key = read_key(text)
    assert not key.usable or key.kind in (Kind.RSA, Kind.ED25519)


@given(st.binary(max_size=64))
def test_keys_of_any_bytes_have_a_size(raw: bytes) -> None:
    assert rsa_bits(raw) >= 0


@given(TEXT)
def test_names_and_resolvers_are_taken_or_refused_with_words(text: str) -> None:
    try:
        name = ascii_name(text)
        assert name.isascii() and name == name.lower() and "." in name and not name.endswith(".")
    except BadNameError as error:
        assert str(error)
    try:
        resolver_at([text])
    except BadResolverError as error:
        assert "is no name server" in str(error)


@given(st.lists(st.sampled_from(["a", "b", "example"]), min_size=1, max_size=30))
def test_a_walk_asks_at_most_eight_names_and_ends_at_the_top(labels: list[str]) -> None:
    names = names_to_walk(".".join(labels))
    assert len(names) <= 8
    assert names[0] == ".".join(labels)
    assert len(labels) == 1 or names[-1] == labels[-1]


def test_the_walk_of_the_rfc() -> None:
    assert names_to_walk("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com",
        "i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com",
    )  # fmt: skip
    assert names_to_walk("b.c.d.e.f.g.example.com")[1] == "c.d.e.f.g.example.com"  # eight labels: the parent


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.COM.", "example.com"),
        ("  mail.example.com ", "mail.example.com"),
        ("müller.example", "xn--mller-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え.example", "xn--r8jz45g.example"),
    ],
)
def test_names_become_what_dns_carries(text: str, name: str) -> None:
    assert ascii_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "com", "a b.com", "me@example.com", "https://example.com", "192.0.2.1", "::1", "a..b"]
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(BadNameError):
        ascii_name(text)


@pytest.mark.parametrize("address", ["9.9.9.9", "127.0.0.1:5353", "2620:fe::fe", "[2620:fe::fe]:5353", "[::1]"])
def test_resolvers_by_address(address: str) -> None:
    assert len(resolver_at([address, "1.1.1.1"]).nameservers) == 2


@pytest.mark.parametrize("address", ["dns.example", "1.2.3.4:0", "1.2.3.4:99999", "1.2.3.4:x", "", "[::1"])
def test_what_is_no_resolver_is_refused(address: str) -> None:
    if address == "[::1":
        assert resolver_at([address]).nameservers  # a bracket left open is still clear
        return
    with pytest.raises(BadResolverError):
        resolver_at([address])


@pytest.mark.parametrize("word", ["include:%{d}.x.example", "exists:%{ir}.%{v}._spf.%{d2}", "a:%%.example", "mx:%{H}"])
def test_macros_that_fit(word: str) -> None:
    assert read_spf(f"v=spf1 {word} -all").error == ""


@pytest.mark.parametrize(
    "word",
    ["include:%{x}.example", "exists:%{i", "a:%", "a:%{d0}.example", "a/33", "a//129", "a/01", "mx:", "ip4:1.2.3.4/",
     "ip6:1.2.3.4", "all:x", "ptr/24", "-redirect=a.example", "exp=", "include", "a:b", "a:b.1", "a:b.example..", "ä"],
)  # fmt: skip
def test_terms_that_do_not_fit(word: str) -> None:
    assert read_spf(f"v=spf1 {word} -all").error


@pytest.mark.parametrize(
    ("region", "zone"),
    [
        ("us-east-1", "dkim.amazonses.com"),
        ("eu-west-1", "dkim.amazonses.com"),
        ("eu-south-1", "dkim.eu-south-1.amazonses.com"),
        ("ap-southeast-5", "dkim.ap-southeast-5.amazonses.com"),
    ],
)
def test_keys_stand_in_the_region_s_own_zone(region: str, zone: str) -> None:
    assert signing_zone(region) == zone
    assert region_of(wanted_host(region)) == region


def test_a_test_policy_is_one_step_less() -> None:
    assert [soften(policy, testing=True) for policy in POLICIES] == ["none", "none", "quarantine"]
    assert [soften(policy, testing=False) for policy in POLICIES] == list(POLICIES)


def test_strings_cut_without_a_blank() -> None:
    def answer(*parts: str) -> Answer:
        return Answer("a.example", "TXT", State.FOUND, ("".join(parts),), (parts,))

    assert glued(answer("v=spf1 a", "mx:b.example -all"), "v=spf1 amx:b.example -all") == "amx:b.example"
    assert glued(answer("v=spf1 a ", "mx:b.example -all"), "v=spf1 a mx:b.example -all") == ""
    assert glued(answer("v=spf1 ip4:192.0.2", ".1 -all"), "v=spf1 ip4:192.0.2.1 -all") == ""


def test_a_null_mx_has_no_host() -> None:
    assert mail_hosts(Answer("a.example", "MX", State.FOUND, ("0 ",))) == ((0, ""),)
