"""Mail that nobody sane composes: it is refused in SES's words or accepted, and never ends in an internal error."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from sesbox.operations.base import AwsError
from sesbox.rules import addresses
from sesbox.rules.refusals import RefusedError

NAMES = (
    b"From To Cc Bcc Subject Content-Type Content-Disposition Content-ID Date Message-ID Reply-To Sender Return-Path "
    b"X-SES-MESSAGE-TAGS Received"
).split()
SHREDS = (
    b"=?utf-8?B?a?=", b"=?utf-7?Q?+2AA-?=", b"=?x-unknown?q?=FF?=", b"\xff\xfe", b"\xed\xa0\x80", b"\r\n ",
    b"\r", b"\0", b"<", b">", b"@", b'"', b";", b",", b"(", b":", b"\\", b"a@y.test", b"group:;",
    b"filename=a.exe", b"k=v",
)  # fmt: skip


def raw(*headers: bytes) -> dict[str, Any]:
    return {"Raw": {"Data": b"\r\n".join((b"From: s@y.test", b"To: r@y.test", *headers)) + b"\r\n\r\nHello\r\n"}}


@pytest.mark.parametrize("subject", [b"=?utf-8?B?a?=", b"=?utf-7?Q?+2AA-?=", b"=?utf-16?B?2AA=?=", b"\xff\xfe"])
def test_a_subject_that_cannot_be_decoded_is_kept_as_text(sandbox: Any, subject: bytes) -> None:
    message_id = sandbox.v2("SendEmail", Content=raw(b"Subject: " + subject))["MessageId"]
    assert sandbox.messages[message_id].subject.encode()


def test_a_from_header_that_names_nobody_is_refused(sandbox: Any) -> None:
    with pytest.raises(AwsError) as caught:
        sandbox.v2("SendEmail", Content={"Raw": {"Data": b"From: ,\r\nTo: r@y.test\r\n\r\nHello\r\n"}})
    assert (caught.value.code, caught.value.message) == ("BadRequestException", "Missing required header 'From'.")


def test_shreds_are_accepted_or_refused_but_never_break_anything(sandbox: Any) -> None:
    chance = random.Random(7)
    for _ in range(3_000):
        sandbox.now += 60
        lines = [name + b": " + b" ".join(chance.choices(SHREDS, k=chance.randint(0, 4))) for name in
                 chance.sample(NAMES, chance.randint(1, 6))]  # fmt: skip
        source = chance.choice([None, "s@y.test"])
        try:
            params = {"FromEmailAddress": source} if source else {}
            accepted = sandbox.v2("SendEmail", Content={"Raw": {"Data": b"\r\n".join(lines) + b"\r\n\r\nx"}}, **params)
        except AwsError as error:
            assert error.status is None or error.status < 500, lines
        else:
            message = sandbox.messages[accepted["MessageId"]]
            stored = (message.subject, message.source, message.destinations, message.meta)
            assert json.dumps(stored, ensure_ascii=False).encode(), lines


@pytest.mark.parametrize(
    "address", ["a@" + "b." * 500_000 + "test", "a" * 1_000_000 + "@y.test", "a." * 500_000 + "b@y.test"]
)
def test_an_address_without_end_is_refused_at_once(address: str) -> None:
    began = time.process_time()
    with pytest.raises(RefusedError) as caught:
        addresses.bare(address)
    assert len(str(caught.value)) < 500
    assert time.process_time() - began < 0.5


def test_the_longest_address_there_may_be_is_taken() -> None:
    longest = "a" * 64 + "@" + "b" * 250 + ".test"
    assert addresses.bare(longest) == longest
