"""The key ring: encryption keys and link-token keys, in a file outside the database.

Lives here: making, reading and rotating keys, encrypting secrets. Must not live here: what is encrypted, tokens.
Encryption keys rotate (new first, old ones still read). Link keys are never retired: an unsubscribe link in a mail
of three years ago must still work (CAN-SPAM asks 30 days, CASL 60; readers keep mail for years).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class KeyRingError(RuntimeError):
    """The key ring is missing, unreadable, or does not hold the key that a secret was encrypted with."""


@dataclass(frozen=True)
class KeyRing:
    """Keys newest first. `encryption` are Fernet keys, `links` are (id 0-255, 32 bytes)."""

    encryption: tuple[str, ...]
    links: tuple[tuple[int, bytes], ...]

    def encrypt(self, secret: str) -> str:
        """A Fernet token under the newest key."""
        return self._fernet().encrypt(secret.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """The secret again. Raises KeyRingError if no key of the ring fits."""
        try:
            return self._fernet().decrypt(token.encode("ascii")).decode()
        except InvalidToken as error:
            raise KeyRingError("No key of the key ring opens this secret: was the key ring file replaced?") from error

    def rotated(self) -> KeyRing:
        """A ring with one new key of each sort in front; nothing is dropped."""
        newest = max(key_id for key_id, _ in self.links)
        if newest >= 255:
            raise KeyRingError("The ring holds 256 link keys, its limit; link keys are never retired.")
        fresh = KeyRing.generate()
        return KeyRing(fresh.encryption + self.encryption, ((newest + 1, fresh.links[0][1]), *self.links))

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self.encryption])

    @classmethod
    def generate(cls) -> KeyRing:
        """A new ring with one key of each sort, from the system's randomness."""
        return cls((Fernet.generate_key().decode("ascii"),), ((1, secrets.token_bytes(32)),))

    def to_json(self) -> str:
        links = [{"id": key_id, "key": base64.b64encode(key).decode("ascii")} for key_id, key in self.links]
        return json.dumps({"encryption": list(self.encryption), "links": links}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> KeyRing:
        """Raises KeyRingError if the text is no key ring."""
        try:
            data = json.loads(text)
            links = tuple((int(item["id"]), base64.b64decode(item["key"])) for item in data["links"])
            return cls(tuple(str(key) for key in data["encryption"]), links)
        except (ValueError, KeyError, TypeError) as error:
            raise KeyRingError(f"The key ring is not readable: {error}") from error


def read_or_create(path: Path) -> KeyRing:
    """The ring in `path`; the first run makes it, readable by its owner only (0600)."""
    try:
        return KeyRing.from_json(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return KeyRing.from_json(path.read_text(encoding="ascii"))
        ring = KeyRing.generate()
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(ring.to_json())
        return ring


def write(path: Path, ring: KeyRing) -> None:
    """Replace the ring atomically, keeping 0600."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(ring.to_json())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
