"""Background jobs on both engines: asked for once, run at least once, tried again, never lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from sendwell.core import jobs
from sendwell.core.installation import Installation
from sendwell.core.jobs import JobContext, enqueue, ensure, run_due
from sendwell.core.models import Job

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.usefixtures("engine")
Payloads = list[dict[str, Any]]


@pytest.fixture
def run(installation: Installation) -> Callable[..., int]:
    """Run what is due with one handler for kind `mail`."""

    def runner(handler: jobs.Handler, now: datetime = NOW, limit: int = 20) -> int:
        return run_due({"mail": handler}, JobContext(installation, now), now, limit)

    return runner


def open_jobs() -> list[Job]:
    return list(Job.objects.filter(done_at__isnull=True))


def test_a_due_job_runs_once_with_its_payload(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {"campaign": 7}, NOW)
    seen: Payloads = []
    assert run(lambda payload, context: seen.append(payload)) == 1
    assert run(lambda payload, context: seen.append(payload)) == 0
    assert seen == [{"campaign": 7}]


def test_a_job_waits_for_its_time(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {}, NOW + SECOND)
    assert run(lambda payload, context: None) == 0
    assert run(lambda payload, context: None, NOW + SECOND) == 1


def test_asking_twice_keeps_one_job_with_the_newer_payload_and_the_earlier_time(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {"n": 1}, NOW)
    enqueue("mail", "7", {"n": 2}, NOW + timedelta(hours=1))
    seen: Payloads = []
    assert run(lambda payload, context: seen.append(payload)) == 1
    assert seen == [{"n": 2}]


def test_what_is_asked_for_in_a_transaction_that_fails_was_never_asked_for() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue("mail", "7", {}, NOW)
        raise ZeroDivisionError
    assert open_jobs() == []


def test_a_request_during_the_run_makes_it_run_again(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {"n": 1}, NOW)
    seen: Payloads = []

    def handler(payload: dict[str, Any], context: JobContext) -> None:
        seen.append(payload)
        if len(seen) == 1:
            enqueue("mail", "7", {"n": 2}, NOW)

    run(handler)
    assert seen == [{"n": 1}, {"n": 2}]
    assert open_jobs() == []


def test_a_handler_may_ask_to_run_again_later(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {}, NOW)
    assert run(lambda payload, context: timedelta(minutes=5)) == 1
    assert run(lambda payload, context: None, NOW + timedelta(minutes=4)) == 0
    assert run(lambda payload, context: None, NOW + timedelta(minutes=5)) == 1


def test_a_failure_is_kept_and_tried_again_after_a_growing_delay(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {}, NOW)

    def fails(payload: dict[str, Any], context: JobContext) -> None:
        raise ValueError("the endpoint is down")

    assert run(fails) == 1
    (job,) = open_jobs()
    assert "ValueError: the endpoint is down" in job.last_error
    assert job.due_at == NOW + 2 * SECOND
    run(fails, NOW + 2 * SECOND)
    assert open_jobs()[0].due_at == NOW + 6 * SECOND
    attempts: list[int] = []
    run(lambda payload, context: attempts.append(context.attempt), NOW + 6 * SECOND)
    assert attempts == [3]
    assert Job.objects.get().last_error == ""


def test_after_twenty_failures_a_job_stays_visible_until_somebody_asks(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {}, NOW)
    now = NOW

    def fails(payload: dict[str, Any], context: JobContext) -> None:
        raise ValueError("never")

    for _ in range(jobs.MOST_ATTEMPTS + 5):
        run(fails, now)
        now += timedelta(hours=2)
    (stuck,) = jobs.stuck()
    assert stuck.attempts == jobs.MOST_ATTEMPTS
    assert run(lambda payload, context: None, now) == 0
    assert jobs.retry(stuck.pk, now)
    assert run(lambda payload, context: None, now) == 1
    assert jobs.stuck() == []
    assert not jobs.retry(stuck.pk, now)


def test_a_worker_that_died_leaves_its_job_to_others_when_the_lease_is_over(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {}, NOW)

    def dies(payload: dict[str, Any], context: JobContext) -> None:
        raise KeyboardInterrupt  # like a kill: nothing is recorded

    with pytest.raises(KeyboardInterrupt):
        run(dies)
    assert run(lambda payload, context: None, NOW + jobs.LEASE - SECOND) == 0
    assert run(lambda payload, context: None, NOW + jobs.LEASE + SECOND) == 1


def test_a_worker_that_was_too_slow_does_not_undo_its_successor(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {}, NOW)
    later = NOW + jobs.LEASE + SECOND

    def slow(payload: dict[str, Any], context: JobContext) -> None:
        run(lambda payload, context: timedelta(days=1), later)

    run(slow, limit=1)
    assert open_jobs()[0].due_at == later + timedelta(days=1)


def test_jobs_without_a_handler_are_left_alone(run: Callable[..., int]) -> None:
    enqueue("other", "7", {}, NOW)
    assert run(lambda payload, context: None) == 0
    assert len(open_jobs()) == 1


def test_the_limit_holds(run: Callable[..., int]) -> None:
    for n in range(5):
        enqueue("mail", str(n), {}, NOW)
    assert run(lambda payload, context: None, limit=3) == 3
    assert len(open_jobs()) == 2


def test_a_periodic_job_is_added_once_and_keeps_its_time() -> None:
    ensure("mail", "sweep", {}, NOW)
    ensure("mail", "sweep", {}, NOW - timedelta(hours=1))
    assert [job.due_at for job in open_jobs()] == [NOW]


def test_records_of_done_jobs_are_kept_for_a_week(run: Callable[..., int]) -> None:
    enqueue("mail", "7", {}, NOW)
    run(lambda payload, context: None)
    assert jobs.forget_done(NOW + timedelta(days=7)) == 0
    assert jobs.forget_done(NOW + timedelta(days=7, seconds=1)) == 1


def test_two_workers_share_the_work_and_never_a_job(installation: Installation) -> None:
    for n in range(40):
        enqueue("mail", str(n), {"n": n}, NOW)
    seen: list[int] = []

    def work() -> None:
        try:
            run_due(
                {"mail": lambda payload, context: seen.append(payload["n"])}, JobContext(installation, NOW), NOW, 100
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(work) for _ in range(4)]:
            running.result(60)
    assert sorted(seen) == list(range(40))
    assert open_jobs() == []


def test_requests_at_the_same_moment_make_one_job(installation: Installation) -> None:
    def ask(n: int) -> None:
        try:
            enqueue("mail", "7", {"n": n}, NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(ask, n) for n in range(12)]:
            running.result(60)
    (job,) = open_jobs()
    assert job.asked == 12
