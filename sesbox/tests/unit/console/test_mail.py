"""Messages taken apart for looking at; written by the standard library's composer, and by nobody sane."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from sesbox.console.mail import frame_document, read_mail


def newsletter() -> bytes:
    message = EmailMessage()
    message["From"] = "Jünë <june@example.org>"
    message["Subject"] = "Grüße"
    message.set_content("Hallo")
    message.add_alternative('<p>Hallo <img src="cid:dot"> <img src="cid:unknown"></p>', subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<dot>")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Preisliste für Juni.pdf")
    return message.as_bytes()


def test_text_html_files_and_decoded_headers_are_found() -> None:
    mail = read_mail(newsletter())
    assert dict(mail.headers)["Subject"] == "Grüße"
    assert dict(mail.headers)["From"] == "Jünë <june@example.org>"
    assert mail.text is not None
    assert mail.text.strip() == "Hallo"
    assert mail.html is not None
    assert [(part.name, part.type, part.content) for part in mail.parts][1] == (
        "Preisliste für Juni.pdf",
        "application/pdf",
        b"%PDF",
    )


def test_inline_pictures_travel_inside_the_frame_and_links_open_outside() -> None:
    document = frame_document(read_mail(newsletter()))
    assert document.startswith('<base target="_blank">')
    assert '"data:image/png;base64,iVBORw=="' in document
    assert "cid:unknown" in document


def test_a_text_file_that_is_attached_is_no_body() -> None:
    message = EmailMessage()
    message.set_content("Body")
    message.add_attachment("log", filename="log.txt")
    mail = read_mail(message.as_bytes())
    assert mail.text is not None
    assert mail.text.strip() == "Body"
    assert [part.name for part in mail.parts] == ["log.txt"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"From: =?utf-8?q?=ff?= <\r\nSubject: =?x?y?z?=\r\nDate: never\r\nTo: a@b, , ;;\r\nMessage-ID: <\r\n\r\nx",
        b"Content-Type: multipart/alternative\r\n\r\nx",
    ],
)
def test_broken_mail_is_shown_somehow(raw: bytes) -> None:
    mail = read_mail(raw)
    frame_document(mail)
    assert len(mail.headers) == raw.partition(b"\r\n\r\n")[0].count(b":") or not mail.headers


ROUGH = [
    b"Content-Type: text/plain; charset=undefined\r\n\r\nx",
    b'Content-Type: text/plain; charset="utf-8\0"\r\n\r\nx',
    b"Content-Type: text/plain; charset=punycode\r\n\r\n\xff",
    b"Content-Type: text/plain; charset=idna\r\n\r\n\xff",
    b"Content-Type: =?utf-7?Q?+2AA-?=\r\n\r\nx",
    b"Content-Disposition: =?utf-7?Q?+2AA-?=\r\n\r\nx",
    b"Content-Transfer-Encoding: =?utf-7?Q?+2AA-?=\r\n\r\nx",
    b"Content-Type: image/png; name*=utf-8''%ED%A0%80\r\nContent-ID: <\xff>\r\n\r\nx",
    b"Content-Disposition: attachment; filename==?utf-7?Q?+2AA-?=\r\n\r\nx",
    b"Content-Type: image/png\r\nContent-ID: =?utf-7?Q?+2AA-?=\r\n\r\nx",
    b"Subject: =?utf-7?Q?+2AA-?=\r\nX: \xff\r\n\r\nx",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 500,
    b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000)),
]


@pytest.mark.parametrize("raw", ROUGH)
def test_rough_mail_is_shown_as_far_as_it_can_be_read(raw: bytes) -> None:
    mail = read_mail(raw)
    frame_document(mail).encode()
    texts = [mail.text, mail.html, *(text for pair in mail.headers for text in pair)]
    texts += [text for part in mail.parts for text in (part.name, part.type, part.content_id)]
    assert all(text is None or text.encode() is not None for text in texts)
