"""A domain's row while SES and other processes change things at the same time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sendwell.amazon.domain import DomainFacts
from sendwell.connections import domains
from sendwell.connections.models import Connection, Identity
from sendwell.core.installation import Installation
from sendwell.workspaces.models import Workspace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FOUND = DomainFacts(
    name="example.com", status="PENDING", verified=False, dkim_status="PENDING", dkim_enabled=True,
    key_length="RSA_2048_BIT", next_key_length="RSA_2048_BIT", tokens=("x", "y", "z"), hosted_zone="dkim.amazonses.com",
    mail_from="bounce.example.com", mail_from_status="PENDING", configuration_set="sendwell",
)  # fmt: skip


@pytest.fixture
def identity() -> Identity:
    workspace = Workspace.objects.create(name="W", created_at=NOW)
    connection = Connection.objects.create(
        workspace=workspace, name="C", kind="embedded", created_at=NOW, hook_key="h", secret_access_key="x"
    )
    detail = {"dkim": "FAILED", "tokens": ["a", "b", "c"], "report_to": "me@example.com"}
    return Identity.objects.create(
        connection=connection, name="example.com", kind="domain", status="FAILED", detail=detail
    )


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> None:
    """SES as it is after a set-up; another process drops the row while SES does not know the domain."""

    def anew(*_: Any) -> list[Any]:
        Identity.objects.all().delete()
        return []

    monkeypatch.setattr("sendwell.connections.access.open_client", lambda *_: None)
    monkeypatch.setattr("sendwell.amazon.domain.start_anew", anew)
    monkeypatch.setattr("sendwell.amazon.domain.read_domain", lambda *_: FOUND)


def test_a_row_dropped_while_starting_anew_comes_back(
    identity: Identity, ses: None, installation: Installation
) -> None:
    domains.start_anew(identity, installation, NOW)
    kept = Identity.objects.get()
    assert (kept.pk, kept.status, kept.detail["tokens"]) == (identity.pk, "PENDING", ["x", "y", "z"])
    assert kept.detail["report_to"] == "me@example.com"


def test_looking_at_a_removed_domain_does_not_bring_it_back(
    identity: Identity, ses: None, installation: Installation
) -> None:
    Identity.objects.all().delete()
    domains.look(identity, installation, NOW, asked=True)
    assert not Identity.objects.exists()


def test_a_domain_that_ses_still_looks_for_is_not_started_anew(
    identity: Identity, ses: None, installation: Installation
) -> None:
    domains.look(identity, installation, NOW, asked=True)
    with pytest.raises(ValueError, match="still looks"):
        domains.start_anew(identity, installation, NOW)


def test_polling_waits_its_turn_and_a_click_does_not(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, ses: None, installation: Installation
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sendwell.amazon.domain.read_domain", lambda _, name: asked.append(name) or FOUND)
    domains.look(identity, installation, NOW, asked=False)
    domains.look(identity, installation, NOW, asked=False)
    assert len(asked) == 1
    domains.look(identity, installation, NOW, asked=True)
    assert len(asked) == 2
