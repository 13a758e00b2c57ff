"""A server that answers like SES and fails like a network, rows to send, and a sender that runs until all is quiet."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from django.db import transaction

from sendwell.amazon.http import Limits
from sendwell.config import Config
from sendwell.connections.models import Connection
from sendwell.contacts.models import Contact, List, Subscription
from sendwell.content.models import Content
from sendwell.core.clock import Clock
from sendwell.core.db import DjangoDb
from sendwell.core.installation import Installation
from sendwell.outbox import service
from sendwell.outbox.models import Attempt, Message, Pace
from sendwell.outbox.sender import Parts, Sender, Tuning
from sendwell.workspaces.models import Workspace

# Quick to look, patient with answers: on a busy machine a call must not end in doubt that no test asked for.
QUICK = Tuning(poll=0.02, flush=0.01, limits=Limits(connect=20.0, total=20.0, connections=64))
IMPATIENT = replace(QUICK, limits=Limits(connect=20.0, total=0.5, connections=64))


@dataclass
class Call:
    """One SendEmail that reached the server, whatever became of it."""

    at: float
    to: str
    tag: str
    body: dict[str, Any]

    @property
    def message_id(self) -> int:
        return int(self.tag.partition(".")[0])


Script = Callable[[Call], str]


class FakeSes:
    """Answers SendEmail as scripted: ok, lost (accepted, no answer), 500, rate, daily, refused, unverified, paused,
    slow, hang. `accepted` counts messages that a real SES would have sent."""

    def __init__(self) -> None:
        self.script: Script = lambda call: "ok"
        self.calls: list[Call] = []
        self.accepted: Counter[int] = Counter()
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FakeSes:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._loop.run_forever()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/v2/email/outbound-emails", self._send_email)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._started.set()

    async def _send_email(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        tag = next(item["Value"] for item in body["EmailTags"] if item["Name"] == "sendwell")
        call = Call(time.monotonic(), body["Destination"]["ToAddresses"][0], tag, body)
        self.calls.append(call)
        return await self._answer(request, call, self.script(call))

    async def _answer(self, request: web.Request, call: Call, said: str) -> web.StreamResponse:
        if said in ("ok", "lost", "slow", "hang"):
            self.accepted[call.message_id] += 1
        if said == "slow":
            await asyncio.sleep(0.1)
        if said == "hang":
            await asyncio.sleep(3)
        if said == "lost":
            assert request.transport is not None
            request.transport.abort()
        if said in ERRORS:
            status, code, text = ERRORS[said]
            return web.json_response({"message": text}, status=status, headers={"x-amzn-ErrorType": code})
        return web.json_response({"MessageId": f"ses-{call.tag}"})


ERRORS = {
    "500": (500, "InternalServiceErrorException", "Try later."),
    "rate": (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
    "daily": (400, "LimitExceededException", "Daily message quota exceeded."),
    "refused": (400, "BadRequestException", "Local address contains control or whitespace"),
    "unverified": (
        400,
        "MessageRejected",
        "Email address is not verified. The following identities failed the check in region US-EAST-1: "
        "c0@example.org, c1@example.org, c2@example.org",
    ),
    "paused": (400, "SendingPausedException", "Sending paused for this account."),
}


@pytest.fixture
def ses() -> Iterator[FakeSes]:
    with FakeSes() as server:
        yield server


@dataclass
class World:
    """A workspace with a connection to the fake SES, one list, one content."""

    installation: Installation
    url: str
    workspace: Workspace
    connection: Connection
    mailing: List
    content: Content
    plain: Content
    contacts: list[Contact] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.installation.clock.now()

    def parts(self, worker: str = "test:1:1", tuning: Tuning = QUICK) -> Parts:
        given = self.installation
        return Parts(self.url, given.ring, given.config, given.clock, worker, tuning=tuning)

    def impatient_parts(self) -> Parts:
        """Those of a sender that waits half a second for an answer."""
        return self.parts(tuning=IMPATIENT)

    def people(self, number: int, domain: str = "example.org") -> list[Contact]:
        made = Contact.objects.bulk_create(
            Contact(workspace=self.workspace, address=address, key=address, name=f"Contact {n}", created_at=self.now,
                    updated_at=self.now)
            for n, address in ((n, f"c{n}@{domain}") for n in range(number))
        )  # fmt: skip
        Subscription.objects.bulk_create(
            Subscription(contact=one, list=self.mailing, status="confirmed", changed_at=self.now) for one in made
        )
        self.contacts += made
        return made

    def campaign(self, contacts: list[Contact], campaign_id: int = 1) -> int:
        rows = [service.NewRow(one.pk, one.address, one.key) for one in contacts]
        with transaction.atomic():
            return service.enqueue_campaign(
                DjangoDb(), workspace_id=self.workspace.pk, connection_id=self.connection.pk, campaign_id=campaign_id,
                list_id=self.mailing.pk, content_id=self.content.pk, rows=rows, now=self.now,
            )  # fmt: skip

    def single(self, key: str, address: str = "one@example.org", stream: service.Stream = service.Stream.OPT_IN) -> int:
        return service.enqueue_single(
            workspace_id=self.workspace.pk, connection_id=self.connection.pk, stream=stream, idempotency_key=key,
            content_id=self.plain.pk, address=address, context={"word": "hello"}, now=self.now,
        )  # fmt: skip

    def limits(self, rate: float = 2000, quota: float = 50_000, sent: float = 0) -> None:
        with transaction.atomic():
            service.set_limits(DjangoDb(), self.connection.pk, rate, quota, sent, self.now)

    def in_transaction(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            return verb(DjangoDb(), *args, **kwargs)

    def statuses(self) -> dict[str, int]:
        return dict(Counter(Message.objects.values_list("status", flat=True)))

    def pace(self) -> Pace:
        return Pace.objects.get(pk=self.connection.pk)

    def outcomes(self) -> dict[str, int]:
        return dict(Counter(Attempt.objects.values_list("outcome", flat=True)))

    def run(self, until: Callable[[], bool] | None = None, seconds: float = 60, parts: Parts | None = None) -> None:
        """Run a sender until `until` holds (default: nothing is queued or sending); fails after `seconds`."""
        done = until or (lambda: not Message.objects.filter(status__in=["queued", "sending"]).exists())
        asyncio.run(self._run(done, seconds, parts or self.parts()))

    async def _run(self, until: Callable[[], bool], seconds: float, parts: Parts) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Sender(parts).run(stop))
        deadline = time.monotonic() + seconds
        try:
            while not await asyncio.to_thread(_ask, until):
                assert not running.done(), running.exception()
                assert time.monotonic() < deadline, (
                    f"not there after {seconds} s: {await asyncio.to_thread(_ask, self.statuses)}"
                )
                await asyncio.sleep(0.02)
        finally:
            stop.set()
            await running


def _ask(question: Callable[[], Any]) -> Any:
    from django.db import connection

    try:
        return question()
    finally:
        connection.close()


def offset_clock(path: Path, seconds: float = 0) -> Clock:
    clock = Clock(path)
    if seconds:
        clock.advance(timedelta(seconds=seconds))
    return clock


@pytest.fixture
def world(engine: Any, ses: FakeSes, installation: Installation, tmp_path: Path) -> World:
    config = Config(data_dir=tmp_path, aws_endpoint=ses.url, public_url="https://mail.example.com")
    parts = replace(installation, config=config, clock=Clock(tmp_path / "offset"))
    now = datetime.now(UTC)
    workspace = Workspace.objects.create(
        name="W", sender_name="Example Ltd", postal_address="1 Street, Town", created_at=now
    )
    connection = Connection.objects.create(
        workspace=workspace, name="fake", kind="endpoint", access_key_id="AKIDEXAMPLE",
        secret_access_key=installation.ring.encrypt("secret"), created_at=now, hook_key="hook",
        configuration_set="sendwell", in_sandbox=False,
    )  # fmt: skip
    common = {"workspace": workspace, "from_address": "news@example.com", "from_name": "News", "created_at": now}
    content = Content.objects.create(
        message_class="marketing", subject="Hello {{ name }}", body="Dear {{ name }}, news.", list_name="News", **common
    )
    plain = Content.objects.create(message_class="transactional", subject="Code", body="Say {{ word }}.", **common)
    made = List.objects.create(workspace=workspace, name="News", created_at=now)
    found = World(parts, engine.url, workspace, connection, made, content, plain)
    found.limits()
    return found
