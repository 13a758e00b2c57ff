"""MIME that we build is read by the standard library; MIME that callers build survives."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesbox.operations import mime

ID = "0100018b9150141c-00000001-0000-4000-8000-000000000000-000000"


def simple(**changes: Any) -> mime.Simple:
    values: dict[str, Any] = {
        "sender": "S <s@y.test>",
        "to": ("r@x.test",),
        "cc": (),
        "reply_to": (),
        "subject": "Hi",
        "text": "Hello",
        "html": None,
    }
    return mime.Simple(**(values | changes))


def read(content: mime.Simple) -> Any:
    raw = mime.stamp(ID, "eu-west-1", 0.0) + mime.build(content, ID)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    return email.message_from_bytes(raw, policy=email.policy.default)


@pytest.mark.parametrize("subject", ["Hi", "Grüße", "a" * 900, "ж" * 300, "emoji 🙂 " * 20])
def test_subjects_come_back(subject: str) -> None:
    assert read(simple(subject=subject))["Subject"].strip() == subject.strip()


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_any_subject_comes_back(subject: str) -> None:
    raw = mime.build(simple(subject=subject), ID)
    [found] = [value for name, value in mime.parse_headers(raw) if name == "Subject"]
    from email.header import decode_header, make_header

    shown = str(make_header(decode_header(found))) if "=?UTF-8?B?" in found else found
    if "=?" not in subject:
        assert shown.strip() == subject.strip()


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t="), max_size=2000))
def test_any_text_comes_back(text: str) -> None:
    parsed = read(simple(text=text))
    assert parsed.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


def test_text_and_html_are_alternatives_and_files_stand_beside() -> None:
    files = (
        mime.Attachment("a.pdf", b"\x00\x01" * 100, "application/pdf"),
        mime.Attachment("logo.png", b"png", "image/png", "INLINE", "logo"),
    )
    parsed = read(simple(html="<p>ä</p>", attachments=files, headers=(("X-Campaign", "July"),)))
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert parsed["X-Campaign"] == "July"
    attachment = list(parsed.iter_attachments())[-1]
    assert (attachment.get_filename(), attachment.get_content()) == ("a.pdf", b"\x00\x01" * 100)


def test_the_boundary_looks_like_that_of_ses() -> None:
    [header] = [v for n, v in mime.parse_headers(mime.build(simple(html="<p>x</p>"), ID)) if n == "Content-Type"]
    assert header.startswith('multipart/alternative;  boundary="----=_Part_')


def test_stamp_is_per_region() -> None:
    assert mime.stamp(ID, "us-east-1", 0.0).decode().splitlines() == [
        "Date: Thu, 01 Jan 1970 00:00:00 +0000",
        f"Message-ID: <{ID}@email.amazonses.com>",
    ]
    assert f"<{ID}@eu-west-1.amazonses.com>" in mime.stamp(ID, "eu-west-1", 0.0).decode()


def test_headers_are_unfolded_and_kept_in_order() -> None:
    raw = b"A: 1\r\nB: 2\r\n\t3\r\nnonsense\r\nC:\xff\r\n\r\nD: no"
    assert mime.parse_headers(raw) == [("A", "1"), ("B", "2\t3"), ("C", "ÿ")]
