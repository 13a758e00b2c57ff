"""Who may do what, and how long a sign-in link lives. Pure: no Django, no clock."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

SIGN_IN_LINK_LIFE = timedelta(hours=24)

_RANK = {"viewer": 0, "editor": 1, "owner": 2}


def allows(role: str, needed: str) -> bool:
    """True if `role` may do what `needed` may: an owner may all that an editor may, an editor all that a viewer may."""
    return _RANK[role] >= _RANK[needed]


def token_hash(token: str) -> str:
    """What is kept of a sign-in token. It is 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_opens(expires_at: datetime, used_at: datetime | None, now: datetime) -> bool:
    """True while a sign-in link may still be used: once, within its life."""
    return used_at is None and now < expires_at
