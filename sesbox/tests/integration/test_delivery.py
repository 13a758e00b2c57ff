"""The delivery loop on a desk in memory: what is due is done once, in turn, and never vanishes without a line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from sesbox.account import Account, Change, Due, Log, Message
from sesbox.certificate import make_certificate
from sesbox.delivery import Call, Delivery
from sesbox.events.envelope import Post, Signer
from sesbox.operations.base import AwsError, Caller, Context, Outcome, Profile
from sesbox.operations.verifying import DnsFindings
from sesbox.posting import Answer

REGION = "us-east-1"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"


@dataclass
class Row:
    id: int
    at: float
    task: str
    data: Mapping[str, Any]
    region: str = REGION


@dataclass
class Desk:
    """Writer, disk and clock in one; `trouble` makes the next commits fail."""

    time: float = 1_000.0
    rows: dict[int, Row] = field(default_factory=dict)
    log: list[Log] = field(default_factory=list)
    trouble: int = 0
    wake: Callable[[], None] = lambda: None
    numbers: int = 0

    def add(self, *changes: Change) -> None:
        for change in changes:
            if isinstance(change, Due):
                self.numbers += 1
                data = json.loads(json.dumps(change.data))
                self.rows[self.numbers] = Row(self.numbers, change.at, change.task, data)
            elif isinstance(change, Log):
                self.log.append(change)
        if any(isinstance(change, Due) for change in changes):
            self.wake()

    async def run(self, region: str, call: Call, done: int | None = None) -> Outcome:
        await asyncio.sleep(0)
        if self.trouble:
            self.trouble -= 1
            raise AwsError("InternalFailure", None)
        if done is not None and done not in self.rows:
            return Outcome({})
        context = Context(Account("1", region), self.time, None, Caller("k", "1"), Profile())  # type: ignore[arg-type]
        outcome = call(context)
        if done is not None:
            del self.rows[done]
        self.add(*outcome.changes)
        return outcome

    def due(self, now: float, limit: int, held: Collection[int], full: Collection[str]) -> Sequence[Row]:
        found = [
            row
            for row in sorted(self.rows.values(), key=lambda row: (row.at, row.id))
            if row.at <= now and row.id not in held and row.data.get("endpoint") not in full
        ]
        return found[:limit]

    def next_due_at(self, after: float) -> float | None:
        return min((row.at for row in self.rows.values() if row.at > after), default=None)

    def is_due(self, row_id: int) -> bool:
        return row_id in self.rows

    def message(self, message_id: str) -> Message | None:
        return None

    def now(self) -> float:
        return self.time

    def seconds_until(self, at: float) -> float | None:
        return None

    def move(self, seconds: float) -> None:
        self.time += seconds
        self.wake()


class Endpoints:
    """Answers by a script for each URL; the last one is repeated; None never answers."""

    def __init__(self, **scripts: list[int | None]) -> None:
        self.scripts = scripts
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.open: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        name = url.removeprefix("http://")
        self.seen.append((name, dict(headers), body))
        self.open[name] = self.open.get(name, 0) + 1
        self.most[name] = max(self.most.get(name, 0), self.open[name])
        await asyncio.sleep(0)
        script = self.scripts[name]
        status = script.pop(0) if len(script) > 1 else script[0]
        if status is None:
            await asyncio.Event().wait()
        self.open[name] -= 1
        return Answer(status, f"HTTP {status}")


@pytest.fixture(scope="module")
def signer() -> Signer:
    made = make_certificate(1_000.0)
    return Signer(made.key(), "http://sesbox" + made.path)


def post(name: str, number: int = 1, message: str = "{}") -> Due:
    data = Post(
        type="Notification", message_id=f"id-{number}", topic_arn=TOPIC, subscription_arn=TOPIC + ":s",
        endpoint=f"http://{name}", message=message, timestamp=1_000.0,
    ).to_data()  # fmt: skip
    return Due(1_000.0, "post", data)


def play(desk: Desk, endpoints: Endpoints, signer: Signer, story: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        delivery = Delivery(
            desk, desk, desk, endpoints, signer, "http://sesbox", lambda _: DnsFindings(), trouble_pause=0
        )
        desk.wake = delivery.wake
        loop = asyncio.create_task(delivery.run())
        await asyncio.wait_for(story(), 20)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def verdicts(desk: Desk) -> list[str]:
    return [str(line.data.get("verdict", line.kind)) for line in desk.log]


def test_a_post_that_arrives_leaves_the_disk_and_one_line(signer: Signer) -> None:
    desk, endpoints = Desk(), Endpoints(a=[200])
    event = json.dumps({"eventType": "Bounce", "mail": {"messageId": "ses-1"}})

    async def story() -> None:
        desk.add(post("a", message=event))
        await until(lambda: not desk.rows)

    play(desk, endpoints, signer, story)
    (line,) = desk.log
    assert (line.kind, line.message_id) == ("post", "ses-1")
    assert line.data["verdict"] == "delivered"
    assert line.data["event_type"] == "Bounce"
    assert endpoints.seen[0][1]["x-amz-sns-message-type"] == "Notification"


def test_a_failing_endpoint_is_tried_four_times_under_one_id_and_then_dropped_with_a_line(signer: Signer) -> None:
    desk, endpoints = Desk(), Endpoints(a=[503])

    async def story() -> None:
        desk.add(post("a"))
        for tries in range(1, 5):
            await until(lambda tries=tries: len(desk.log) == tries)  # type: ignore[misc]
            assert [row.at for row in desk.rows.values()] == ([desk.time + 20] if tries < 4 else [])
            desk.move(19.9)
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(endpoints.seen) == tries
            desk.move(0.1)

    play(desk, endpoints, signer, story)
    assert verdicts(desk) == ["retry", "retry", "retry", "dropped"]
    assert {json.loads(body)["MessageId"] for _, _, body in endpoints.seen} == {"id-1"}
    assert [line.data["attempt"] for line in desk.log] == [1, 2, 3, 4]


def test_a_4xx_is_final(signer: Signer) -> None:
    desk, endpoints = Desk(), Endpoints(a=[403])

    async def story() -> None:
        desk.add(post("a"))
        await until(lambda: not desk.rows)

    play(desk, endpoints, signer, story)
    assert verdicts(desk) == ["refused"]
    assert len(endpoints.seen) == 1


def test_an_endpoint_that_never_answers_holds_up_nobody_else(signer: Signer) -> None:
    desk, endpoints = Desk(), Endpoints(dead=[None], live=[200])

    async def story() -> None:
        desk.add(*(post("dead", number) for number in range(700)))
        desk.add(*(post("live", number) for number in range(700, 1000)))
        await until(lambda: len(desk.log) == 300)

    play(desk, endpoints, signer, story)
    assert len(desk.rows) == 700
    assert endpoints.most["dead"] <= 10
    assert sum(endpoints.most.values()) <= 50


def test_more_posts_than_a_lane_holds_arrive_all_once_and_in_order(signer: Signer) -> None:
    desk, endpoints = Desk(), Endpoints(a=[200])

    async def story() -> None:
        desk.add(*(post("a", number) for number in range(900)))
        await until(lambda: not desk.rows)

    play(desk, endpoints, signer, story)
    started = [json.loads(body)["MessageId"] for _, _, body in endpoints.seen]
    assert started == [f"id-{number}" for number in range(900)]


def test_a_commit_that_fails_is_tried_again_without_another_post(signer: Signer) -> None:
    desk, endpoints = Desk(), Endpoints(a=[200])

    async def story() -> None:
        desk.trouble = 3
        desk.add(post("a"))
        await until(lambda: not desk.rows)

    play(desk, endpoints, signer, story)
    assert verdicts(desk) == ["delivered"]
    assert len(endpoints.seen) == 1


@pytest.mark.parametrize(
    "due",
    [
        Due(0.0, "no-such-task", {}),
        Due(0.0, "post", {"endpoint": "http://a"}),
        Due(0.0, "deliver", {"recipients": []}),
    ],
)
def test_work_that_cannot_be_done_leaves_a_line_that_says_why(signer: Signer, due: Due) -> None:
    desk, endpoints = Desk(), Endpoints(a=[200])

    async def story() -> None:
        desk.add(due)
        await until(lambda: not desk.rows)

    play(desk, endpoints, signer, story)
    (line,) = desk.log
    assert line.kind == "failed"
    assert line.data["task"] == due.task
    assert line.data["reason"]


def test_what_is_due_later_waits_for_the_clock(signer: Signer) -> None:
    desk, endpoints = Desk(), Endpoints(a=[200])

    async def story() -> None:
        due = post("a")
        desk.add(Due(desk.time + 3600, due.task, due.data))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not endpoints.seen
        desk.move(3600)
        await until(lambda: not desk.rows)

    play(desk, endpoints, signer, story)
    assert verdicts(desk) == ["delivered"]


def test_what_becomes_due_while_the_loop_looks_is_not_slept_over(signer: Signer) -> None:
    class Running(Desk):
        def now(self) -> float:
            self.time += 0.001
            return self.time

        def seconds_until(self, at: float) -> float | None:
            return max(0.0, at - self.time)

    desk = Running()

    async def story() -> None:
        data = {"message_id": "m", "recipients": []}
        desk.rows = {1: Row(1, desk.time + 0.0005, "deliver", data), 2: Row(2, desk.time + 0.0015, "deliver", data)}
        desk.wake()
        await until(lambda: not desk.rows)

    play(desk, Endpoints(), signer, story)


def test_a_reset_takes_along_what_waits_in_a_lane_and_what_is_on_its_way(signer: Signer) -> None:
    class Gate(Endpoints):
        gate = asyncio.Event()

        async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
            answer = await super().post(url, headers, body)
            await self.gate.wait()
            return answer

    desk, endpoints = Desk(), Gate(a=[503])

    async def story() -> None:
        desk.add(*(post("a", number) for number in range(30)))
        await until(lambda: len(endpoints.seen) == 10)
        desk.rows.clear()
        endpoints.gate.set()
        desk.add(post("a", 99))
        await until(lambda: len(desk.log) == 1)

    play(desk, endpoints, signer, story)
    assert [json.loads(body)["MessageId"] for _, _, body in endpoints.seen][10:] == ["id-99"]
    assert [row.data["message_id"] for row in desk.rows.values()] == ["id-99"]
