"""The one thread that talks to the database for the sender's event loop, on one plain connection.

Lives here: the thread, reconnecting, waking by NOTIFY. Must not live here: SQL, what the transactions do.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sendwell.core.db import PlainDb, open_plain

P = ParamSpec("P")
T = TypeVar("T")
_PASSING = {"OperationalError", "InterfaceError"}  # both drivers' names for: locked, gone, deadlocked, restarting
LONGEST_PAUSE = 5.0

log = logging.getLogger("sendwell.sender")


class LedgerThread:
    """Runs functions of (db, ...) one after the other. A passing trouble of the database is waited out and retried."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._db: PlainDb | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def call(self, work: Callable[Concatenate[PlainDb, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's answer. It must be a transaction that may run again: a lost connection repeats it."""
        pause = 0.05
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._pool, lambda: self._run(work, args, kwargs)
                )
            except Exception as error:
                if not _passing(error):
                    raise
                log.warning("the database does not answer, trying again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _run(self, work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
        if self._db is None:
            self._db = open_plain(self._url)
        try:
            return work(self._db, *args, **kwargs)
        except Exception as error:
            if _passing(error):
                self._drop()
            raise

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            try:
                db.close()
            except Exception as error:
                log.debug("closing a broken connection: %s", error)

    def close(self) -> None:
        """Wait for what runs, then close the connection."""
        self._pool.submit(self._drop)
        self._pool.shutdown(wait=True)


def _passing(error: Exception) -> bool:
    return any(cls.__name__ in _PASSING for cls in type(error).__mro__)


def listen(url: str, woken: Callable[[], None], stop: threading.Event) -> None:
    """Call `woken` whenever rows were enqueued, until `stop`. PostgreSQL only; a lost connection is made again.

    Hearing nothing is harmless: the sender looks by itself, only less often.
    """
    import psycopg

    while not stop.is_set():
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("LISTEN sendwell_outbox")
                while not stop.is_set():
                    for _ in connection.notifies(timeout=0.5, stop_after=1):
                        woken()
        except psycopg.Error as error:
            log.warning("not listening to the database: %s", error)
            stop.wait(2)
