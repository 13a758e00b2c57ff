"""A workspace with a form, its visitors and its owner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from sendwell.connections.models import Connection, Identity
from sendwell.contacts.models import Contact, List, Subscription
from sendwell.core import jobs
from sendwell.core.clock import Clock
from sendwell.core.db import DjangoDb
from sendwell.core.installation import Installation, installation
from sendwell.core.jobs import JobContext
from sendwell.forms import editing
from sendwell.forms.jobs import HANDLERS
from sendwell.forms.models import SignupForm
from sendwell.outbox import service as outbox
from sendwell.outbox.models import Message
from sendwell.outbox.singles import unseal
from sendwell.workspaces.models import Membership, Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class StandingClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        super().__init__(None)
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def offset(self) -> timedelta:
        return timedelta(0)


@dataclass
class World:
    """Everything a test of forms touches. `ip` changes with each post unless a test holds it."""

    clock: StandingClock
    workspace: Workspace
    connection: Connection
    news: List
    tips: List
    form: SignupForm
    visitor: Client = field(default_factory=Client)
    posts: int = 0

    def later(self, **span: float) -> None:
        self.clock.at += timedelta(**span)

    def page(self, path: str = "") -> str:
        answer = self.visitor.get(f"/f/{self.form.public_id}{path}")
        assert answer.status_code == 200, answer.content
        return str(answer.content.decode())

    def post(self, email: str, *, wait: float = 5, ip: str = "", path: str = "", form: Any = None, **given: Any) -> Any:
        """Open the form, wait, send it."""
        form = form or self.form
        html = self.visitor.get(f"/f/{form.public_id}{path}").content.decode()
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
        self.later(seconds=wait)
        self.posts += 1
        ip = ip or f"192.0.{self.posts % 200}.{self.posts // 200 + 1}"
        values = {**fields, "email": email, "consent": "yes", **given}
        return self.visitor.post(
            f"/f/{form.public_id}{path}",
            {name: value for name, value in values.items() if value is not None},
            REMOTE_ADDR=ip,
            headers={"user-agent": "Mozilla/5.0 (test)"},
        )

    def work(self) -> None:
        """Run what is due, as a worker does."""
        jobs.run_due(HANDLERS, JobContext(installation(), self.clock.at), self.clock.at)

    def mails(self) -> list[Message]:
        return list(Message.objects.filter(stream="opt_in").order_by("id"))

    def link(self, message: Message | None = None) -> str:
        """The path of the link in a mail, as the sender would write it."""
        found = unseal(installation().ring, (message or self.mails()[-1]).context)["confirm_url"]
        return str(found).removeprefix(installation().config.base_url)

    def deliver(self) -> None:
        """SES takes all that is queued."""
        Message.objects.filter(status="queued").update(
            status="accepted", accepted_at=self.clock.at, ses_message_id="ses-1"
        )

    def press(self, link: str) -> str:
        return str(self.visitor.post(link, {"confirm": "yes"}, REMOTE_ADDR="198.51.100.7").content.decode())

    def sign_up(self, email: str, **given: Any) -> str:
        """The whole way; the page after the press."""
        self.post(email, **given)
        self.work()
        self.deliver()
        return self.press(self.link())

    def standing(self, email: str, of: List | None = None) -> str:
        contact = Contact.objects.filter(key=email.lower()).first()
        if contact is None:
            return "unknown"
        return str(outbox_consent(contact, of or self.news, self.clock.at))

    def subscription(self, email: str, of: List) -> Subscription | None:
        return Subscription.objects.filter(contact__key=email, list=of).first()

    def new_form(self, *lists: List, **changes: Any) -> SignupForm:
        made = editing.draft(self.workspace, self.connection, "news@example.org", self.clock.at)
        for name, value in {"captcha": "none", **changes}.items():
            setattr(made, name, value)
        editing.save(made, list(lists), "", installation().ring, self.clock.at)
        return made


def outbox_consent(contact: Contact, of: List, now: datetime) -> str:
    from sendwell.contacts import service as contacts

    return contacts.consent(DjangoDb(), of.pk, [contact.pk], now)[contact.pk].value


def make_world(clock: StandingClock) -> World:
    workspace = Workspace.objects.create(
        name="W", sender_name="Example Ltd", postal_address="1 Road, Town", created_at=NOW
    )
    connection = Connection.objects.create(
        workspace=workspace, name="C", kind="embedded", created_at=NOW, hook_key="h", setup_state="ready"
    )
    Identity.objects.create(connection=connection, name="example.org", kind="domain", status="SUCCESS", verified=True)
    news = List.objects.create(workspace=workspace, name="News", created_at=NOW)
    tips = List.objects.create(workspace=workspace, name="Tips", created_at=NOW)
    world = World(clock, workspace, connection, news, tips, SignupForm())
    world.form = world.new_form(news)
    return world


@pytest.fixture
def clock() -> Iterator[StandingClock]:
    """The installation's clock stands still until a test moves it."""
    before: Installation = settings.SENDWELL
    standing = StandingClock()
    settings.SENDWELL = replace(before, clock=standing)
    yield standing
    settings.SENDWELL = before


@pytest.fixture
def world(clock: StandingClock, db: object) -> World:
    return make_world(clock)


@pytest.fixture
def both(clock: StandingClock, engine: object) -> World:
    """On each engine, committed."""
    return make_world(clock)


@pytest.fixture
def owner(world: World) -> Client:
    user = User.objects.create_user("owner@example.org", "owner@example.org")
    Membership.objects.create(user=user, workspace=world.workspace, role="owner")
    client = Client()
    client.force_login(user)
    return client


def release(world: World) -> int:
    return outbox.release_sandbox(DjangoDb(), world.connection.pk, world.clock.at)
