"""What a message's headers, attachments and size may be.

Lives here: the checks SES makes on content before it accepts. Must not live here: building or reading MIME
(operations/mime.py), who may send (admission.py).
Source: SES Developer Guide, "header-fields", "mime-types", "quotas"; SESv2 API reference, MessageHeader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sesbox.rules.refusals import invalid, too_long, violations

V1_BYTES = 10 * 1024 * 1024
V2_BYTES = 40 * 1024 * 1024
MOST_RECIPIENTS = 50
MOST_HEADERS = 15

_ONCE_NAMES = """
    accept-language acceptance auto-submitted bcc cc content-class content-description content-disposition
    content-id content-language content-length content-location content-md5 content-transfer-encoding content-type
    date delivered-to disposition-notification-options disposition-notification-to dkim-signature
    domainkey-signature errors-to expires from importance in-reply-to list-archive list-help list-id list-owner
    list-post list-subscribe list-unsubscribe list-unsubscribe-post message-context message-id mime-version
    organization original-from original-message-id original-recipient original-subject originator-return-address
    precedence priority references reply-to return-path return-receipt-to sender solicitation subject thread-index
    thread-topic to user-agent
"""
_EXTENSIONS = """
    ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js jse ksh lib
    lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msh1xml msh2xml
    msi msp mst ops pcd pif plg prf prg reg scf scr sct shb shs sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe
    vbs vps vsmacros vss vst vsw vxd ws wsc wsf wsh xnk
"""
_ONCE = frozenset(_ONCE_NAMES.split())
_FORBIDDEN = frozenset(_EXTENSIONS.split())
_HEADER_NAME = re.compile(r"[!-9;-~]{1,126}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def check_size(size: int, most: int) -> None:
    """Refuse a message of more bytes than the API takes, after MIME encoding."""
    if size > most:
        raise invalid(f"Message length is more than {most} bytes long: '{size}'.")


def check_recipients(count: int) -> None:
    """A message has 1 to 50 recipients."""
    if count == 0:
        raise invalid("There are no recipients specified.")
    if count > MOST_RECIPIENTS:
        raise invalid(f"Recipient count exceeds {MOST_RECIPIENTS}.")


def check_once(names: Iterable[str]) -> None:
    """Refuse a header that may stand once only and stands twice."""
    seen: set[str] = set()
    for name in names:
        low = name.lower()
        if low in seen and low in _ONCE:
            raise invalid(f"Duplicate header '{name}'.")
        seen.add(low)


def check_own_headers(headers: Sequence[tuple[str, str]]) -> None:
    """The Headers of a Simple or Template content: at most 15, name 1-126, value at most 995, together 996."""
    if len(headers) > MOST_HEADERS:
        raise violations(too_long("content.simple.headers", MOST_HEADERS))
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name):
            raise invalid(f"Invalid header name <{name}>.")
        if len(value) > 995 or len(name) + len(value) > 996:
            raise invalid(f"Header <{name}> is too long.")
        check_line(name, value)


def check_line(name: str, value: str) -> None:
    """Refuse line breaks and other control characters in a header: they would forge further headers."""
    if _CONTROL.search(value):
        raise invalid(f"Header '{name}' contains control characters.")


def check_file_name(name: str) -> None:
    """Refuse an attachment whose extension SES does not carry."""
    if not name or len(name) > 255:
        raise violations(too_long("content.simple.attachments.member.fileName", 255))
    if name.rpartition(".")[2].lower() in _FORBIDDEN and "." in name:
        raise invalid(f"Illegal filename '{name}'.")
    check_line("filename", name)
