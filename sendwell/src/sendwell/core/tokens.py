"""Signed link tokens: short, unguessable, never expiring, verifiable after key rotation.

Lives here: packing and checking. Must not live here: what a token allows, URLs.
Layout: version, purpose, key id (1 byte each), three 8-byte ids, 16 bytes of HMAC-SHA256; base64url, 58 characters.
No address is in it, so logs and referrers leak none (RFC 8058 section 3 asks for an opaque, hard to forge part).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from enum import IntEnum

from sendwell.core.keyring import KeyRing

_LAYOUT = struct.Struct(">BBBQQQ")
_MAC = 16
_VERSION = 1


class Purpose(IntEnum):
    """What a token is for; a token of one purpose is worthless for another."""

    UNSUBSCRIBE = 1
    PREFERENCES = 2
    TEST_UNSUBSCRIBE = 3


class BadTokenError(ValueError):
    """The link is damaged or not one of ours."""


@dataclass(frozen=True)
class LinkToken:
    """Who (contact), from what (list; 0 for none) and by which message (0 for none)."""

    purpose: Purpose
    contact_id: int
    list_id: int = 0
    message_id: int = 0


def sign(ring: KeyRing, token: LinkToken) -> str:
    """The token's text, signed with the newest link key."""
    key_id, key = ring.links[0]
    body = _LAYOUT.pack(_VERSION, token.purpose, key_id, token.contact_id, token.list_id, token.message_id)
    return base64.urlsafe_b64encode(body + _mac(key, body)).rstrip(b"=").decode("ascii")


def read(ring: KeyRing, text: str, purpose: Purpose) -> LinkToken:
    """The token in `text`. Raises BadTokenError if it is damaged, forged, or of another purpose."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, found, key_id, contact_id, list_id, message_id = _LAYOUT.unpack(raw[: _LAYOUT.size])
    except (binascii.Error, struct.error, ValueError) as error:
        raise BadTokenError("This link is damaged.") from error
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    key = dict(ring.links).get(key_id)
    if key is None or not hmac.compare_digest(mac, _mac(key, body)) or version != _VERSION or found != purpose:
        raise BadTokenError("This link is damaged.")
    return LinkToken(Purpose(found), contact_id, list_id, message_id)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:_MAC]
