"""Every route of the console, whoever asks: strangers, viewers, people of another workspace, link scanners.

The routes come from the URL configuration, so a new page is tried without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from sendwell.campaigns.models import Campaign
from sendwell.connections.models import Connection, Identity
from sendwell.contacts.models import Contact, Import, ImportFile, List, Subscription
from sendwell.content.models import Content
from sendwell.feedback.models import Notification
from sendwell.forms.models import SignupForm
from sendwell.outbox.models import Attempt, Message
from sendwell.suppression.models import Suppression
from sendwell.workspaces.models import Membership, Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PUBLIC = {"accounts/login/", "accounts/signup/", "accounts/password/reset/", "accounts/inactive/", "health"}
WITH_TOKEN = ("sign-in/", "u/", "f/", "confirm/", "hooks/", "^health/echo/")
OWN_ACCOUNT = ("accounts/", "settings/email")
"""What everybody may change: their own way in."""

pytestmark = pytest.mark.django_db


class Route(NamedTuple):
    pattern: str
    path: str


def routes(ids: dict[str, int]) -> list[Route]:
    """All routes with their numbers filled in from `ids`; those with tokens are tried elsewhere."""
    return [
        Route(pattern, _fill(pattern, ids))
        for pattern in _patterns(get_resolver(), "")
        if not pattern.startswith(WITH_TOKEN)
    ]


def _patterns(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        whole = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield whole
        else:
            yield from _patterns(entry, whole)


def _fill(pattern: str, ids: dict[str, int]) -> str:
    kind = pattern.split("/", 1)[0]
    for name in (
        "campaign_id",
        "connection_id",
        "contact_id",
        "import_id",
        "list_id",
        "identity_id",
        "entry_id",
        "form_id",
    ):
        pattern = pattern.replace(f"<int:{name}>", str(ids[name]))
    named = {"connections": "connection_id", "messages": "message_id", "feedback": "notification_id"}
    return "/" + pattern.replace("<int:pk>", str(ids[named.get(kind, "connection_id")])).replace("<int:job_id>", "1")


def make(name: str) -> tuple[Workspace, dict[str, int]]:
    """A workspace with one of everything."""
    workspace = Workspace.objects.create(name=name, sender_name=name, postal_address="1 Road", created_at=NOW)
    connection = Connection.objects.create(
        workspace=workspace,
        name=name,
        kind="embedded",
        region="eu-west-1",
        access_key_id="AKIA",
        created_at=NOW,
        hook_key=name,
    )
    identity = Identity.objects.create(
        connection=connection, name=f"{name}.example", kind="domain", status="SUCCESS", verified=True
    )
    news = List.objects.create(workspace=workspace, name=f"{name} news", created_at=NOW)
    address = f"reader@{name}.example"
    contact = Contact.objects.create(
        workspace=workspace, address=address, key=address, name=name, created_at=NOW, updated_at=NOW
    )
    Subscription.objects.create(contact=contact, list=news, status="confirmed", changed_at=NOW)
    campaign = Campaign.objects.create(
        workspace=workspace,
        connection=connection,
        list=news,
        name=f"{name} June",
        from_address=f"news@{name}.example",
        subject="Hello",
        body="Hello.",
        created_at=NOW,
    )
    ids = {
        "connection_id": connection.pk,
        "identity_id": identity.pk,
        "list_id": news.pk,
        "contact_id": contact.pk,
        "campaign_id": campaign.pk,
    }
    return workspace, ids | _happened(workspace, connection, news, campaign, address)


def _happened(
    workspace: Workspace, connection: Connection, news: List, campaign: Campaign, address: str
) -> dict[str, int]:
    imported = Import.objects.create(
        workspace=workspace, list=news, filename="a.csv", total=2, mapping={"columns": ["address"]}, created_at=NOW
    )
    ImportFile.objects.create(imported=imported, data=b"email\nx@example.net\n")
    content = Content.objects.create(workspace=workspace, subject="Hello", body="Hello.", created_at=NOW)
    message = Message.objects.create(
        workspace=workspace,
        connection=connection,
        stream="transactional",
        idempotency_key="one",
        content=content,
        address=address,
        address_key=address,
        status="in_doubt",
        reason="no_answer",
        attempts=1,
        **dict.fromkeys(("due_at", "created_at", "updated_at"), NOW),
    )
    never = {"idempotency_key": "two", "attempts": 0}  # in doubt without an attempt: a restored backup
    Message.objects.create(**{**Message.objects.filter(pk=message.pk).values().get(), "id": None, **never})
    Attempt.objects.create(message=message, n=1, started_at=NOW, outcome="in_doubt")
    notification = Notification.objects.create(
        connection=connection, sns_message_id="1", topic_arn="t", body="{}", received_at=NOW, state="failed"
    )
    entry = Suppression.objects.create(
        connection=connection, key=address, reason="hard_bounce", evidence={}, created_at=NOW
    )
    form = SignupForm.objects.create(
        workspace=workspace,
        connection=connection,
        public_id=workspace.name,
        name="Site",
        title="News",
        consent="I want the news.",
        thanks="Look into your mail.",
        from_address=f"news@{workspace.name}.example",
        mail_subject="Please confirm",
        mail_body="Press the button.",
        created_at=NOW,
        updated_at=NOW,
    )
    form.lists.add(news)
    return {
        "form_id": form.pk,
        "import_id": imported.pk,
        "message_id": message.pk,
        "notification_id": notification.pk,
        "entry_id": entry.pk,
    }


def person(workspace: Workspace, role: str, **options: Any) -> Client:
    name = f"{role}@{workspace.name}.example"
    user = User.objects.create_user(name, name)
    Membership.objects.create(user=user, workspace=workspace, role=role)
    client = Client(**options)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row that an owner could miss; sessions are not among them."""
    models = [model for model in apps.get_models() if model._meta.app_label != "sessions"]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models}  # type: ignore[attr-defined]


