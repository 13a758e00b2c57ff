"""The feedback pages show everything that came, also what nobody understood."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sendwell.feedback.models import Notification, NotificationState, Refusal
from sendwell.feedback.service import apply_pending
from sendwell.workspaces.models import Membership, Role, Workspace

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def client(connection: Any, django_user_model: Any) -> Client:
    user = django_user_model.objects.create(username="owner", email="owner@example.org")
    Membership.objects.create(user=user, workspace=connection.workspace, role=Role.OWNER)
    made = Client()
    made.force_login(user)
    return made


@pytest.fixture
def post_to(connection: Any) -> Callable[[str], Notification]:
    def keep(body: str) -> Notification:
        return Notification.objects.create(
            connection=connection, sns_message_id=str(hash(body)), topic_arn="t", body=body, received_at=NOW
        )

    return keep


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_an_empty_page_teaches(client):
    assert "No feedback yet" in text(client.get("/feedback/"))


def test_what_came_is_listed_filtered_and_shown_raw(client, post_to, connection):
    mail = {"messageId": "m", "destination": ["<b>@example.org"], "timestamp": "2026-06-01T12:00:00.000Z"}
    bad = post_to(json.dumps({"eventType": "Bounce", "mail": mail}))
    post_to(json.dumps({"eventType": "Send", "mail": {**mail, "destination": ["reader@example.org"]}}))
    post_to('{"eventType":"<script>","mail":{}}')
    Refusal.objects.create(connection=connection, day=NOW.date(), cause="signature", count=3)
    apply_pending(NOW)

    everything = text(client.get("/feedback/"))
    assert "Sent: reader@example.org" in everything
    assert "The event has no bounce" in everything
    assert "3 × signature" in everything
    assert "<script>" not in everything.partition("<main")[2]
    assert "reader@example.org" not in text(client.get("/feedback/?state=failed"))
    assert "Nothing matches" in text(client.get("/feedback/?state=pending"))
    assert client.get("/feedback/?state=junk&connection=x&page=-1").status_code == 200

    shown = text(client.get(f"/feedback/{bad.pk}/"))
    assert "Apply again" in shown
    assert client.post(f"/feedback/{bad.pk}/replay").status_code == 302
    bad.refresh_from_db()
    assert bad.state == NotificationState.PENDING
    assert client.post(f"/feedback/{bad.pk}/replay").status_code == 404


def test_another_workspaces_notifications_are_not_found(client, post_to, connection):
    notification = post_to("secret of others")
    connection.workspace = Workspace.objects.create(name="Other", created_at=NOW)
    connection.save()

    assert "secret" not in text(client.get("/feedback/"))
    assert client.get(f"/feedback/{notification.pk}/").status_code == 404
    assert client.post(f"/feedback/{notification.pk}/replay").status_code == 404
