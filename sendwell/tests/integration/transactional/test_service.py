"""Single messages: kept once, queued once per key."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sendwell.connections.models import Connection
from sendwell.content.models import Content
from sendwell.core.addresses import InvalidAddress
from sendwell.outbox.models import Message
from sendwell.transactional import service
from sendwell.transactional.service import Mail
from sendwell.workspaces.models import Workspace

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RECEIPT = Mail(subject="Your receipt {{ number }}", body="Thank you, {{ name }}.", from_address="shop@example.org")


@pytest.fixture
def connection(engine: object) -> Connection:
    workspace = Workspace.objects.create(name="W", created_at=NOW)
    return Connection.objects.create(workspace=workspace, name="C", kind="embedded", created_at=NOW, hook_key="h")


def send(connection: Connection, content_id: int, key: str = "order-7", address: str = "Ann@Example.net") -> int:
    return service.send(
        workspace_id=connection.workspace_id,
        connection_id=connection.pk,
        content_id=content_id,
        idempotency_key=key,
        address=address,
        context={"number": 7, "name": "Ann"},
        now=NOW,
    )


def test_one_key_one_message(connection: Connection):
    kept = service.keep(connection.workspace_id, RECEIPT, NOW)
    first = send(connection, kept)
    assert send(connection, kept) == first
    assert send(connection, kept, key="order-8") != first
    message = Message.objects.get(pk=first)
    assert (message.stream, message.status, message.contact_id) == ("transactional", "queued", None)
    assert (message.address, message.address_key) == ("Ann@example.net", "ann@example.net")
    assert message.context == {"number": 7, "name": "Ann"}
    assert Content.objects.get(pk=kept).message_class == "transactional"


def test_no_postal_address_is_asked_of_a_receipt_but_a_subject_is(connection: Connection):
    with pytest.raises(service.NotSendableError, match="subject") as caught:
        service.keep(connection.workspace_id, Mail(subject=" ", body="Hi", from_address="shop@example.org"), NOW)
    assert [problem.field for problem in caught.value.problems] == ["subject"]
    assert not Content.objects.exists()


def test_what_cannot_be_an_address_or_a_key_is_refused(connection: Connection):
    kept = service.keep(connection.workspace_id, RECEIPT, NOW)
    with pytest.raises(InvalidAddress):
        send(connection, kept, address="nobody")
    for key in ("", "k" * 191):
        with pytest.raises(ValueError, match="1 to 190"):
            send(connection, kept, key=key)
    assert not Message.objects.exists()
