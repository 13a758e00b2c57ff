"""The door out: finds the work that is due on sesbox's clock, has it decided, posts what has to be posted.

Lives here: the loop, the table of tasks, the lanes of pending POSTs. Must not live here: decisions (rules/,
operations/), the envelope (events/envelope.py), HTTP (posting.py), SQL (storage.py).
Work leaves the disk in the same commit that records its result. A crash between a POST and that commit repeats
the POST with the same SNS MessageId: at least once, as SNS has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from sesbox.account import Change, Due, Log, Message
from sesbox.events.envelope import Post, Signer, http_body, http_headers
from sesbox.lanes import Lanes
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.delivering import settle
from sesbox.operations.publishing import fan_out
from sesbox.operations.reviewing import auto_review
from sesbox.operations.verifying import DnsFindings, check_domain, questions
from sesbox.posting import Answer
from sesbox.rules.retries import RETRY_AFTER, Verdict, judge

BATCH = 256

logger = logging.getLogger("sesbox.delivery")

Call = Callable[[Context], Outcome]
LookUp = Callable[[Sequence[tuple[str, str]]], DnsFindings]


class DueRow(Protocol):
    """One piece of due work as it lies on disk."""

    @property
    def id(self) -> int: ...
    @property
    def region(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Work(Protocol):
    """What the loop reads from disk."""

    def due(self, now: float, limit: int, held: Collection[int], full: Collection[str]) -> Sequence[DueRow]:
        """Rows with at <= now by (at, id), without these ids and without posts to these endpoints."""

    def next_due_at(self, after: float) -> float | None:
        """The earliest `at` later than `after`."""

    def is_due(self, row_id: int) -> bool:
        """Whether a row is still there: a reset takes them all."""

    def message(self, message_id: str) -> Message | None:
        """One accepted message."""


class Writer(Protocol):
    """What commits: the call's changes and the removal of the row `done` in one transaction."""

    def run(self, region: str, call: Call, done: int | None = None) -> Awaitable[Outcome]: ...


