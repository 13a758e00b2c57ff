"""DKIM: SES's three CNAMEs, and the public keys behind names (RFC 6376, 8301; SES Developer Guide, Easy DKIM).

Lives here: which names SES wants, what is published instead, reading a key record. Must not live here: sentences.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum

from sendwell.doctor.answers import Answer, Ask, plain
from sendwell.doctor.tags import read_tags

SHORTEST_BITS = 1024
GOOD_BITS = 2048
_SHARED_ZONE = "dkim.amazonses.com"
# AWS General Reference, "Amazon SES endpoints and quotas", DKIM domains. The API's SigningHostedZone goes first.
_OWN_ZONE = frozenset(
    {
        "af-south-1",
        "ap-northeast-3",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-5",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "il-central-1",
        "me-central-1",
        "us-gov-east-1",
    }
)
_TARGET = re.compile(r"[a-z0-9]+\.dkim\.(?:[a-z0-9-]+\.)?amazonses\.com")


def signing_zone(region: str) -> str:
    """The zone with SES's public keys for a region: its own where AWS lists one, else the one they all share."""
    return f"dkim.{region}.amazonses.com" if region in _OWN_ZONE else _SHARED_ZONE


class Fault(StrEnum):
    """What is wrong with one of SES's three names."""

    NONE = ""
    MISSING = "missing"
    DOUBLED = "doubled"
    TEXT = "text"
    PROXIED = "proxied"
    ZONE = "zone"
    TARGET = "target"
    KEYLESS = "keyless"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Token:
    """One of the three names: where it must point, what is there, and the key at its end."""

    name: str
    target: str
    fault: Fault
    seen: str
    key: Key | None = None
    several: bool = False


class Kind(StrEnum):
    """What a key record is good for."""

    RSA = "rsa"
    ED25519 = "ed25519"
    REVOKED = "revoked"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Key:
    """A public key record. `bits` is the length of an RSA modulus, 0 for anything else."""

    text: str
    kind: Kind
    bits: int = 0
    testing: bool = False
    exact: bool = False
    for_mail: bool = True
    sha256: bool = True
    error: str = ""

    @property
    def usable(self) -> bool:
        """Whether receivers accept signatures by it: RSA of at least 1024 bits (RFC 8301, 3.2), SHA-256, for mail."""
        strong = self.kind is Kind.ED25519 or (self.kind is Kind.RSA and self.bits >= SHORTEST_BITS)
        return strong and self.for_mail and self.sha256


def read_key(text: str) -> Key:
    """Read a key record (RFC 6376, 3.6.1). Never raises."""
    tags = read_tags(text)
    if tags.doubles or tags.faults or not tags.pairs:
        return Key(text, Kind.BROKEN, error="it is no list of tag=value")
    version = tags.get("v")
    if version is not None and (version != "DKIM1" or tags.first != "v"):
        return Key(text, Kind.BROKEN, error="v=DKIM1 has to stand first, spelt like this")
    data = tags.get("p")
    if data is None:
        return Key(text, Kind.BROKEN, error="the key itself, p=, is missing")
    flags = {flag.strip() for flag in (tags.get("t") or "").split(":")}
    services = {service.strip() for service in (tags.get("s") or "*").split(":")}
    hashes = {name.strip() for name in (tags.get("h") or "sha256").split(":")}
    kind, bits, error = _material(tags.get("k") or "rsa", data)
    return Key(
        text,
        kind,
        bits,
        testing="y" in flags,
        exact="s" in flags,
        for_mail=bool(services & {"*", "email"}),
        sha256="sha256" in hashes,
        error=error,
    )


