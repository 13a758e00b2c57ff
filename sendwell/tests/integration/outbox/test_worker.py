"""The worker as a whole: its threads, its chores, and a real sesbox at the other end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from sendwell import worker
from sendwell.connections.models import Connection, Identity
from sendwell.core import jobs
from sendwell.core.db import open_plain
from sendwell.core.models import Job
from sendwell.outbox import leasing, ledger_thread
from sendwell.outbox.models import Message, Pace
from sesbox.testing import SesboxProcess


def installation_of(world: Any, **config: Any) -> Any:
    changed = world.installation.config.model_copy(update={"database_url": world.url, **config})
    return replace(world.installation, config=changed)


@pytest.fixture
def run(world: Any) -> Iterator[Callable[..., None]]:
    """Runs a worker in this process until a condition holds."""
    stop = threading.Event()
    thread: list[threading.Thread] = []

    def until(condition: Callable[[], bool], seconds: float = 30, **config: Any) -> None:
        thread.append(threading.Thread(target=worker.run, args=(installation_of(world, **config), stop)))
        thread[0].start()
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, world.statuses()
            time.sleep(0.02)

    yield until
    stop.set()
    for one in thread:
        one.join(30)
        assert not one.is_alive()


def test_every_job_that_features_ask_for_has_a_handler() -> None:
    known = worker.handlers()
    for kind in ("contacts.import", "campaigns.expand", "campaigns.finish"):
        assert any(kind == name for name in known), f"{kind} is not in {sorted(known)}"


def test_a_worker_sends_and_does_its_jobs(world: Any, ses: Any, run: Callable[..., None]) -> None:
    world.campaign(world.people(30))
    jobs.enqueue(worker.TIDY_UP, "now", {}, world.now)
    run(lambda: world.statuses() == {"accepted": 30} and Job.objects.filter(kind=worker.TIDY_UP, key="now").exists())
    assert set(ses.accepted.values()) == {1}


def test_a_worker_wakes_up_for_new_mail(world: Any, ses: Any, run: Callable[..., None]) -> None:
    run(lambda: Job.objects.exists())
    took = []
    for number in range(3):  # the quickest of three: a busy machine may be late once
        began = time.monotonic()
        world.single(f"now {number}")
        while len(ses.calls) <= number and time.monotonic() < began + 30:
            time.sleep(0.005)
        took.append(ses.calls[number].at - began)
    assert min(took) < 2.0, "the sender did not sleep out its longest wait"


def test_postgresql_wakes_the_sender_at_commit(world: Any, engine: Any) -> None:
    if engine.name != "postgresql":
        pytest.skip("SQLite's workers look by themselves")
    woken, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=ledger_thread.listen, args=(engine.url, woken.set, stop))
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not woken.wait(0.1) and time.monotonic() < deadline:
            world.single(f"key {time.monotonic()}")
        assert woken.is_set()
    finally:
        stop.set()
        thread.join(10)


def test_rows_of_a_dead_worker_are_put_in_doubt_within_seconds(world: Any, run: Callable[..., None]) -> None:
    world.campaign(world.people(3))
    db = open_plain(world.url)
    machine = worker.workers.worker_name().rsplit(":", 2)[0]
    claimed: list[Any] = []
    while len(claimed) < 3:
        claimed += leasing.claim(db, world.connection.pk, f"{machine}:1:0", 3, timedelta(0)).items
    db.close()
    run(lambda: world.statuses() == {"in_doubt": 3})


def test_limits_come_from_ses_and_mail_goes_to_a_real_sesbox(world: Any, run: Callable[..., None]) -> None:
    with SesboxProcess("--profile", "production") as box:
        arguments = box.client_arguments()
        Connection.objects.update(
            access_key_id=arguments["aws_access_key_id"], region=arguments["region_name"], configuration_set="",
            secret_access_key=world.installation.ring.encrypt(arguments["aws_secret_access_key"]), in_sandbox=None,
        )  # fmt: skip
        boto3.client("sesv2", **arguments).create_email_identity(EmailIdentity="example.com")
        Pace.objects.all().delete()
        world.campaign(world.people(20))
        run(lambda: world.statuses().get("accepted") == 20, aws_endpoint=box.endpoint)
    pace = world.pace()
    assert (pace.rate, pace.quota_24h) == (14, 50_000)
    assert Connection.objects.get().in_sandbox is False
    assert all(Message.objects.values_list("ses_message_id", flat=True))


def test_a_tester_verified_while_no_worker_looked_gets_the_mail_that_the_sandbox_held(world: Any) -> None:
    Connection.objects.update(in_sandbox=True)
    (person,) = world.people(1)
    world.campaign([person])
    Message.objects.update(status="held", reason="sandbox")
    released: dict[int, worker.Reach] = {}
    Identity.objects.create(
        connection=world.connection, name=person.address, kind="email", status="SUCCESS", verified=True
    )
    worker.release_held(installation_of(world), released)
    assert world.statuses() == {"queued": 1}


def test_a_verification_that_somebody_else_mirrored_releases_too_and_a_late_hold_as_well(world: Any) -> None:
    Connection.objects.update(in_sandbox=True)
    world.campaign(world.people(1))
    released: dict[int, worker.Reach] = {}
    here = installation_of(world)
    for _ in range(3):
        worker.release_held(here, released)
    Message.objects.update(status="held", reason="sandbox")
    worker.release_held(here, released)
    assert world.statuses() == {"held": 1}, "nothing changed, so nothing is looked at again"
    Identity.objects.create(
        connection=world.connection, name="new.example", kind="domain", status="SUCCESS", verified=True
    )
    for _ in range(2):
        worker.release_held(here, released)
        assert world.statuses() == {"queued": 1}
        Message.objects.update(status="held", reason="sandbox")
    worker.release_held(here, released)
    assert world.statuses() == {"held": 1}
    Connection.objects.update(in_sandbox=False)
    worker.release_held(here, released)
    assert world.statuses() == {"queued": 1}
