"""What follows from a notification, on both engines: once, in any order, and never beyond its connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sendwell.content.models import Content
from sendwell.feedback import service
from sendwell.feedback.models import Feedback, Notification, NotificationState
from sendwell.outbox.models import Attempt, Message
from sendwell.outbox.service import Stream, enqueue_single
from sendwell.reputation.service import totals
from sendwell.suppression.models import Suppression

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
SES_ID = "0100018b9150141c-4a1e-0000"


class World:
    """One connection with one message on its way, and SNS posts about it."""

    def __init__(self, connection: Any, address: str = "reader@example.org") -> None:
        self.connection, self.address, self.posted = connection, address, 0
        content = Content.objects.create(
            workspace=connection.workspace, message_class="transactional", from_address="a@example.com",
            subject="s", body="b", created_at=NOW,
        )  # fmt: skip
        self.message_id = enqueue_single(
            workspace_id=connection.workspace_id, connection_id=connection.pk, stream=Stream.TRANSACTIONAL,
            idempotency_key="k", content_id=content.pk, address=address, now=NOW,
        )  # fmt: skip
        Attempt.objects.create(message_id=self.message_id, n=1, started_at=NOW)
        Message.objects.filter(pk=self.message_id).update(status="sending", attempts=1)

    def post(self, text: str | dict[str, Any]) -> Notification:
        """A stored notification, as the webhook leaves it."""
        self.posted += 1
        return Notification.objects.create(
            connection=self.connection, sns_message_id=f"sns-{self.connection.pk}-{self.posted}", topic_arn="t",
            body=text if isinstance(text, str) else json.dumps(text), received_at=NOW,
        )  # fmt: skip

    def event(self, kind: str, tagged: bool = True, **block: Any) -> dict[str, Any]:
        mail: dict[str, Any] = {
            "timestamp": "2026-06-01T23:59:59.000Z",
            "messageId": SES_ID,
            "destination": [self.address],
        }
        if tagged:
            mail["tags"] = {"sendwell": [f"{self.message_id}.1"]}
        return {"eventType": kind, "mail": mail, **block}

    def bounce(self, kind: str = "Permanent", subtype: str = "General", feedback_id: str = "f1", tagged: bool = True):
        people = [{"emailAddress": self.address, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]
        block = {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": people, "feedbackId": feedback_id}
        return self.event("Bounce", tagged, bounce={**block, "timestamp": "2026-06-02T00:00:01.000Z"})

    def complaint(self, **more: Any) -> dict[str, Any]:
        block = {"complainedRecipients": [{"emailAddress": self.address}], "feedbackId": "c1", **more}
        return self.event("Complaint", complaint=block)

    @property
    def status(self) -> str:
        return str(Message.objects.get(pk=self.message_id).status)

    @property
    def suppressed(self) -> dict[str, str]:
        found = Suppression.objects.filter(connection=self.connection, lifted_at=None)
        return dict(found.values_list("key", "reason"))

    @property
    def counted(self) -> dict[str, int]:
        return totals(self.connection.pk, 30, date(2026, 6, 2))


@pytest.fixture
def world(engine: Any, make_connection: Callable[..., Any]) -> World:
    return World(make_connection())


def apply() -> int:
    return service.apply_pending(NOW)


def states() -> list[str]:
    return list(Notification.objects.order_by("id").values_list("state", flat=True))


def test_a_delivery_settles_and_counts_on_the_day_of_acceptance(world):
    world.post(world.event("Send", send={}))
    world.post(world.event("Delivery", delivery={"recipients": [world.address], "smtpResponse": "250 ok"}))

    assert apply() == 2

    assert world.status == "delivered"
    assert world.counted == {"sent": 1, "delivered": 1}
    assert totals(world.connection.pk, 1, date(2026, 6, 1)) == {"sent": 1, "delivered": 1}
    assert totals(world.connection.pk, 1, date(2026, 6, 2)) == {}
    assert states() == ["applied", "applied"]
    assert apply() == 0


def test_a_hard_bounce_suppresses_with_its_evidence(world):
    world.post(world.bounce())
    apply()

    assert (world.status, world.suppressed) == ("bounced", {"reader@example.org": "hard_bounce"})
    assert Suppression.objects.get().evidence["diagnosticCode"] == "smtp; 550 5.1.1 user unknown"
    assert world.counted == {"hard_bounce": 1}


def test_a_complaint_suppresses(world):
    world.post(world.complaint(complaintFeedbackType="abuse"))
    apply()

    assert (world.status, world.suppressed) == ("complained", {"reader@example.org": "complaint"})


def test_not_spam_does_nothing(world):
    world.post(world.complaint(complaintFeedbackType="not-spam"))
    apply()

    assert (world.status, world.suppressed, world.counted) == ("sending", {}, {})
    assert states() == ["applied"]


@pytest.mark.parametrize("kind", ["Transient", "Undetermined", "Unheard-of"])
def test_soft_bounces_do_not_suppress(world, kind):
    world.post(world.bounce(kind))
    apply()

    assert world.suppressed == {}


@pytest.mark.parametrize("subtype", ["OnAccountSuppressionList", "OnTenantSuppressionList"])
def test_an_echo_of_sess_own_list_is_mirrored_and_not_counted(world, subtype):
    world.post(world.bounce(subtype=subtype))
    apply()

    assert (world.status, world.suppressed) == ("bounced", {"reader@example.org": "ses_list"})
    assert world.counted == {"echo": 1}


def test_repeats_change_nothing(world):
    for _ in range(3):
        world.post(world.bounce())
    world.post(world.bounce(feedback_id="another"))
    apply()

    assert world.counted == {"hard_bounce": 1}
    assert Suppression.objects.count() == 1
    assert Feedback.objects.count() == 2
    assert states() == ["applied"] * 4


def test_a_lifted_suppression_is_not_brought_back_by_a_repeat(world):
    world.post(world.bounce())
    apply()
    Suppression.objects.update(lifted_at=NOW)
    world.post(world.bounce())
    apply()

    assert world.suppressed == {}


def test_events_come_in_any_order(world):
    world.post(world.bounce())
    world.post(world.event("Delivery", delivery={"recipients": [world.address]}))
    world.post(world.event("Send", send={}))
    apply()

    assert world.status == "bounced"


def test_without_a_tag_the_message_is_found_by_sess_id(world):
    Attempt.objects.update(ses_message_id=SES_ID)
    world.post(world.bounce(tagged=False))
    apply()

    assert world.status == "bounced"
    assert Feedback.objects.get().message_id == world.message_id


def test_mail_that_is_not_ours_still_suppresses_here(world):
    world.post(world.bounce(tagged=False))
    apply()

    assert world.status == "sending"
    assert Feedback.objects.get().message_id is None
    assert world.suppressed == {"reader@example.org": "hard_bounce"}


def test_a_tag_reaches_no_other_connections_message(world, make_connection):
    other = World.__new__(World)
    other.connection, other.address, other.posted = make_connection(hook_key="other", topic_arn="x"), world.address, 0
    other.message_id = world.message_id
    other.post(other.bounce())
    apply()

    assert (world.status, world.suppressed) == ("sending", {})
    assert other.suppressed == {"reader@example.org": "hard_bounce"}


def test_the_simulator_suppresses_but_enters_no_rate(engine, make_connection):
    world = World(make_connection(), "bounce+1@simulator.amazonses.com")
    world.post(world.event("Send", send={}))
    world.post(world.bounce())
    apply()

    assert world.status == "bounced"
    assert world.suppressed == {"bounce+1@simulator.amazonses.com": "hard_bounce"}
    assert world.counted == {"simulator": 1}


def test_one_bad_notification_does_not_hold_up_the_others(world):
    world.post({"eventType": "Bounce", "mail": {}})
    world.post("Successfully validated SNS topic for Amazon SES event publishing.")
    world.post({"eventType": "Teleported", "mail": {}})
    world.post(world.event("Open", open={}))
    world.post(world.bounce())
    apply()

    assert states() == ["failed", "ignored", "unknown", "ignored", "applied"]
    assert Notification.objects.order_by("id").first().error == "The event has no bounce."


def test_a_trouble_inside_leaves_nothing_half_done_and_can_be_replayed(world, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    notification = world.post(world.bounce())
    with monkeypatch.context() as patched:
        patched.setattr("sendwell.suppression.service.consider", broken)
        apply()
    assert (world.status, Feedback.objects.count(), states()) == ("sending", 0, ["failed"])

    assert service.replay(notification)
    apply()
    assert (world.status, states()) == ("bounced", [NotificationState.APPLIED])


def test_the_words_of_amazon_and_outbox_are_the_same():
    from sendwell.amazon.events import Kind
    from sendwell.feedback.models import Kind as Stored
    from sendwell.outbox.service import Event

    for kind in Kind:
        assert Event(kind.value)
        assert Stored(kind.value)


def test_the_events_of_another_installation_on_the_same_account_change_nothing_of_ours(world: World) -> None:
    Message.objects.filter(pk=world.message_id).update(status="in_doubt", reason="no_answer")
    event = world.event("Send", send={})
    event["mail"]["destination"] = ["somebody.else@example.org"]
    world.post(event)
    service.apply_pending(NOW)
    assert world.status == "in_doubt"
    assert Feedback.objects.get().message_id is None

    Attempt.objects.update(ses_message_id="ours", outcome="accepted")
    Message.objects.filter(pk=world.message_id).update(status="accepted", reason="", ses_message_id="ours")
    world.post(world.bounce())  # the same address, but a mail that we did not send
    service.apply_pending(NOW)
    assert world.status == "accepted"


@pytest.mark.parametrize("written", ["Reader@Example.org", '"A Reader" <reader@example.org>'])
def test_an_address_in_another_writing_is_still_ours(world: World, written: str) -> None:
    event = world.event("Send", send={})
    event["mail"]["destination"] = [written]
    world.post(event)
    service.apply_pending(NOW)
    assert world.status == "accepted"
