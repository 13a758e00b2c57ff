"""The ledger's pages: every row is found and explained; reading changes nothing; strangers see nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from sendwell.connections.models import Connection
from sendwell.content.models import Content
from sendwell.outbox.models import Attempt, Message, MinuteCount, Pace
from sendwell.outbox.pacing import epoch_minute
from sendwell.workspaces.models import Membership, Workspace

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


class Place:
    """A workspace with one member, one connection and messages in several states."""

    def __init__(self, name: str, role: str = "owner") -> None:
        self.workspace = Workspace.objects.create(name=name, created_at=NOW)
        self.user = User.objects.create_user(name, f"{name}@example.com")
        Membership.objects.create(user=self.user, workspace=self.workspace, role=role)
        self.connection = Connection.objects.create(
            workspace=self.workspace, name=f"{name} SES", kind="aws", access_key_id="A", secret_access_key="x",
            created_at=NOW, hook_key=name,
        )  # fmt: skip
        self.content = Content.objects.create(
            workspace=self.workspace, message_class="transactional", from_address="a@example.com", subject="Your code",
            body="x", created_at=NOW,
        )  # fmt: skip

    def message(self, address: str, status: str, reason: str = "", attempts: int = 0) -> Message:
        made = Message.objects.create(
            workspace=self.workspace, connection=self.connection, stream="transactional", idempotency_key=address,
            content=self.content, address=address, address_key=address.lower(), status=status, reason=reason,
            attempts=attempts, due_at=NOW, created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        for n in range(1, attempts + 1):
            Attempt.objects.create(message=made, n=n, started_at=NOW, outcome="in_doubt", error_text="no answer came")
        return made

    def client(self) -> Client:
        client = Client()
        client.force_login(self.user)
        return client


@pytest.fixture
def place() -> Place:
    return Place("here")


def text(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(f"outbox:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_empty_pages_teach(place: Place) -> None:
    client = place.client()
    assert "Every mail to every recipient gets one line here" in text(client, "list")
    assert "Nothing is in doubt" in text(client, "doubts")
    assert "here SES" in text(client, "queue")


def test_messages_are_found_by_address_state_and_reason(place: Place) -> None:
    place.message("Jane@example.com", "delivered")
    place.message("joe@example.com", "skipped", "suppressed_bounce")
    client = place.client()
    assert "joe@" not in text(client, "list", q="JANE")
    found = text(client, "list", status="skipped", reason="suppressed_bounce")
    assert "joe@example.com" in found and "An earlier mail bounced" in found and "Jane@" not in found
    assert "No such message" in text(client, "list", q="nobody")
    assert text(client, "list", status="nonsense", campaign="x" * 30, page="99")


def test_a_message_tells_its_story(place: Place) -> None:
    message = place.message("jane@example.com", "in_doubt", "no_answer", attempts=2)
    found = text(place.client(), "message", message.pk)
    assert "SES may have taken it or not" in found and "no answer came" in found and "Your code" in found
    never = place.message("joe@example.com", "skipped", "unsubscribed")
    assert "SES was never called" in text(place.client(), "message", never.pk)


def test_the_owner_settles_doubt(place: Place) -> None:
    first = place.message("a@example.com", "in_doubt", "no_answer", attempts=1)
    second = place.message("b@example.com", "in_doubt", "no_answer", attempts=1)
    client = place.client()
    assert "a few may get the mail twice" in text(client, "doubts")
    client.post(reverse("outbox:resolve"), {"message": [first.pk], "do": "send_again"})
    client.post(reverse("outbox:resolve"), {"message": [second.pk], "do": "leave"})
    client.post(reverse("outbox:resolve"), {"do": "send_again"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status, second.reason) == ("queued", "cancelled", "owner")


def test_others_see_and_change_nothing(place: Place) -> None:
    message = place.message("jane@example.com", "in_doubt", "no_answer", attempts=1)
    other = Place("elsewhere").client()
    assert "jane@" not in text(other, "list") + text(other, "doubts")
    assert other.get(reverse("outbox:message", args=[message.pk])).status_code == 404
    other.post(reverse("outbox:resolve"), {"message": [message.pk], "do": "send_again"})
    message.refresh_from_db()
    assert message.status == "in_doubt"
    viewer = Place("viewer", role="viewer").client()
    assert viewer.post(reverse("outbox:resolve"), {"do": "leave"}).status_code == 403
    assert Client().get(reverse("outbox:list")).status_code == 302


def test_the_queue_says_what_is_used_held_and_why_it_rests(place: Place) -> None:
    place.message("a@example.com", "held", "sandbox")
    place.message("b@example.com", "queued")
    Pace.objects.create(
        connection=place.connection, rate=14, quota_24h=200, slow_factor=0.5, slowed_at=NOW + timedelta(hours=1),
        backoff_until=NOW + timedelta(hours=1), backoff_reason="blocked", backoff_detail="Sending paused.",
    )  # fmt: skip
    MinuteCount.objects.create(connection=place.connection, minute=epoch_minute(NOW), recipients=40)
    found = text(place.client(), "queue_live")
    assert "SES refuses this connection" in found and "Sending paused." in found
    assert "Held: The account is in the sandbox" in found
    assert "14 a second" in found and "160, 140 of it for campaigns" in found


def test_get_writes_nothing(place: Place, django_assert_max_num_queries: Any) -> None:
    client = place.client()
    message = place.message("a@example.com", "queued")
    before = StringIO()
    call_command("dumpdata", "outbox", stdout=before)
    for name, args in (("list", []), ("message", [message.pk]), ("doubts", []), ("queue", []), ("queue_live", [])):
        with django_assert_max_num_queries(15):
            text(client, name, *args)
    after = StringIO()
    call_command("dumpdata", "outbox", stdout=after)
    assert before.getvalue() == after.getvalue()
