"""Keeping what GetAccount said, and asking again. No decision follows from it here."""

from __future__ import annotations

from datetime import datetime

from sendwell.amazon.account import AccountSnapshot, read_account
from sendwell.connections import access, identities
from sendwell.connections.models import Connection
from sendwell.core.installation import Installation


def take(connection: Connection, found: AccountSnapshot, now: datetime) -> None:
    """Write a snapshot into the connection's account fields, and nothing else of it."""
    connection.in_sandbox = found.in_sandbox
    connection.sending_enabled = found.sending_enabled
    connection.enforcement_status = found.enforcement_status[:60]
    connection.max_24_hour_send = found.max_24_hour_send
    connection.max_send_rate = found.max_send_rate
    connection.sent_last_24_hours = found.sent_last_24_hours
    connection.review_status = found.review_status[:60]
    connection.review_case_id = found.review_case_id[:120]
    connection.account_checked_at = now
    connection.save(
        update_fields=[
            "in_sandbox",
            "sending_enabled",
            "enforcement_status",
            "max_24_hour_send",
            "max_send_rate",
            "sent_last_24_hours",
            "review_status",
            "review_case_id",
            "account_checked_at",
        ]
    )


def refresh_account(connection: Connection, installation: Installation, now: datetime) -> AccountSnapshot:
    """Ask SES for the account and, while one waits for verification, for the identities; keep and answer the snapshot.

    Raises AwsError, NoConnectionError, KeyRingError.
    """
    client = access.open_client(connection, installation)
    found = read_account(client)
    take(connection, found, now)
    if identities.waiting(connection):
        identities.mirror(client, connection, now)
    return found
