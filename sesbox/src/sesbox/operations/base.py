"""What every operation gets and gives.

Lives here: the context, the outcome and the error that operations share. Must not live here: any one operation.
An operation is a plain function `(Context, params) -> Outcome`. It reads the account, decides by rules/, and
returns the response and the changes; it never changes anything itself, does no I/O and asks no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sesbox.account import Account, Change
from sesbox.refusal import AwsError as AwsError


class Ids(Protocol):
    """The source of everything random; a test passes a counting one."""

    def uuid(self) -> str:
        """A fresh UUID4 in its canonical 36-character form."""

    def token(self, length: int) -> str:
        """`length` random characters of [a-z0-9]."""

    def message_id(self, region: str, now: float) -> str:
        """A 60-character SES message id whose prefix tells region and time."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request."""

    access_key_id: str
    account_id: str
    name: str = "root"
    source_ip: str = "127.0.0.1"
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a sesbox is started with; every rule that can be relaxed is a field here, with the flag that sets it."""

    name: str = "sandbox"
    base_url: str = "http://127.0.0.1:4580"
    every_identity_verified: bool = False
    production: bool = False
    max_24_hour_send: float = 200.0
    max_send_rate: float = 1.0
    verify_domains: str = "at-once"
    reviewer: str = "auto"
    review_delay: float = 86_400.0
    grant_rate: float = 14.0
    delivery_delay: float = 0.2


@dataclass(frozen=True, slots=True)
class Context:
    """The world as one operation sees it. `now` is seconds since the epoch on sesbox's clock."""

    account: Account
    now: float
    ids: Ids
    caller: Caller
    profile: Profile


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer and what has to be committed before it is given."""

    response: Mapping[str, Any]
    changes: tuple[Change, ...] = ()


Operation = Callable[[Context, Mapping[str, Any]], Outcome]
