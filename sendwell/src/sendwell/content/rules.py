"""What a mail must have before it may be sent, and the values that content is made of.

Lives here: the records and the checks that need no template engine. Must not live here: Django, Liquid, HTML.
Sources: Gmail's and Yahoo's sender rules, CAN-SPAM 15 U.S.C. 7704(a), RFC 8058, SES's limits on headers.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

HTML_LIMIT = 95_000  # bytes; Gmail clips at about 102 KB, and the unsubscribe link stands at the end
MARKETING = "marketing"

# What a marketing template may say; a transactional one brings its own words along.
MARKETING_NAMES = frozenset(
    {
        "address",
        "name",
        "attributes",
        "unsubscribe_url",
        "preferences_url",
        "list_name",
        "sender_name",
        "postal_address",
    }
)

# Mailbox providers whose DMARC policy refuses mail in their name that they did not send themselves.
FREEMAIL = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "yahoo.co.uk",
        "yahoo.de",
        "yahoo.fr",
        "ymail.com",
        "rocketmail.com",
        "aol.com",
        "aol.de",
        "hotmail.com",
        "hotmail.co.uk",
        "hotmail.de",
        "hotmail.fr",
        "outlook.com",
        "outlook.de",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "gmx.de",
        "gmx.net",
        "gmx.com",
        "web.de",
        "mail.ru",
        "yandex.ru",
        "yandex.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "163.com",
        "126.com",
        "zoho.com",
        "mail.com",
        "t-online.de",
        "freenet.de",
        "orange.fr",
        "free.fr",
        "laposte.net",
        "libero.it",
    }
)

_FAKE_REPLY = re.compile(r"\s*(re|fw|fwd|aw|wg)\s*:", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class RenderError(ValueError):
    """The content cannot be rendered for this recipient; the message says what is missing or wrong."""


class ProblemCode(StrEnum):
    """Why a content may not be sent yet."""

    SUBJECT_EMPTY = "subject_empty"
    SUBJECT_FAKE_REPLY = "subject_fake_reply"
    BODY_EMPTY = "body_empty"
    SENDER_NAME_MISSING = "sender_name_missing"
    POSTAL_ADDRESS_MISSING = "postal_address_missing"
    FROM_MISSING = "from_missing"
    FROM_FREEMAIL = "from_freemail"
    TEMPLATE_BROKEN = "template_broken"
    VARIABLE_UNKNOWN = "variable_unknown"
    TOO_BIG = "too_big"
    UNSUBSCRIBE_HIDDEN = "unsubscribe_hidden"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that must be mended before sending. `field` names the form field; `text` says what to do."""

    code: ProblemCode
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class ContentSource:
    """All that a mail is rendered from, except the recipient."""

    content_id: int
    workspace_id: int
    message_class: str
    from_name: str
    from_address: str
    reply_to: str
    subject: str
    body: str
    body_format: str
    list_name: str
    list_number: int
    sender_name: str
    postal_address: str

    @property
    def is_marketing(self) -> bool:
        return self.message_class == MARKETING


@dataclass(frozen=True, slots=True)
class Links:
    """This recipient's own links. Marketing mail cannot be rendered without `unsubscribe_url`."""

    unsubscribe_url: str | None = None
    preferences_url: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """One recipient's mail. `headers` go beside From, To and Subject; all their values are printable ASCII."""

    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


def check_envelope(source: ContentSource) -> list[Problem]:
    """Problems with subject, sender and footer that show without rendering."""
    problems = _check_subject(source)
    if not source.body.strip():
        problems.append(Problem(ProblemCode.BODY_EMPTY, "body", "Write the message: the body is empty."))
    domain = source.from_address.rpartition("@")[2].strip().lower()
    if not domain:
        problems.append(Problem(ProblemCode.FROM_MISSING, "from_address", "Choose the address that this is sent from."))
    if domain in FREEMAIL:
        text = f"Send from a domain of your own: {domain} tells receivers to refuse mail in its name from elsewhere."
        problems.append(Problem(ProblemCode.FROM_FREEMAIL, "from_address", text))
    return problems + (_check_footer(source) if source.is_marketing else [])


def _check_subject(source: ContentSource) -> list[Problem]:
    if not source.subject.strip():
        return [Problem(ProblemCode.SUBJECT_EMPTY, "subject", "Write a subject: it is empty.")]
    if source.is_marketing and _FAKE_REPLY.match(source.subject):
        text = "Take the “Re:” or “Fwd:” away: this is no reply, and the law calls that a misleading subject."
        return [Problem(ProblemCode.SUBJECT_FAKE_REPLY, "subject", text)]
    return []


def _check_footer(source: ContentSource) -> list[Problem]:
    problems = []
    if not source.sender_name.strip():
        text = "Fill in the sender's legal name in the workspace's settings: it stands in every marketing mail."
        problems.append(Problem(ProblemCode.SENDER_NAME_MISSING, "sender_name", text))
    if not source.postal_address.strip():
        text = "Fill in a postal address in the workspace's settings: the law wants it in every marketing mail."
        problems.append(Problem(ProblemCode.POSTAL_ADDRESS_MISSING, "postal_address", text))
    return problems


def check_names(field: str, used: Collection[str]) -> list[Problem]:
    """Problems with variables of a marketing template that no contact can fill."""
    known = ", ".join(sorted(MARKETING_NAMES - {"attributes"}))
    return [
        Problem(
            ProblemCode.VARIABLE_UNKNOWN,
            field,
            f"“{name}” is not known here. Use {known}, or attributes.<column> for a column of your contacts.",
        )
        for name in sorted(used)
        if name not in MARKETING_NAMES
    ]


def check_size(html: str) -> list[Problem]:
    """A problem if the personalised HTML is so long that Gmail would hide its end."""
    size = len(html.encode())
    if size <= HTML_LIMIT:
        return []
    text = f"Shorten the message: its HTML has {size:,} bytes, and above {HTML_LIMIT:,} Gmail hides the end of it."
    return [Problem(ProblemCode.TOO_BIG, "body", text)]


def clean_subject(text: str) -> str:
    """The rendered subject as one line. Raises RenderError if it is empty or would break out of its header."""
    subject = text.strip()
    if CONTROL.search(subject):
        raise RenderError("The subject holds a line break or control character for this contact.")
    if not subject:
        raise RenderError("The subject is empty for this contact.")
    return subject
