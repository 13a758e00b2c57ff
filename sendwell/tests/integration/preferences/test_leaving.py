"""A synthetic receiver at the other end of List-Unsubscribe, and people on the page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from sendwell.contacts.models import ConsentEvent, Contact, List, Subscription
from sendwell.core.installation import Installation
from sendwell.core.tokens import LinkToken, Purpose, sign
from sendwell.workspaces.models import Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription() -> Subscription:
    workspace = Workspace.objects.create(name="W", sender_name="Bücher & Co", created_at=NOW)
    news = List.objects.create(workspace=workspace, name="News <weekly>", created_at=NOW)
    contact = Contact.objects.create(
        workspace=workspace, address="jane.doe@example.com", key="jane.doe@example.com", created_at=NOW, updated_at=NOW
    )
    return Subscription.objects.create(contact=contact, list=news, status="confirmed", basis="customer", changed_at=NOW)


def url(installation: Installation, subscription: Subscription, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    token = LinkToken(purpose, subscription.contact_id, subscription.list_id, 77)
    return reverse("preferences:leave", args=[sign(installation.ring, token)])


def url_of_all(installation: Installation, subscription: Subscription) -> str:
    return reverse(
        "preferences:leave", args=[sign(installation.ring, LinkToken(Purpose.UNSUBSCRIBE, subscription.contact_id))]
    )


@pytest.fixture
def receiver() -> Client:
    """A mail provider: no cookies, no referrer, CSRF checks as in production."""
    return Client(enforce_csrf_checks=True)


def status(subscription: Subscription) -> str:
    subscription.refresh_from_db()
    return subscription.status


def left_everything(subscription: Subscription) -> bool:
    return Contact.objects.get(pk=subscription.contact_id).unsubscribed_at is not None


@pytest.mark.parametrize("encoding", ["multipart", "urlencoded"])
def test_one_click_leaves_the_list_of_the_mail(receiver, installation, subscription, encoding: str) -> None:
    where = url(installation, subscription)
    for _ in range(2):  # receivers repeat; the second is as good as the first
        if encoding == "multipart":
            answer = receiver.post(where, ONE_CLICK, REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Gmail/1")
        else:
            answer = receiver.post(
                where,
                b"List-Unsubscribe=One-Click",
                content_type="application/x-www-form-urlencoded",
                REMOTE_ADDR="203.0.113.77",
                HTTP_USER_AGENT="Gmail/1",
            )
        assert answer.status_code == 200
        assert not answer.cookies and "Location" not in answer
        assert len(answer.content) < 200 and b"@" not in answer.content
    assert status(subscription) == "unsubscribed" and not left_everything(subscription)
    event = ConsentEvent.objects.get()
    assert (event.kind, event.method, event.list_id) == ("unsubscribed", "one-click", subscription.list_id)
    assert event.evidence == {"message": 77, "ip": "203.0.113.0/24", "user_agent": "Gmail/1"}


def test_behind_a_proxy_the_evidence_names_the_readers_network(
    receiver, installation, subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation.config, "trusted_proxies", 1)
    forwarded = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.9.9.9, 203.0.113.77"}
    assert receiver.post(url(installation, subscription), ONE_CLICK, **forwarded).status_code == 200
    assert ConsentEvent.objects.get().evidence["ip"] == "203.0.113.0/24"


def test_one_click_of_a_mail_without_a_list_leaves_everything(receiver, installation, subscription) -> None:
    assert receiver.post(url_of_all(installation, subscription), ONE_CLICK).status_code == 200
    assert left_everything(subscription)


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_fetching_changes_nothing(receiver, installation, subscription, method: str) -> None:
    answer = getattr(receiver, method)(url(installation, subscription))
    assert answer.status_code in (200, 204)
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert status(subscription) == "confirmed" and not ConsentEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"foo=bar", b"List-Unsubscribe=Yes", b"leave=everyone", b"\xff\xfe%%%"])
def test_a_scanners_post_changes_nothing(receiver, installation, subscription, body: bytes) -> None:
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
        answer = receiver.post(url(installation, subscription), body, content_type=content_type)
        assert answer.status_code == 400
    assert status(subscription) == "confirmed" and not ConsentEvent.objects.exists()


def test_a_broken_multipart_body_is_refused_and_changes_nothing(receiver, installation, subscription) -> None:
    answer = receiver.post(url(installation, subscription), b"--x\r\nnonsense", content_type="multipart/form-data")
    assert answer.status_code == 400
    assert status(subscription) == "confirmed"


def test_the_page_leaves_the_list_or_everything(receiver, installation, subscription) -> None:
    where = url(installation, subscription)
    page = receiver.get(where).content.decode()
    assert "j***@example.com" in page and "jane.doe" not in page
    assert "News &lt;weekly&gt;" in page and "Bücher &amp; Co" in page
    assert "<script" not in page and 'lang="en"' in page
    after = receiver.post(where, {"leave": "list"})
    assert after.status_code == 200 and b"You left" in after.content
    assert status(subscription) == "unsubscribed" and not left_everything(subscription)
    after = receiver.post(where, {"leave": "all"})
    assert b"You are unsubscribed" in after.content and left_everything(subscription)
    assert [event.method for event in ConsentEvent.objects.all()] == ["page", "page"]
    assert b"You are unsubscribed" in receiver.get(where).content


@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("damage", ["short", "flipped", "empty-ish", "unicode", "long"])
def test_a_damaged_link_is_a_plain_4xx(receiver, installation, subscription, method: str, damage: str) -> None:
    good = url(installation, subscription)
    bad = {
        "short": good[:-3],
        "flipped": good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:],
        "empty-ish": "/u/x",
        "unicode": "/u/%E2%82%AC%00",
        "long": good + "A" * 500,
    }[damage]
    answer = getattr(receiver, method)(bad, ONE_CLICK if method == "post" else None)
    assert 400 <= answer.status_code < 500
    assert status(subscription) == "confirmed"


def test_links_work_after_the_keys_rotated(receiver, installation, subscription, settings) -> None:
    where = url(installation, subscription)
    settings.SENDWELL = Installation(installation.config, installation.clock, installation.ring.rotated())
    assert receiver.post(where, ONE_CLICK).status_code == 200
    assert status(subscription) == "unsubscribed"


def test_a_test_mails_link_says_so_and_changes_nothing(receiver, installation, subscription) -> None:
    where = url(installation, subscription, Purpose.TEST_UNSUBSCRIBE)
    assert b"test mail" in receiver.get(where).content
    assert b"That was a test" in receiver.post(where, {"leave": "all"}).content
    answer = receiver.post(where, ONE_CLICK)
    assert answer.status_code == 200 and b"test" in answer.content
    assert status(subscription) == "confirmed" and not left_everything(subscription)


def test_a_link_of_an_erased_contact_answers_kindly(receiver, installation, subscription) -> None:
    where = url(installation, subscription)
    Contact.objects.filter(pk=subscription.contact_id).update(address="", key="erased-1")
    assert b"no longer kept" in receiver.get(where).content
    assert receiver.post(where, ONE_CLICK).status_code == 200


def test_the_stylesheet_is_small_and_our_own() -> None:
    from django.contrib.staticfiles import finders

    path = finders.find("public/public.css")
    assert isinstance(path, str)
    css = Path(path).read_bytes()
    assert len(css) < 10_000 and b"http" not in css and b"@import" not in css
