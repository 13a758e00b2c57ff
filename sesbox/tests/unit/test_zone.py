"""The scripted zone: what can be written in it, and what it answers."""

from __future__ import annotations

import dns.message
import dns.rcode
import pytest

from sesbox.dns.check import look_up
from sesbox.dns.zone import BadZoneError, Zone, answer, read_zone

TEXT = """
; as people paste it: with and without the last dot, with and without TTL and class
abc._domainkey.Example.com      CNAME abc.dkim.amazonses.com
mail.example.com. 300 IN MX     10 feedback-smtp.us-east-1.amazonses.com.
mail.example.com         TXT    "v=spf1 include:amazonses.com ~all"
long.example.com         TXT    "one " "string"
www.example.com          CNAME  mail.example.com
"""


def test_what_ses_asks_for_is_found_whatever_the_case_and_the_last_dot() -> None:
    found = look_up(
        read_zone(TEXT),
        [
            ("ABC._domainkey.example.com.", "CNAME"),
            ("mail.example.com", "MX"),
            ("mail.example.com", "TXT"),
            ("long.example.com", "TXT"),
            ("absent.example.com", "TXT"),
            ("mail.example.com", "CNAME"),
        ],
    )
    assert found.cname == {"abc._domainkey.example.com": "abc.dkim.amazonses.com"}
    assert found.mx == {"mail.example.com": ("10 feedback-smtp.us-east-1.amazonses.com",)}
    assert found.txt == {
        "mail.example.com": ("v=spf1 include:amazonses.com ~all",),
        "long.example.com": ("one string",),
    }


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "records"),
    [
        ("mail.example.com", "A", dns.rcode.NOERROR, 0),
        ("example.com", "A", dns.rcode.NOERROR, 0),
        ("other.test", "A", dns.rcode.NXDOMAIN, 0),
        ("www.example.com", "TXT", dns.rcode.NOERROR, 2),
        ("mail.example.com", "ANY", dns.rcode.NOERROR, 2),
    ],
)
def test_answers(name: str, kind: str, rcode: int, records: int) -> None:
    response = answer(read_zone(TEXT), dns.message.make_query(name, kind))
    assert response.rcode() == rcode
    assert len(response.answer) == records


@pytest.mark.parametrize("text", ["a b c d\n", "x A 1.2.3\n", "$INCLUDE /etc/passwd\n", "a CNAME b\na A 1.2.3.4\n"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(BadZoneError):
        read_zone(text)


def test_an_alias_in_a_circle_ends() -> None:
    response = answer(read_zone("a.test CNAME b.test\nb.test CNAME a.test\n"), dns.message.make_query("a.test", "A"))
    assert response.rcode() == dns.rcode.NOERROR


def test_an_empty_zone_knows_nothing() -> None:
    assert answer(Zone(), dns.message.make_query("a.test", "A")).rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".test", ".".join(["x" * 60] * 5)])
def test_a_name_that_cannot_be_is_found_nowhere(name: str) -> None:
    assert look_up(read_zone("a.test. TXT x\n"), [(name, "TXT"), ("a.test", "TXT")]).txt == {"a.test": ("x",)}
