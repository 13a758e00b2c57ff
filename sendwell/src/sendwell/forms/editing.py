"""Making and changing forms: texts become versions, mails become frozen contents, secrets are encrypted.

Lives here: what saving a form does. Must not live here: pages, the public side.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from sendwell.connections.models import Connection
from sendwell.contacts.models import List
from sendwell.content import service as content
from sendwell.content.service import ContentSource, Links, Problem, RenderError
from sendwell.core.keyring import KeyRing
from sendwell.forms.models import FormText, SignupForm
from sendwell.forms.rules import text_hash
from sendwell.workspaces.models import Workspace

OPT_IN_NAMES = ("confirm_url", "lists", "requested_at", "sender_name", "postal_address")
WELCOME_NAMES = ("lists", "sender_name", "postal_address")
_SAMPLE = {
    "confirm_url": "https://example.com/confirm/sample",
    "lists": "News",
    "requested_at": "22 Nov 2026, 14:05 UTC",
    "address": "jane@example.com",
}

DIGEST = 16
SUBJECT = "Please confirm: {{ lists }}"
BODY = """Somebody, most likely you, entered this address at {{ sender_name }} on {{ requested_at }}, to get:
**{{ lists }}**.

[Yes, I want this]({{ confirm_url }})

If that was not you, do nothing: without the click you get nothing more.

{{ sender_name }}
"""
WELCOME_SUBJECT = "Welcome to {{ lists }}"
WELCOME_BODY = """You are on the list **{{ lists }}** of {{ sender_name }} now.

Every mail has a link to leave in its last lines.
"""


class MailProblemError(ValueError):
    """A mail of the form cannot be sent as written; `field` is the form's field."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def draft(workspace: Workspace, connection: Connection, sender: str, now: datetime) -> SignupForm:
    """A form with sensible words, not saved yet."""
    who = workspace.sender_name or workspace.name
    return SignupForm(
        workspace=workspace,
        connection=connection,
        public_id=secrets.token_hex(8),
        name="Signup",
        title=f"News from {who}"[:120],
        consent=f"Yes, {who} may send me this by e-mail. I can leave at any time.",
        thanks="Please open your mailbox now: you get a mail with a link to confirm. Look in the spam folder too.",
        from_name=workspace.sender_name,
        from_address=sender,
        mail_subject=SUBJECT,
        mail_body=BODY,
        welcome_subject=WELCOME_SUBJECT,
        welcome_body=WELCOME_BODY,
        created_at=now,
        updated_at=now,
    )


def save(form: SignupForm, lists: Sequence[List], secret: str, ring: KeyRing, now: datetime) -> None:
    """Keep the form; new words become a new version. `secret` empty keeps the captcha's secret as it is.

    Raises MailProblemError where a mail cannot be sent as it is written.
    """
    with transaction.atomic():
        if secret:
            form.captcha_secret = ring.encrypt(secret)
        form.updated_at = now
        form.mail_content_id = _frozen(form, "mail", form.mail_content_id, now)
        form.welcome_content_id = _frozen(form, "welcome", form.welcome_content_id, now) if form.welcomes else None
        form.save()
        form.lists.set(lists)
        text_of(form, now)


def _frozen(form: SignupForm, which: str, current: int | None, now: datetime) -> int:
    source = _source(form, getattr(form, f"{which}_subject"), getattr(form, f"{which}_body"))
    for problem in check(source, which):
        raise MailProblemError(_field(which, problem.field), problem.text)
    if current is not None:
        kept = SignupForm.objects.get(pk=form.pk).__dict__
        same = all(
            getattr(form, name) == kept[name]
            for name in ("from_name", "from_address", f"{which}_subject", f"{which}_body")
        )
        if same:
            return current
    return content.freeze(source, now)


def _field(which: str, field: str) -> str:
    return field if field == "from_address" else f"{which}_{'subject' if field == 'subject' else 'body'}"


