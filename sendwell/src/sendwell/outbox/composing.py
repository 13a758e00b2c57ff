"""From a claimed row to a signed request: contents compiled once, rendered for each recipient.

Lives here: the cache of compiled contents, links, the envelope. Must not live here: rows, sockets, pacing.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any

from sendwell.amazon.send import Envelope, build_request, mailbox
from sendwell.amazon.signing import HttpRequest
from sendwell.connections.service import SenderAccess
from sendwell.content import service as content
from sendwell.core.db import Db
from sendwell.core.keyring import KeyRing
from sendwell.core.tokens import LinkToken, Purpose, sign
from sendwell.outbox.leasing import Item
from sendwell.outbox.singles import unseal

MOST_CONTENTS = 32


class Composer:
    """Composes messages. `load` runs on the ledger's thread, `compose` on the event loop."""

    def __init__(self, ring: KeyRing, base_url: str) -> None:
        self._ring = ring
        self._base_url = base_url
        self._compiled: OrderedDict[int, content.Compiled] = OrderedDict()

    def missing(self, content_ids: set[int]) -> set[int]:
        """Those that must be loaded first; the others are marked as used just now."""
        for content_id in content_ids & self._compiled.keys():
            self._compiled.move_to_end(content_id)
        return content_ids - self._compiled.keys()

    def keep(self, content_id: int, source: content.ContentSource) -> None:
        """Compile a content and keep it, dropping the one that was not used for longest. Raises RenderError."""
        self._compiled[content_id] = content.compile(source)
        while len(self._compiled) > MOST_CONTENTS:
            self._compiled.popitem(last=False)

    def compose(self, item: Item, fields: dict[str, Any], access: SenderAccess, now: datetime) -> HttpRequest:
        """The signed call for one row. Raises RenderError, also for a content that did not compile."""
        compiled = self._compiled.get(item.row.content_id)
        if compiled is None:
            raise content.RenderError("The content of this message cannot be read.")
        source = compiled.source
        rendered = content.render(
            compiled, {**fields, **unseal(self._ring, item.row.context)}, self._links(item, source.is_marketing)
        )
        envelope = Envelope(
            message_id=item.row.id,
            attempt_n=item.n,
            from_=mailbox(source.from_name, source.from_address),
            to=item.row.address,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            reply_to=source.reply_to,
            headers=rendered.headers,
            configuration_set=access.configuration_set,
        )
        return build_request(envelope, access.endpoint, access.credentials, now)

    def _links(self, item: Item, marketing: bool) -> content.Links:
        if not marketing:
            return content.Links()
        row = item.row
        if row.contact_id is not None and row.list_id is not None:
            token = LinkToken(Purpose.UNSUBSCRIBE, row.contact_id, row.list_id, row.id)
        else:  # a test send of a campaign: the link is real to look at and changes nothing
            token = LinkToken(Purpose.TEST_UNSUBSCRIBE, row.contact_id or 0, 0, row.id)
        url = f"{self._base_url}/u/{sign(self._ring, token)}"
        return content.Links(unsubscribe_url=url, preferences_url=url)


def load_sources(db: Db, content_ids: set[int]) -> dict[int, content.ContentSource]:
    """The sources of these contents; one that is gone is absent."""
    found = {}
    for content_id in content_ids:
        try:
            found[content_id] = content.load_source(db, content_id)
        except LookupError:
            continue
    return found
