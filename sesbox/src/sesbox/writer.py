"""The one writer: a thread that runs operations in batches, commits, applies, and only then lets them be answered.

Lives here: batching, the transaction around a batch, what happens when a commit fails.
Must not live here: SQL (storage.py), decisions (operations/), HTTP.
A batch is whatever was ready when the thread looked; it never waits for a timer. Inside a batch each operation sees
what the earlier ones changed. If the commit fails, memory is loaded from disk again and each call is tried alone.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sesbox.account import Account
from sesbox.operations.base import AwsError, Caller, Context, Ids, Outcome, Profile
from sesbox.storage import Batch, Storage

BATCH_LIMIT = 512
T = TypeVar("T")

logger = logging.getLogger("sesbox.writer")


@dataclass(frozen=True, slots=True)
class World:
    """What every context of this process shares. `now` tells the time on sesbox's clock."""

    account_id: str
    now: Callable[[], float]
    ids: Ids
    profile: Profile


@dataclass(frozen=True, slots=True)
class _Job:
    future: asyncio.Future[Any]
    work: Callable[[Batch], Any]


class Writer:
    """Owns the accounts in memory. Everything public but `start` must be called in the event loop's thread."""

    def __init__(self, storage: Storage, world: World) -> None:
        self._storage, self._world = storage, world
        self._accounts: dict[str, Account] | None = storage.load()  # None: to be read again
        self._forgotten = 0  # due work up to this id went with a reset
        self._nobody = Caller("", world.account_id)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="sesbox-writer", daemon=True)
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._on_due: Callable[[], None] = lambda: None
        self._closed = False

    def start(self, on_due: Callable[[], None]) -> None:
        """Start the thread. `on_due` is called in the event loop after a commit that left work to be done."""
        self._event_loop = asyncio.get_running_loop()
        self._on_due = on_due
        self._thread.start()

    async def close(self) -> None:
        """Finish what was handed in, then stop."""
        if not self._closed and self._thread.is_alive():
            self._closed = True
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    def run(
        self,
        region: str,
        call: Callable[[Context], Outcome],
        done: int | None = None,
        *,
        caller: Caller | None = None,
    ) -> asyncio.Future[Outcome]:
        """Run a call on this region's account; resolves when its changes are committed and applied.

        `done` is the due row this call settles: it is removed in the same transaction; if a reset has taken it, the
        call is not made. Raises (in the future)
        the call's AwsError, which changes nothing, or AwsError InternalFailure.
        """
        who = caller or self._nobody

        def work(batch: Batch) -> Outcome:
            if done is not None and done <= self._forgotten:
                return Outcome({})
            account = self._account(region)
            outcome = call(self._context(account, who))
            if outcome.changes:
                batch.add(region, outcome.changes)
                account.apply(outcome.changes)
                self._loaded()[region] = account
            if done is not None:
                batch.done.append(done)
            return outcome

        return self._put(work)

    def read(self, region: str, look: Callable[[Context], T]) -> asyncio.Future[T]:
        """Look at a region's account between two changes; what is seen is committed when this resolves."""
        return self._put(lambda _: look(self._context(self._account(region), self._nobody)))

    def set_meta(self, values: Mapping[str, str]) -> asyncio.Future[None]:
        """Keep values that belong to the file (the clock's state)."""
        return self._put(lambda batch: batch.meta.update(values))

    def regions(self) -> asyncio.Future[list[str]]:
        """The regions in which something was changed so far, sorted."""
        return self._put(lambda _: sorted(self._loaded()))

    def reset(self) -> asyncio.Future[None]:
        """Forget everything but the meta values."""

        def work(batch: Batch) -> None:
            self._storage.write(batch)
            batch.clear()
            self._storage.reset()
            self._forgotten = self._storage.last_due
            self._accounts = {}

        return self._put(work)

    def _put(self, work: Callable[[Batch], T]) -> asyncio.Future[T]:
        assert self._event_loop is not None, "start() comes first"
        future: asyncio.Future[T] = self._event_loop.create_future()
        if self._closed:
            future.set_exception(_internal_failure())
        else:
            self._jobs.put(_Job(future, work))
        return future

    def _account(self, region: str) -> Account:
        return self._loaded().get(region) or Account(self._world.account_id, region)

    def _loaded(self) -> dict[str, Account]:
        """The accounts, read from disk again if a failed commit has left memory ahead of it. Raises AwsError."""
        if self._accounts is None:
            try:
                self._accounts = self._storage.load()
            except Exception as error:
                logger.error("the data file cannot be read: %s", error)
                raise _internal_failure() from error
        return self._accounts

    def _context(self, account: Account, caller: Caller) -> Context:
        world = self._world
        return Context(account, world.now(), world.ids, caller, world.profile)

    def _loop(self) -> None:
        stopping = False
        while not stopping:
            jobs: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                jobs.append(job)
                if len(jobs) == BATCH_LIMIT:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            stopping = job is None
            if jobs:
                self._batch(jobs)

    def _batch(self, jobs: list[_Job]) -> None:
        batch = Batch()
        results: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        for job in jobs:
            try:
                results.append((job.future, job.work(batch), None))
            except AwsError as error:
                results.append((job.future, None, error))
            except Exception:
                logger.exception("an operation failed in a way that is a bug of sesbox")
                results.append((job.future, None, _internal_failure()))
        try:
            if batch:
                self._storage.write(batch)
        except Exception as error:
            logger.error("a commit failed, state is read from disk again: %s: %s", type(error).__name__, error)
            self._accounts = None
            if len(jobs) > 1:  # one of them may be the cause: each stands for itself now
                for job in jobs:
                    self._batch([job])
                return
            results, batch = [(jobs[0].future, None, _internal_failure())], Batch()
        assert self._event_loop is not None
        self._event_loop.call_soon_threadsafe(self._resolve, results, bool(batch.due))

    def _resolve(self, results: list[tuple[asyncio.Future[Any], Any, Exception | None]], due: bool) -> None:
        for future, value, error in results:
            if future.done():  # whoever asked has gone away
                continue
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)
        if due:
            self._on_due()


def _internal_failure() -> AwsError:
    return AwsError("InternalFailure", "The request processing has failed because of an internal error.", status=500)