def _material(algorithm: str, data: str) -> tuple[Kind, int, str]:
    """What p= holds: the kind of key, its bits, what is wrong with it."""
    joined = "".join(data.split())
    if not joined:
        return Kind.REVOKED, 0, ""
    try:
        raw = base64.b64decode(joined, validate=True)
    except (binascii.Error, ValueError):
        return Kind.BROKEN, 0, "p= is not base64"
    if algorithm == "ed25519":
        return (Kind.ED25519, 0, "") if len(raw) == 32 else (Kind.BROKEN, 0, "p= is no ed25519 key")
    if algorithm != "rsa":
        return Kind.BROKEN, 0, f"k={algorithm} is an algorithm that nobody knows"
    bits = rsa_bits(raw)
    return (Kind.RSA, bits, "") if bits else (Kind.BROKEN, 0, "p= is no RSA key; was it cut off?")


def rsa_bits(raw: bytes) -> int:
    """The length of the modulus of an RSA key in DER, bare or as SubjectPublicKeyInfo; 0 if it is none."""
    outer = _element(raw, 0x30)
    if outer is None or len(outer[1]) != 0:
        return 0
    body = outer[0]
    wrapped = _element(body, 0x30)
    if wrapped is not None:
        bits = _element(wrapped[1], 0x03)
        inner = _element(bits[0][1:], 0x30) if bits is not None and bits[0][:1] == b"\0" else None
        if inner is None:
            return 0
        body = inner[0]
    modulus = _element(body, 0x02)
    if modulus is None or _element(modulus[1], 0x02) is None:
        return 0
    return int.from_bytes(modulus[0], "big").bit_length()


def _element(data: bytes, tag: int) -> tuple[bytes, bytes] | None:
    """The contents of the first DER element if it has this tag, and what follows it; None if it is cut off."""
    if len(data) < 2 or data[0] != tag:
        return None
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        return None
    return data[start : start + length], data[start + length :]


def look_at_token(ask: Ask, domain: str, token: str, zone: str) -> Token:
    """Look at one of SES's three names and say what is wrong with it."""
    name, target = f"{token}._domainkey.{domain}", f"{token}.{zone}"
    alias = ask(name, "CNAME")
    if alias.unknown:
        return Token(name, target, Fault.UNKNOWN, alias.seen)
    if alias.found and plain(alias.values[0]) == plain(target):
        return _behind(ask(name, "TXT"), name, target)
    if alias.found:
        pointed = plain(alias.values[0])
        own = pointed.startswith(f"{plain(token)}.") and _TARGET.fullmatch(pointed)
        return Token(name, target, Fault.ZONE if own else Fault.TARGET, alias.seen)
    return _instead(ask, domain, name, target)


def _behind(answer: Answer, name: str, target: str) -> Token:
    """The key at the end of a CNAME that points where it must."""
    if answer.unknown:
        return Token(name, target, Fault.UNKNOWN, answer.seen)
    keys = [read_key(value) for value in answer.values]
    if not keys:
        return Token(name, target, Fault.KEYLESS, answer.seen)
    return Token(name, target, Fault.NONE, answer.seen, keys[0], several=len(keys) > 1)


def _instead(ask: Ask, domain: str, name: str, target: str) -> Token:
    """There is no CNAME at the name: what stands there, or elsewhere, instead."""
    doubled = ask(f"{name}.{domain}", "CNAME")
    text = ask(name, "TXT")
    addresses = ask(name, "A")
    if text.found:
        return Token(name, target, Fault.TEXT, text.seen)
    if addresses.found:
        return Token(name, target, Fault.PROXIED, addresses.seen)
    if doubled.found:
        return Token(name, target, Fault.DOUBLED, f"{name}.{domain} -> {doubled.seen}")
    unknown = text.unknown or addresses.unknown or doubled.unknown
    return Token(name, target, Fault.UNKNOWN if unknown else Fault.MISSING, "no record of this name")


def look_at_selector(ask: Ask, domain: str, selector: str) -> tuple[Answer, tuple[Key, ...]]:
    """The key records of an own selector (BYODKIM)."""
    answer = ask(f"{selector}._domainkey.{domain}", "TXT")
    return answer, tuple(read_key(value) for value in answer.values)
