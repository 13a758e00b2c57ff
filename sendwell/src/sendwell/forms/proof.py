"""ALTCHA: proof of work that needs no service. The library makes and checks challenges; that each counts once is ours.

Lives here: challenges bound to one form, their check, the table of spent ones. Must not live here: pages.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import altcha

from sendwell.forms import store
from sendwell.forms.rules import derived

ALGORITHM = "PBKDF2/SHA-256"
COST = 5000
"""Iterations of one try; about 256 tries find the prefix: about a second on a telephone, 3 ms to check."""
HARDER = 4
LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a proof holds, and for how long its challenge had been out."""

    passed: bool
    detail: str = ""


def challenge(keys: Sequence[bytes], public_id: str, now: datetime, *, harder: bool = False) -> dict[str, Any]:
    """A fresh challenge of the form, for the widget."""
    made = altcha.create_challenge(
        ALGORITHM,
        COST * (HARDER if harder else 1),
        expires_at=int((now + LIFE).timestamp()),
        data={"form": public_id},
        hmac_secret=derived(keys[0], "altcha"),
    )
    found: dict[str, Any] = made.to_dict()
    return found


def verify(keys: Sequence[bytes], public_id: str, text: str, now: datetime, *, harder: bool = False) -> Proof:
    """Whether the text solves a challenge of this form that is not too old and was not used before.

    Using it up is part of the check: of two requests with the same proof one passes.
    """
    parameters = _parameters(text)
    if parameters is None:
        return Proof(False, "missing")
    if parameters.get("data") != {"form": public_id}:
        return Proof(False, "of another form")
    if parameters.get("algorithm") != ALGORITHM or parameters.get("cost", 0) < COST * (HARDER if harder else 1):
        return Proof(False, "too easy")
    expires = parameters.get("expiresAt")
    if not isinstance(expires, int) or expires < now.timestamp():
        return Proof(False, "expired")
    if not any(altcha.verify_solution(text, derived(key, "altcha")).verified for key in keys):
        return Proof(False, "wrong")
    until = datetime.fromtimestamp(expires, UTC)
    return Proof(True) if store.spend(str(parameters.get("nonce"))[:64], until) else Proof(False, "used before")


def _parameters(text: str) -> dict[str, Any] | None:
    if not text or len(text) > 8192:
        return None
    try:
        found = json.loads(base64.b64decode(text, validate=True))["challenge"]["parameters"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, dict) else None
