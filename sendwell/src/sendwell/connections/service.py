"""The verbs of connections: the only way in for other features.

Lives here: what the sender asks, connecting, the embedded rehearsal. Must not live here: the steps of the set-up
(setting_up.py), keys and endpoints (access.py), identities (identities.py), pages.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sendwell.amazon.account import read_account
from sendwell.amazon.client import Client
from sendwell.amazon.signing import Credentials
from sendwell.connections import identities, rules, snapshots, store
from sendwell.connections.access import (
    NoConnectionError,
    SenderAccess,
    custom_endpoint,
    hook_url,
    open_client,
    sender_credentials,
)
from sendwell.connections.models import Connection, ConnectionKind, SetupState
from sendwell.connections.public_url import check_soon as check_public_url_soon
from sendwell.connections.public_url import echo
from sendwell.connections.public_url import trouble as public_url_trouble
from sendwell.connections.public_url import view as public_url_view
from sendwell.connections.rules import SendingFacts, UrlTrouble, Verified, is_simulator
from sendwell.connections.setting_up import NotExpectedError, subscription_ended
from sendwell.connections.setting_up import confirm as confirm_subscription
from sendwell.connections.setting_up import request as request_setup
from sendwell.connections.snapshots import refresh_account
from sendwell.core.db import Db
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRing, KeyRingError
from sendwell.workspaces.models import Workspace

__all__ = [
    "NoConnectionError",
    "NotExpectedError",
    "SenderAccess",
    "SendingFacts",
    "UrlTrouble",
    "Verified",
    "check_public_url_soon",
    "confirm_subscription",
    "custom_endpoint",
    "echo",
    "hook_url",
    "is_simulator",
    "open_client",
    "public_url_trouble",
    "public_url_view",
    "refresh_account",
    "request_setup",
    "sender_credentials",
    "subscription_ended",
]


def verified_recipients(db: Db, connection_id: int) -> Verified:
    """Who may be mailed over this connection while its account is in the sandbox."""
    return store.verified(db, connection_id)


def sending_facts(db: Db) -> list[SendingFacts]:
    """Every connection with what the sender must know of it."""
    return store.facts(db)


def note_problem(db: Db, connection_id: int, problem: str, now: datetime) -> None:
    """Show on the connection's page that SES refuses the connection itself (keys, permission, configuration set)."""
    store.note_problem(db, connection_id, problem, now)


def clear_problem(db: Db, connection_id: int) -> None:
    """Take the problem back after a call went well. Writes nothing if there was none."""
    store.clear_problem(db, connection_id)


def primary_connection(workspace: Workspace) -> Connection | None:
    """The connection that pages offer first: a real one before the rehearsal, the oldest of its sort first."""
    found = list(Connection.objects.filter(workspace=workspace).order_by("id"))
    return next((c for c in found if not c.is_rehearsal), found[0] if found else None)


def by_hook_key(hook_key: str) -> Connection | None:
    """The connection that an SNS webhook's path names."""
    return Connection.objects.filter(hook_key=hook_key).first()


def look_again_after(connection: Connection) -> timedelta:
    """When `refresh_account` is due again for this connection."""
    pending = (
        connection.review_status == "PENDING"
        or connection.setup_state in (SetupState.RUNNING, SetupState.WAITING)
        or identities.waiting(connection)
    )
    return rules.look_again_after(connection.kind, pending)


def senders(connection: Connection) -> list[str]:
    """Names of identities that mail may come from, verified ones: domains and addresses."""
    found = connection.identities.filter(verified=True, purpose="sender").order_by("name")
    return list(found.values_list("name", flat=True))


def sends_for_real() -> bool:
    """Whether any connection leads anywhere but to the embedded sesbox. Real mail needs real time."""
    return Connection.objects.exclude(kind=ConnectionKind.EMBEDDED).exists()


