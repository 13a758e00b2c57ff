"""Accepting a message: one core under SES v2 and v1.

Lives here: from what a call asks (a Submission) to the accepted message, its counters and its due work.
Must not live here: reading a call's members (operations/sending_v2.py, sending_v1.py), the decisions (rules/), MIME.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sesbox.account import Change, Due, Message, Store
from sesbox.events import shape
from sesbox.operations import mime
from sesbox.operations.as_sent import SIGNED_AS, signing_identity
from sesbox.operations.base import Context, Outcome
from sesbox.operations.errors import stop
from sesbox.operations.publishing import event_changes
from sesbox.operations.records import ConfigurationSet, Identity
from sesbox.operations.state import charge, is_verified, sending_now, settings
from sesbox.rules import addresses, admission, content, identities
from sesbox.rules.admission import Party, SetState, Standing
from sesbox.rules.refusals import Refusal, RefusedError


@dataclass(frozen=True, slots=True)
class Submission:
    """What a call asks to have sent, whichever API it came by.

    `senders` and `recipients` are as supplied; `author` is the From address of a raw message. `render` makes the
    message without Date and Message-ID from the message id. `own` are Date and Message-ID headers of the caller's
    own, which SES overwrites but events show.
    """

    operation: str
    source: str
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    subject: str
    render: Callable[[str], bytes]
    most_bytes: int
    configuration_set: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    raw: bool = False
    author: str = ""
    own: tuple[tuple[str, str], ...] = ()


def submit(ctx: Context, asked: Submission) -> Outcome:
    """Accept or refuse, in SES's order: switches, configuration set, addresses, identities, MAIL FROM, quota, rate.

    Raises RefusedError. The outcome stores the message and makes Due("deliver"), and Due("publish") of the Send event
    if a destination wants it.
    """
    account = settings(ctx)
    state, drops = sending_now(ctx, account.max_send_rate)
    identity = _speaker(ctx, asked.source)
    set_name = asked.configuration_set or (identity.configuration_set if identity else None)
    standing = Standing(
        production=account.production,
        sending_enabled=account.sending_enabled,
        shut_down=account.enforcement_status == "SHUTDOWN",
        sent_24_hours=state.window_total,
        max_24_hour_send=account.max_24_hour_send,
        level=state.level,
    )
    stop(admission.check_switches(standing, _set_state(ctx, set_name)))
    content.check_recipients(len(asked.recipients))
    recipients = _parties(asked.recipients)
    senders = _parties(asked.senders)
    stop(_check_identities(ctx, senders, recipients, account.production))
    if identity is not None:
        stop(
            admission.check_mail_from(
                identity.mail_from_domain, identity.mail_from_status, identity.behavior_on_mx_failure
            )
        )
    message = _message(ctx, asked, recipients, set_name, identity)
    counted = sum(1 for party in recipients if not addresses.is_simulator(party.address))
    stop(admission.check_volume(standing, counted))
    changes = [*drops, *charge(ctx, state, len(recipients), counted), *_accepted(ctx, message)]
    return Outcome({"MessageId": message.message_id}, tuple(changes))


def _speaker(ctx: Context, source: str) -> Identity | None:
    """The identity whose settings hold for this sender; a bad address is refused later, in its turn."""
    try:
        address = addresses.bare(source)
    except RefusedError:
        return None
    return identities.speaker(address, lambda name: ctx.account.get(Identity, name), is_verified)


def _set_state(ctx: Context, name: str | None) -> SetState | None:
    if not name:
        return None
    found = ctx.account.get(ConfigurationSet, name)
    return SetState(name, found is not None, found is not None and found.sending_enabled)


def _parties(supplied: Iterable[str]) -> list[Party]:
    return [Party(text, addresses.bare(text)) for text in supplied]


def _check_identities(ctx: Context, senders: list[Party], recipients: list[Party], production: bool) -> Refusal | None:
    def verified(address: str) -> bool:
        if ctx.profile.every_identity_verified:
            return True
        found = identities.speaker(address, lambda name: ctx.account.get(Identity, name), is_verified)
        return found is not None

    region = ctx.account.region
    return admission.check_identities(senders, recipients, region, production, verified, addresses.is_simulator)


def _message(
    ctx: Context, asked: Submission, recipients: list[Party], set_name: str | None, identity: Identity | None
) -> Message:
    message_id = ctx.ids.message_id(ctx.account.region, ctx.now)
    body = asked.render(message_id)
    content.check_size(len(body), asked.most_bytes)
    meta = {
        "operation": asked.operation,
        "identity": identity.name if identity else addresses.bare(asked.source),
        "caller": ctx.caller.name,
        "source_ip": ctx.caller.source_ip,
        "tags": asked.tags,
        "raw": asked.raw,
        "own": [list(pair) for pair in asked.own],
        SIGNED_AS: _signed_as(ctx, asked, identity),
    }
    return Message(
        message_id,
        ctx.now,
        asked.source,
        tuple(party.address for party in recipients),
        asked.subject,
        mime.stamp(message_id, ctx.account.region, ctx.now) + body,
        set_name,
        meta,
    )


def _signed_as(ctx: Context, asked: Submission, identity: Identity | None) -> list[str]:
    """Who signs: DKIM goes by the From header, which need not be the envelope's sender."""
    author = asked.author or asked.source
    if author != asked.source:
        identity = _speaker(ctx, author)
    if identity is None:
        return []
    return signing_identity(ctx, identity, author if identity.type == "DOMAIN" else addresses.bare(author))


def _accepted(ctx: Context, message: Message) -> list[Change]:
    changes: list[Change] = [Store(message)]
    if message.configuration_set:
        headers = mime.without_stamp(mime.parse_headers(message.raw))
        about = shape.mail(message, headers, ctx.account.account_id, ctx.account.region)
        changes += event_changes(ctx, message.configuration_set, "SEND", shape.send(about))
    data = {"message_id": message.message_id, "recipients": list(dict.fromkeys(message.destinations))}
    changes.append(Due(ctx.now + ctx.profile.delivery_delay, "deliver", data))
    return changes
