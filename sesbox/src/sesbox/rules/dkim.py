"""DKIM signatures as SES makes them: canonicalisation, which headers are covered, the signature's own header.

Lives here: bytes and a key in, header lines out. Must not live here: keys' storage, DNS, who signs (operations/).
Source: RFC 6376, sections 3.4 (canonicalisation), 3.5 (tags), 3.7 (hashes), 5.4 (which header instance is meant).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

# Trace fields and other signatures are left out: what carries a message on adds and removes them.
UNSIGNED = frozenset({b"dkim-signature", b"received", b"return-path", b"x-ses-outgoing"})
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)", re.DOTALL)
_SPACES = re.compile(rb"[ \t]+")
_TRAILING = re.compile(rb"[ \t]+(?=\r\n|\Z)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_STRING = 255
_WIDTH = 72


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: its name and everything after the colon, folds included, without the last CRLF."""

    name: bytes
    value: bytes

    @property
    def line(self) -> bytes:
        """The field as it stands in the message."""
        return self.name + b":" + self.value + b"\r\n"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the domain (d=), the selector (s=) and the private key."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey


def read_message(raw: bytes) -> tuple[list[Field], bytes]:
    """Header fields and body as they travel by SMTP: every line ends with CRLF (RFC 5321, 2.3.8).

    A bare CR in a header becomes a space. The first line that can be no header field begins the body.
    """
    head, mark, body = raw.partition(b"\r\n\r\n")
    if not mark:
        head, mark, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields: list[Field] = []
    lines = head.replace(b"\r\n", b"\n").split(b"\n")
    for number, line in enumerate(lines):
        clean = line.replace(b"\r", b" ")
        found = _FIELD.fullmatch(clean)
        if clean[:1] in (b" ", b"\t") and fields:
            last = fields.pop()
            fields.append(Field(last.name, last.value + b"\r\n" + clean))
        elif found is not None:
            fields.append(Field(found[1], found[2]))
        elif clean:
            body = b"\r\n".join(lines[number:]) + b"\r\n\r\n" + body
            break
    if not body.count(b"\r\n") == body.count(b"\n") == body.count(b"\r"):
        body = _LINE_END.sub(b"\r\n", body)
    return fields, body


def body_hash(body: bytes, style: str = "simple") -> str:
    """bh=: SHA-256 of the body in `simple` or `relaxed` canonical form (RFC 6376, 3.4.3 and 3.4.4), in base64."""
    if style == "relaxed":
        body = _SPACES.sub(b" ", _TRAILING.sub(b"", body))
    whole = body.rstrip(b"\r\n") if body.endswith(b"\r\n") else body
    if whole or style == "simple":
        whole += b"\r\n"
    return base64.b64encode(hashlib.sha256(whole).digest()).decode("ascii")


def canonical_field(field: Field, style: str = "relaxed") -> bytes:
    """A field in `simple` or `relaxed` canonical form (RFC 6376, 3.4.1 and 3.4.2), its CRLF included."""
    if style == "simple":
        return field.line
    value = _SPACES.sub(b" ", field.value.replace(b"\r\n", b"")).strip(b" ")
    return field.name.lower() + b":" + value + b"\r\n"


def covered(fields: Iterable[Field]) -> list[bytes]:
    """h=: the name of every header present, in their order. A name with a semicolon cannot be named in h=."""
    return [field.name for field in fields if field.name.lower() not in UNSIGNED and b";" not in field.name]


def sign(fields: Sequence[Field], hashed: str, signer: Signer, at: int, style: tuple[str, str]) -> bytes:
    """The DKIM-Signature header with its CRLF, the same for the same arguments (RSASSA-PKCS1-v1_5, SHA-256).

    `hashed` is `body_hash` in the body's style, `at` the time in epoch seconds, `style` header's and body's.
    """
    names = covered(fields)
    parts = [
        f" v=1; a=rsa-sha256; q=dns/txt; c={style[0]}/{style[1]};",
        f"s={signer.selector}; d={signer.domain}; t={at};",
        *_wrapped(names),
        f"bh={hashed};",
        "b=",
    ]
    unsigned = Field(b"DKIM-Signature", "\r\n\t".join(parts).encode("ascii"))
    data = b"".join(canonical_field(field, style[0]) for field in _chosen(fields, names))
    data += canonical_field(unsigned, style[0])[:-2]
    signature = base64.b64encode(signer.key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    chunks = [signature[at : at + _WIDTH] for at in range(0, len(signature), _WIDTH)]
    return Field(unsigned.name, unsigned.value + b"\r\n\t ".join(chunks)).line


def _chosen(fields: Iterable[Field], names: Iterable[bytes]) -> list[Field]:
    """The instances that h= means: of several fields of one name, each mention takes the next from below."""
    left: dict[bytes, list[Field]] = {}
    for field in fields:
        left.setdefault(field.name.lower(), []).append(field)
    return [left[name.lower()].pop() for name in names]


def _wrapped(names: Iterable[bytes]) -> list[str]:
    """The h= tag in lines of a bearable length; folds stand at colons."""
    lines, line = [], "h="
    for name in names:
        text = name.decode("ascii")
        if len(line) + len(text) > _WIDTH and line != "h=":
            lines.append(line)
            line = ""
        line += text + ":"
    return [*lines, line[:-1] + ";"]


def public_record(key: rsa.RSAPrivateKey) -> tuple[str, ...]:
    """The character strings of the TXT record with this key's public part, each within 255 bytes (RFC 6376, 3.6.1)."""
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = "p=" + base64.b64encode(der).decode("ascii")
    return tuple(text[at : at + _STRING] for at in range(0, len(text), _STRING))
