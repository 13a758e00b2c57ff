"""Reads and writes of core's own tables, and the database's clock. No feature's table is touched here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from sendwell.core.db import Db, to_time
from sendwell.core.models import Job


def database_time(db: Db) -> datetime:
    """The database's own clock (UTC): the one clock that all hosts of an installation share."""
    now = "SELECT clock_timestamp()" if db.dialect == "postgresql" else "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    value = to_time(db.query(now, {})[0][0])
    assert value is not None
    return value.astimezone(UTC)


def is_open(kind: str, key: str) -> bool:
    """True if a job of this kind and key is not done."""
    return Job.objects.filter(kind=kind, key=key, done_at__isnull=True).exists()


def add_job(kind: str, key: str, payload: dict[str, Any], due_at: datetime) -> bool:
    """Insert an open job; False if another transaction has just inserted one of this kind and key."""
    try:
        with transaction.atomic():
            Job.objects.create(kind=kind, key=key, payload=payload, due_at=due_at)
    except IntegrityError:
        return False
    return True


def ask_again(kind: str, key: str, payload: dict[str, Any], due_at: datetime) -> bool:
    """Ask for the open job once more: never later than it was due, with fresh tries. False if none is open."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(kind=kind, key=key, done_at__isnull=True).first()
        if job is None:
            return False
        job.payload, job.due_at = payload, min(job.due_at, due_at)
        job.asked, job.attempts = job.asked + 1, 0
        job.save(update_fields=["payload", "due_at", "asked", "attempts"])
    return True


def claim_job(kinds: Collection[str], now: datetime, until: datetime, most_attempts: int) -> Job | None:
    """Lease the job that has been due for longest, or None. Two workers never get the same unexpired lease."""
    due = Job.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        done_at__isnull=True,
        due_at__lte=now,
        kind__in=kinds,
        attempts__lt=most_attempts,
    ).order_by("due_at", "id")
    if not due.exists():  # without this, an idle worker would take SQLite's write lock at every look
        return None
    with transaction.atomic():
        job = due.select_for_update(skip_locked=True).first()
        if job is not None:
            job.leased_until, job.attempts = until, job.attempts + 1
            job.save(update_fields=["leased_until", "attempts"])
    return job


def finish_job(job: Job, now: datetime, again_at: datetime | None) -> None:
    """Record a success: done, or due again at `again_at`. A request that came during the run keeps it open and due."""
    mine = Job.objects.filter(id=job.id, leased_until=job.leased_until)
    with transaction.atomic():
        unasked = mine.filter(asked=job.asked)
        if again_at is None:
            finished = unasked.update(done_at=now, leased_until=None, last_error="")
        else:
            finished = unasked.update(due_at=again_at, leased_until=None, attempts=0, last_error="")
        if not finished:
            mine.update(due_at=now, leased_until=None, attempts=0, last_error="")


def fail_job(job: Job, error: str, again_at: datetime) -> None:
    """Record a failure and when to try again."""
    Job.objects.filter(id=job.id, leased_until=job.leased_until).update(
        leased_until=None, due_at=again_at, last_error=error
    )


def stuck_jobs(most_attempts: int) -> list[Job]:
    """Open jobs that used up their tries, oldest first."""
    return list(Job.objects.filter(done_at__isnull=True, attempts__gte=most_attempts).order_by("due_at", "id"))


def release_stuck(job_id: int, most_attempts: int, now: datetime) -> bool:
    """Give one stuck job fresh tries, due now; False if it is not stuck."""
    stuck = Job.objects.filter(id=job_id, done_at__isnull=True, attempts__gte=most_attempts)
    return stuck.update(attempts=0, due_at=now, leased_until=None) == 1


def forget_done(before: datetime) -> int:
    """Delete the records of jobs done before then; how many."""
    return Job.objects.filter(done_at__lt=before).delete()[0]
