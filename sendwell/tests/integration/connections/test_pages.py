"""The connection pages: they work, they change only by POST, and they stay within the workspace."""

from __future__ import annotations

from datetime import UTC, datetime

from sendwell.connections.models import Connection
from sendwell.core.models import Job
from sendwell.workspaces.models import Workspace


def text(answer) -> str:
    return answer.content.decode()


def test_a_newcomer_finds_the_rehearsal_and_sets_it_up(world, page):
    pk = world.connection.pk
    assert "Rehearsal" in text(page("/connections/"))
    assert "Set up SES" in text(page(f"/connections/{pk}/"))

    answer = page(f"/connections/{pk}/set-up", {"name": "news@example.com"})

    assert answer.status_code == 302
    assert Job.objects.get(kind="set-up-connection").payload == {"connection": pk, "sender": "news@example.com"}
    assert 'hx-trigger="every 3s"' in text(page(f"/connections/{pk}/"))
    for part in ("setup", "account", "senders", "testers", "nonsense"):
        assert page(f"/connections/{pk}/live?part={part}").status_code == 200


def test_a_recipient_for_tests_counts_once_the_link_is_opened(world, page):
    pk = world.connection.pk
    page(f"/connections/{pk}/refresh", {})
    page(f"/connections/{pk}/identities", {"purpose": "recipient", "name": "Colleague@Example.org"})
    identity = world.connection.identities.get()
    assert (identity.name, identity.verified, identity.purpose) == ("Colleague@example.org", False, "recipient")

    page(f"/connections/{pk}/identities/{identity.pk}/send-link", {})
    world.open_link("Colleague@example.org")
    page(f"/connections/{pk}/refresh", {})

    identity = world.connection.identities.get()
    assert (identity.verified, identity.purpose) == (True, "recipient")
    page(f"/connections/{pk}/identities/{identity.pk}/remove", {})
    assert not world.connection.identities.exists()
    assert world.client("sesv2").list_email_identities()["EmailIdentities"] == []


def test_errors_name_the_field_and_the_remedy(world, page):
    pk = world.connection.pk
    assert "Enter an e-mail address, or a domain" in text(page(f"/connections/{pk}/identities", {"name": "nonsense"}))
    tester = text(page(f"/connections/{pk}/identities", {"name": "example.com", "purpose": "recipient"}))
    assert "one person&#x27;s e-mail address" in tester
    assert "is-invalid" in text(page(f"/connections/{pk}/set-up", {"name": "no spaces allowed"}))


def test_trouble_with_ses_is_shown_not_raised(world, page):
    Connection.objects.filter(pk=world.connection.pk).update(secret_access_key=world.installation.ring.encrypt("wrong"))
    page(f"/connections/{world.connection.pk}/refresh", {})

    assert "secret access key does not belong" in text(page(f"/connections/{world.connection.pk}/"))


def test_wrong_keys_are_said_at_their_field(world, page, monkeypatch):
    monkeypatch.setattr("sendwell.connections.service.custom_endpoint", lambda *_: world.box.endpoint)
    keys = {"region": "us-east-1", "access_key_id": "AKIAUNKNOWNUNKNOWN00", "secret_access_key": "x"}

    shown = text(page("/connections/connect", keys))

    assert "does not know this access key ID" in shown
    assert 'value="x"' not in shown
    keys |= {name: world.box.ready[name] for name in ("access_key_id", "secret_access_key")}
    made = page("/connections/connect", keys)
    assert made.status_code == 302
    replaced = text(page(f"{made.url}keys", {**keys, "secret_access_key": "wrong"}))
    assert "secret access key does not belong" in replaced


def test_another_workspaces_connection_is_not_found(world, page):
    other = Workspace.objects.create(name="Other", created_at=datetime.now(UTC))
    Connection.objects.filter(pk=world.connection.pk).update(workspace=other)
    pk = world.connection.pk

    assert page(f"/connections/{pk}/").status_code == 404
    for path in ("set-up", "refresh", "keys", "identities", "identities/1/remove", "identities/1/send-link"):
        assert page(f"/connections/{pk}/{path}", {}).status_code == 404


def test_nothing_changes_by_get(world, page):
    pk = world.connection.pk
    for path in ("set-up", "refresh", "keys", "identities", "identities/1/remove", "identities/1/send-link"):
        assert page(f"/connections/{pk}/{path}").status_code == 405