@pytest.fixture
def worlds() -> tuple[Workspace, dict[str, int], Workspace]:
    cache.clear()
    ours, ids = make("harbour")
    theirs, _ = make("inland")
    return ours, ids, theirs


def test_looking_changes_nothing(worlds) -> None:
    ours, ids, _ = worlds
    client = person(ours, "owner")
    before = everything()
    for route in routes(ids):
        for ask in (client.get, client.head, client.options):
            answer = ask(route.path)
            assert answer.status_code < 500 or answer.status_code == 501, (route, answer.status_code)
        assert everything() == before, f"GET {route.path} changed something"


def test_strangers_see_the_way_in_and_nothing_else(worlds) -> None:
    _, ids, _ = worlds
    client = Client()
    before = everything()
    for route in routes(ids):
        if route.pattern in PUBLIC:
            continue
        for ask in (client.get, client.post):
            answer = ask(route.path)
            assert answer.status_code in (302, 405), (route, answer.status_code)
            assert answer.status_code == 405 or "/accounts/login/" in answer["Location"], (route, answer["Location"])
        assert everything() == before


def test_viewers_change_nothing(worlds) -> None:
    ours, ids, _ = worlds
    client = person(ours, "viewer")
    before = everything()
    for route in routes(ids):
        if route.pattern.startswith(OWN_ACCOUNT):
            continue
        answer = client.post(route.path, {"confirm": "yes", "name": "x", "do": "send_again"})
        looks = route.pattern.endswith(("/preview/", "/proposal/", "/look"))
        assert answer.status_code in ((200, 302, 405) if looks else (403, 405)), (route, answer.status_code)
        assert everything() == before, f"a viewer changed something by {route.path}"


def test_nothing_is_posted_without_the_csrf_token(worlds) -> None:
    ours, ids, _ = worlds
    client = person(ours, "owner", enforce_csrf_checks=True)
    before = everything()
    for route in routes(ids):
        answer = client.post(route.path, {"confirm": "yes", "name": "x", "do": "send_again"})
        assert answer.status_code in (403, 405), (route, answer.status_code)
        assert everything() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_numbers_of_another_workspace_lead_nowhere(worlds, method: str) -> None:
    _, ids, theirs = worlds
    client = person(theirs, "owner")
    before = everything()
    for route in routes(ids):
        if "<int:" not in route.pattern or "job_id" in route.pattern:  # background tasks are the machine's
            continue
        answer = getattr(client, method)(route.path, {"confirm": "yes", "name": "x"})
        assert answer.status_code in (404, 405), (route, answer.status_code)
        assert b"harbour" not in answer.content, route
        assert everything() == before


def test_fields_that_name_another_workspaces_things_are_refused(worlds) -> None:
    _, ids, theirs = worlds
    client = person(theirs, "owner")
    own = Campaign.objects.get(workspace=theirs)
    before = everything()
    for path, fields in (
        (f"/campaigns/{own.pk}/edit/", {"name": "x", "list": ids["list_id"], "connection": ids["connection_id"]}),
        ("/contacts/add", {"address": "x@example.net", "list": ids["list_id"], "basis": "customer", "source": "s"}),
        ("/messages/in-doubt/resolve", {"message": ids["message_id"], "messages": ids["message_id"], "do": "send"}),
        ("/messages/in-doubt/resolve", {"message": ids["message_id"], "do": "send_again"}),
    ):
        answer = client.post(path, fields)
        assert answer.status_code < 500, path
        assert everything() == before, path
    for path in (
        f"/campaigns/{own.pk}/preview/?contact={ids['contact_id']}",
        f"/campaigns/{own.pk}/preview/mail/?contact={ids['contact_id']}",
        f"/messages/?campaign={ids['campaign_id']}",
        f"/feedback/?connection={ids['connection_id']}",
        f"/contacts/?list={ids['list_id']}",
    ):
        assert b"harbour" not in client.get(path).content, path


ODD = ["a%00b", "%ff%fe", "-1", "99999999999999999999999", "%D9%A3"]
NAMES = (
    "page",
    "q",
    "status",
    "reason",
    "state",
    "outcome",
    "connection",
    "campaign",
    "list",
    "contact",
    "part",
    "next",
)


@pytest.mark.parametrize("value", ODD)
def test_odd_parameters_break_no_page(worlds, value: str) -> None:
    ours, ids, _ = worlds
    client = person(ours, "owner")
    query = "&".join(f"{name}={value}" for name in NAMES)
    for route in routes(ids):
        answer = client.get(f"{route.path}?{query}")
        assert answer.status_code < 500, (route, answer.status_code)


FIELDS = (
    *("name", "address", "list", "connection", "subject", "body", "from_address", "from_name", "reply_to", "until"),
    *("email", "contact", "nonce", "column", "encoding", "message", "key", "because", "reason", "use_case", "do"),
    *("limit_value", "limit_kind", "mail_type", "website", "purpose", "source", "basis", "description", "next"),
    *("sender_name", "postal_address", "login", "password", "text"),
)


TYPED = ["a\x00b", "9" * 40, "x" * 100_000, "a\r\nBcc: b@example.net"]


@pytest.mark.parametrize("value", TYPED, ids=["nul", "digits", "long", "header"])
def test_odd_fields_break_no_form(worlds, value: str) -> None:
    ours, ids, _ = worlds
    client = person(ours, "owner")
    fields = dict.fromkeys(FIELDS, value)
    for route in routes(ids):
        if route.pattern == "accounts/logout/":
            continue
        answer = client.post(route.path, fields)
        assert answer.status_code < 500, (route, answer.status_code)
