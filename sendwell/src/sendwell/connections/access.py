"""Ways to SES: keys, endpoints, clients, and the address at which SNS reaches us.

Lives here: what turns a stored connection into something that can call. Must not live here: what is called. A custom
endpoint comes from the deployment only, never from a row (SSRF).
"""

from __future__ import annotations

import json
from typing import NamedTuple

from sendwell.amazon.client import Client
from sendwell.amazon.signing import Credentials, Endpoint, ses_endpoint
from sendwell.config import Config
from sendwell.connections import rules, store
from sendwell.connections.models import Connection, ConnectionKind
from sendwell.core.db import Db
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRing


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


def open_client(connection: Connection, installation: Installation) -> Client:
    """The control plane of a connection. Raises NoConnectionError, KeyRingError."""
    secret = installation.ring.decrypt(connection.secret_access_key)
    credentials = Credentials(connection.access_key_id, secret)
    return Client(credentials, connection.region, custom_endpoint(connection.kind, installation.config))


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


def hook_url(connection: Connection, config: Config) -> str:
    """The address that SNS posts this connection's feedback to."""
    base = rules.hook_base(connection.kind, config.base_url, config.host, config.port)
    return f"{base}/hooks/sns/{connection.hook_key}"
