"""From queued to accepted and recorded, on both engines, against a server that answers like SES."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sendwell.connections.models import Identity
from sendwell.contacts import service as contacts
from sendwell.core.db import DjangoDb
from sendwell.outbox import service
from sendwell.outbox.models import Attempt, Message, MinuteCount
from sendwell.suppression import service as suppression
from sendwell.suppression.models import SuppressionReason


def test_a_campaign_reaches_everybody_once(world: Any, ses: Any) -> None:
    world.campaign(world.people(120))
    world.run()
    assert world.statuses() == {"accepted": 120}
    assert set(ses.accepted.values()) == {1} and len(ses.accepted) == 120
    message = Message.objects.order_by("id").first()
    attempt = Attempt.objects.get(message=message)
    assert (attempt.n, attempt.outcome, attempt.ses_message_id) == (1, "accepted", f"ses-{message.pk}.1")
    assert message.ses_message_id == attempt.ses_message_id
    assert message.accepted_at is not None and message.lease_until is None
    assert sum(MinuteCount.objects.values_list("recipients", flat=True)) == 120


def test_what_reaches_ses_is_the_rendered_mail_with_its_headers(world: Any, ses: Any) -> None:
    world.campaign(world.people(1))
    world.run()
    body = ses.calls[0].body
    simple = body["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "Hello Contact 0"
    assert "Dear Contact 0" in simple["Body"]["Html"]["Data"]
    headers = {item["Name"]: item["Value"] for item in simple["Headers"]}
    assert headers["List-Unsubscribe"].startswith("<https://mail.example.com/u/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert body["ConfigurationSetName"] == "sendwell"
    assert body["FromEmailAddress"] == '"News" <news@example.com>'


def test_single_messages_go_first_and_carry_their_own_words(world: Any, ses: Any) -> None:
    world.limits(rate=5)
    world.campaign(world.people(3))
    world.single("a", "tx@example.org", service.Stream.TRANSACTIONAL)
    world.single("b", "optin@example.org", service.Stream.OPT_IN)
    world.run()
    assert [call.to for call in ses.calls[:2]] == ["optin@example.org", "tx@example.org"]
    assert "Say hello." in ses.calls[0].body["Content"]["Simple"]["Body"]["Html"]["Data"]


def test_the_database_refuses_doubles(world: Any) -> None:
    people = world.people(5)
    assert world.campaign(people) == 5
    assert world.campaign(people) == 0
    first = world.single("key")
    assert world.single("key", "other@example.org") == first
    row = Message.objects.filter(campaign_id=1).values().first()
    row.pop("id")
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(**row)


def test_everything_is_asked_right_before_the_call(world: Any, ses: Any) -> None:
    people = world.people(6)
    world.campaign(people)
    suppression.consider(DjangoDb(), world.connection.pk, people[0].key, SuppressionReason.HARD_BOUNCE, {}, world.now)
    suppression.consider(DjangoDb(), world.connection.pk, people[1].key, SuppressionReason.COMPLAINT, {}, world.now)
    contacts.unsubscribe(people[2].pk, world.mailing.pk, "page", {}, world.now)
    people[3].subscriptions.update(status="unconfirmed")
    world.run()
    found = dict(Message.objects.order_by("id").values_list("contact_id", "reason"))
    assert [found[one.pk] for one in people] == [
        "suppressed_bounce", "suppressed_complaint", "unsubscribed", "unconfirmed", "", "",
    ]  # fmt: skip
    assert world.statuses() == {"skipped": 4, "accepted": 2}
    assert len(ses.calls) == 2 and Attempt.objects.count() == 2


def test_thousands_of_skipped_rows_do_not_cost_slots(world: Any, ses: Any) -> None:
    world.limits(rate=1)
    people = world.people(2500)
    world.campaign(people)
    contacts_left = [one.pk for one in people[:2499]]
    world.mailing.subscriptions.filter(contact_id__in=contacts_left).update(status="unsubscribed")
    world.run()
    assert world.statuses() == {"skipped": 2499, "accepted": 1}


def test_the_sandbox_holds_strangers_without_a_call_and_the_grant_releases_them(world: Any, ses: Any) -> None:
    world.connection.in_sandbox = True
    world.connection.save()
    Identity.objects.create(
        connection=world.connection, name="c1@example.org", kind="email", status="SUCCESS", verified=True
    )
    world.campaign(world.people(3))
    world.single("s", "success@simulator.amazonses.com")
    world.run()
    assert world.statuses() == {"held": 2, "accepted": 2}
    assert set(Message.objects.filter(status="held").values_list("reason", flat=True)) == {"sandbox"}
    assert {call.to for call in ses.calls} == {"c1@example.org", "success@simulator.amazonses.com"}
    assert sum(MinuteCount.objects.values_list("recipients", flat=True)) == 1, "the simulator does not count"

    world.connection.in_sandbox = False
    world.connection.save()
    assert world.in_transaction(service.release_sandbox, world.connection.pk, world.now) == 2
    world.run()
    assert world.statuses() == {"accepted": 4}
    assert set(ses.accepted.values()) == {1}


def test_unverified_in_a_sandbox_we_did_not_know_of_is_held(world: Any, ses: Any) -> None:
    world.connection.in_sandbox = None
    world.connection.save()
    ses.script = lambda call: "unverified"
    world.campaign(world.people(3))
    world.run()
    assert world.statuses() == {"held": 3}
    assert MinuteCount.objects.get().recipients == 0


def test_refusals_fail_with_seses_words(world: Any, ses: Any) -> None:
    ses.script = lambda call: "refused"
    world.campaign(world.people(1))
    world.run()
    message = Message.objects.get()
    assert (message.status, message.reason) == ("failed", "refused")
    attempt = Attempt.objects.get()
    assert (attempt.error_code, attempt.error_text) == (
        "BadRequestException", "Local address contains control or whitespace",
    )  # fmt: skip


def test_a_message_that_cannot_be_rendered_fails_alone(world: Any, ses: Any) -> None:
    world.single("a")
    world.plain.subject = "{{ missing.deep }}"
    world.plain.save()
    world.campaign(world.people(2))
    world.run()
    assert world.statuses() == {"failed": 1, "accepted": 2}
    assert Message.objects.get(status="failed").reason == "render_error"
    assert Attempt.objects.get(message__status="failed").outcome == "not_sent"


def test_a_paused_campaign_holds_even_what_comes_back(world: Any, ses: Any) -> None:
    world.campaign(world.people(4), campaign_id=1)
    world.campaign(world.contacts, campaign_id=2)
    assert world.in_transaction(service.pause_campaign, 1, world.now) == 4
    late = world.people(1, "late.example.org")
    world.campaign(late, campaign_id=1)  # enqueued after the pause: the stop is read right before the call
    world.run()
    assert world.statuses() == {"held": 5, "accepted": 4}
    assert world.in_transaction(service.resume_campaign, 1, world.now) == 5
    world.run()
    assert world.statuses() == {"accepted": 9}


def test_a_cancelled_campaign_stays_cancelled(world: Any, ses: Any) -> None:
    world.campaign(world.people(3))
    assert world.in_transaction(service.cancel_campaign, 1, world.now) == 3
    world.campaign(world.people(1, "late.example.org"))
    world.run()
    assert world.statuses() == {"cancelled": 4}
    assert ses.calls == []


def test_counts_add_up_by_status_and_reason(world: Any) -> None:
    people = world.people(4)
    rows = [service.NewRow(one.pk, one.address, one.key) for one in people[:3]]
    rows.append(service.NewRow(people[3].pk, people[3].address, people[3].key, service.Reason.UNSUBSCRIBED))
    with transaction.atomic():
        service.enqueue_campaign(
            DjangoDb(), workspace_id=world.workspace.pk, connection_id=world.connection.pk, campaign_id=7,
            list_id=world.mailing.pk, content_id=world.content.pk, rows=rows, now=world.now,
        )  # fmt: skip
    assert service.campaign_counts([7, 8]) == {7: {"queued": {"": 3}, "skipped": {"unsubscribed": 1}}}
    assert service.messages_of(7, status="skipped").count() == 1
