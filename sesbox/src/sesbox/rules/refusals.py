"""How a rule says no.

Lives here: the reasons there are and the value that carries one. Must not live here: error codes of an API
(operations/errors.py), since SES v1, SES v2 and SMTP speak differently of the same refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why a request is refused, whatever the API calls it."""

    RATE = "rate"
    DAILY_QUOTA = "daily quota"
    ACCOUNT_PAUSED = "account paused by its owner"
    ACCOUNT_SHUT_DOWN = "account paused by AWS"
    SET_MISSING = "configuration set missing"
    SET_PAUSED = "configuration set paused"
    MAIL_FROM = "MAIL FROM domain not verified"
    UNVERIFIED = "identity not verified"
    INVALID = "invalid value"
    CONSTRAINT = "model constraint"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in SES's own words; `hint` is for sesbox's log and never reaches the wire."""

    reason: Reason
    text: str | None
    hint: str | None = None


@dataclass(slots=True)
class RefusedError(Exception):
    """Raised by checks that stand in the middle of reading a value."""

    refusal: Refusal

    def __str__(self) -> str:
        return str(self.refusal.text)


def invalid(text: str | None) -> RefusedError:
    """A value that SES calls an InvalidParameterValue (v1) or a BadRequestException (v2)."""
    return RefusedError(Refusal(Reason.INVALID, text))


def violations(*found: str) -> RefusedError:
    """Model constraints in Smithy's wording; each of `found` reads "Value at 'x' failed to satisfy constraint: ..."."""
    noun = "error" if len(found) == 1 else "errors"
    text = f"{len(found)} validation {noun} detected: {'; '.join(found)}"
    return RefusedError(Refusal(Reason.CONSTRAINT, text))


def null(member: str) -> str:
    """The violation of a required member that is absent."""
    return f"Value at '{member}' failed to satisfy constraint: Member must not be null"


def not_in(member: str, allowed: tuple[str, ...]) -> str:
    """The violation of an enum."""
    return (
        f"Value at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
    )


def too_long(member: str, most: int) -> str:
    """The violation of a maximum length."""
    return f"Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to {most}"