class Clock(Protocol):
    """sesbox's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def seconds_until(self, at: float) -> float | None:
        """Real seconds until the clock shows `at`; None while it stands still."""


class Sender(Protocol):
    """What posts (posting.Poster)."""

    def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Awaitable[Answer]: ...


class Delivery:
    """Runs until cancelled. `wake()` tells it that there may be new work or that the clock was moved."""

    def __init__(
        self, writer: Writer, work: Work, clock: Clock, sender: Sender, signer: Signer, base_url: str,
        look_up: LookUp,
        trouble_pause: float = 1.0,
    ) -> None:  # fmt: skip
        self._writer, self._work, self._clock = writer, work, clock
        self._sender, self._signer, self._base_url = sender, signer, base_url
        self._look_up, self._trouble_pause = look_up, trouble_pause
        self._wake = asyncio.Event()
        self._lanes: Lanes[DueRow] = Lanes()
        self._posts: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look again at what is due. Call it in the event loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """The loop."""
        try:
            while True:
                self._wake.clear()
                looked_at = self._clock.now()
                try:
                    more = await self._tick(looked_at)
                except Exception:
                    logger.exception("delivery: reading what is due failed; trying again")
                    await asyncio.sleep(self._trouble_pause)
                    continue
                if not more:
                    await self._rest(looked_at)
        finally:
            for post in self._posts:
                post.cancel()

    async def _tick(self, now: float) -> bool:
        rows = self._work.due(now, BATCH, self._lanes.held, self._lanes.full)
        handled = []
        for row in rows:
            if row.task == "post":
                self._lanes.add(str(row.data.get("endpoint", "")), row.id, row)
            else:
                handled.append(self._finish(row, _handler(row, self._work, self._look_up)))
        await asyncio.gather(*handled)
        self._start_posts()
        return len(rows) >= BATCH

    async def _rest(self, looked_at: float) -> None:
        """Sleep until something is due that was not when the loop looked, or somebody wakes it."""
        at = self._work.next_due_at(looked_at)
        pause = None if at is None else self._clock.seconds_until(at)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), None if pause is None else max(pause, 0.001))

    async def _finish(self, row: DueRow, call: Call) -> None:
        """Commit the outcome of one row, as often as it takes; the row stays on disk until then."""
        while True:
            try:
                await self._writer.run(row.region, partial(_guarded, row, call), done=row.id)
            except AwsError as error:
                logger.error("delivery: a result could not be written; trying again: %s", error)
                await asyncio.sleep(self._trouble_pause)
            else:
                return

    def _start_posts(self) -> None:
        while (taken := self._lanes.take()) is not None:
            endpoint, row_id, row = taken
            task = asyncio.get_running_loop().create_task(self._post(row))
            self._posts.add(task)
            task.add_done_callback(partial(self._post_ended, endpoint, row_id))

    def _post_ended(self, endpoint: str, row_id: int, task: asyncio.Task[None]) -> None:
        self._posts.discard(task)
        if self._lanes.done(endpoint, row_id):
            self.wake()
        if not task.cancelled():
            self._start_posts()

    async def _post(self, row: DueRow) -> None:
        """Sign, post, record. `row.data` stays on disk until the record of this try is committed."""
        if not self._work.is_due(row.id):
            return
        started = self._clock.now()
        try:
            post = Post.from_data(row.data)
            body = http_body(post, self._signer, self._base_url)
            answer = await self._sender.post(post.endpoint, http_headers(post), body)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            logger.exception("delivery: posting row %d failed", row.id)
            await self._finish(row, lambda ctx: Outcome({}, (_failure(row, reason, ctx.now),)))
            return
        await self._finish(row, lambda ctx: Outcome({}, after_post(post, answer, started, ctx.now)))


def _guarded(row: DueRow, call: Call, ctx: Context) -> Outcome:
    """The outcome of a call; what cannot be handled leaves a line that says why, so nothing is lost in silence."""
    try:
        return call(ctx)
    except Exception as error:
        logger.exception("delivery: the task %s (row %d) failed", row.task, row.id)
        return Outcome({}, (_failure(row, f"{type(error).__name__}: {error}", ctx.now),))


def after_post(post: Post, answer: Answer, started: float, now: float) -> tuple[Change, ...]:
    """The line of this try, and the next try if there is one: 20 seconds after this one began.

    Counted from the beginning, a clock that is moved while the answer is on its way cannot delay the next try.
    """
    verdict = judge(post.attempt, answer.status)
    event = _event(post.message)
    line = {
        "sns_message_id": post.message_id,
        "type": post.type,
        "topic_arn": post.topic_arn,
        "subscription_arn": post.subscription_arn,
        "endpoint": post.endpoint,
        "attempt": post.attempt + 1,
        "status": answer.status,
        "detail": answer.detail,
        "verdict": verdict.value,
        "event_type": event.get("eventType", ""),
    }
    log = Log(at=now, kind="post", message_id=_message_id(event), data=line)
    if verdict is not Verdict.RETRY:
        return (log,)
    return (log, Due(started + RETRY_AFTER, "post", replace(post, attempt=post.attempt + 1).to_data()))


def _handler(row: DueRow, work: Work, look_up: LookUp) -> Call:
    """The table of tasks."""
    data = row.data
    if row.task == "deliver":
        return lambda ctx: _deliver(ctx, work, data)
    if row.task == "publish":
        return lambda ctx: _publish(ctx, data)
    if row.task == "review":
        return lambda ctx: auto_review(ctx, data)
    if row.task == "check_domain":
        return lambda ctx: check(ctx, str(data["domain"]), look_up)
    return lambda ctx: Outcome({}, (_failure(row, "there is no such task", ctx.now),))


def _deliver(ctx: Context, work: Work, data: Mapping[str, Any]) -> Outcome:
    message = work.message(str(data["message_id"]))
    if message is None:
        return Outcome({})
    return settle(ctx, message, tuple(data["recipients"]))


def _publish(ctx: Context, data: Mapping[str, Any]) -> Outcome:
    line = Log(at=ctx.now, kind="event", message_id=_message_id(data.get("event", {})), data=dict(data))
    outcome = fan_out(ctx, data)
    return Outcome(outcome.response, (line, *outcome.changes))


def check(ctx: Context, domain: str, look_up: LookUp) -> Outcome:
    """Look one domain up in the scripted zone and judge what is there."""
    return check_domain(ctx, domain, look_up(questions(ctx, domain)))


def _failure(row: DueRow, reason: str, now: float) -> Log:
    message_id = str(row.data.get("message_id", "")) if row.task == "deliver" else ""
    return Log(at=now, kind="failed", message_id=message_id,
               data={"task": row.task, "reason": reason, "data": dict(row.data)})  # fmt: skip


def _event(message: str) -> Mapping[str, Any]:
    """The SES event inside a notification, or nothing if the text is none (validation texts, confirmations)."""
    try:
        found = json.loads(message)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _message_id(event: Mapping[str, Any]) -> str:
    mail = event.get("mail")
    return str(mail.get("messageId", "")) if isinstance(mail, dict) else ""
