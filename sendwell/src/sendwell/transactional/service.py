"""One message to one person because of something they did: the only way in for other features.

Lives here: keeping such a mail's text, queueing one of it. Must not live here: campaigns and their test mails, opt-in,
sending. Suppression binds this mail as well; a list's consent does not, so it must never carry a newsletter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sendwell.content import service as content
from sendwell.content.service import ContentSource, Problem
from sendwell.core.addresses import parse
from sendwell.outbox import service as outbox
from sendwell.outbox.service import Stream


@dataclass(frozen=True)
class Mail:
    """What such a mail says: Liquid in subject and body, whose names the caller fills for each message."""

    subject: str
    body: str
    from_address: str
    from_name: str = ""
    reply_to: str = ""
    body_format: str = "markdown"


class NotSendableError(ValueError):
    """The mail's text has problems; `problems` names the field and the remedy of each."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


def keep(workspace_id: int, mail: Mail, now: datetime) -> int:
    """Keep the text once, for any number of messages; its content id. Raises NotSendableError."""
    source = ContentSource(
        content_id=0,
        workspace_id=workspace_id,
        message_class="transactional",
        from_name=mail.from_name,
        from_address=mail.from_address,
        reply_to=mail.reply_to,
        subject=mail.subject,
        body=mail.body,
        body_format=mail.body_format,
        list_name="",
        list_number=0,
        sender_name="",
        postal_address="",
    )
    problems = content.lint(source)
    if problems:
        raise NotSendableError(problems)
    return content.freeze(source, now)


def send(
    *,
    workspace_id: int,
    connection_id: int,
    content_id: int,
    idempotency_key: str,
    address: str,
    context: Mapping[str, Any],
    now: datetime,
) -> int:
    """Queue one message; its id. The same key again gives the same message, so that a caller may repeat after a fault.

    `context` fills the names that the text uses. Raises InvalidAddress, and ValueError for an empty or too long key.
    """
    if not 0 < len(idempotency_key) <= 190:
        raise ValueError("An idempotency key has 1 to 190 characters.")
    return outbox.enqueue_single(
        workspace_id=workspace_id,
        connection_id=connection_id,
        stream=Stream.TRANSACTIONAL,
        idempotency_key=f"mail:{idempotency_key}",  # apart from the keys of test mails and of opt-in
        content_id=content_id,
        address=parse(address).address,
        context=dict(context),
        now=now,
    )
