"""Is this installation reachable by its public address: asked now and then, on request, and kept.

Lives here: the job, the kept proof, what the pages and campaigns are told. Must not live here: the request itself
(round_trip.py), which address is good enough (rules.py).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sendwell.config import Config
from sendwell.connections import round_trip, rules
from sendwell.connections.models import ConnectionKind, PublicUrlProof
from sendwell.connections.rules import UrlProof, UrlTrouble
from sendwell.core import jobs
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRing

JOB = "prove-public-url"
KEY = "installation"
AGAIN_PROVED, AGAIN_FAILED = timedelta(days=1), timedelta(minutes=2)
PATIENCE = timedelta(seconds=60)


def check_soon(config: Config, now: datetime) -> None:
    """Let a worker make the round trip; harmless without a public address, and when it is asked for twice."""
    if config.public_url:
        jobs.enqueue(JOB, KEY, {}, now)


def request(config: Config, now: datetime) -> None:
    """A person asks for the round trip now."""
    PublicUrlProof.objects.update_or_create(url=config.base_url, defaults={"asked_at": now})
    check_soon(config, now)


def prove(installation: Installation, now: datetime) -> timedelta | None:
    """Make the round trip and keep what came of it; when to make the next, None without a public address."""
    config = installation.config
    if not config.public_url:
        return None
    trip = round_trip.travel(config.base_url, secrets.token_urlsafe(24), installation.ring)
    PublicUrlProof.objects.update_or_create(
        url=config.base_url,
        defaults={
            "checked_at": now,
            "ok": trip.ok,
            "detail": trip.detail[:500],
            "milliseconds": trip.milliseconds,
        },
    )
    return AGAIN_PROVED if trip.ok else AGAIN_FAILED


def trouble(kind: str, base_url: str) -> UrlTrouble | None:
    """Why a connection of this kind can send no campaigns from this address, or None: only Amazon's mail leaves here.

    Proofs of other addresses do not count.
    """
    if kind != ConnectionKind.AWS:
        return None
    found = PublicUrlProof.objects.filter(url=base_url).first()
    return rules.url_trouble(base_url, None if found is None else UrlProof(found.ok, found.detail))


def view(config: Config, now: datetime) -> dict[str, object]:
    """What the settings page shows."""
    found = PublicUrlProof.objects.filter(url=config.base_url).first()
    asked = found.asked_at if found else None
    waiting = found is not None and asked is not None and (found.checked_at is None or found.checked_at < asked)
    return {
        "public_url": config.public_url and config.base_url,
        "url_proof": found,
        "url_trouble": trouble(ConnectionKind.AWS, config.base_url),
        "url_checking": waiting and asked is not None and now - asked < PATIENCE,
        "url_stuck": waiting and asked is not None and now - asked >= PATIENCE,
    }


def echo(ring: KeyRing, nonce: str) -> str:
    """The answer to our own question."""
    return round_trip.answer(ring, nonce)
