"""A workspace that is ready to send, and a signed-in owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sendwell.campaigns.models import Campaign
from sendwell.connections.models import Connection, Identity
from sendwell.contacts.models import Contact, List, Subscription
from sendwell.workspaces.models import Membership, Workspace

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class World:
    workspace: Workspace
    connection: Connection
    list: List
    campaign: Campaign

    def subscribe(self, *names: str, status: str = "confirmed", **more: Any) -> list[Contact]:
        made = []
        for name in names:
            address = name if "@" in name else f"{name}@example.net"
            contact = Contact.objects.create(
                workspace=self.workspace, address=address, key=address, created_at=NOW, updated_at=NOW, **more
            )
            Subscription.objects.create(contact=contact, list=self.list, status=status, changed_at=NOW)
            made.append(contact)
        return made


def make_world() -> World:
    workspace = Workspace.objects.create(
        name="W", sender_name="Example Ltd", postal_address="1 Road, Town", created_at=NOW
    )
    connection = Connection.objects.create(
        workspace=workspace, name="C", kind="embedded", created_at=NOW, hook_key="h", setup_state="ready"
    )
    Identity.objects.create(connection=connection, name="example.org", kind="domain", status="SUCCESS", verified=True)
    found = List.objects.create(workspace=workspace, name="News", created_at=NOW)
    campaign = Campaign.objects.create(
        workspace=workspace,
        connection=connection,
        list=found,
        name="June",
        from_address="news@example.org",
        subject="Hello",
        body="Hello.",
        created_at=NOW,
    )
    return World(workspace, connection, found, campaign)


@pytest.fixture
def world(engine: object) -> World:
    """On each engine, committed."""
    return make_world()


@pytest.fixture
def client(db: object) -> Client:
    """The owner's browser; see also `page_world`."""
    return Client()


@pytest.fixture
def page_world(client: Client) -> World:
    """On the test database, with the owner signed in to `client`."""
    made = make_world()
    user = User.objects.create_user("owner@example.org", "owner@example.org")
    Membership.objects.create(user=user, workspace=made.workspace, role="owner")
    client.force_login(user)
    return made
