"""The sender: one event loop for pacing and HTTP, one thread for the ledger. A lane a connection.

Lives here: when things happen. Must not live here: SQL, what results mean (rules.py), the arithmetic of slots
(pacing.py), SES's wire (amazon). A lane claims a lease (committed before any call), composes, sends each message at
its slot, and records results in batches; it never repeats a call by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sendwell.amazon.http import Limits, Mailer
from sendwell.amazon.send import Kind, SendResult
from sendwell.amazon.signing import HttpRequest
from sendwell.config import Config
from sendwell.connections import service as connections
from sendwell.connections.service import SenderAccess
from sendwell.content.service import RenderError
from sendwell.core.clock import Clock
from sendwell.core.db import PlainDb
from sendwell.core.keyring import KeyRing, KeyRingError
from sendwell.core.store import database_time
from sendwell.outbox import leasing, store
from sendwell.outbox.composing import Composer, load_sources
from sendwell.outbox.journal import Journal
from sendwell.outbox.leasing import Claim, Item, Result
from sendwell.outbox.ledger_thread import LedgerThread
from sendwell.outbox.marks import Marks
from sendwell.outbox.rules import Outcome

log = logging.getLogger("sendwell.sender")

LANE_REST = 10.0

_OUTCOMES = {
    Kind.ACCEPTED: Outcome.ACCEPTED,
    Kind.NOT_SENT: Outcome.NO_CONNECTION,
    Kind.THROTTLED_RATE: Outcome.THROTTLED_RATE,
    Kind.THROTTLED_DAILY: Outcome.THROTTLED_DAILY,
    Kind.REFUSED: Outcome.REFUSED,
    Kind.UNVERIFIED: Outcome.UNVERIFIED,
    Kind.PAUSED: Outcome.BLOCKED,
    Kind.CREDENTIALS: Outcome.BLOCKED,
    Kind.IN_DOUBT: Outcome.NO_ANSWER,
}


class Posts(Protocol):
    """What a lane needs of the HTTP pool."""

    async def send(self, request: HttpRequest) -> SendResult: ...


@dataclass(frozen=True)
class Tuning:
    """Seconds and counts; tests shorten them, nothing else does."""

    poll: float = 0.25
    flush: float = 0.05
    flush_at: int = 50
    lead: float = 0.06
    most_in_flight: int = 256
    least_in_flight: int = 8
    access_for: float = 30.0
    drain: float = 35.0
    lease: timedelta = leasing.LEASE
    limits: Limits = field(default_factory=lambda: Limits(connections=256))


@dataclass(frozen=True)
class Parts:
    """What the sender is built of. `worker` names this process in the ledger."""

    url: str
    ring: KeyRing
    config: Config
    clock: Clock
    worker: str
    journal: Journal | None = None
    marks: Marks | None = None
    tuning: Tuning = field(default_factory=Tuning)


class Sender:
    """Watches the ledger for mail that is due and keeps one lane for each connection that has some."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ledger = LedgerThread(parts.url)
        self._composer = Composer(parts.ring, parts.config.base_url)
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None]]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look now instead of at the next poll. Call it from the loop's thread."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then give back what was not begun, wait for the calls under way, record, and return."""
        async with Mailer(self._parts.tuning.limits) as mailer:
            try:
                while not stop.is_set():
                    await self._look(mailer)
                    await _first(self._parts.tuning.poll, self._woken, stop)
                    self._woken.clear()
            finally:
                await asyncio.gather(*(self._end(lane, task) for lane, task in self._lanes.values()))
                self._ledger.close()

    async def _look(self, mailer: Posts) -> None:
        offset = self._parts.clock.offset()
        for connection_id in await self._ledger.call(_busy, offset):
            lane, task = self._lanes.get(connection_id, (None, None))
            if lane is None or task is None:
                lane = Lane(connection_id, self._parts, self._ledger, self._composer, mailer)
                task = asyncio.create_task(lane.run())
                self._lanes[connection_id] = (lane, task)
                task.add_done_callback(lambda ended, which=connection_id: self._ended(which, ended))  # type: ignore[misc]
            lane.wake()

    def _ended(self, connection_id: int, task: asyncio.Task[None]) -> None:
        """A lane that broke starts anew, not at once: whatever broke it may still be there."""
        if not task.cancelled() and (error := task.exception()):
            log.error("the lane of connection %d broke and starts anew", connection_id, exc_info=error)
            asyncio.get_running_loop().call_later(LANE_REST, self._lanes.pop, connection_id, None)

    async def _end(self, lane: Lane, task: asyncio.Task[None]) -> None:
        lane.stop()
        with contextlib.suppress(Exception):
            await task


