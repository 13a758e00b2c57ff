"""A real sesbox whose requests wait for a person at its desk, and a connection to its account, fresh for each test."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings

from sendwell.amazon.client import Client
from sendwell.config import Config
from sendwell.connections import service as connections
from sendwell.connections.models import Connection, Identity
from sendwell.core.installation import Installation
from sendwell.readiness import service
from sendwell.readiness.models import AccessRequest
from sendwell.workspaces.models import Workspace
from sesbox.testing import SesboxProcess

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COMPLETE = {
    "limit_kind": "daily_quota",
    "limit_value": 40_000,
    "mail_type": "subscription",
    "website": "https://bakery.example.eu/letter",
    "complies": True,
    "requested_only": True,
    "handles_feedback": True,
    "use_case": "A monthly letter to people who signed up and confirmed by a link.\r\nThey leave by one click.",
}


@pytest.fixture(scope="session")
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess("--reviewer", "desk") as running:
        yield running


@dataclass
class Desk:
    """The connection under test, and the reviewer's side of its case."""

    box: SesboxProcess
    connection: Connection
    installation: Installation

    def draft(self, **changes: Any) -> AccessRequest:
        return AccessRequest.objects.create(connection=self.connection, created_at=NOW, **{**COMPLETE, **changes})

    def submit(self, request: AccessRequest) -> service.Submission:
        return service.submit(request.pk, service.digest(service.as_draft(request)), self.installation, NOW)

    def poll(self) -> AccessRequest:
        found = service.poll(self.connection, self.installation, NOW)
        assert found is not None
        return found

    @property
    def client(self) -> Client:
        return connections.open_client(self.connection, self.installation)

    def reset(self) -> None:
        self._json("/_sesbox/reset", {})

    def act(self, case_id: str, verb: str, **given: Any) -> None:
        self._json(f"/_sesbox/cases/{case_id}/{verb}", given)

    def case(self, case_id: str) -> dict[str, Any]:
        return self._json(f"/_sesbox/cases/{case_id}")

    def _json(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        call = urllib.request.Request(self.box.endpoint + path, data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(call) as answer:
            return dict(json.load(answer))


@pytest.fixture
def desk(db: object, box: SesboxProcess, settings: Any) -> Desk:
    before: Installation = django_settings.SENDWELL
    config = Config(
        data_dir=before.config.data_dir, sesbox_port=urlsplit(box.endpoint).port, sesbox_args="--review-delay 5"
    )
    parts = Installation(config, before.clock, before.ring)
    settings.SENDWELL = parts
    workspace = Workspace.objects.create(name="W", created_at=NOW)
    keys = box.client_arguments()
    connection = Connection.objects.create(
        workspace=workspace,
        name="C",
        kind="embedded",
        region=keys["region_name"],
        access_key_id=keys["aws_access_key_id"],
        secret_access_key=parts.ring.encrypt(keys["aws_secret_access_key"]),
        created_at=NOW,
        hook_key="h",
    )
    made = Desk(box, connection, parts)
    made.reset()
    made.client.ses.create_email_identity(EmailIdentity="example.org")
    Identity.objects.create(connection=connection, name="example.org", kind="domain", status="SUCCESS", verified=True)
    return made
