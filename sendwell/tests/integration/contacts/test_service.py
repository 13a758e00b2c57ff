"""Consent verbs: what the sender and campaigns are told, on both engines, and who may come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sendwell.contacts import imports, service
from sendwell.contacts.models import ConsentEvent, Contact, List, Subscription
from sendwell.contacts.service import ConsentVerdict, NewContact
from sendwell.core.addresses import parse
from sendwell.core.db import DjangoDb
from sendwell.workspaces.models import Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=7)


def make_list(name: str = "Readers") -> List:
    workspace, _ = Workspace.objects.get_or_create(name="W", defaults={"created_at": NOW})
    return List.objects.create(workspace=workspace, name=name, created_at=NOW)


def person(to: List, local: str, basis: str = "customer") -> Contact:
    return service.add_contact(NewContact(parse(f"{local}@x.test"), local, basis, "card"), to, "me", NOW)


def test_the_audience_and_its_consent_are_the_same_for_sender_and_pages_on_both_engines(engine: Any) -> None:
    news, other = make_list(), make_list("Other")
    made = {local: person(news, local) for local in ("ok", "gone", "left", "paused", "was-paused", "erased")}
    made["unsure"] = person(news, "unsure", "none")
    made["elsewhere"] = person(other, "elsewhere")
    service.unsubscribe(made["gone"].pk, None, "page", {}, NOW)
    service.unsubscribe(made["left"].pk, news.pk, "one-click", {}, NOW)
    service.pause(made["paused"].pk, LATER, "owner", {}, NOW)
    service.pause(made["was-paused"].pk, NOW + timedelta(seconds=1), "owner", {}, NOW)
    Contact.objects.filter(pk=made["erased"].pk).update(address="")
    at = NOW + timedelta(minutes=1)
    expected = {
        "ok": ConsentVerdict.OK,
        "gone": ConsentVerdict.UNSUBSCRIBED,
        "left": ConsentVerdict.UNSUBSCRIBED,
        "paused": ConsentVerdict.PAUSED,
        "was-paused": ConsentVerdict.OK,
        "unsure": ConsentVerdict.UNCONFIRMED,
    }
    plain = engine.open()
    try:
        for db in (plain, DjangoDb()):
            rows = service.audience_after(db, news.pk, 0, 100, at)
            assert {row.key.partition("@")[0]: row.verdict for row in rows} == expected
            assert [row.contact_id for row in rows] == sorted(row.contact_id for row in rows)
            first = service.audience_after(db, news.pk, 0, 2, at)
            assert first + service.audience_after(db, news.pk, first[-1].contact_id, 100, at) == rows
            ids = [contact.pk for contact in made.values()] + [999_999]
            verdicts = service.consent(db, news.pk, ids, at)
            assert {local: verdicts[made[local].pk] for local in expected} == expected
            assert verdicts[made["elsewhere"].pk] is ConsentVerdict.UNCONFIRMED
            assert verdicts[made["erased"].pk] is verdicts[999_999] is ConsentVerdict.UNSUBSCRIBED
            counts = service.audience_counts(db, news.pk, at)
            assert counts == {
                ConsentVerdict.OK: 2,
                ConsentVerdict.UNSUBSCRIBED: 2,
                ConsentVerdict.UNCONFIRMED: 1,
                ConsentVerdict.PAUSED: 1,
            }
            fields = service.merge_fields(db, [made["ok"].pk])
            assert fields == {made["ok"].pk: {"address": "ok@x.test", "name": "ok", "attributes": {}}}
            assert service.consent(db, news.pk, [], at) == {} == service.merge_fields(db, [])
    finally:
        plain.close()


def test_an_import_runs_alike_on_both_engines(engine: Any) -> None:
    news = make_list()
    text = "email,name,city\na@x.test,Añna,Köln\nb@x.test,B,\nA@X.test,A,\nnonsense,N,\n"
    for expected in (
        {("added", ""): 2, ("skipped", "duplicate"): 1, ("skipped", "invalid_address"): 1},
        {("unchanged", ""): 1, ("updated", ""): 1, ("skipped", "duplicate"): 1, ("skipped", "invalid_address"): 1},
    ):
        upload = imports.Upload("x.csv", text.encode(), "shop", "customer", "me")
        imported = imports.create(news, upload, NOW)
        imports.start(imported, imported.mapping["columns"])
        while not imports.run_import_batch(imported.pk, lambda keys: set(), NOW):
            pass
        assert imports.counts(imported) == expected
        text = text.replace("b@x.test,B,", "b@x.test,Bea,Bonn")
    assert ConsentEvent.objects.count() == 2
    bea = Contact.objects.get(key="b@x.test")
    assert (bea.name, bea.attributes) == ("Bea", {"city": "Bonn"})


@pytest.mark.django_db
def test_leaving_twice_is_recorded_once() -> None:
    contact = person(news := make_list(), "a")
    assert service.unsubscribe(contact.pk, news.pk, "page", {"ip": "x"}, NOW)
    assert not service.unsubscribe(contact.pk, news.pk, "one-click", {}, LATER)
    assert service.unsubscribe(contact.pk, None, "page", {}, LATER)
    assert not service.unsubscribe(contact.pk, None, "page", {}, LATER)
    kinds = ConsentEvent.objects.filter(kind="unsubscribed").values_list("method", "list_id")
    assert sorted(kinds, key=str) == sorted([("page", news.pk), ("page", None)], key=str)
    assert not service.unsubscribe(999_999, None, "page", {}, NOW)


@pytest.mark.django_db
def test_leaving_a_list_that_one_was_never_on_keeps_later_imports_out() -> None:
    contact, other = person(make_list(), "a"), make_list("Other")
    assert service.unsubscribe(contact.pk, other.pk, "page", {}, NOW)
    with pytest.raises(service.ContactRefusedError):
        person(other, "a")


@pytest.mark.django_db
def test_nobody_is_taken_off_another_workspaces_list() -> None:
    contact = person(make_list(), "a")
    foreign = List.objects.create(
        workspace=Workspace.objects.create(name="Other", created_at=NOW), name="F", created_at=NOW
    )
    assert not service.unsubscribe(contact.pk, foreign.pk, "page", {}, NOW)
    assert not Subscription.objects.filter(list=foreign).exists()


@pytest.mark.django_db
def test_who_left_cannot_be_added_again_by_the_owner() -> None:
    contact = person(news := make_list(), "a")
    service.unsubscribe(contact.pk, None, "page", {}, NOW)
    with pytest.raises(service.ContactRefusedError, match="everything"):
        person(news, "a")
    with pytest.raises(service.ContactRefusedError, match="abuse"):
        person(news, "abuse")


@pytest.mark.django_db
def test_an_unconfirmed_person_is_confirmed_with_a_basis_and_never_downgraded() -> None:
    news = make_list()
    person(news, "a", "none")
    assert Subscription.objects.get().status == "unconfirmed"
    person(news, "a", "single_opt_in")
    assert Subscription.objects.get().status == "confirmed"
    person(news, "a", "none")
    assert (Subscription.objects.get().status, Subscription.objects.get().basis) == ("confirmed", "single_opt_in")
    assert ConsentEvent.objects.count() == 2


@pytest.mark.django_db
def test_a_pause_ends_by_itself_or_early_and_is_recorded() -> None:
    contact = person(make_list(), "a")
    with pytest.raises(ValueError, match="future"):
        service.pause(contact.pk, NOW, "owner", {}, NOW)
    service.resume(contact.pk, "owner", {}, NOW)
    service.pause(contact.pk, LATER, "owner", {"by": "me"}, NOW)
    service.resume(contact.pk, "owner", {}, NOW)
    kinds = list(ConsentEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["subscribed", "paused", "resumed"]


@pytest.mark.django_db
def test_list_names_are_unique_in_a_workspace() -> None:
    first = make_list("A")
    with pytest.raises(service.NameTakenError):
        service.create_list(first.workspace, "A", "", NOW)
    second = service.create_list(first.workspace, "B", "about", NOW)
    with pytest.raises(service.NameTakenError):
        service.rename_list(second, "A", "")
    service.rename_list(second, "B", "new words")
    assert service.list_sizes(first.workspace) == {
        pk: {"confirmed": 0, "unconfirmed": 0, "unsubscribed": 0} for pk in (first.pk, second.pk)
    }
