"""One worker process: the sender, the background jobs, and what must be done again and again. Composed from above.

Lives here: which threads run, which handlers exist, how often chores come. Must not live here: what any of them does.
Several workers at once are fine: rows and jobs are leased, chores are harmless when two do them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from django.db import close_old_connections, connection, transaction

from sendwell.amazon.client import AwsError
from sendwell.campaigns import service as campaigns
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
from sendwell.outbox import journal, ledger_thread, marks, recovery, workers
from sendwell.outbox import service as outbox
from sendwell.outbox.sender import Parts, Sender
from sendwell.readiness import service as readiness
from sendwell.readiness.jobs import HANDLERS as READINESS_JOBS
from sendwell.suppression import service as suppression

log = logging.getLogger("sendwell.worker")

FEEDBACK_AT_ONCE = 20  # one transaction: SQLite has one writer, and the sender must not wait long for its turn
WEB_OPENS = timedelta(seconds=5)  # the web server may open its port after the worker has begun
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


class Reach(NamedTuple):
    """Whom a connection may mail; `settled` after what was held has been released for it twice."""

    in_sandbox: bool | None
    verified: connections.Verified
    settled: bool = False


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
    connections.check_public_url_soon(installation.config, now + WEB_OPENS)  # the address may be a new one
    heed_restore(installation)  # before anything is claimed, and before orphans are judged by newer journals
    connection.close()  # this thread needs no database from here on
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
    made, calls = installation, journal.Journal(journals(installation), name)
    parts = Parts(made.config.database, made.ring, made.config, made.clock, name, calls, marks_of(made))
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_send_until(parts, stop))
    calls.close()  # not after a crash: then it is evidence


async def _send_until(parts: Parts, stop: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    sender = Sender(parts)

    def tell(what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody left to tell
            loop.call_soon_threadsafe(what)

    def pass_on_stop() -> None:
        stop.wait()
        tell(stopped.set)

    helpers = [threading.Thread(target=pass_on_stop, name="stop", daemon=True)]
    if not parts.url.startswith("sqlite"):
        listening = (parts.url, lambda: tell(sender.wake), stop)
        helpers.append(threading.Thread(target=ledger_thread.listen, args=listening, name="listen", daemon=True))
    for helper in helpers:
        helper.start()
    try:
        await sender.run(stopped)
    finally:
        stop.set()
        for helper in helpers:
            await asyncio.to_thread(helper.join, 5)


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
    released: dict[int, Reach] = {}
    return [
        Chore("settling what dead workers left", 2.0, lambda: recover(installation)),
        Chore("noticing a restored backup", 2.0, lambda: heed_restore(installation)),
        Chore("resolving doubts", 15.0, lambda: resolve_doubts(installation)),
        Chore("asking SES for its limits", 3.0, lambda: refresh_accounts(installation, not_before)),
        Chore("releasing what the sandbox held", 3.0, lambda: release_held(installation, released)),
    ]


def recover(installation: Installation) -> None:
    """Settle rows in flight whose worker is gone or whose lease ran out."""
    folder, offset = journals(installation), installation.clock.offset()
    db = open_plain(installation.config.database)
    try:
        dead = {name: journal.begun(folder, name) for name in workers.dead(outbox.sending_workers(db))}
        doubtful, unsent = recovery.settle_orphans(db, offset, dead)
        expired = recovery.expire_leases(db, offset)
        for name in dead.keys() - set(outbox.sending_workers(db)):
            journal.forget(folder, name)
    finally:
        db.close()
    if unsent:
        log.warning("%d messages are queued again: their worker was killed before it called SES", unsent)
    if doubtful + expired:
        log.warning("%d messages are in doubt: their worker stopped before recording an answer", doubtful + expired)


def heed_restore(installation: Installation) -> None:
    """Stop what a database that is older than what was sent would send again: only its owner can say what to do.

    Campaigns are paused, because they would go on to people that the ledger no longer knows; all that waits is in
    doubt. The mark goes last: a death in between repeats the rest.
    """
    kept, db = marks_of(installation), DjangoDb()
    for connection_id in list(Connection.objects.values_list("pk", flat=True)):
        mark, now = kept.read(connection_id), installation.clock.now()
        if not mark:
            continue
        with transaction.atomic():
            doubtful = recovery.doubt_after_restore(db, connection_id, mark, now)
            paused = 0 if doubtful is None else campaigns.pause_all(connection_id, now)
        if doubtful is not None:
            kept.forget(connection_id)
            said = "%d messages are in doubt and %d campaigns paused until their owner decides"
            log.error("the database is older than what was sent: a backup was restored. " + said, doubtful, paused)


def marks_of(installation: Installation) -> marks.Marks:
    """How far this machine has sent."""
    return marks.Marks(installation.config.data_dir / "marks")


def journals(installation: Installation) -> Path:
    """Where workers of this machine note the calls they begin."""
    return installation.config.data_dir / "calls"


def resolve_doubts(installation: Installation) -> None:
    """Send again what may be sent again by itself."""
    with transaction.atomic():
        again = outbox.resolve_doubts(DjangoDb(), installation.clock.now())
    if again:
        log.info("%d messages are sent again: no Send event came although the feedback path works", again)


def refresh_accounts(installation: Installation, not_before: dict[int, datetime]) -> None:
    """Ask SES for limits where that is due. `not_before` remembers which connections failed, for a while."""
    now = installation.clock.now()
    for found in Connection.objects.all():
        checked = found.account_checked_at
        if checked is not None and now - checked < connections.look_again_after(found):
            continue
        if now < not_before.get(found.pk, now):
            continue
        try:
            refresh_account(found, installation)
        except (AwsError, connections.NoConnectionError, KeyRingError) as error:
            log.info("connection %d: its account cannot be read: %s", found.pk, error)
            not_before[found.pk] = now + RETRY_ACCOUNT


def refresh_account(of: Connection, installation: Installation) -> None:
    """Ask SES for one account's limits; take them over for sending, and release the sandbox's holds after it."""
    db = DjangoDb()
    account = connections.refresh_account(of, installation, installation.clock.now())
    now = installation.clock.now()
    limits = (account.max_send_rate, account.max_24_hour_send, account.sent_last_24_hours)
    with transaction.atomic():
        outbox.set_limits(db, of.pk, *limits, now)
        if not account.in_sandbox:
            outbox.release_sandbox(db, of.pk, now)
        readiness.follow(of, installation, now)


def release_held(installation: Installation, released: dict[int, Reach]) -> None:
    """Queue what the sandbox held where it may reach more people than when that was last done, whoever noticed.

    `released` remembers that by connection; a new worker does it once. Each change is answered twice, because a claim
    that looked before the change may hold a row after the first answer. Who is still out of reach is held again.
    """
    db = DjangoDb()
    for found in Connection.objects.all():
        before = released.get(found.pk)
        reach = Reach(found.in_sandbox, connections.verified_recipients(db, found.pk))
        if before is not None and before.settled and (before.in_sandbox, before.verified) == reach[:2]:
            continue
        with transaction.atomic():
            outbox.release_sandbox(db, found.pk, installation.clock.now())
        released[found.pk] = reach._replace(settled=before is not None and before[:2] == reach[:2])


def _suppressed_in(workspace_id: int, keys: Sequence[str]) -> set[str]:
    return suppression.suppressed_in_workspace(DjangoDb(), workspace_id, keys)


def _tidy_up(_payload: dict[str, object], context: JobContext) -> timedelta:
    jobs.forget_done(context.now)
    outbox.forget_minutes(DjangoDb(), context.now)
    return timedelta(days=1)
