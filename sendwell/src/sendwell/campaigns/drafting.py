"""What a draft says: its source, its problems, its preview, its test mail.

Lives here: turning a campaign's fields into content's values. Must not live here: the campaign's life (service.py).
A test mail is the campaign's own content, marketing headers and all, to one address and no contact; the sender gives
mail without a contact a test token, so that its unsubscribe link shows the page and takes nobody off a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sendwell.campaigns.models import Campaign
from sendwell.campaigns.rules import Problem
from sendwell.connections import service as connections
from sendwell.contacts import service as contacts
from sendwell.content import service as content
from sendwell.content.service import ContentSource, Preview
from sendwell.core.db import DjangoDb
from sendwell.outbox import service as outbox
from sendwell.outbox.service import Stream

SAMPLE_CONTACTS = 200


def source_of(campaign: Campaign) -> ContentSource:
    """The draft as content's values; nothing is stored."""
    return ContentSource(
        content_id=0,
        workspace_id=campaign.workspace_id,
        message_class="marketing",
        from_name=campaign.from_name,
        from_address=campaign.from_address,
        reply_to=campaign.reply_to,
        subject=campaign.subject,
        body=campaign.body,
        body_format=campaign.body_format,
        list_name=campaign.list.name,
        list_number=campaign.list_id,
        sender_name=campaign.workspace.sender_name,
        postal_address=campaign.workspace.postal_address,
    )


def content_problems(campaign: Campaign) -> list[Problem]:
    """Content's own lint in the campaign's words; its texts say the remedy themselves."""
    return [Problem(p.code.value, p.field, p.text, "") for p in content.lint(source_of(campaign))]


@dataclass(frozen=True)
class Sample:
    """Contacts to preview with, and what templates may say of the list's contacts."""

    contacts: list[tuple[int, str]]
    attributes: list[str]


def sample(list_id: int, now: datetime) -> Sample:
    """The first contacts of the list that may be mailed, and the attributes that the first 200 have."""
    db = DjangoDb()
    rows = contacts.audience_after(db, list_id, 0, SAMPLE_CONTACTS, now)
    fields = contacts.merge_fields(db, [row.contact_id for row in rows])
    names = {name for found in fields.values() for name in found["attributes"]}
    mailable = [(row.contact_id, row.address) for row in rows if row.verdict is contacts.ConsentVerdict.OK]
    return Sample(mailable[:20], sorted(names))


def preview(campaign: Campaign, contact_id: int | None, now: datetime) -> Preview:
    """The draft as one contact of its list would get it, or with made-up values."""
    return content.preview(source_of(campaign), fields_of(campaign, contact_id, now))


def fields_of(campaign: Campaign, contact_id: int | None, now: datetime) -> Mapping[str, Any] | None:
    """A contact's merge fields; None unless the contact is on the campaign's list."""
    if contact_id is None:
        return None
    db = DjangoDb()
    on_list = contacts.audience_after(db, campaign.list_id, contact_id - 1, 1, now)
    if not on_list or on_list[0].contact_id != contact_id:
        return None
    return contacts.merge_fields(db, [contact_id]).get(contact_id)


class TestRefusedError(ValueError):
    """This test cannot be sent; the message says why and what to do."""

    __test__ = False  # not a test case, whatever its name begins with


def send_test(campaign: Campaign, address: str, contact_id: int | None, nonce: str, now: datetime) -> int:
    """Queue the mail as it stands to one address, looking exactly as the campaign's; its message id.

    `nonce` names the page's form, so that pressing twice sends once. Raises TestRefusedError.
    """
    blocking = [p for p in content_problems(campaign) if p.field not in ("sender_name", "postal_address")]
    if blocking:
        raise TestRefusedError(blocking[0].text)
    verified = connections.verified_recipients(DjangoDb(), campaign.connection_id)
    if not verified.covers(campaign.from_address):
        raise TestRefusedError(f"{campaign.from_address} is not verified on this connection: SES would refuse it.")
    if campaign.connection.in_sandbox is not False and not verified.covers(address):
        raise TestRefusedError(
            f"{address} is not verified, and in the sandbox SES sends only to verified addresses and its mailbox "
            "simulator. Verify it on the connection's page, or use success@simulator.amazonses.com."
        )
    return outbox.enqueue_single(
        workspace_id=campaign.workspace_id,
        connection_id=campaign.connection_id,
        stream=Stream.TRANSACTIONAL,
        idempotency_key=f"test:{campaign.pk}:{nonce}"[:200],
        content_id=content.freeze(source_of(campaign), now),
        address=address,
        context=dict(fields_of(campaign, contact_id, now) or made_up(campaign)),
        now=now,
    )


def made_up(campaign: Campaign) -> Mapping[str, Any]:
    """Values for every name the draft uses, when no contact is chosen."""
    return content.sample_for(source_of(campaign))