def check(source: ContentSource, which: str) -> list[Problem]:
    """What keeps a mail of a form from being sent. Names a stranger could fill, such as `name`, are unknown here."""
    problems = content.lint(source)
    if problems:
        return problems
    names = OPT_IN_NAMES if which == "mail" else WELCOME_NAMES
    given = {name: value for name, value in _SAMPLE.items() if name in names}
    try:
        rendered = content.render(content.compile(source), given, Links())
    except RenderError as error:
        text = f"{error} This mail knows {', '.join(names)}: nothing that a visitor typed."
        return [Problem(content.ProblemCode.VARIABLE_UNKNOWN, "body", text)]
    if which == "mail" and _SAMPLE["confirm_url"] not in rendered.text:
        text = "Put {{ confirm_url }} into the mail: without the link nobody can confirm."
        return [Problem(content.ProblemCode.VARIABLE_UNKNOWN, "body", text)]
    return []


def _source(form: SignupForm, subject: str, body: str) -> ContentSource:
    workspace = form.workspace
    return ContentSource(
        content_id=0,
        workspace_id=form.workspace_id,
        message_class="transactional",
        from_name=form.from_name,
        from_address=form.from_address,
        reply_to="",
        subject=subject,
        body=body,
        body_format="markdown",
        list_name="",
        list_number=0,
        sender_name=workspace.sender_name or workspace.name,
        postal_address=workspace.postal_address,
    )


def shown(form: SignupForm) -> dict[str, Any]:
    """What a visitor reads before consenting, as it is kept for evidence."""
    return {
        "title": form.title,
        "intro": form.intro,
        "consent": form.consent,
        "button": form.button,
        "privacy_url": form.privacy_url,
        "language": form.language,
        "lets_choose": form.lets_choose,
        "lists": [{"id": one.pk, "name": one.name, "description": one.description} for one in lists_of(form)],
        "sender": form.workspace.sender_name or form.workspace.name,
    }


def lists_of(form: SignupForm) -> list[List]:
    """The lists that the form offers, by name."""
    return list(form.lists.order_by("name"))


def digest_of(form: SignupForm) -> str:
    """The beginning of the hash of what the form shows now. Pages carry it; looking at them stores nothing."""
    return text_hash(shown(form))[:DIGEST]


def text_of(form: SignupForm, now: datetime) -> FormText:
    """The version of what the form shows now; a new one if the words have not been shown before."""
    words = shown(form)
    digest = text_hash(words)
    found = FormText.objects.filter(form=form, sha256=digest).first()
    if found is not None:
        return found
    with transaction.atomic():
        SignupForm.objects.select_for_update().get(pk=form.pk)
        version = FormText.objects.filter(form=form).count() + 1
        made, _ = FormText.objects.get_or_create(
            form=form, sha256=digest, defaults={"version": version, "shown": words, "created_at": now}
        )
        return made


def text_shown(form: SignupForm, digest: str, now: datetime) -> FormText:
    """The version whose hash begins with `digest`, or else what the form shows now."""
    known = len(digest) == DIGEST and digest.isalnum()
    found = FormText.objects.filter(form=form, sha256__startswith=digest).first() if known else None
    return found or text_of(form, now)


def set_open(form: SignupForm, is_open: bool, because: str, now: datetime) -> None:
    """Open or close a form; a closed one says so to visitors and takes nobody in."""
    SignupForm.objects.filter(pk=form.pk).update(is_open=is_open, closed_because=because[:200], updated_at=now)
    form.is_open, form.closed_because = is_open, because


def reencrypt_secrets(ring: KeyRing) -> int:
    """Put captcha secrets under the newest key; how many."""
    found = list(SignupForm.objects.exclude(captcha_secret=""))
    for form in found:
        form.captcha_secret = ring.encrypt(ring.decrypt(form.captcha_secret))
        form.save(update_fields=["captcha_secret"])
    return len(found)


_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")


def is_origin(text: str) -> bool:
    """Whether a line is a site's origin: scheme and host, nothing behind."""
    return bool(_ORIGIN.fullmatch(text))
