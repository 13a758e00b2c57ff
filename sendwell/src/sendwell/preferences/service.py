"""The verbs of a person's own page: who a link belongs to, and leaving.

Identity comes from the token alone. Nothing here asks for a sign-in, a cookie or a further step (16 CFR 316.5).
"""

from __future__ import annotations

from datetime import datetime

from sendwell.contacts import service as contacts
from sendwell.core import tokens
from sendwell.core.keyring import KeyRing
from sendwell.core.tokens import BadTokenError, LinkToken, Purpose
from sendwell.core.visitors import Visitor, short_agent
from sendwell.preferences.rules import Ask

_PURPOSES = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.TEST_UNSUBSCRIBE)


def read_token(ring: KeyRing, text: str) -> LinkToken:
    """The token of a link in a mail. Raises BadTokenError if it is damaged or not ours."""
    for purpose in _PURPOSES:
        try:
            return tokens.read(ring, text, purpose)
        except BadTokenError:
            continue
    raise BadTokenError("This link is damaged.")


def membership(token: LinkToken) -> contacts.Membership | None:
    """How the person stands to the list of the mail; None if they are gone."""
    return contacts.membership(token.contact_id, token.list_id or None)


def leave(token: LinkToken, ask: Ask, asker: Visitor, now: datetime) -> bool:
    """Do what was asked; True if that changed anything. Leaving twice is no error, and a test link changes nothing.

    One-click leaves the list of the mail (RFC 8058 means what the mail belongs to); without a list, everything.
    """
    if token.purpose is Purpose.TEST_UNSUBSCRIBE or ask is Ask.NOTHING:
        return False
    list_id = None if ask is Ask.LEAVE_ALL else token.list_id or None
    method = "one-click" if ask is Ask.ONE_CLICK else "page"
    evidence = {
        "message": token.message_id or None,
        "ip": asker.network,
        "user_agent": short_agent(asker.user_agent),
    }
    return contacts.unsubscribe(token.contact_id, list_id, method, evidence, now)
