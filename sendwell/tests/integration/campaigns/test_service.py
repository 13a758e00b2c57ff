"""Campaigns from Start to their end, on both engines: once per contact, whatever is interrupted; numbers add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from sendwell.campaigns import jobs as handlers
from sendwell.campaigns import service
from sendwell.campaigns.models import Campaign
from sendwell.connections.models import Connection, PublicUrlProof
from sendwell.core.installation import Installation
from sendwell.core.jobs import JobContext
from sendwell.core.models import Job
from sendwell.outbox.models import Message
from sendwell.suppression.models import Suppression

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BASE = "https://mail.example.com"


def statuses(campaign: Campaign) -> dict[str, tuple[str, str]]:
    rows = Message.objects.filter(campaign_id=campaign.pk)
    return {row.address.partition("@")[0]: (row.status, row.reason) for row in rows}


def test_everyone_gets_one_row_and_the_skipped_say_why(world: Any):
    world.subscribe("ok")
    world.subscribe("left", unsubscribed_at=NOW)
    world.subscribe("off", status="unsubscribed")
    world.subscribe("new", status="unconfirmed")
    world.subscribe("away", paused_until=NOW + timedelta(days=3))
    world.subscribe("gone")
    Suppression.objects.create(
        connection=world.connection, key="gone@example.net", reason="hard_bounce", created_at=NOW
    )
    service.start(world.campaign, "owner", NOW, BASE)
    assert service.expand_next_batch(world.campaign.pk, NOW) is False
    assert statuses(world.campaign) == {
        "ok": ("queued", ""),
        "left": ("skipped", "unsubscribed"),
        "off": ("skipped", "unsubscribed"),
        "new": ("skipped", "unconfirmed"),
        "away": ("skipped", "contact_paused"),
        "gone": ("skipped", "suppressed_bounce"),
    }
    world.campaign.refresh_from_db()
    assert world.campaign.expanded_at == NOW


def test_start_freezes_the_content(world: Any):
    world.subscribe("ok")
    service.start(world.campaign, "owner", NOW, BASE)
    Campaign.objects.filter(pk=world.campaign.pk).update(subject="Changed afterwards")
    campaign = Campaign.objects.select_related("content").get(pk=world.campaign.pk)
    assert (campaign.status, campaign.started_by) == ("running", "owner")
    assert campaign.content is not None
    assert (campaign.content.subject, campaign.content.message_class) == ("Hello", "marketing")
    assert (campaign.content.list_name, campaign.content.list_number) == ("News", world.list.pk)


def test_batches_of_500_meet_without_gap_or_double(world: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service, "BATCH", 2)
    world.subscribe("a", "b", "c", "d", "e")
    service.start(world.campaign, "owner", NOW, BASE)
    more = [service.expand_next_batch(world.campaign.pk, NOW) for _ in range(4)]
    assert more == [True, True, False, False]
    assert sorted(statuses(world.campaign)) == ["a", "b", "c", "d", "e"]


def test_a_batch_that_dies_before_its_commit_is_repeated_whole(world: Any, monkeypatch: pytest.MonkeyPatch):
    world.subscribe("a", "b")
    service.start(world.campaign, "owner", NOW, BASE)
    with pytest.raises(RuntimeError, match="killed"), transaction.atomic():
        service.expand_next_batch(world.campaign.pk, NOW)
        raise RuntimeError("killed")
    assert statuses(world.campaign) == {}
    service.expand_next_batch(world.campaign.pk, NOW)
    assert sorted(statuses(world.campaign)) == ["a", "b"]


def test_a_cursor_set_back_mails_nobody_twice(world: Any):
    world.subscribe("a", "b")
    service.start(world.campaign, "owner", NOW, BASE)
    service.expand_next_batch(world.campaign.pk, NOW)
    Message.objects.filter(address="a@example.net").update(status="accepted", accepted_at=NOW)
    Campaign.objects.filter(pk=world.campaign.pk).update(cursor=0, expanded_at=None)
    service.expand_next_batch(world.campaign.pk, NOW)
    assert statuses(world.campaign) == {"a": ("accepted", ""), "b": ("queued", "")}


def test_pause_holds_and_stops_taking_in(world: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service, "BATCH", 2)
    world.subscribe("a", "b", "c")
    service.start(world.campaign, "owner", NOW, BASE)
    service.expand_next_batch(world.campaign.pk, NOW)
    service.pause(world.campaign.pk, NOW)
    assert service.expand_next_batch(world.campaign.pk, NOW) is False
    assert set(statuses(world.campaign).values()) == {("held", "paused_campaign")}
    service.resume(world.campaign.pk, NOW)
    service.expand_next_batch(world.campaign.pk, NOW)
    assert set(statuses(world.campaign).values()) == {("queued", "")}
    assert len(statuses(world.campaign)) == 3


def test_cancel_is_for_good(world: Any):
    world.subscribe("a", "b")
    service.start(world.campaign, "owner", NOW, BASE)
    service.expand_next_batch(world.campaign.pk, NOW)
    service.cancel(world.campaign.pk, NOW)
    service.cancel(world.campaign.pk, NOW)
    assert set(statuses(world.campaign).values()) == {("cancelled", "owner")}
    with pytest.raises(service.CannotDoError, match="over"):
        service.resume(world.campaign.pk, NOW)


def test_a_start_twice_is_refused(world: Any):
    world.subscribe("a")
    service.start(world.campaign, "owner", NOW, BASE)
    with pytest.raises(service.CannotDoError, match="already"):
        service.start(world.campaign, "owner", NOW, BASE)


def test_what_blocks_a_start_is_named_and_nothing_changes(world: Any):
    world.campaign.subject = ""
    world.campaign.from_address = "news@elsewhere.org"
    world.campaign.save()
    Connection.objects.update(setup_state="new")
    with pytest.raises(service.NotStartableError) as caught:
        service.start(world.campaign, "owner", NOW, BASE)
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["connection_not_ready", "from_not_verified", "no_audience", "subject_empty"]
    world.campaign.refresh_from_db()
    assert (world.campaign.status, world.campaign.content_id) == ("draft", None)
    assert not Job.objects.exists()


def test_a_real_connection_needs_a_public_https_address_that_was_proved(world: Any):
    world.subscribe("a")
    Connection.objects.update(kind="aws")
    world.campaign.refresh_from_db()
    world.campaign.connection.refresh_from_db()
    assert [p.code for p in service.problems(world.campaign, "http://127.0.0.1:8000", NOW)] == ["no_public_url"]
    (untried,) = service.problems(world.campaign, BASE, NOW)
    assert "has not been tried" in untried.text
    proof = PublicUrlProof.objects.create(url=BASE, checked_at=NOW, ok=False, detail="It redirects to elsewhere.")
    (failed,) = service.problems(world.campaign, BASE, NOW)
    assert "It redirects to elsewhere." in failed.text
    proof.ok = True
    proof.save()
    assert service.problems(world.campaign, BASE, NOW) == []
    (other,) = service.problems(world.campaign, "https://other.example.com", NOW)
    assert other.code == "no_public_url", "the proof of one address says nothing of another"


def test_it_finishes_when_nobody_is_open(world: Any):
    world.subscribe("a", "b")
    world.subscribe("c", status="unconfirmed")
    service.start(world.campaign, "owner", NOW, BASE)
    assert service.finish_if_done(world.campaign.pk, NOW) is False
    service.expand_next_batch(world.campaign.pk, NOW)
    assert service.finish_if_done(world.campaign.pk, NOW) is False
    for waiting in ("sending", "held", "in_doubt"):
        reason = {"sending": "", "held": "sandbox", "in_doubt": "no_answer"}[waiting]
        Message.objects.filter(status__in=["queued", "sending", "held"]).update(status=waiting, reason=reason)
        assert service.finish_if_done(world.campaign.pk, NOW) is False
    Message.objects.filter(status="in_doubt").update(status="accepted", reason="")
    assert service.finish_if_done(world.campaign.pk, NOW) is True
    world.campaign.refresh_from_db()
    assert (world.campaign.status, world.campaign.finished_at) == ("finished", NOW)


def test_the_jobs_take_it_from_start_to_end(world: Any, installation: Installation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service, "BATCH", 1)
    monkeypatch.setattr(handlers, "BATCHES_A_RUN", 2)
    world.subscribe("a", "b", "c")
    service.start(world.campaign, "owner", NOW, BASE)
    job = Job.objects.get()
    assert (job.kind, job.payload) == ("campaigns.expand", {"campaign": world.campaign.pk})
    context = JobContext(installation, NOW)
    assert handlers.expand(job.payload, context) == timedelta(0)
    assert handlers.expand(job.payload, context) is None
    assert len(statuses(world.campaign)) == 3
    assert Job.objects.filter(kind="campaigns.finish").exists()
    assert handlers.finish(job.payload, context) is not None
    Message.objects.update(status="delivered")
    assert handlers.finish(job.payload, context) is None
    world.campaign.refresh_from_db()
    assert world.campaign.status == "finished"


def test_a_deleted_campaign_ends_its_jobs(world: Any, installation: Installation):
    context = JobContext(installation, NOW)
    assert handlers.expand({"campaign": 999}, context) is None
    assert handlers.finish({"campaign": 999}, context) is None


def test_only_drafts_can_be_discarded(world: Any):
    world.subscribe("a")
    copied = service.copy(world.campaign, datetime(2026, 12, 1, tzinfo=NOW.tzinfo))
    assert (copied.status, copied.name, copied.body) == ("draft", "June (copy)", "Hello.")
    service.discard(copied)
    service.start(world.campaign, "owner", NOW, BASE)
    with pytest.raises(service.CannotDoError):
        service.discard(world.campaign)
