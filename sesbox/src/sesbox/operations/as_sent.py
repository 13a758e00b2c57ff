"""A message as SES hands it to receivers: with Feedback-ID, X-SES-Outgoing and two DKIM signatures.

Lives here: who signs for a sender, and the message's last form; the same bytes each time it is asked for.
Must not live here: DKIM itself (rules/dkim.py), making and keeping keys (mailroom.py). Date and Message-ID were
written when the message was accepted (mime.stamp).
Source: real mails of SES; SES Developer Guide, "send-email-authentication-dkim".
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone

from sesbox.account import Message
from sesbox.events.shape import OUTGOING_IP
from sesbox.operations.base import Context
from sesbox.operations.records import Identity
from sesbox.rules import dkim

AMAZON = "amazonses.com"
STYLE = ("relaxed", "simple")
SIGNED_AS = "dkim"


def signing_identity(ctx: Context, speaker: Identity | None, author: str) -> list[str]:
    """[domain, selector] of the DKIM signature that a message of this author gets, or nothing.

    `speaker` is the identity that speaks for the author. An address is signed for by exactly its domain. It is
    decided when a message is accepted, so a later switch does not change a message that was sent.
    """
    if speaker is not None and speaker.type != "DOMAIN":
        speaker = ctx.account.get(Identity, author.rpartition("@")[2].lower())
    if speaker is None or not speaker.dkim_enabled or speaker.dkim_status != "SUCCESS":
        return []
    return [speaker.name, speaker.dkim_tokens[0]]


def domain_of_token(ctx: Context, token: str) -> str | None:
    """The domain identity that this Easy DKIM token was given to, or None."""
    found = (identity.name for identity in ctx.account.all(Identity) if token in identity.dkim_tokens)
    return next(found, None)


def as_sent(message: Message, account_id: str, amazon: dkim.Signer, own: dkim.Signer | None) -> bytes:
    """The message with the headers SES adds. Each signature covers every header; Amazon's covers Feedback-ID too."""
    fields, body = dkim.read_message(message.raw)
    at, hashed = int(message.accepted_at), dkim.body_hash(body, STYLE[1])
    feedback = dkim.Field(b"Feedback-ID", b" " + _feedback_id(message, account_id).encode("ascii"))
    signatures = [dkim.sign(fields, hashed, own, at, STYLE)] if own is not None else []
    signatures.append(dkim.sign([*fields, feedback], hashed, amazon, at, STYLE))
    outgoing = f"X-SES-Outgoing: {_outgoing(message)}\r\n".encode("ascii")
    return b"".join([*signatures, *(field.line for field in fields), feedback.line, outgoing, b"\r\n", body])


def _feedback_id(message: Message, account_id: str) -> str:
    """SES's form: two empty fields, the region, and what tells its customers apart."""
    about = f"{account_id} {message.meta.get('identity', '')}".encode()
    customer = base64.b64encode(hashlib.sha256(about).digest()).decode("ascii")
    return f"::1.{message.region}.{customer}:AmazonSES"


def _outgoing(message: Message) -> str:
    """Date and address of the machine that sent it, the one that events tell."""
    return f"{datetime.fromtimestamp(message.accepted_at, tz=timezone.utc):%Y.%m.%d}-{OUTGOING_IP}"
