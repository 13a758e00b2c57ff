"""Real worker processes: killed in mid-batch, two at once, told to stop. Nobody is lost or mailed twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sendwell.outbox import service
from sendwell.outbox.models import Attempt, Message
from sendwell.outbox.rules import Event

WORKER = """
import django, logging
logging.basicConfig(level=logging.WARNING)
django.setup()
from sendwell.core.installation import installation
from sendwell.worker import run
run(installation())
"""


class Workers:
    """Worker processes on the world's database; whatever still runs at the end is killed."""

    def __init__(self, world: Any) -> None:
        config = world.installation.config
        self._env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "sendwell.settings",
            "SENDWELL_DATABASE_URL": world.url,
            "SENDWELL_DATA_DIR": str(config.data_dir),
            "SENDWELL_AWS_ENDPOINT": config.aws_endpoint,
            "SENDWELL_KEYRING": world.installation.ring.to_json(),
            "SENDWELL_PUBLIC_URL": "https://mail.example.com",
            "SENDWELL_EMBEDDED": "false",
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", WORKER], env=self._env)
        self.running.append(process)
        return process

    def alive(self) -> bool:
        return any(process.poll() is None for process in self.running)

    def close(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


@pytest.fixture
def workers(world: Any) -> Iterator[Workers]:
    made = Workers(world)
    yield made
    made.close()


def wait_for(condition: Callable[[], bool], world: Any, workers: Workers, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, world.statuses()
        assert workers.alive(), "no worker runs any more"
        time.sleep(0.02)


def is_quiet() -> bool:
    return not Message.objects.filter(status__in=["queued", "sending"]).exists()


def send_events(world: Any, ses: Any) -> None:
    """SES's Send events for everything it accepted, as its notifications would bring them."""
    for call in list(ses.calls):
        if ses.accepted[call.message_id]:
            pk, n = (int(part) for part in call.tag.split("."))
            world.in_transaction(service.settle, pk, n, f"ses-{call.tag}", Event.SEND, world.now)


@pytest.mark.parametrize("after", [1, 37, 83])
def test_sigkill_in_mid_batch_loses_nobody_and_doubles_nobody(
    world: Any, ses: Any, workers: Workers, after: int
) -> None:
    world.limits(rate=150)
    ses.script = lambda call: "slow"
    world.campaign(world.people(150))
    first = workers.start()
    wait_for(lambda: len(ses.calls) >= after, world, workers)
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = workers.start()
    wait_for(is_quiet, world, workers)
    second.terminate()
    assert second.wait(20) == 0

    assert set(ses.accepted.values()) == {1}, "nobody is mailed twice"
    send_events(world, ses)
    doubtful = list(service.doubts(campaign_id=1).values_list("pk", flat=True))
    assert not set(doubtful) & set(ses.accepted), "doubt is left only where SES never got the message"
    world.in_transaction(service.resolve_doubt, doubtful, True, "owner", world.now)
    world.run()
    assert world.statuses() == {"accepted": 150}, "nobody is lost"
    assert set(ses.accepted.values()) == {1}


def test_sigterm_finishes_politely(world: Any, ses: Any, workers: Workers) -> None:
    world.limits(rate=100)
    ses.script = lambda call: "slow"
    world.campaign(world.people(200))
    worker = workers.start()
    wait_for(lambda: len(ses.calls) >= 30, world, workers)
    worker.terminate()
    assert worker.wait(20) == 0
    assert set(world.statuses()) == {"queued", "accepted"}
    assert world.statuses()["accepted"] == len(ses.accepted) == len(ses.calls)


def test_two_workers_share_the_work_the_rate_and_the_quota(world: Any, ses: Any, workers: Workers) -> None:
    world.limits(rate=60, quota=200)
    pair = [workers.start(), workers.start()]
    calls = world.installation.config.data_dir / "calls"
    wait_for(lambda: calls.is_dir() and len(list(calls.glob("*.0"))) == 2, world, workers)  # both are up
    world.campaign(world.people(250))
    wait_for(lambda: world.statuses().get("accepted") == 180, world, workers)
    for worker in pair:
        worker.terminate()
    assert [worker.wait(20) for worker in pair] == [0, 0]
    assert world.statuses() == {"accepted": 180, "queued": 70}
    assert set(ses.accepted.values()) == {1}
    times = sorted(call.at for call in ses.calls)
    assert times[-1] - times[0] >= 0.85 * 179 / 60, "60 a second together, not 120"
    names = set(Message.objects.filter(status="accepted").values_list("worker", flat=True))
    assert len(names) == 2
    assert Attempt.objects.count() == 180
