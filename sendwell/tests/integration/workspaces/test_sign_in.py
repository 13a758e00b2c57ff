"""Signing in: by one-time link, by password; closed sign-up; roles."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from sendwell.core.installation import Installation
from sendwell.workspaces import service
from sendwell.workspaces.models import Membership, SignInLink

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def owner(installation: Installation) -> User:
    service.ensure_first_workspace(installation.clock.now())
    return User.objects.get()


@pytest.fixture
def link(installation: Installation, owner: User) -> str:
    return f"/sign-in/{service.make_sign_in_token(None, installation.clock.now())}"


def signed_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_a_fresh_database_gets_one_owner_without_a_password(installation: Installation, owner: User) -> None:
    service.ensure_first_workspace(installation.clock.now())
    assert User.objects.count() == 1
    assert (owner.email, owner.has_usable_password()) == ("owner@localhost", False)
    assert Membership.objects.get().role == "owner"


def test_opening_the_link_signs_nobody_in_and_the_button_does(client: Client, link: str) -> None:
    page = client.get(link)
    assert page.status_code == 200
    assert b'<form method="post">' in page.content
    assert not signed_in(client)
    assert client.get(link).status_code == 200, "a scanner that opens it does not use it up"
    answer = client.post(link)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in(client)


def test_a_link_works_once(link: str) -> None:
    assert Client().post(link).status_code == 302
    second = Client()
    assert second.get(link).status_code == 410
    assert second.post(link).status_code == 410
    assert not signed_in(second)


def test_a_link_ends_after_a_day(client: Client, link: str) -> None:
    SignInLink.objects.update(expires_at=SignInLink.objects.get().expires_at - timedelta(hours=24, seconds=1))
    assert client.post(link).status_code == 410
    assert b"sendwell sign-in-link" in client.get(link).content


def test_a_newer_link_replaces_an_older_one(client: Client, link: str, installation: Installation) -> None:
    service.make_sign_in_token("OWNER@localhost", installation.clock.now())
    assert client.post(link).status_code == 410


def test_a_made_up_token_is_like_a_used_one(client: Client, owner: User) -> None:
    assert client.get("/sign-in/nonsense").status_code == 410
    assert client.post("/sign-in/nonsense").status_code == 410


def test_the_link_needs_the_csrf_token(link: str) -> None:
    assert Client(enforce_csrf_checks=True).post(link).status_code == 403


def test_only_the_hash_is_kept(link: str) -> None:
    assert link.rpartition("/")[2] not in SignInLink.objects.get().token_hash


def test_a_link_for_nobody_is_refused(installation: Installation, owner: User) -> None:
    with pytest.raises(service.UnknownPersonError, match=r"nobody@example\.com"):
        service.make_sign_in_token("nobody@example.com", installation.clock.now())


def test_pages_lead_to_sign_in_and_back(client: Client, owner: User) -> None:
    owner.set_password(PASSWORD)
    owner.save()
    answer = client.get("/settings/")
    assert answer["Location"] == "/accounts/login/?next=/settings/"
    answer = client.post(answer["Location"], {"login": "owner@localhost", "password": PASSWORD})
    assert answer["Location"] == "/settings/"
    assert signed_in(client)


def test_a_wrong_password_says_so_and_too_many_are_stopped(client: Client, owner: User) -> None:
    owner.set_password(PASSWORD)
    owner.save()
    wrong = {"login": "owner@localhost", "password": "wrong"}
    page = client.post("/accounts/login/", wrong)
    assert b"not correct" in page.content
    for _ in range(6):
        client.post("/accounts/login/", wrong)
    page = client.post("/accounts/login/", {"login": "owner@localhost", "password": PASSWORD})
    assert b"Too many failed login attempts" in page.content
    assert not signed_in(client)


def test_nobody_signs_up_by_themselves(client: Client, owner: User) -> None:
    assert b"sendwell sign-in-link" in client.get("/accounts/signup/").content
    assert client.post("/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD}).status_code == 405
    assert User.objects.count() == 1


def test_signing_out_takes_a_post(client: Client, link: str) -> None:
    client.post(link)
    client.get("/accounts/logout/")
    assert signed_in(client)
    client.post("/accounts/logout/")
    assert not signed_in(client)


def test_a_password_can_be_set_and_then_signs_in(client: Client, link: str) -> None:
    client.post(link)
    answer = client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    other = Client()
    assert other.post("/accounts/login/", {"login": "owner@localhost", "password": PASSWORD}).status_code == 302


def test_after_a_change_of_address_only_the_new_one_signs_in(client: Client, owner: User, link: str) -> None:
    owner.set_password(PASSWORD)
    owner.save()
    Client().post("/accounts/login/", {"login": "owner@localhost", "password": PASSWORD})
    client.post(link)
    assert client.post("/settings/email", {"email": "Ada@Example.com"}).status_code == 302
    assert Client().post("/accounts/login/", {"login": "owner@localhost", "password": PASSWORD}).status_code == 200
    assert Client().post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD}).status_code == 302


def test_a_person_without_a_workspace_is_told_so(client: Client, owner: User) -> None:
    client.force_login(
        User.objects.create_user("guest", "guest@example.com"), "django.contrib.auth.backends.ModelBackend"
    )
    page = client.get("/settings/")
    assert page.status_code == 403
    assert b"Ask its owner to add you" in page.content


def test_a_viewer_may_look_but_not_change(client: Client, owner: User) -> None:
    Membership.objects.update(role="viewer")
    client.force_login(owner, "django.contrib.auth.backends.ModelBackend")
    assert client.get("/settings/").status_code == 200
    assert client.post("/settings/sender", {"name": "Changed"}).status_code == 403
