"""The verbs of connections: what the sender asks before and during sending, and the only way in for other features.

Lives here: access to keys, who is verified, facts and problems. Must not live here: SES calls of the set-up wizard
(setting_up.py), pages. A custom endpoint comes from the deployment only, never from a row (SSRF).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sendwell.amazon.signing import Credentials, Endpoint, ses_endpoint
from sendwell.config import Config
from sendwell.connections import store
from sendwell.connections.models import Connection, ConnectionKind
from sendwell.connections.rules import SendingFacts, Verified
from sendwell.core.db import Db
from sendwell.core.keyring import KeyRing
from sendwell.workspaces.models import Workspace


class NoConnectionError(LookupError):
    """There is no such connection, or the deployment does not say where its endpoint is."""


class SenderAccess(NamedTuple):
    """What a call to SES needs; unpacks as (credentials, endpoint, configuration_set)."""

    credentials: Credentials
    endpoint: Endpoint
    configuration_set: str


def sender_credentials(db: Db, connection_id: int, ring: KeyRing, config: Config) -> SenderAccess:
    """Keys in clear text and the endpoint, for signing. Raises NoConnectionError, KeyRingError."""
    found = store.access(db, connection_id)
    if found is None:
        raise NoConnectionError(f"There is no connection {connection_id}.")
    credentials = Credentials(found.access_key_id, ring.decrypt(found.secret))
    custom = custom_endpoint(found.kind, config)
    endpoint = Endpoint(custom, found.region) if custom else ses_endpoint(found.region)
    return SenderAccess(credentials, endpoint, found.configuration_set)


def custom_endpoint(kind: str, config: Config) -> str:
    """A kind of connection's endpoint by the deployment; empty for Amazon's own. Raises NoConnectionError."""
    if kind == ConnectionKind.AWS:
        return ""
    if kind == ConnectionKind.ENDPOINT:
        if not config.aws_endpoint:
            raise NoConnectionError("SENDWELL_AWS_ENDPOINT is not set, and this connection needs it.")
        return config.aws_endpoint.rstrip("/")
    try:
        ready = json.loads(config.sesbox_ready_file.read_text(encoding="utf-8"))
        return str(ready["endpoint"]).rstrip("/")
    except (OSError, ValueError, KeyError, TypeError):
        return f"http://127.0.0.1:{config.sesbox_port}"


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