def connect(
    workspace: Workspace, kind: str, region: str, keys: Credentials, installation: Installation, now: datetime
) -> Connection:
    """A new connection to SES, after the keys have been tried on GetAccount. Raises AwsError, NoConnectionError.

    The same key in the same region is the same connection: it gets the secret given now. None is made while the
    rehearsal's clock is moved: pauses would end early for real people, and the day's quota would be counted wrongly.
    """
    if moved := installation.clock.offset():
        raise NoConnectionError(
            f"The rehearsal's clock is moved by {moved}, and real mail needs real time. "
            "Run `sendwell clock reset`, then connect."
        )
    client = Client(keys, region, custom_endpoint(kind, installation.config))
    snapshot = read_account(client)
    connection, _ = Connection.objects.update_or_create(
        workspace=workspace,
        kind=kind,
        region=region,
        access_key_id=keys.access_key_id,
        defaults={"secret_access_key": installation.ring.encrypt(keys.secret_access_key)},
        create_defaults={
            "secret_access_key": installation.ring.encrypt(keys.secret_access_key),
            "name": f"Amazon SES {region}" if kind == ConnectionKind.AWS else f"Custom endpoint {region}",
            "created_at": now,
            "hook_key": secrets.token_urlsafe(32),
        },
    )
    snapshots.take(connection, snapshot, now)
    return connection


def replace_keys(connection: Connection, keys: Credentials, installation: Installation, now: datetime) -> None:
    """Use another key pair, after it has been tried on GetAccount. Raises AwsError, NoConnectionError."""
    client = Client(keys, connection.region, custom_endpoint(connection.kind, installation.config))
    snapshot = read_account(client)
    connection.access_key_id = keys.access_key_id
    connection.secret_access_key = installation.ring.encrypt(keys.secret_access_key)
    connection.problem, connection.problem_at = "", None
    connection.save(update_fields=["access_key_id", "secret_access_key", "problem", "problem_at"])
    snapshots.take(connection, snapshot, now)


def ensure_embedded(workspace: Workspace, ready: Mapping[str, Any], ring: KeyRing, now: datetime) -> Connection:
    """The connection to the embedded sesbox, made or brought in step with its ready file.

    Asks nothing of sesbox: the worker's `refresh_account` does.
    """
    region, key = str(ready.get("region") or "us-east-1"), str(ready["access_key_id"])
    secret = str(ready["secret_access_key"])
    connection = Connection.objects.filter(workspace=workspace, kind=ConnectionKind.EMBEDDED).first()
    if connection is None:
        return Connection.objects.create(
            workspace=workspace,
            name="Rehearsal",
            kind=ConnectionKind.EMBEDDED,
            region=region,
            access_key_id=key,
            secret_access_key=ring.encrypt(secret),
            created_at=now,
            hook_key=secrets.token_urlsafe(32),
        )
    if (connection.region, connection.access_key_id) != (region, key) or _secret(connection, ring) != secret:
        connection.region, connection.access_key_id = region, key
        connection.secret_access_key = ring.encrypt(secret)
        connection.save(update_fields=["region", "access_key_id", "secret_access_key"])
    return connection


def _secret(connection: Connection, ring: KeyRing) -> str:
    try:
        return ring.decrypt(connection.secret_access_key)
    except KeyRingError:
        return ""


def reencrypt_secrets(ring: KeyRing) -> int:
    """Put every stored secret under the ring's newest key; how many. Raises KeyRingError if one cannot be opened."""
    found = list(Connection.objects.only("id", "secret_access_key"))
    for connection in found:
        connection.secret_access_key = ring.encrypt(ring.decrypt(connection.secret_access_key))
    Connection.objects.bulk_update(found, ["secret_access_key"])
    return len(found)


def usual_sender(connection: Connection) -> str:
    """A verified address to begin with, or empty: the first address, else `hello` at the first verified domain."""
    names = senders(connection)
    address = next((name for name in names if "@" in name), "")
    return address or (f"hello@{names[0]}" if names else "")
