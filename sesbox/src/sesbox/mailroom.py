"""The last form of a message, made when somebody looks: SES's DKIM keys, and the records that show their public part.

Lives here: making a key when it is first needed and keeping it in the data file. Must not live here: DKIM itself
(rules/dkim.py), what is signed for whom (operations/as_sent.py), DNS messages (dns/).
Accepting a message never waits for RSA. Keys belong to the file, not to an account: a reset keeps them, and a domain
that is deleted and created again gets new tokens and the same key.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sesbox.account import Message
from sesbox.operations.as_sent import AMAZON, SIGNED_AS, as_sent, domain_of_token
from sesbox.operations.base import Ids
from sesbox.rules import dkim
from sesbox.rules.verification import signing_zone
from sesbox.storage import Storage
from sesbox.writer import Writer

KEY_BITS = 2048
_AMAZON_KEY = "dkim"


class Mailroom:
    """Belongs to the event loop; the RSA keys are made in a thread beside it."""

    def __init__(self, writer: Writer, storage: Storage, account_id: str, ids: Ids) -> None:
        self._writer, self._storage, self._account_id, self._ids = writer, storage, account_id, ids
        self._keys: dict[str, tuple[str, rsa.RSAPrivateKey]] = {}
        self._making = asyncio.Lock()

    async def as_sent(self, message: Message) -> bytes:
        """The message as receivers get it, the same bytes each time (operations/as_sent.py)."""
        selector, key = await self._key(_AMAZON_KEY)
        own = None
        if message.meta.get(SIGNED_AS):
            domain, token = message.meta[SIGNED_AS]
            own = dkim.Signer(domain, token, (await self._key(_place(message.region, domain)))[1])
        return as_sent(message, self._account_id, dkim.Signer(AMAZON, selector, key), own)

    async def public_record(self, name: str) -> tuple[str, ...] | None:
        """The character strings of the TXT record that SES publishes under this name, or None if it has no such name.

        `name` is a whole name without the last dot, in lower case: `<token>.dkim.amazonses.com` (or the region's
        zone), or `<selector>._domainkey.amazonses.com`.
        """
        if not name.endswith("." + AMAZON):
            return None
        first, _, zone = name.partition(".")
        if zone == f"_domainkey.{AMAZON}":
            selector, key = await self._key(_AMAZON_KEY)
            return dkim.public_record(key) if selector == first else None
        for region in await self._writer.regions():
            if zone == signing_zone(region):
                domain = await self._writer.read(region, partial(domain_of_token, token=first))
                if domain is not None:
                    return dkim.public_record((await self._key(_place(region, domain)))[1])
        return None

    async def _key(self, place: str) -> tuple[str, rsa.RSAPrivateKey]:
        """Selector and key kept under this name; the first to ask has them made."""
        found = self._keys.get(place)
        if found is not None:
            return found
        async with self._making:
            if place not in self._keys:
                kept = self._storage.meta(place)
                if kept is None:
                    kept = await asyncio.to_thread(_make, self._ids.token(32))
                    await self._writer.set_meta({place: kept})
                self._keys[place] = _read(kept)
        return self._keys[place]


def _place(region: str, domain: str) -> str:
    return f"{_AMAZON_KEY}:{region}:{domain}"


def _make(selector: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    return json.dumps({"selector": selector, "private_key_pem": pem.decode("ascii")})


def _read(kept: str) -> tuple[str, rsa.RSAPrivateKey]:
    values = json.loads(kept)
    key = serialization.load_pem_private_key(str(values["private_key_pem"]).encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("a stored DKIM key is not an RSA key")
    return str(values["selector"]), key
