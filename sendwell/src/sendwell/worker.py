"""One worker process: the sender, the background jobs, and what must be done again and again. Composed from above.

Lives here: which threads run, which handlers exist, how often chores come. Must not live here: what any of them does.
Several workers at once are fine: rows and jobs are leased, chores are harmless when two do them.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType

from django.db import close_old_connections, transaction

from sendwell.amazon.client import AwsError
from sendwell.campaigns.jobs import HANDLERS as CAMPAIGN_JOBS
from sendwell.connections import service as connections
from sendwell.connections.jobs import HANDLERS as CONNECTION_JOBS
from sendwell.connections.models import Connection
from sendwell.contacts import jobs as contact_jobs
from sendwell.core import jobs
from sendwell.core.db import DjangoDb, open_plain
from sendwell.core.installation import Installation
from sendwell.core.jobs import Handler, JobContext
from sendwell.core.keyring import KeyRingError
from sendwell.feedback import service as feedback
from sendwell.forms.jobs import FORGET as FORGET_SIGNUPS
from sendwell.forms.jobs import HANDLERS as FORM_JOBS
from sendwell.outbox import leasing, ledger_thread, workers
from sendwell.outbox import service as outbox
from sendwell.outbox.sender import Parts, Sender
from sendwell.readiness.jobs import HANDLERS as READINESS_JOBS
from sendwell.suppression import service as suppression

log = logging.getLogger("sendwell.worker")

FEEDBACK_AT_ONCE = 20  # one transaction: SQLite has one writer, and the sender must not wait long for its turn
RETRY_ACCOUNT = timedelta(seconds=30)
TIDY_UP = "core.tidy_up"
FORGET_FILES = "contacts.forget_files"


@dataclass
class Chore:
    """Something done every `every` seconds; at once again while it says True (there was more)."""

    name: str
    every: float
    do: Callable[[], bool | None]
    due: float = 0.0


def handlers() -> Mapping[str, Handler]:
    """Every job kind and who does it."""
    return {
        contact_jobs.KIND: contact_jobs.import_job(_suppressed_in),
        FORGET_FILES: contact_jobs.forget_files_job,
        TIDY_UP: _tidy_up,
        **CAMPAIGN_JOBS,
        **CONNECTION_JOBS,
        **FORM_JOBS,
        **READINESS_JOBS,
    }


def run(installation: Installation, stop: threading.Event | None = None) -> None:
    """Work until `stop` (None: until SIGTERM or SIGINT), then finish politely: nothing claimed is left behind."""
    if stop is None:
        stop = threading.Event()
        _obey_signals(stop)
    name = workers.worker_name()
    now = installation.clock.now()
    for kind in (FORGET_FILES, FORGET_SIGNUPS, TIDY_UP):
        jobs.ensure(kind, "daily", {}, now)
    threads = [
        threading.Thread(target=_send, args=(installation, name, stop), name="sender"),
        threading.Thread(target=_repeat, args=(_feedback_chores(installation), stop), name="feedback"),
        threading.Thread(target=_repeat, args=(_upkeep(installation), stop), name="upkeep"),
        threading.Thread(target=_repeat, args=(_job_chores(installation), stop), name="jobs"),
    ]
    for thread in threads:
        thread.start()
    log.info("worker %s works", name)
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(0.2)
        if not all(thread.is_alive() for thread in threads):
            stop.set()  # one of them broke: end, so that whoever watches this process starts a whole one
    log.info("worker %s is done", name)


def _obey_signals(stop: threading.Event) -> None:
    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of signal handlers
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


# --- sending -----------------------------------------------------------------------------------------------------


def _send(installation: Installation, name: str, stop: threading.Event) -> None:
    parts = Parts(installation.config.database, installation.ring, installation.config, installation.clock, name)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_send_until(parts, stop))


async def _send_until(parts: Parts, stop: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    sender = Sender(parts)
    threading.Thread(
        target=lambda: (stop.wait(), loop.call_soon_threadsafe(stopped.set)), name="stop", daemon=True
    ).start()
    if not parts.url.startswith("sqlite"):
        woken = lambda: loop.call_soon_threadsafe(sender.wake)  # noqa: E731
        threading.Thread(target=ledger_thread.listen, args=(parts.url, woken, stop), name="listen", daemon=True).start()
    await sender.run(stopped)


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed: finer timers and half the cost of a call."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


# --- chores ------------------------------------------------------------------------------------------------------


def _repeat(chores: Sequence[Chore], stop: threading.Event) -> None:
    """Do each chore when it is due. One that raises is logged and comes again; none ends the thread."""
    while not stop.is_set():
        for chore in chores:
            if time.monotonic() < chore.due or stop.is_set():
                continue
            more = _do(chore)
            chore.due = 0.0 if more else time.monotonic() + chore.every
        close_old_connections()
        stop.wait(max(0.0, min(chore.due for chore in chores) - time.monotonic()))
    close_old_connections()


def _do(chore: Chore) -> bool:
    try:
        return bool(chore.do())
    except Exception:
        log.exception("%s failed; it comes again", chore.name)
        return False


def _feedback_chores(installation: Installation) -> list[Chore]:
    def apply() -> bool:
        return feedback.apply_pending(installation.clock.now(), FEEDBACK_AT_ONCE) == FEEDBACK_AT_ONCE

    return [Chore("applying feedback", 0.25, apply)]


def _job_chores(installation: Installation) -> list[Chore]:
    known = handlers()

    def due() -> bool:
        now = installation.clock.now()
        return jobs.run_due(known, JobContext(installation, now), now) > 0

    return [Chore("running jobs", 0.5, due)]


def _upkeep(installation: Installation) -> list[Chore]:
    not_before: dict[int, datetime] = {}
    return [
        Chore("expiring leases", 2.0, lambda: expire_leases(installation)),
        Chore("resolving doubts", 15.0, lambda: resolve_doubts(installation)),
        Chore("asking SES for its limits", 3.0, lambda: refresh_accounts(installation, not_before)),
    ]


def expire_leases(installation: Installation) -> None:
    """Put rows into doubt whose worker is gone or whose lease ran out."""
    db = open_plain(installation.config.database)
    try:
        dead = workers.dead(outbox.sending_workers(db))
        gone = leasing.expire_leases(db, installation.clock.offset(), dead)
    finally:
        db.close()
    if gone:
        log.warning("%d messages are in doubt: their worker stopped before recording SES's answer", gone)


def resolve_doubts(installation: Installation) -> None:
    """Send again what may be sent again by itself."""
    with transaction.atomic():
        again = outbox.resolve_doubts(DjangoDb(), installation.clock.now())
    if again:
        log.info("%d messages are sent again: no Send event came although the feedback path works", again)


def refresh_accounts(installation: Installation, not_before: dict[int, datetime]) -> None:
    """Ask SES for limits where that is due. `not_before` remembers which connections failed, for a while."""
    now = installation.clock.now()
    for connection in Connection.objects.all():
        checked = connection.account_checked_at
        if checked is not None and now - checked < connections.look_again_after(connection):
            continue
        if now < not_before.get(connection.pk, now):
            continue
        try:
            refresh_account(connection, installation)
        except (AwsError, connections.NoConnectionError, KeyRingError) as error:
            log.info("connection %d: its account cannot be read: %s", connection.pk, error)
            not_before[connection.pk] = now + RETRY_ACCOUNT


def refresh_account(connection: Connection, installation: Installation) -> None:
    """Ask SES for one account's limits; take them over for sending, and release the sandbox's holds where they end."""
    db = DjangoDb()
    before = connections.verified_recipients(db, connection.pk)
    found = connections.refresh_account(connection, installation, installation.clock.now())
    now = installation.clock.now()
    with transaction.atomic():
        outbox.set_limits(db, connection.pk, found.max_send_rate, found.max_24_hour_send, found.sent_last_24_hours, now)
        if not found.in_sandbox or connections.verified_recipients(db, connection.pk) != before:
            outbox.release_sandbox(db, connection.pk, now)


def _suppressed_in(workspace_id: int, keys: Sequence[str]) -> set[str]:
    return suppression.suppressed_in_workspace(DjangoDb(), workspace_id, keys)


def _tidy_up(_payload: dict[str, object], context: JobContext) -> timedelta:
    jobs.forget_done(context.now)
    outbox.forget_minutes(DjangoDb(), context.now)
    return timedelta(days=1)
