"""DKIM end to end: a process signs, its own DNS door shows the keys, and dkimpy verifies with nothing else."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from typing import Any

import boto3
import dkim
import dns.message
import dns.query
import dns.rcode
import pytest
import requests

from sesbox.testing import SesboxProcess

LETTER = b"From: June <june@example.com>\nTo: july@example.org\nSubject: Hello\nDate: yesterday\n\nGood morning.\n"


@pytest.fixture(scope="module")
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess("--profile", "production", "--dns-port", "0") as started:
        yield started


def ses(box: SesboxProcess, region: str | None = None) -> Any:
    return boto3.client("sesv2", **box.client_arguments(region))  # type: ignore[call-overload]


def tokens(box: SesboxProcess, domain: str, region: str | None = None) -> list[str]:
    client = ses(box, region)
    listed = client.list_email_identities()["EmailIdentities"]
    if domain not in [one["IdentityName"] for one in listed]:
        client.create_email_identity(EmailIdentity=domain)
    found: list[str] = client.get_email_identity(EmailIdentity=domain)["DkimAttributes"]["Tokens"]
    return found


def send(box: SesboxProcess, raw: bytes = LETTER, region: str | None = None) -> str:
    sent = ses(box, region).send_email(Content={"Raw": {"Data": raw}})
    return str(sent["MessageId"])


def as_sent(box: SesboxProcess, message_id: str) -> bytes:
    found = requests.get(f"{box.endpoint}/_sesbox/messages/{message_id}", timeout=10).json()
    return str(found["raw_sent"]).encode()


def text(box: SesboxProcess, name: str) -> str | None:
    query = dns.message.make_query(name, "TXT")
    response, _ = dns.query.udp_with_fallback(query, "127.0.0.1", port=box.ready["dns_port"], timeout=10)
    if response.rcode() == dns.rcode.NXDOMAIN:
        return None
    strings = [b"".join(one.strings) for rrset in response.answer if rrset.rdtype == 16 for one in rrset]
    return strings[0].decode() if strings else ""


def verified(box: SesboxProcess, raw: bytes) -> list[bool]:
    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        answer = text(box, name.decode())
        return answer.encode() if answer else None

    def one(index: int) -> bool:
        try:
            return bool(dkim.DKIM(raw).verify(idx=index, dnsfunc=ask))
        except dkim.ValidationError:
            return False

    return [one(index) for index in range(raw.count(b"DKIM-Signature:"))]


def publish(box: SesboxProcess, domain: str, region: str | None = None) -> None:
    """Publish the domain's CNAMEs in the zone, as its owner would."""
    attributes = ses(box, region).get_email_identity(EmailIdentity=domain)["DkimAttributes"]
    zone = attributes["SigningHostedZone"]
    lines = [f"{token}._domainkey.{domain} CNAME {token}.{zone}\n" for token in attributes["Tokens"]]
    requests.put(f"{box.endpoint}/_sesbox/zone", data="".join(lines), timeout=10).raise_for_status()


@pytest.mark.parametrize("region", ["us-east-1", "eu-south-1"])
def test_a_stranger_verifies_both_signatures_by_asking_dns(box: SesboxProcess, region: str) -> None:
    tokens(box, "example.com", region)
    publish(box, "example.com", region)
    raw = as_sent(box, send(box, region=region))
    assert verified(box, raw) == [True, True]
    assert re.findall(rb"\bd=([\w.]+);", raw) == [b"example.com", b"amazonses.com"]
    assert verified(box, raw.replace(b"morning", b"evening")) == [False, False]


def test_the_first_token_signs_and_each_of_the_three_has_a_key(box: SesboxProcess) -> None:
    three = tokens(box, "example.com")
    raw = as_sent(box, send(box))
    assert f"s={three[0]};".encode() in raw
    assert all((text(box, f"{token}.dkim.amazonses.com") or "").startswith("p=") for token in three)
    assert text(box, "unknown.dkim.amazonses.com") is None
    assert text(box, "unknown._domainkey.amazonses.com") is None


def test_the_source_is_the_same_each_time_and_after_a_crash(box: SesboxProcess) -> None:
    tokens(box, "example.com")
    message_id = send(box)
    before = as_sent(box, message_id)
    box.kill()
    box.start()
    assert as_sent(box, message_id) == before
    page = requests.get(f"{box.endpoint}/_sesbox/ui/messages/{message_id}?view=source", timeout=10).text
    assert page.count("DKIM-Signature") == 2
    file = requests.get(f"{box.endpoint}/_sesbox/ui/messages/{message_id}/source", timeout=10).content
    assert file == before


def test_date_and_message_id_are_ses_own(box: SesboxProcess) -> None:
    tokens(box, "example.com")
    message_id = send(box)
    found = email.message_from_bytes(as_sent(box, message_id))
    assert found["Message-ID"] == f"<{message_id}@email.amazonses.com>"
    assert found.get_all("Date") != ["yesterday"]
    assert len(found.get_all("Date", [])) == 1


def test_with_dkim_switched_off_only_amazon_signs_and_what_was_sent_stays_signed(box: SesboxProcess) -> None:
    tokens(box, "off.example.net")
    letter = LETTER.replace(b"june@example.com", b"june@off.example.net")
    before = send(box, letter)
    ses(box).put_email_identity_dkim_attributes(EmailIdentity="off.example.net", SigningEnabled=False)
    after = send(box, letter)
    assert re.findall(rb"\bd=([\w.]+);", as_sent(box, after)) == [b"amazonses.com"]
    assert re.findall(rb"\bd=([\w.]+);", as_sent(box, before)) == [b"off.example.net", b"amazonses.com"]


def test_dkim_goes_by_the_from_header_not_by_the_envelope(box: SesboxProcess) -> None:
    tokens(box, "example.com")
    tokens(box, "envelope.example.net")
    sent = ses(box).send_email(
        FromEmailAddress="june@example.com",
        FeedbackForwardingEmailAddress="bounces@envelope.example.net",
        Destination={"ToAddresses": ["july@example.org"]},
        Content={"Raw": {"Data": LETTER}},
    )
    assert b"d=example.com;" in as_sent(box, str(sent["MessageId"]))


def test_the_headers_of_one_click_unsubscribe_are_covered(box: SesboxProcess) -> None:
    tokens(box, "example.com")
    headers = [
        {"Name": "List-Unsubscribe", "Value": "<https://example.com/u/1>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
    body = {"Text": {"Data": "Grüße"}, "Html": {"Data": "<p>Grüße</p>"}}
    sent = ses(box).send_email(
        FromEmailAddress="june@example.com",
        Destination={"ToAddresses": ["july@example.org"]},
        Content={"Simple": {"Subject": {"Data": "Grüße"}, "Body": body, "Headers": headers}},
    )
    raw = as_sent(box, str(sent["MessageId"]))
    for covered in re.findall(rb"\bh=([^;]*);", raw):
        names = re.sub(rb"\s", b"", covered).split(b":")
        assert {b"List-Unsubscribe", b"List-Unsubscribe-Post"} <= set(names)
    publish(box, "example.com")
    assert verified(box, raw) == [True, True]
