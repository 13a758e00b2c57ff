"""DKIM: dkimpy, which is not ours, verifies what we sign; and what was changed on the way does not verify."""

from __future__ import annotations

import base64
import hashlib
import re

import dkim as foreign
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given, settings
from hypothesis import strategies as st

from sesbox.account import Message
from sesbox.operations.as_sent import as_sent
from sesbox.rules import dkim

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=1024)
OWN = dkim.Signer("example.com", "first", KEY)
AMAZON = dkim.Signer("amazonses.com", "ours", OTHER)
RECORDS = {
    b"first._domainkey.example.com.": dkim.public_record(KEY),
    b"ours._domainkey.amazonses.com.": dkim.public_record(OTHER),
}
STYLES = [("relaxed", "simple"), ("relaxed", "relaxed"), ("simple", "simple"), ("simple", "relaxed")]
LETTER = (
    b"Date: Mon, 01 Jun 2026 10:00:00 +0000\r\nMessage-ID: <1@email.amazonses.com>\r\nFrom: June <june@example.com>\r\n"
    b"To: a@example.org\r\nSubject: News\r\nList-Unsubscribe: <https://example.com/u/1>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n\r\nHello\r\n"
)

line = st.binary(max_size=30).map(lambda one: re.sub(rb"[\r\n]", b" ", one))
bodies = st.lists(st.tuples(line, st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" \r\n", b"\t\n"])), max_size=8)
names = st.sampled_from(
    [b"Subject", b"X-A", b"x-a", b"X-Long-" + b"n" * 60, b"Received", b"To", b"X:B", b"X;C", b"X D"]
)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=40)
folds = st.sampled_from([b"", b"\r\n ", b"\r\n\t \t", b"\n ", b"  ", b"\r\n \r\n\t"])
values = st.lists(st.tuples(printable.map(str.encode), folds), max_size=4).map(
    lambda all_: b"".join(map(b"".join, all_))
)
headers = st.lists(st.tuples(names, st.sampled_from([b":", b": ", b" : ", b":\r\n "]), values), max_size=8)


def answers(name: bytes, timeout: int = 5) -> bytes:
    return "".join(RECORDS[name]).encode()


def verified(raw: bytes, index: int = 0) -> bool:
    try:
        return bool(foreign.DKIM(raw).verify(idx=index, dnsfunc=answers))
    except foreign.ValidationError:
        return False


def message(raw: bytes) -> Message:
    return Message("0100-1", 1_780_308_000.0, "june@example.com", ("a@example.org",), "News", raw, region="us-east-1")


def sent(raw: bytes = LETTER) -> bytes:
    return as_sent(message(raw), "123456789012", AMAZON, OWN)


def covered(raw: bytes) -> list[list[str]]:
    found = re.findall(rb"\bh=([^;]*);", raw)
    return [[re.sub(rb"\s", b"", name).decode() for name in one.split(b":")] for one in found]


@pytest.mark.parametrize("style", STYLES)
@given(body=bodies, more=headers)
@settings(max_examples=60, deadline=None)
def test_whatever_the_message_a_stranger_verifies_it(
    style: tuple[str, str], body: list[tuple[bytes, bytes]], more: list[tuple[bytes, bytes, bytes]]
) -> None:
    raw = b"From: june@example.com\r\n" + b"".join(b"".join(one) + b"\r\n" for one in more)
    raw += b"\r\n" + b"".join(map(b"".join, body))
    fields, whole = dkim.read_message(raw)
    signature = dkim.sign(fields, dkim.body_hash(whole, style[1]), OWN, 1_780_308_000, style)
    assert verified(signature + b"".join(field.line for field in fields) + b"\r\n" + whole)


@given(body=bodies, more=headers)
@settings(max_examples=60, deadline=None)
def test_both_signatures_of_a_sent_message_verify(
    body: list[tuple[bytes, bytes]], more: list[tuple[bytes, bytes, bytes]]
) -> None:
    raw = b"From: june@example.com\r\n" + b"".join(b"".join(one) + b"\r\n" for one in more)
    out = sent(raw + b"\r\n" + b"".join(map(b"".join, body)))
    assert verified(out, 0)
    assert verified(out, 1)


@given(bodies.map(lambda parts: re.sub(rb"\r\n|\r|\n", b"\r\n", b"".join(map(b"".join, parts)))))
def test_bodies_are_hashed_as_a_stranger_hashes_them(body: bytes) -> None:
    for style, theirs in (("simple", Simple), ("relaxed", Relaxed)):
        expected = base64.b64encode(hashlib.sha256(theirs.canonicalize_body(body)).digest()).decode()
        assert dkim.body_hash(body, style) == expected


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [  # RFC 6376, 3.4.3 (the hash of the empty body), 3.4.5 (the worked example)
        (b"", b"\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),
        (b"no end", b"no end\r\n", b"no end\r\n"),
    ],
)
def test_the_bodies_of_the_standard(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert dkim.body_hash(body) == base64.b64encode(hashlib.sha256(simple).digest()).decode()
    assert dkim.body_hash(body, "relaxed") == base64.b64encode(hashlib.sha256(relaxed).digest()).decode()


def test_each_signature_names_every_header_in_order_and_amazons_names_feedback_id_too() -> None:
    own, amazon = covered(sent())
    names = ["Date", "Message-ID", "From", "To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version"]
    assert own == names
    assert amazon == [*names, "Feedback-ID"]


def test_sent_mail_carries_what_ses_adds_and_is_the_same_each_time() -> None:
    out = sent()
    assert out == sent()
    head = out.partition(b"\r\n\r\n")[0].decode()
    assert re.findall(r"^([\w-]+):", head, re.M)[:3] == ["DKIM-Signature", "DKIM-Signature", "Date"]
    assert re.search(r"^Feedback-ID: ::1\.us-east-1\.[\w+/]{43}=:AmazonSES\r$", head, re.M)
    assert re.search(r"^X-SES-Outgoing: 2026\.06\.01-[\d.]+\r?$", head, re.M)
    assert "c=relaxed/simple" in head
    assert out.endswith(b"\r\n\r\nHello\r\n")


def test_without_an_identity_of_its_own_only_amazon_signs() -> None:
    out = as_sent(message(LETTER), "123456789012", AMAZON, None)
    assert len(covered(out)) == 1
    assert b"d=amazonses.com" in out
    assert verified(out)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Hello\r\n", b"Hello!\r\n"),
        (b"Subject: News", b"Subject: Olds"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"<https://example.com/u/1>", b"<https://example.com/u/2>"),
        (b"From: June", b"From: July"),
    ],
)
def test_a_message_changed_on_its_way_does_not_verify(before: bytes, after: bytes) -> None:
    out = sent()
    assert before in out
    changed = out.replace(before, after, 1)
    assert not verified(changed, 0)
    assert not verified(changed, 1)


def test_of_two_fields_of_one_name_both_are_covered() -> None:
    out = sent(LETTER.replace(b"To: a@", b"X-A: 1\r\nx-a: 2\r\nTo: a@"))
    assert verified(out)
    assert not verified(out.replace(b"X-A: 1", b"X-A: 3"))
    assert not verified(out.replace(b"x-a: 2", b"x-a: 3"))


def test_a_record_has_strings_that_dns_can_carry() -> None:
    strings = dkim.public_record(KEY)
    assert len(strings) == 2
    assert max(map(len, strings)) <= 255
    assert "".join(strings).startswith("p=MII")
