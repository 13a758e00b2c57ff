"""The writer thread: batches, isolation of failures, and that nothing is answered before it is on disk."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from sesbox.account import Due, Message, Put, Store
from sesbox.ids import RandomIds
from sesbox.operations.base import AwsError, Context, Outcome, Profile
from sesbox.operations.records import Topic
from sesbox.storage import MEMORY, Batch, Storage
from sesbox.writer import World, Writer

EAST = "us-east-1"


class Box:
    """A storage that counts its commits and can be told to fail, and a writer on it."""

    def __init__(self) -> None:
        self.storage = Storage(MEMORY, account_id="123456789012")
        self.commits: list[int] = []
        self.fail_when: Callable[[Batch], bool] = lambda batch: False
        self.woken = 0
        self._write = self.storage.write
        self.storage.write = self.write  # type: ignore[method-assign]
        world = World("123456789012", lambda: 1000.0, RandomIds(lambda count: b"\x07" * count), Profile())
        self.writer = Writer(self.storage, world)

    def write(self, batch: Batch) -> None:
        if self.fail_when(batch):
            raise sqlite3.OperationalError("disk full")
        self._write(batch)
        self.commits.append(len(batch.records))

    def wake(self) -> None:
        self.woken += 1


def put(name: str, seen: list[int] | None = None) -> Callable[[Context], Outcome]:
    def call(ctx: Context) -> Outcome:
        if seen is not None:
            seen.append(len(ctx.account.all(Topic)))
        return Outcome({"name": name}, (Put(Topic(arn=name, created_at=ctx.now)),))

    return call


def play(scene: Callable[[Box], Any]) -> Box:
    box = Box()

    async def run() -> None:
        box.writer.start(box.wake)
        await scene(box)
        await box.writer.close()

    asyncio.run(run())
    return box


def test_what_is_ready_together_is_one_transaction() -> None:
    seen: list[int] = []

    async def scene(box: Box) -> None:
        blocked = box.writer.read(EAST, lambda ctx: asyncio.run(asyncio.sleep(0.05)))
        answers = await asyncio.gather(*(box.writer.run(EAST, put(f"t{number}", seen)) for number in range(20)))
        await blocked
        assert [answer.response["name"] for answer in answers] == [f"t{number}" for number in range(20)]

    box = play(scene)
    assert seen == list(range(20))
    assert sum(box.commits) == 20
    assert len(box.commits) <= 2
    assert len(box.storage.load()[EAST].all(Topic)) == 20


def test_a_refusal_changes_nothing_and_hits_nobody_else() -> None:
    def refuse(ctx: Context) -> Outcome:
        raise AwsError("MessageRejected", "no")

    def stumble(ctx: Context) -> Outcome:
        raise ZeroDivisionError

    async def scene(box: Box) -> None:
        results = await asyncio.gather(
            box.writer.run(EAST, refuse),
            box.writer.run(EAST, put("kept")),
            box.writer.run(EAST, stumble),
            return_exceptions=True,
        )
        assert [getattr(result, "code", None) for result in results] == ["MessageRejected", None, "InternalFailure"]

    assert [topic.arn for topic in play(scene).storage.load()[EAST].all(Topic)] == ["kept"]


def test_a_failed_commit_fails_its_cause_only_and_memory_follows_the_disk() -> None:
    async def scene(box: Box) -> None:
        box.fail_when = lambda batch: any(key == "poison" for _, _, key in batch.records)
        results = await asyncio.gather(
            *(box.writer.run(EAST, put(name)) for name in ("before", "poison", "after")), return_exceptions=True
        )
        assert [getattr(result, "code", None) for result in results] == [None, "InternalFailure", None]
        names = await box.writer.read(EAST, lambda ctx: [topic.arn for topic in ctx.account.all(Topic)])
        assert names == ["before", "after"]

    assert [topic.arn for topic in play(scene).storage.load()[EAST].all(Topic)] == ["before", "after"]


def test_done_work_leaves_with_its_result_and_new_work_wakes_the_loop() -> None:
    async def scene(box: Box) -> None:
        await box.writer.run(EAST, lambda ctx: Outcome({}, (Due(1.0, "a", {}),)))
        assert box.woken == 1
        (row,) = box.storage.due(1.0, 9)
        box.fail_when = lambda batch: True
        with pytest.raises(AwsError, match="InternalFailure"):
            await box.writer.run(EAST, put("result"), done=row.id)
        assert [found.id for found in box.storage.due(1.0, 9)] == [row.id]
        box.fail_when = lambda batch: False
        await box.writer.run(EAST, put("result"), done=row.id)
        assert box.storage.due(1.0, 9) == []
        assert box.woken == 1

    assert [topic.arn for topic in play(scene).storage.load()[EAST].all(Topic)] == ["result"]


def test_reset_forgets_disk_and_memory_but_not_meta() -> None:
    async def scene(box: Box) -> None:
        await box.writer.set_meta({"clock": "{}"})
        message = Message("id", 1.0, "s", (), "", b"")
        await asyncio.gather(
            box.writer.run(EAST, put("t")), box.writer.run(EAST, lambda ctx: Outcome({}, (Store(message),)))
        )
        assert await box.writer.regions() == [EAST]
        await box.writer.reset()
        assert await box.writer.regions() == []
        assert await box.writer.read(EAST, lambda ctx: ctx.account.all(Topic)) == []

    box = play(scene)
    assert (box.storage.messages(), box.storage.load(), box.storage.meta("clock")) == ([], {}, "{}")


def test_closing_finishes_what_was_handed_in() -> None:
    async def scene(box: Box) -> None:
        futures = [box.writer.run(EAST, put(f"t{number}")) for number in range(3)]
        await box.writer.close()
        assert [(await future).response for future in futures]
        with pytest.raises(AwsError, match="InternalFailure"):
            await box.writer.run(EAST, put("late"))

    assert len(play(scene).storage.load()[EAST].all(Topic)) == 3


def test_what_was_begun_before_a_reset_leaves_no_trace_after_it() -> None:
    async def scene(box: Box) -> None:
        await box.writer.run(EAST, lambda ctx: Outcome({}, (Due(1.0, "a", {}),)))
        (row,) = box.storage.due(1.0, 9)
        await box.writer.reset()
        outcome = await box.writer.run(EAST, put("stale"), done=row.id)
        assert outcome.response == {}
        await box.writer.run(EAST, lambda ctx: Outcome({}, (Due(1.0, "b", {}),)))
        (fresh,) = box.storage.due(1.0, 9)
        assert fresh.id > row.id
        await box.writer.run(EAST, put("fresh"), done=fresh.id)

    assert [topic.arn for topic in play(scene).storage.load()[EAST].all(Topic)] == ["fresh"]


def test_a_disk_that_cannot_even_be_read_fails_what_is_asked_and_not_the_writer() -> None:
    async def scene(box: Box) -> None:
        await box.writer.run(EAST, put("kept"))
        load, broken = box.storage.load, [sqlite3.OperationalError("disk I/O error")]

        def failing() -> Any:
            if broken:
                raise broken.pop()
            return load()

        box.storage.load = failing  # type: ignore[method-assign]
        box.fail_when = lambda batch: True
        for _ in range(2):
            with pytest.raises(AwsError, match="InternalFailure"):
                await asyncio.wait_for(box.writer.run(EAST, put("lost")), 10)
        box.fail_when = lambda batch: False
        await asyncio.wait_for(box.writer.run(EAST, put("after")), 10)
        assert await box.writer.read(EAST, lambda ctx: [topic.arn for topic in ctx.account.all(Topic)]) == [
            "kept",
            "after",
        ]

    play(scene)


def test_a_region_in_which_nothing_was_changed_is_none() -> None:
    async def scene(box: Box) -> None:
        await box.writer.run("eu-west-1", lambda ctx: Outcome({}))
        await box.writer.read("eu-west-2", lambda ctx: ctx.account.region)
        assert await box.writer.regions() == []
        await box.writer.run(EAST, put("t"))
        assert await box.writer.regions() == [EAST]

    play(scene)
