"""Addresses: what SES can send to, one key a mailbox."""

from __future__ import annotations

import pytest
from email_validator import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from sendwell.core.addresses import InvalidAddress, parse


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("Jane.Doe@Example.COM", "Jane.Doe@example.com", "jane.doe@example.com"),
        (" a@x.test\u200b ", "a@x.test", "a@x.test"),
        ("leser@bücher.example", "leser@xn--bcher-kva.example", "leser@xn--bcher-kva.example"),
        ("o'brien+tag@mail.test", "o'brien+tag@mail.test", "o'brien+tag@mail.test"),
        ("success+1@simulator.amazonses.com",) * 3,
    ],
)
def test_good_addresses(text: str, address: str, key: str) -> None:
    found = parse(text)
    assert (found.address, found.key) == (address, key)
    assert found.domain == key.rpartition("@")[2]


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "@x.test", "a@", "a@b", "a..b@x.test", ".a@x.test", "a.@x.test", "a@-x.test", "a@x-.test",
        "a b@x.test", "jürgen@x.test", "a@x.test, b@x.test", "<a@x.test>", '"a b"@x.test', "a@[127.0.0.1]",
        "a@x.test\nBcc: c@x.test", "a" * 65 + "@x.test", "a@" + "x" * 64 + ".test",
        "a@" + "x." * 130 + "test", "a(comment)@x.test", "a@host.local", "a@x.invalid",
    ],
)  # fmt: skip
def test_what_ses_cannot_send_to_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(InvalidAddress) as error:
        parse(text)
    assert len(str(error.value)) > 10


@given(st.from_regex(r"[A-Za-z0-9!+._'-]{1,66}@[A-Za-z0-9.-]{1,40}\.[a-z0-9]{1,6}", fullmatch=True))
@example("a@1.test")
def test_the_fast_path_takes_nothing_that_the_library_refuses(text: str) -> None:
    try:
        found = parse(text)
    except InvalidAddress:
        return
    judged = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True)
    assert judged.ascii_email is not None and judged.ascii_email.lower() == found.key
    assert parse(found.address) == found and parse(found.address.upper()).key == found.key


@given(st.text(max_size=40))
def test_nothing_with_a_control_character_or_space_comes_through(text: str) -> None:
    try:
        found = parse(f"{text}@x.test")
    except InvalidAddress:
        return
    assert found.address.isascii() and found.address.isprintable() and " " not in found.address
