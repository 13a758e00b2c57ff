"""Background jobs: asked for in a transaction, run at least once by a worker, tried again when they fail.

Lives here: enqueue, ensure, run_due and the delays between tries. Must not live here: any handler (features' jobs.py),
the table of handlers (worker.py), the sending of mail (outbox has its own, faster queue).
Handlers must be idempotent: a worker that dies after the work and before the record makes the job run again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import close_old_connections

from sendwell.core import store
from sendwell.core.installation import Installation
from sendwell.core.models import Job

MOST_ATTEMPTS = 20
LEASE = timedelta(minutes=5)

log = logging.getLogger("sendwell.jobs")


@dataclass(frozen=True)
class JobContext:
    """What a handler may use besides its payload. `now` is the time at which its run began."""

    installation: Installation
    now: datetime
    attempt: int = 1


Handler = Callable[[dict[str, Any], JobContext], timedelta | None]


def enqueue(kind: str, key: str, payload: dict[str, Any], due_at: datetime) -> None:
    """Ask for a job, inside the caller's transaction. One open job exists for each kind and key.

    If one is open already it takes the new payload, becomes due no later than `due_at` and gets fresh tries; if it is
    running at this moment, it will run once more, so that nothing asked for is missed.
    """
    asked = False
    while not asked:  # once more only if somebody added or finished the same job between two statements
        asked = store.ask_again(kind, key, payload, due_at) or store.add_job(kind, key, payload, due_at)


def ensure(kind: str, key: str, payload: dict[str, Any], due_at: datetime) -> None:
    """Add the job unless one of this kind and key is open; for periodic jobs, at a worker's start."""
    if not store.is_open(kind, key):
        store.add_job(kind, key, payload, due_at)


def run_due(handlers: Mapping[str, Handler], context: JobContext, now: datetime, limit: int = 20) -> int:
    """Run up to `limit` jobs that are due, one after the other; how many were run.

    A handler's exception is kept on the job and the job is due again after a growing delay. After 20 failures it stays
    open and visible (`stuck`) and is not run until somebody asks for it again. Jobs without a handler are left alone.
    """
    close_old_connections()
    for done in range(limit):
        job = store.claim_job(handlers.keys(), now, now + LEASE, MOST_ATTEMPTS)
        if job is None:
            return done
        _run(job, handlers[job.kind], replace(context, now=now, attempt=job.attempts))
    return limit


def _run(job: Job, handler: Handler, context: JobContext) -> None:
    try:
        again = handler(job.payload, context)
    except Exception as error:
        log.warning("job %s %s failed (try %d): %s: %s", job.kind, job.key, job.attempts, type(error).__name__, error)
        store.fail_job(job, traceback.format_exc()[-4000:], context.now + delay(job.attempts))
        return
    store.finish_job(job, context.now, None if again is None else context.now + again)


def delay(attempt: int) -> timedelta:
    """Time to the next try after the given failed one (1, 2, ...): 2 s doubling to one hour."""
    return timedelta(seconds=min(2 ** min(attempt, 12), 3600))


def stuck() -> list[Job]:
    """Jobs that failed 20 times and wait for a person."""
    return store.stuck_jobs(MOST_ATTEMPTS)


def retry(job_id: int, now: datetime) -> bool:
    """Run a stuck job again; False if there is no such stuck job."""
    return store.release_stuck(job_id, MOST_ATTEMPTS, now)


def forget_done(now: datetime, keep: timedelta = timedelta(days=7)) -> int:
    """Drop the records of jobs done longer ago than `keep`; how many."""
    return store.forget_done(now - keep)
