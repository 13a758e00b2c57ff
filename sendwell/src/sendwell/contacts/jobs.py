"""The background job that runs an import. Composed in worker.py, which knows the suppression list; we do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sendwell.contacts import imports
from sendwell.contacts.models import Import
from sendwell.core.jobs import Handler, JobContext, enqueue

KIND = "contacts.import"
BATCHES_AT_ONCE = 10  # then other jobs get their turn
GIVE_UP_AFTER = 5

SuppressedIn = Callable[[int, Sequence[str]], set[str]]


def enqueue_import(import_id: int, now: datetime) -> None:
    """Ask for the import to be run, in the caller's transaction."""
    enqueue(KIND, str(import_id), {"import": import_id}, now)


def import_job(suppressed_in: SuppressedIn) -> Handler:
    """The handler for KIND. `suppressed_in(workspace_id, keys)` answers which keys may not be taken in."""

    def handle(payload: dict[str, Any], context: JobContext) -> timedelta | None:
        import_id = int(payload["import"])
        workspace_id = Import.objects.values_list("workspace_id", flat=True).get(pk=import_id)
        try:
            for _ in range(BATCHES_AT_ONCE):
                if imports.run_import_batch(import_id, lambda keys: suppressed_in(workspace_id, keys), context.now):
                    return None
        except Exception as error:
            if context.attempt < GIVE_UP_AFTER:
                raise
            imports.fail(import_id, f"{type(error).__name__}: {error}"[:1000], context.now)
            return None
        return timedelta(0)

    return handle


def forget_files_job(_payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Empties old uploads; run once a day."""
    imports.forget_files(context.now)
    return timedelta(days=1)
