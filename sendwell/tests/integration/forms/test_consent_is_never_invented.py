"""hypothesis: whatever happens in whatever order, nobody who left, paused or is suppressed becomes mailable, except by
a fresh confirmed opt-in.

The model is a person's own view: when they last left each list and everything, until when they paused, whether they
were suppressed, and what they confirmed since. Every list is asked after every step.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sendwell.tests.integration.forms.conftest import StandingClock, World, make_world

from sendwell.contacts import service as contacts
from sendwell.contacts.import_rules import ADDRESS as ADDRESS_COLUMN
from sendwell.contacts.imports import run_import_batch
from sendwell.contacts.models import Contact, Import, List
from sendwell.contacts.service import ContactRefusedError, NewContact
from sendwell.core.addresses import parse
from sendwell.core.db import DjangoDb
from sendwell.outbox.models import Message
from sendwell.suppression import service as suppression
from sendwell.suppression.service import SuppressionReason

ADDRESS = "jane@example.net"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(0, 2)),
        st.tuples(st.just("press"), st.integers(0, 5)),
        st.tuples(st.just("leave"), st.integers(0, 1)),
        st.tuples(st.just("leave_all"), st.just(0)),
        st.tuples(st.just("pause"), st.integers(1, 40)),
        st.tuples(st.just("resume"), st.just(0)),
        st.tuples(st.just("suppress"), st.just(0)),
        st.tuples(st.just("add"), st.integers(0, 1)),
        st.tuples(st.just("import"), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.sampled_from([15, 1500])),
    ),
    min_size=4,
    max_size=14,
)


@dataclass
class Person:
    """What the person did, and when."""

    left: dict[int, datetime] = field(default_factory=dict)
    left_all: datetime | None = None
    confirmed: dict[int, datetime] = field(default_factory=dict)
    asked: dict[int, datetime] = field(default_factory=dict)
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    suppressed: bool = False

    def may_be_mailed(self, of: int, now: datetime) -> bool:
        """Whether it would be no wrong to mail them on this list; an upper bound of what the program may do."""
        gone = max((at for at in (self.left.get(of), self.left_all) if at is not None), default=None)
        if self.suppressed or (gone is not None and self.confirmed.get(of, gone) <= gone):
            return False
        if self.paused_at is None or self.paused_until is None or self.paused_until <= now:
            return True
        return self.confirmed.get(of, self.paused_at) > self.paused_at


@dataclass
class Story:
    """One run: the program's world and the person's view of it."""

    world: World
    person: Person
    forms: list[Any]

    @property
    def now(self) -> datetime:
        return self.world.clock.at

    def contact(self) -> Contact | None:
        return Contact.objects.filter(key=ADDRESS).first()

    def list_of(self, n: int) -> List:
        return (self.world.news, self.world.tips)[n]

    def post(self, n: int) -> None:
        assert self.world.post(ADDRESS, form=self.forms[n]).status_code == 303
        self.world.work()
        self.world.deliver()

    def press(self, n: int) -> None:
        mails = [mail for mail in self.world.mails() if mail.status == "accepted"]
        if not mails:
            return
        mail = mails[n % len(mails)]
        page = self.world.press(self.world.link(mail))
        if "You are signed up" in page:
            for one in self.world.news, self.world.tips:
                gone = max(
                    (at for at in (self.person.left.get(one.pk), self.person.left_all) if at is not None), default=None
                )
                if one.name in mail.context["lists"] and (gone is None or mail.created_at > gone):
                    self.person.confirmed[one.pk] = self.now

    def leave(self, n: int) -> None:
        if (found := self.contact()) is not None:
            contacts.unsubscribe(found.pk, self.list_of(n).pk, "one-click", {}, self.now)
            self.person.left[self.list_of(n).pk] = self.now

    def leave_all(self, _: int) -> None:
        if (found := self.contact()) is not None:
            contacts.unsubscribe(found.pk, None, "page", {}, self.now)
            self.person.left_all = self.now

    def pause(self, days: int) -> None:
        if (found := self.contact()) is not None:
            contacts.pause(found.pk, self.now + timedelta(days=days), "page", {}, self.now)
            self.person.paused_at, self.person.paused_until = self.now, self.now + timedelta(days=days)

    def resume(self, _: int) -> None:
        if (found := self.contact()) is not None:
            contacts.resume(found.pk, "page", {}, self.now)
            self.person.paused_until = None

    def suppress(self, _: int) -> None:
        suppression.consider(DjangoDb(), self.world.connection.pk, ADDRESS, SuppressionReason.COMPLAINT, {}, self.now)
        self.person.suppressed = True

    def add(self, n: int) -> None:
        with contextlib.suppress(ContactRefusedError):
            contacts.add_contact(NewContact(parse(ADDRESS), "", "customer", "card"), self.list_of(n), "me", self.now)

    def do_import(self, n: int) -> None:
        imported = import_of(self.world, self.list_of(n), self.now)

        def suppressed_in(keys: Any) -> set[str]:
            return suppression.suppressed_in_workspace(DjangoDb(), self.world.workspace.pk, keys)

        while not run_import_batch(imported, suppressed_in, self.now):
            pass

    def wait(self, minutes: int) -> None:
        self.world.later(minutes=minutes)
        self.world.work()
        self.world.deliver()

    def check(self) -> None:
        found = self.contact()
        if found is None:
            return
        stopped = bool(suppression.suppressed(DjangoDb(), self.world.connection.pk, [ADDRESS]))
        for one in self.world.news, self.world.tips:
            verdict = contacts.consent(DjangoDb(), one.pk, [found.pk], self.now)[found.pk]
            if verdict == "ok" and not stopped:
                assert self.person.may_be_mailed(one.pk, self.now), (one.name, self.person)


def import_of(world: World, to: List, now: datetime) -> int:
    """An upload of this one address, mapped and ready to run."""
    content = b"email\njane@example.net\n"
    values: dict[str, Any] = {
        "workspace": world.workspace,
        "list": to,
        "filename": "f.csv",
        "mapping": {"columns": [ADDRESS_COLUMN]},
        "source": "card",
        "basis": "single_opt_in",
        "attested_by": "me",
        "state": "running",
        "total": 2,
        "created_at": now,
    }
    names = {one.name for one in Import._meta.get_fields()}
    made = Import.objects.create(**values, **({"content": content} if "content" in names else {}))
    if "content" not in names:
        from django.apps import apps

        apps.get_model("contacts", "ImportFile").objects.create(imported=made, data=content)
    return int(made.pk)


class _UndoneError(Exception):
    """Ends a run, so that the next one begins with an empty database."""


def play(steps: list[tuple[str, int]], clock: StandingClock) -> None:
    world = make_world(clock)
    story = Story(world, Person(), [world.form, world.new_form(world.tips), world.new_form(world.news, world.tips)])
    for name, value in steps:
        world.later(seconds=7)
        getattr(story, {"import": "do_import"}.get(name, name))(value)
        story.check()
    assert not Message.objects.filter(stream="campaign").exists()


BEGINNINGS = st.sampled_from([[], [("post", 2), ("press", 0), ("wait", 15)], [("import", 0), ("add", 1), ("post", 0)]])


@pytest.mark.django_db
@given(steps=st.builds(list.__add__, BEGINNINGS, STEPS))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_is_mailable_against_their_word(steps: list[tuple[str, int]], clock: StandingClock) -> None:
    from sendwell.tests.integration.forms.conftest import NOW

    clock.at = NOW
    try:
        with transaction.atomic():
            play(steps, clock)
            raise _UndoneError
    except _UndoneError:
        pass


@pytest.mark.django_db
@pytest.mark.parametrize(
    "steps",
    [
        [("post", 0), ("press", 0), ("leave_all", 0), ("wait", 15), ("post", 1), ("press", 1), ("import", 0)],
        [("post", 0), ("leave_all", 0), ("press", 0), ("leave", 0), ("import", 0), ("add", 0), ("press", 0)],
        [("import", 1), ("pause", 30), ("post", 0), ("press", 0), ("import", 1)],
        [("import", 0), ("pause", 30), ("post", 0), ("press", 0)],
        [("post", 2), ("press", 0), ("pause", 30), ("wait", 15), ("post", 0), ("press", 1)],
        [("import", 0), ("post", 0), ("leave", 0), ("press", 0)],
        [("import", 0), ("post", 0), ("pause", 9), ("press", 0)],
        [("post", 0), ("suppress", 0), ("press", 0), ("wait", 1500), ("post", 0), ("press", 1)],
    ],
)
def test_some_orders_that_went_wrong_elsewhere(steps: list[tuple[str, int]], clock: StandingClock) -> None:
    play(steps, clock)
