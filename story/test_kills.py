"""Workers killed with SIGKILL in mid-campaign: nobody is lost, nobody is mailed twice.

The moments are seeded; SENDWELL_CHAOS_ROUNDS asks for more of them than `make test` plays (`make chaos`).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from story import steps
from story.harness import Console, Installation, wait_for

PEOPLE = 400
ROUNDS = int(os.environ.get("SENDWELL_CHAOS_ROUNDS", "5"))
FAST_SESBOX = "--profile production --max-send-rate 40 --delivery-delay 0.05"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    with database(request.param) as url:
        running = Installation(tmp_path / "data", database_url=url, sesbox_args=FAST_SESBOX).start()
        try:
            yield running
        finally:
            running.stop()


@contextlib.contextmanager
def database(engine: str) -> Iterator[str]:
    """An empty database of the engine; skips, saying why, where there is no server."""
    if engine == "sqlite":
        yield ""
        return
    server = os.environ.get("SENDWELL_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("no PostgreSQL: SENDWELL_TEST_POSTGRES_URL is not set (make test sets it)")
    import psycopg

    name = f"story_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.slow
def test_nobody_is_lost_or_mailed_twice(installation: Installation) -> None:
    console = installation.sign_in()
    steps.prepare(installation, console)
    list_id = steps.make_list(console)
    people = [f"reader{n:04}@harbour.test" for n in range(PEOPLE)]
    steps.import_csv(installation, console, list_id, ("email\n" + "\n".join(people) + "\n").encode())
    campaign = steps.make_campaign(console, list_id, "Under fire", "Under fire")
    steps.start(console, campaign)
    killed = kill_workers(installation, seed=20261122)
    assert killed == ROUNDS
    wait_for("the queue is empty", lambda: nothing_waits(installation, campaign), 180)
    settle_doubts(installation, console, campaign)
    reached = Counter(
        to for mail in installation.mailbox() if mail["subject"] == "Under fire" for to in mail["destinations"]
    )
    assert set(reached) == set(people)
    assert {to: n for to, n in reached.items() if n > 1} == {}
    wait_for(
        "every message is delivered", lambda: steps.counts(installation, campaign) == {("delivered", ""): PEOPLE}, 60
    )


def kill_workers(installation: Installation, seed: int) -> int:
    """SIGKILL the worker at seeded moments while the campaign runs; how often it was hit."""
    moments, hits = random.Random(seed), 0
    while hits < ROUNDS:
        victims = wait_for("a worker runs", lambda: installation.children("sendwell worker"), 60)
        before = len(installation.mailbox())
        wait_for("it sends", lambda before=before: len(installation.mailbox()) > before, 60, every=0.02)
        time.sleep(moments.uniform(0, 0.6))  # the seeded moment itself, not a wait for something
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        hits += 1
    return hits


def nothing_waits(installation: Installation, campaign: int) -> bool:
    states = {status for status, _ in steps.counts(installation, campaign)}
    return bool(states) and not states & {"queued", "sending", "held"}


def settle_doubts(installation: Installation, console: Console, campaign: int) -> None:
    """SES's own Send events end the doubt about what was accepted; about the rest the owner is asked, and says send."""

    def settled() -> bool:
        left = steps.rows(
            installation,
            "SELECT count(*) FROM feedback_notification WHERE state = 'pending'",
        )
        return int(left[0][0]) == 0 and len(installation.mailbox()) == len(known(installation))

    wait_for("every Send event has arrived", settled, 60)
    if any(status == "in_doubt" for status, _ in steps.counts(installation, campaign)):
        console.submit(f"/campaigns/{campaign}/", action="/doubts/", press={"do": "send_again"})
        wait_for("what was in doubt is sent", lambda: nothing_waits(installation, campaign), 60)


def known(installation: Installation) -> list[str]:
    """SES message ids of which a Send event was taken in."""
    found = steps.rows(installation, "SELECT DISTINCT ses_message_id FROM feedback_feedback WHERE kind = 'send'")
    return [str(row[0]) for row in found]