class Lane:
    """One connection's mail: claims, composes, paces, sends, records."""

    def __init__(
        self, connection_id: int, parts: Parts, ledger: LedgerThread, composer: Composer, posts: Posts
    ) -> None:
        self._connection_id = connection_id
        self._parts = parts
        self._tuning = parts.tuning
        self._ledger = ledger
        self._composer = composer
        self._posts = posts
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ready: deque[tuple[float, Item, HttpRequest]] = deque()
        self._ready_changed = asyncio.Event()
        self._calls: dict[asyncio.Task[None], Item] = {}
        self._results: list[Result] = []
        self._results_changed = asyncio.Event()
        self._drained = False
        self._answered = asyncio.Event()
        self._sent_at: deque[float] = deque(maxlen=1)
        self._latency = 0.2
        self._rate = 1.0
        self._in_sandbox: bool | None = None
        self._access: SenderAccess | None = None
        self._access_until = 0.0

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop`, and then until everything claimed is recorded."""
        pacer = asyncio.create_task(self._pace())
        recorder = asyncio.create_task(self._record_always())
        try:
            while not self._stopping.is_set() and not pacer.done() and not recorder.done():
                await self._claim_once()
        finally:
            pacer.cancel()
            await asyncio.wait([pacer])
            await self._drain()
            self._drained = True
            self._results_changed.set()
            await recorder
        if not pacer.cancelled():
            pacer.result()

    # --- claiming and composing ---

    async def _claim_once(self) -> None:
        most = self._most_in_flight()
        room = most - len(self._calls) - len(self._ready)
        if room < max(1, min(most // 4, int(self._rate * 0.1))):  # batches, not dribbles
            self._answered.clear()
            await _first(self._tuning.poll, self._answered, self._stopping)
            return
        self._woken.clear()
        marks, worker, offset = self._parts.marks, self._parts.worker, self._parts.clock.offset()
        mark = marks.read(self._connection_id) if marks else 0
        claim = await self._ledger.call(
            leasing.claim, self._connection_id, worker, room, offset, self._tuning.lease, mark
        )
        if not claim.items:
            await _first(claim.wait or None, self._woken, self._stopping)
            return
        if marks:
            marks.note(self._connection_id, claim.next_slot)
        self._rate, self._in_sandbox = claim.rate, claim.in_sandbox
        await self._compose(claim)
        if self._ready:
            ends = self._ready[-1][0] + 1 / max(self._rate, 0.01)
            await _first(max(0.0, ends - self._tuning.lead - time.monotonic()), self._stopping)

    def _most_in_flight(self) -> int:
        """Little's law from measured latency, twice over, within bounds."""
        needed = math.ceil(self._rate * self._latency * 2)
        return min(self._tuning.most_in_flight, max(self._tuning.least_in_flight, needed))

    async def _compose(self, claim: Claim) -> None:
        """Make requests of what was claimed. Whatever breaks here, no row is left behind: nothing of it was sent."""
        left = deque(claim.items)
        try:
            access = await self._fresh_access(claim)
            if access is None:
                return left.clear()
            await self._load({item.row.content_id for item in claim.items})
            now = self._parts.clock.now() - self._parts.clock.offset()  # SES judges signatures on wall time
            while left:
                self._compose_one(left[0], claim, access, now)
                left.popleft()
                if len(left) % 4 == 0:
                    await asyncio.sleep(0)
        finally:
            for item in left:
                self._result(Result(item, Outcome.NOT_SENT, code="broken", text="The sender broke before the call."))

    async def _load(self, content_ids: set[int]) -> None:
        missing = self._composer.missing(content_ids)
        if not missing:
            return
        for content_id, source in (await self._ledger.call(load_sources, missing)).items():
            try:
                self._composer.keep(content_id, source)
            except Exception:
                log.exception("content %d cannot be compiled; its messages fail and say so", content_id)

    def _compose_one(self, item: Item, claim: Claim, access: SenderAccess, now: datetime) -> None:
        fields = claim.fields.get(item.row.contact_id or 0, {"address": item.row.address})
        try:
            request = self._composer.compose(item, fields, access, now)
        except RenderError as error:
            self._result(Result(item, Outcome.RENDER_FAILED, code="render_error", text=str(error)))
        except Exception as error:  # one message's trouble must not stop the others
            log.exception("message %d cannot be composed", item.row.id)
            text = f"{type(error).__name__}: {error}"
            self._result(Result(item, Outcome.RENDER_FAILED, code="render_error", text=text))
        else:
            at = claim.monotonic + (item.slot - claim.database_us) / 1_000_000
            self._ready.append((at, item, request))
            self._ready_changed.set()

    async def _fresh_access(self, claim: Claim) -> SenderAccess | None:
        """Keys and endpoint, read again every half minute; None after giving the rows back because there are none."""
        if self._access is None or time.monotonic() > self._access_until:
            try:
                self._access = await self._ledger.call(
                    connections.sender_credentials, self._connection_id, self._parts.ring, self._parts.config
                )
                self._access_until = time.monotonic() + self._tuning.access_for
            except (connections.NoConnectionError, KeyRingError) as error:
                self._access = None
                for item in claim.items:
                    self._result(Result(item, Outcome.NO_CONNECTION, code="connection", text=str(error)))
        return self._access

    # --- pacing and sending ---

    async def _pace(self) -> None:
        while True:
            if not self._ready:
                self._ready_changed.clear()
                await self._ready_changed.wait()
                continue
            now = time.monotonic()
            at = max(self._ready[0][0], self._earliest())
            if at > now:
                await asyncio.sleep(max(0.001, at - now))
                continue
            _, item, request = self._ready.popleft()
            self._sent_at.append(now)
            call = asyncio.create_task(self._send(item, request))
            self._calls[call] = item
            call.add_done_callback(self._calls.pop)

    def _earliest(self) -> float:
        """A guard beside the slots: after a stall of this process, no sliding second holds more than the rate."""
        most = max(1, math.floor(self._rate))
        if most > 5000:
            return 0.0
        if self._sent_at.maxlen != most:
            self._sent_at = deque(self._sent_at, maxlen=most)
        return self._sent_at[0] + 1.0 if len(self._sent_at) == most else 0.0

    async def _send(self, item: Item, request: HttpRequest) -> None:
        began = time.monotonic()
        try:
            if self._parts.journal is not None:
                self._parts.journal.begin(item.row.id, item.n)
        except OSError as error:
            self._result(Result(item, Outcome.NO_CONNECTION, code="journal", text=f"Nothing is sent: {error}"))
            return
        try:
            sent = await self._posts.send(request)
        except asyncio.CancelledError:
            self._result(Result(item, Outcome.NO_ANSWER, code="stopped", text="The worker stopped before the answer."))
            raise
        except Exception as error:
            log.exception("a call of message %d broke", item.row.id)
            self._result(Result(item, Outcome.NO_ANSWER, code=type(error).__name__, text=str(error)))
            return
        self._latency += 0.05 * (time.monotonic() - began - self._latency)
        self._result(_result(item, sent))
        if sent.kind is Kind.CREDENTIALS:
            self._access = None

    # --- recording ---

    def _result(self, result: Result) -> None:
        self._results.append(result)
        self._answered.set()
        if len(self._results) in (1, self._tuning.flush_at):
            self._results_changed.set()

    async def _record_always(self) -> None:
        while self._results or not self._drained:
            self._results_changed.clear()
            if not self._results:
                await self._results_changed.wait()
                self._results_changed.clear()
            if len(self._results) < self._tuning.flush_at and not self._drained:
                await _first(self._tuning.flush, self._results_changed)
            await self._flush()

    async def _flush(self) -> None:
        """Write what has come in so far. Database trouble is waited out: results are never dropped."""
        batch, self._results = self._results, []
        if not batch:
            return
        offset = self._parts.clock.offset()
        try:
            await self._ledger.call(leasing.record, self._connection_id, batch, self._in_sandbox, offset)
        except Exception:
            log.exception("%d results could not be recorded; their leases will put them in doubt", len(batch))

    async def _drain(self) -> None:
        """What was not begun goes back as not sent; calls under way may end; what does not end is in doubt."""
        for _, item, _ in self._ready:
            self._result(Result(item, Outcome.NOT_SENT, code="stopped", text="The worker stopped before the call."))
        self._ready.clear()
        if self._calls:
            await asyncio.wait(list(self._calls), timeout=self._tuning.drain)
        for call in list(self._calls):
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)


def _result(item: Item, sent: SendResult) -> Result:
    outcome = _OUTCOMES[sent.kind]
    if outcome is Outcome.NO_ANSWER and sent.status >= 500:
        outcome = Outcome.SERVER_ERROR
    if outcome is Outcome.UNVERIFIED and sent.identities and not _names(sent.identities, item.row.address_key):
        outcome = Outcome.REFUSED  # it is the sender that is not verified: no grant cures that
    return Result(item, outcome, sent.ses_message_id, sent.code, sent.text)


def _names(identities: tuple[str, ...], key: str) -> bool:
    return any(key in identity.lower() or identity.endswith("...") for identity in identities)


def _busy(db: PlainDb, offset: timedelta) -> list[int]:
    return store.busy_connections(db, database_time(db) + offset)


async def _first(seconds: float | None, *events: asyncio.Event) -> None:
    """Until one of the events is set or the seconds (None: no limit) have passed."""
    if any(event.is_set() for event in events):
        return
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
