"""E-mail addresses as SES can send to them, and the key that makes them unique.

Lives here: parsing and normalising. Must not live here: DNS, lists of domains, who may be mailed.
SES has no SMTPUTF8: the local part is 7-bit ASCII, the domain goes out as A-labels (SES API, Destination).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

_PLAIN = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"(?:[A-Za-z0-9](?:-?[A-Za-z0-9])*\.)+[A-Za-z]{2,63}"
)
_NOT_PUBLIC = frozenset({"arpa", "invalid", "local", "localhost", "onion"})
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00a0"))


class InvalidAddress(ValueError):  # noqa: N818  # `except InvalidAddress` says it all
    """The text is not an address that SES can send to; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """`address` is sent to (local part as given, domain as lower-case A-labels); `key` is all lower case."""

    address: str
    key: str

    @property
    def domain(self) -> str:
        return self.key.rpartition("@")[2]


def parse(text: str) -> Address:
    """The address in `text`, trimmed of spaces and invisible characters. Raises InvalidAddress with a plain reason."""
    cleaned = text.translate(_INVISIBLE).strip()
    if _PLAIN.fullmatch(cleaned):
        local, _, domain = cleaned.rpartition("@")
        if _is_ordinary(local, domain):
            return Address(f"{local}@{domain.lower()}", cleaned.lower())
    return _parse_unusual(cleaned)


def _is_ordinary(local: str, domain: str) -> bool:
    """True where the lengths are in bounds and the name could be in the public DNS; the library judges the rest."""
    within = len(local) <= 64 and len(local) + len(domain) < 254 and max(map(len, domain.split("."))) <= 63
    return within and domain.lower().rpartition(".")[2] not in _NOT_PUBLIC


def _parse_unusual(cleaned: str) -> Address:
    if not cleaned.rpartition("@")[0].isascii():
        raise InvalidAddress("The part before the @ must be plain ASCII: Amazon SES cannot send to it otherwise.")
    try:
        found = validate_email(
            cleaned, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise InvalidAddress(str(error)) from error
    if found.ascii_email is None or len(found.ascii_email) > 254:
        raise InvalidAddress("The address is longer than 254 characters.")
    local, _, domain = found.ascii_email.rpartition("@")
    return Address(f"{local}@{domain.lower()}", found.ascii_email.lower())
