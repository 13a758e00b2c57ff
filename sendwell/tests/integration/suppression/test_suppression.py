"""The suppression list: verbs on both engines, and its pages."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from sendwell.connections.models import Connection, ConnectionKind
from sendwell.contacts.models import Contact, List, Subscription
from sendwell.core.db import DjangoDb
from sendwell.suppression import service
from sendwell.suppression.models import Suppression
from sendwell.suppression.service import SuppressionReason
from sendwell.workspaces.models import Membership, Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def workspace() -> Workspace:
    return Workspace.objects.create(name="W", created_at=NOW)


def connection(of: Workspace, kind: str = ConnectionKind.AWS, name: str = "c") -> Connection:
    return Connection.objects.create(
        workspace=of, name=name, kind=kind, access_key_id="k", secret_access_key="s", created_at=NOW, hook_key=name
    )


def test_the_sender_and_the_pages_see_the_same_list_on_both_engines(engine: Any) -> None:
    of = workspace()
    one, other = connection(of, name="one"), connection(of, name="other")
    plain = engine.open()
    try:
        evidence = {"message": 5, "code": "550 5.1.1"}
        with plain.transaction():
            assert service.consider(plain, one.pk, "a@x.test", SuppressionReason.HARD_BOUNCE, evidence, NOW)
            assert not service.consider(plain, one.pk, "a@x.test", SuppressionReason.COMPLAINT, {}, NOW)
        assert not service.consider(DjangoDb(), one.pk, "a@x.test", SuppressionReason.COMPLAINT, {}, NOW)
        assert service.add(one.pk, "b@x.test", "me", "asked", NOW)
        for db in (plain, DjangoDb()):
            found = service.suppressed(db, one.pk, ["a@x.test", "b@x.test", "c@x.test", "A@x.test"])
            assert found == {"a@x.test": SuppressionReason.HARD_BOUNCE, "b@x.test": SuppressionReason.MANUAL}
            assert service.suppressed(db, other.pk, ["a@x.test"]) == {}
            assert service.suppressed(db, one.pk, []) == {}
            assert service.suppressed_in_workspace(db, of.pk, ["a@x.test", "z@x.test"]) == {"a@x.test"}
        assert Suppression.objects.get(key="a@x.test").evidence == evidence
        assert service.lift(one.pk, "a@x.test", "me", "works again", NOW)
        assert not service.lift(one.pk, "a@x.test", "me", "works again", NOW)
        assert service.suppressed(plain, one.pk, ["a@x.test"]) == {}
        assert service.consider(plain, one.pk, "a@x.test", SuppressionReason.COMPLAINT, {}, NOW)
        assert Suppression.objects.filter(key="a@x.test").count() == 2
    finally:
        plain.close()


@pytest.mark.django_db
def test_a_rehearsals_bounces_stop_no_import_once_there_is_a_real_connection() -> None:
    of = workspace()
    rehearsal = connection(of, ConnectionKind.EMBEDDED, "rehearsal")
    service.add(rehearsal.pk, "a@x.test", "me", "x", NOW)
    assert service.suppressed_in_workspace(DjangoDb(), of.pk, ["a@x.test"]) == {"a@x.test"}
    connection(of, ConnectionKind.AWS, "real")
    assert service.suppressed_in_workspace(DjangoDb(), of.pk, ["a@x.test"]) == set()


@pytest.mark.django_db
def test_lifting_needs_a_reason() -> None:
    made = connection(workspace())
    service.add(made.pk, "a@x.test", "me", "x", NOW)
    with pytest.raises(ValueError, match="why"):
        service.lift(made.pk, "a@x.test", "me", "  ", NOW)


@pytest.fixture
def signed_in(client: Client) -> Client:
    user = User.objects.create_user("owner@example.com", "owner@example.com")
    Membership.objects.create(user=user, workspace=workspace(), role="owner")
    client.force_login(user)
    return client


def own() -> Workspace:
    return Workspace.objects.get()


@pytest.mark.django_db
def test_pages_teach_before_there_is_anything(signed_in: Client) -> None:
    assert b"No connection yet" in signed_in.get(reverse("suppression:list")).content
    connection(own())
    assert b"Nobody is suppressed" in signed_in.get(reverse("suppression:list")).content


@pytest.mark.django_db
def test_adding_and_lifting_by_page_is_recorded_and_restores_no_subscription(signed_in: Client) -> None:
    made = connection(own())
    news = List.objects.create(workspace=own(), name="N", created_at=NOW)
    contact = Contact.objects.create(
        workspace=own(), address="a@x.test", key="a@x.test", created_at=NOW, updated_at=NOW
    )
    left = Subscription.objects.create(contact=contact, list=news, status="unsubscribed", changed_at=NOW)
    add = reverse("suppression:add", args=[made.pk])
    assert b"E-mail address" in signed_in.get(add).content
    assert b"is-invalid" in signed_in.post(add, {"address": "nonsense", "because": "x"}).content
    answer = signed_in.post(add, {"address": "A@x.test", "because": "asked by phone"}, follow=True)
    assert b"a@x.test" in answer.content and b"asked by phone" in answer.content
    entry = Suppression.objects.get()
    lift = reverse("suppression:lift", args=[entry.pk])
    signed_in.get(lift)
    assert service.suppressed(DjangoDb(), made.pk, ["a@x.test"])
    assert b"is-invalid" in signed_in.post(lift, {"because": ""}).content
    signed_in.post(lift, {"because": "mistyped"})
    entry.refresh_from_db()
    assert (entry.lifted_by, entry.lifted_because) == ("owner@example.com", "mistyped")
    left.refresh_from_db()
    assert left.status == "unsubscribed"
    assert b"mistyped" in signed_in.get(reverse("suppression:list") + "?reason=lifted").content


@pytest.mark.django_db
def test_other_workspaces_entries_are_not_found(signed_in: Client) -> None:
    theirs = connection(Workspace.objects.create(name="Other", created_at=NOW))
    service.add(theirs.pk, "a@x.test", "them", "x", NOW)
    assert signed_in.get(reverse("suppression:add", args=[theirs.pk])).status_code == 404
    assert signed_in.get(reverse("suppression:lift", args=[Suppression.objects.get().pk])).status_code == 404
    assert b"a@x.test" not in signed_in.get(reverse("suppression:list") + f"?connection={theirs.pk}").content


@pytest.mark.django_db
def test_viewers_may_look_but_not_change(signed_in: Client) -> None:
    made = connection(own())
    Membership.objects.update(role="viewer")
    assert signed_in.get(reverse("suppression:list")).status_code == 200
    data = {"address": "a@x.test", "because": "x"}
    assert signed_in.post(reverse("suppression:add", args=[made.pk]), data).status_code == 403
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_strangers_see_nothing(client: Client) -> None:
    assert client.get(reverse("suppression:list")).status_code == 302


@pytest.mark.django_db
def test_evidence_is_told_in_words(signed_in: Client) -> None:
    made = connection(own())
    evidence = {
        "kind": "bounce_permanent",
        "subtype": "General",
        "ses_message_id": "0100-abc",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 no such user",
    }
    service.consider(DjangoDb(), made.pk, "a@x.test", SuppressionReason.HARD_BOUNCE, evidence, NOW)
    service.consider(DjangoDb(), made.pk, "b@x.test", SuppressionReason.SES_LIST, {"kind": "new", "later": ""}, NOW)
    entry = Suppression.objects.get(key="a@x.test")
    for address in (reverse("suppression:list"), reverse("suppression:lift", args=[entry.pk])):
        shown = signed_in.get(address).content.decode()
        assert not [word for word in ("bounce_permanent", "ses_message_id", "diagnosticCode") if word in shown]
        for words in ("Event", "Permanent bounce", "SES message ID", "0100-abc", "Receiver's answer", "no such user"):
            assert words in html.unescape(shown)
    assert "Event: new" in signed_in.get(reverse("suppression:list") + "?q=b@x").content.decode()


@pytest.mark.django_db
def test_pages_of_contacts_say_who_is_suppressed_and_why(signed_in: Client) -> None:
    made = connection(own())
    other = connection(own(), name="other")
    news = List.objects.create(workspace=own(), name="N", created_at=NOW)
    for key in ("a@x.test", "b@x.test"):
        contact = Contact.objects.create(workspace=own(), address=key, key=key, created_at=NOW, updated_at=NOW)
        Subscription.objects.create(contact=contact, list=news, status="confirmed", changed_at=NOW)
    first = Contact.objects.get(key="a@x.test")
    pages = [
        reverse("contacts:list"),
        reverse("contacts:list_detail", args=[news.pk]),
        reverse("contacts:detail", args=[first.pk]),
    ]
    assert not [page for page in pages if "Suppressed:" in signed_in.get(page).content.decode()]
    service.consider(DjangoDb(), made.pk, "a@x.test", SuppressionReason.HARD_BOUNCE, {}, NOW)
    service.add(other.pk, "a@x.test", "me", "x", NOW)
    for page in pages:
        shown = signed_in.get(page).content.decode()
        assert shown.count("Suppressed: Hard bounce</span>") == 1
    alone = signed_in.get(pages[2]).content.decode()
    assert 'lt">Active</span>' not in alone and 'lt">Confirmed</span>' not in alone
    service.lift(made.pk, "a@x.test", "me", "works again", NOW)
    assert "Suppressed: Added by hand</span>" in signed_in.get(pages[2]).content.decode()
    service.lift(other.pk, "a@x.test", "me", "works again", NOW)
    assert 'lt">Active</span>' in signed_in.get(pages[2]).content.decode()
