"""The owner's pages of forms: making, changing, embedding, reading figures."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from sendwell.tests.integration.forms.conftest import World

from sendwell.forms import service
from sendwell.forms.models import SignupForm
from sendwell.outbox.models import Message
from sendwell.workspaces.models import Membership

VALUES = {
    "name": "Footer",
    "language": "en",
    "title": "News",
    "consent": "Yes, send me this.",
    "button": "Join",
    "ask_name": "no",
    "thanks": "Look into your mailbox.",
    "accent": "#0B6475",
    "look": "dark",
    "captcha": "altcha",
    "from_address": "news@example.org",
    "mail_subject": "Please confirm",
    "mail_body": "[Yes]({{ confirm_url }})",
    "expiry_hours": "72",
    "welcome_subject": "",
    "welcome_body": "",
}


def save(owner: Client, world: World, path: str = "/forms/new", **changes: Any) -> Any:
    values = {**VALUES, "connection": str(world.connection.pk), "lists": [str(world.news.pk)], **changes}
    return owner.post(path, {name: value for name, value in values.items() if value is not None})


def test_a_form_is_made_and_shown(world: World, owner: Client) -> None:
    answer = save(owner, world)
    made = SignupForm.objects.get(name="Footer")
    assert answer["Location"] == f"/forms/{made.pk}/"
    for path, words in (
        ("/forms/", "Footer"),
        (f"/forms/{made.pk}/", f"/f/{made.public_id}"),
        (f"/forms/{made.pk}/edit", "Yes, send me this."),
        (f"/forms/{made.pk}/embed", "&lt;form action="),
    ):
        page = owner.get(path)
        assert (page.status_code, words in page.content.decode()) == (200, True), path
    public = world.visitor.get(f"/f/{made.public_id}").content.decode()
    assert "Yes, send me this." in public
    assert "color-scheme:dark" in world.visitor.get(f"/f/{made.public_id}/theme.css").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lists": []}, "Choose at least one list"),
        ({"mail_body": "No link"}, "without the link nobody can confirm"),
        ({"mail_body": "[Yes]({{ confirm_url }}) {{ name }}"}, "nothing that a visitor typed"),
        ({"mail_body": "{{ confirm_url"}, "does not read"),
        ({"mail_subject": "{{ name }}"}, "nothing that a visitor typed"),
        ({"welcomes": "on"}, "Write a subject"),
        ({"from_address": "me@gmail.com"}, "a domain of your own"),
        ({"captcha": "turnstile"}, "needs the site key"),
        ({"captcha": "hcaptcha", "captcha_site_key": "k"}, "needs the secret key"),
        ({"origins": "https://shop.example/path"}, "without a path"),
        ({"expiry_hours": "1"}, "Between 24 and 168 hours"),
        ({"accent": "red;}"}, "#rrggbb"),
        ({"redirect_url": "javascript:alert(1)"}, "valid URL"),
    ],
)
def test_errors_name_the_field_and_the_remedy(world: World, owner: Client, changes: dict[str, Any], words: str) -> None:
    answer = save(owner, world, **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SignupForm.objects.filter(name="Footer").exists()


def test_a_secret_is_kept_until_another_is_typed(world: World, owner: Client) -> None:
    given = {"captcha": "turnstile", "captcha_site_key": "k"}
    save(owner, world, secret="s3cret", **given)
    made = SignupForm.objects.get(name="Footer")
    kept = made.captcha_secret
    save(owner, world, f"/forms/{made.pk}/edit", title="Other", **given)
    made.refresh_from_db()
    assert (made.title, made.captcha_secret) == ("Other", kept)
    assert "s3cret" not in owner.get(f"/forms/{made.pk}/edit").content.decode()
    assert save(owner, world, f"/forms/{made.pk}/edit", captcha="hcaptcha", captcha_site_key="k").status_code == 422


def test_empty_pages_teach(world: World, owner: Client) -> None:
    SignupForm.objects.update(workspace=_other(world))
    assert "No forms yet" in owner.get("/forms/").content.decode()
    world.form.lists.clear()
    type(world.news).objects.all().delete()
    assert "First, a list" in owner.get("/forms/new").content.decode()


def _other(world: World) -> Any:
    return type(world.workspace).objects.create(name="Other", created_at=world.clock.at)


def test_other_workspaces_are_out_of_reach(world: World, owner: Client) -> None:
    SignupForm.objects.update(workspace=_other(world))
    for path in ("", "edit", "embed"):
        assert owner.get(f"/forms/{world.form.pk}/{path}").status_code == 404
    assert owner.post(f"/forms/{world.form.pk}/open", {"open": "no"}).status_code == 404


def test_viewers_change_nothing(world: World, client: Client) -> None:
    user = User.objects.create_user("v@example.org", "v@example.org")
    Membership.objects.create(user=user, workspace=world.workspace, role="viewer")
    client.force_login(user)
    assert client.get("/forms/").status_code == 200
    assert client.get("/forms/new").status_code == 403
    assert client.post(f"/forms/{world.form.pk}/open", {"open": "no"}).status_code == 403


def test_the_figures_say_how_many_asked_were_mailed_and_confirmed(world: World, owner: Client) -> None:
    world.sign_up("a@example.net")
    world.post("b@example.net")
    world.work()
    world.post("robot@example.net", fax="1")
    page = owner.get(f"/forms/{world.form.pk}/").content.decode()
    for words in ("50 %", "fell into the trap for robots", "Waits for the click", "a@example.net"):
        assert words in page
    found = service.practice(world.workspace, world.clock.at)
    assert (found.forms, found.with_captcha, found.mailed, found.confirmed) == (1, 0, 2, 1)


def test_the_console_says_how_many_wait_for_the_grant(world: World, owner: Client) -> None:
    world.post("a@example.net")
    world.work()
    Message.objects.update(status="held", reason="sandbox")
    for path in ("/forms/", f"/forms/{world.form.pk}/"):
        assert "1 opt-in mail waits for the end of the sandbox" in owner.get(path).content.decode()


def test_secrets_go_under_the_new_key(world: World, owner: Client) -> None:
    from sendwell.core.installation import installation

    save(owner, world, captcha="turnstile", captcha_site_key="k", secret="s3cret")
    ring = installation().ring.rotated()
    assert service.reencrypt_secrets(ring) == 1
    newest = type(ring)(ring.encryption[:1], ring.links)
    assert newest.decrypt(SignupForm.objects.get(name="Footer").captcha_secret) == "s3cret"
