"""Throttles, dead networks, lost answers, refused accounts: nothing is lost, nothing is doubled, nothing is blamed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sendwell.outbox import pacing, service
from sendwell.outbox.models import Attempt, Message, MinuteCount, Pace


def counted() -> int:
    return sum(MinuteCount.objects.values_list("recipients", flat=True))


def test_throttle_storms_delay_and_slow_down_but_never_fail(world: Any, ses: Any) -> None:
    world.limits(rate=500)
    seen: Counter[int] = Counter()

    def script(call: Any) -> str:
        seen[call.message_id] += 1
        return "rate" if seen[call.message_id] == 1 and call.message_id % 2 else "ok"

    ses.script = script
    world.campaign(world.people(60))
    world.run()
    assert world.statuses() == {"accepted": 60}
    assert set(ses.accepted.values()) == {1}
    assert world.outcomes() == {"accepted": 60, "throttled": 30}
    assert world.pace().slow_factor < 1
    assert counted() == 60, "throttled calls leave the window again"


def test_the_daily_refusal_pauses_with_a_time(world: Any, ses: Any) -> None:
    ses.script = lambda call: "daily"
    world.campaign(world.people(5))
    world.run(until=lambda: world.pace().quota_paused_until is not None)
    assert world.statuses() == {"queued": 5}
    capacity = service.capacity(world.connection.pk, world.now)
    assert capacity.reason == "daily_quota"
    assert timedelta(0) < capacity.paused_until - world.now <= pacing.DAILY_RETRY
    assert capacity.used == 0

    ses.script = lambda call: "ok"
    world.limits()  # SES was asked again: the pause ends
    world.run()
    assert world.statuses() == {"accepted": 5}


def test_our_own_count_stops_before_ses_must(world: Any, ses: Any) -> None:
    world.limits(quota=20)
    world.campaign(world.people(30))
    world.run(until=lambda: world.statuses().get("accepted") == 18)
    world.single("urgent")
    world.run(until=lambda: world.statuses().get("accepted") == 19)
    assert len(ses.calls) == 19, "18 for the campaign, the reserve of 2 for opt-in and transactional mail"
    capacity = service.capacity(world.connection.pk, world.now)
    assert (capacity.left, capacity.left_campaign, capacity.reason) == (1, 0, "daily_quota_campaigns")
    assert capacity.paused_until > world.now + timedelta(hours=23, minutes=58)


def test_an_exhausted_quota_resumes_when_the_window_passes(world: Any, ses: Any) -> None:
    world.limits(quota=10)
    world.campaign(world.people(12))
    world.run(until=lambda: world.statuses().get("accepted") == 9)
    world.installation.clock.advance(timedelta(hours=24, minutes=2))
    world.run()
    assert world.statuses() == {"accepted": 12}
    assert set(ses.accepted.values()) == {1}


def test_mail_of_other_programs_on_the_account_counts(world: Any, ses: Any) -> None:
    world.limits(quota=200, sent=195)
    world.single("a")
    world.campaign(world.people(10))
    world.run(until=lambda: world.statuses().get("accepted") == 1)
    assert service.capacity(world.connection.pk, world.now).used == 196
    assert world.statuses() == {"accepted": 1, "queued": 10}


def test_nobody_listening_puts_everything_back_and_rests(world: Any, ses: Any) -> None:
    config = world.installation.config.model_copy(update={"aws_endpoint": "http://127.0.0.1:9"})
    away = replace(world.parts(), config=config)
    world.campaign(world.people(10))
    world.run(until=lambda: world.pace().backoff_count > 0, parts=away)
    assert world.statuses() == {"queued": 10}
    assert set(world.outcomes()) == {"not_sent"}
    assert counted() == 0
    pace = world.pace()
    assert pace.backoff_reason == "no_connection" and pace.backoff_until is not None

    world.run()
    assert world.statuses() == {"accepted": 10}
    assert set(ses.accepted.values()) == {1}
    assert world.pace().backoff_count == 0


def test_a_lost_answer_is_doubt_and_nothing_is_sent_again(world: Any, ses: Any) -> None:
    ses.script = lambda call: "lost" if call.to.startswith("c0@") else "ok"
    world.campaign(world.people(6))
    world.run()
    assert world.statuses() == {"accepted": 5, "in_doubt": 1}
    assert Message.objects.get(status="in_doubt").reason == "no_answer"
    assert set(ses.accepted.values()) == {1} and len(ses.accepted) == 6
    assert counted() == 6, "doubt counts as sent"


def test_a_timeout_is_doubt(world: Any, ses: Any) -> None:
    ses.script = lambda call: "hang"
    world.single("a")
    world.run(parts=world.impatient_parts())
    assert world.statuses() == {"in_doubt": 1}


def test_a_server_error_is_doubt_and_the_connection_rests(world: Any, ses: Any) -> None:
    ses.script = lambda call: "500"
    world.limits(rate=20)
    world.campaign(world.people(200))
    world.run(until=lambda: world.pace().backoff_count > 0)
    assert Message.objects.get(id=Message.objects.filter(status="in_doubt").first().pk).reason == "server_error"
    assert world.pace().backoff_reason == "no_answer"
    assert world.statuses()["queued"] > 150, "an ailing SES does not cost the campaign"


def test_a_paused_account_blocks_the_connection_and_says_why(world: Any, ses: Any) -> None:
    ses.script = lambda call: "paused"
    world.campaign(world.people(3))
    world.run(until=lambda: world.pace().backoff_count > 0)
    assert world.statuses() == {"queued": 3}
    capacity = service.capacity(world.connection.pk, world.now)
    assert capacity.reason == "blocked"
    assert "Sending paused for this account." in capacity.detail
    world.connection.refresh_from_db()
    assert "SendingPausedException" in world.connection.problem

    ses.script = lambda call: "ok"
    Pace.objects.update(backoff_until=world.now)
    world.run()
    assert world.statuses() == {"accepted": 3}
    world.connection.refresh_from_db()
    assert world.connection.problem == ""


def test_a_key_that_opens_nothing_gives_rows_back(world: Any, ses: Any) -> None:
    world.connection.secret_access_key = "damaged"
    world.connection.save()
    world.campaign(world.people(2))
    world.run(until=lambda: world.pace().backoff_count > 0)
    assert world.statuses() == {"queued": 2}
    assert "key ring" in world.pace().backoff_detail


def test_a_polite_stop_leaves_nothing_in_doubt(world: Any, ses: Any) -> None:
    ses.script = lambda call: "slow"
    world.limits(rate=100)
    world.campaign(world.people(100))
    world.run(until=lambda: len(ses.calls) >= 10)
    found = world.statuses()
    assert set(found) <= {"queued", "accepted"} and found["accepted"] >= 10
    assert found["accepted"] == len(ses.accepted)
    world.run()
    assert world.statuses() == {"accepted": 100}
    assert set(ses.accepted.values()) == {1}


def test_the_rate_is_kept_and_used(world: Any, ses: Any) -> None:
    world.limits(rate=40)
    world.campaign(world.people(100))
    world.run()
    times = sorted(call.at for call in ses.calls)
    assert 0.95 * 99 / 40 <= times[-1] - times[0] <= 2 * 99 / 40


def test_attempts_tell_the_whole_story(world: Any, ses: Any) -> None:
    answers = iter(["rate", "500"])
    ses.script = lambda call: next(answers, "ok")
    pk = world.single("a")
    world.run()
    found = list(Attempt.objects.filter(message=pk).order_by("n").values_list("n", "outcome", "error_code"))
    assert found == [(1, "throttled", "TooManyRequestsException"), (2, "in_doubt", "http_500")]


def test_a_fault_of_our_own_in_one_message_stops_no_other(world: Any, ses: Any, monkeypatch: Any) -> None:
    from sendwell.outbox.composing import Composer

    compose = Composer.compose

    def broken(self: Any, item: Any, *rest: Any) -> Any:
        if item.row.address.startswith("c1@"):
            raise ZeroDivisionError("a bug")
        return compose(self, item, *rest)

    monkeypatch.setattr(Composer, "compose", broken)
    world.campaign(world.people(4))
    world.run()
    assert world.statuses() == {"accepted": 3, "failed": 1}
    assert Attempt.objects.get(outcome="not_sent").error_text == "ZeroDivisionError: a bug"


def test_a_sender_that_breaks_leaves_nothing_in_flight(world: Any, ses: Any, monkeypatch: Any) -> None:
    from sendwell.outbox import sender

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(sender, "load_sources", broken)
    world.campaign(world.people(4))
    world.run(until=lambda: world.outcomes().get("not_sent", 0) >= 4)
    assert world.statuses() == {"queued": 4}
    assert counted() == 0
