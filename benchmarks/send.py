"""Messages a second from queued to accepted and recorded, beside a plain boto3 + Jinja2 + standard MIME loop.

    python -m benchmarks.send [MESSAGES]

Everything runs on this machine: a trivial HTTP sink in its own process answers like SES, sendwell's sender works a
fresh SQLite and a fresh PostgreSQL database, the plain loop follows in the same run. The rate is raised so that pacing
is not the limit. Prints one JSON object; no bar is asserted. "cpu_us" is CPU of the sending process for each message.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

ARTICLE = (
    '<tr><td><h2><a href="https://example.com/articles/{n}">Article {n} of this week</a></h2>'
    "<p>{{{{ name }}}}, this is what it says: " + "some forty words that nobody reads twice, " * 12 + "</p>"
    '<p><a href="https://example.com/articles/{n}/more">Read on</a></p></td></tr>'
)
GREETING = "<h1>Hello {{ name }}</h1><p>This goes to {{ address }}.</p>"
BODY = GREETING + "<table>" + "".join(ARTICLE.format(n=n) for n in range(12)) + "</table><p>Until soon, {{ name }}!</p>"
SUBJECT = "{{ name }}, the news of this week"


# --- the sink ----------------------------------------------------------------------------------------------------


class Sink(asyncio.Protocol):
    """Reads whole requests by Content-Length and answers each as SES's SendEmail does."""

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            length = int(head[at : head.find(b"\r\n", at) if head.find(b"\r\n", at) > 0 else end])
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            answer = b'{"MessageId":"0100000000000000-00000000-0000-0000-0000-000000000000-000000"}'
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
            self.transport.write(head + answer)  # type: ignore[attr-defined]


async def serve_sink() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def sink() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.send", "sink"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


# --- sendwell ----------------------------------------------------------------------------------------------------


def measure_sendwell(url: str, number: int) -> dict[str, Any]:
    """In a process of its own: migrate, enqueue, send until all is accepted and recorded."""
    import logging

    logging.disable(logging.WARNING)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    parts = _fill(url, number)
    from sendwell.outbox.models import Message

    before, cpu = time.perf_counter(), _cpu()
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(_send_all(parts))
    wall, cpu = time.perf_counter() - before, _cpu() - cpu
    accepted = Message.objects.filter(status="accepted").count()
    assert accepted == number, f"{accepted} of {number} accepted"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return _figures(number, wall, cpu) | {"memory_mb": round(memory)}


def _loop() -> asyncio.AbstractEventLoop:
    from sendwell.worker import _new_loop

    return _new_loop()


def _fill(url: str, number: int) -> Any:
    from django.db import transaction

    from sendwell.connections.models import Connection
    from sendwell.contacts.models import Contact, List, Subscription
    from sendwell.content.models import Content
    from sendwell.core.db import DjangoDb
    from sendwell.core.installation import installation
    from sendwell.outbox import service
    from sendwell.outbox.sender import Parts
    from sendwell.workspaces.models import Workspace

    made, now = installation(), datetime.now(UTC)
    workspace = Workspace.objects.create(name="B", sender_name="Example Ltd", postal_address="1 Street", created_at=now)
    connection = Connection.objects.create(
        workspace=workspace, name="sink", kind="endpoint", access_key_id="AKIDEXAMPLE",
        secret_access_key=made.ring.encrypt("secret"), created_at=now, hook_key="h", in_sandbox=False,
    )  # fmt: skip
    content = Content.objects.create(
        workspace=workspace, message_class="marketing", from_address="news@example.com", subject=SUBJECT, body=BODY,
        body_format="html", list_name="News", created_at=now,
    )  # fmt: skip
    mailing = List.objects.create(workspace=workspace, name="News", created_at=now)
    with transaction.atomic():
        people = Contact.objects.bulk_create(
            Contact(workspace=workspace, address=f"c{n}@example.org", key=f"c{n}@example.org", name=f"Contact {n}",
                    created_at=now, updated_at=now)
            for n in range(number)
        )  # fmt: skip
        Subscription.objects.bulk_create(
            Subscription(contact=one, list=mailing, status="confirmed", changed_at=now) for one in people
        )
        service.set_limits(DjangoDb(), connection.pk, 1_000_000, -1, 0, now)
        rows = [service.NewRow(one.pk, one.address, one.key) for one in people]
        for start in range(0, number, 1000):
            service.enqueue_campaign(
                DjangoDb(), workspace_id=workspace.pk, connection_id=connection.pk, campaign_id=1, list_id=mailing.pk,
                content_id=content.pk, rows=rows[start : start + 1000], now=now,
            )  # fmt: skip
    return Parts(url, made.ring, made.config, made.clock, "bench:1:1")


async def _send_all(parts: Any) -> None:
    from sendwell.core.db import open_plain
    from sendwell.outbox.sender import Sender

    stop = asyncio.Event()
    running = asyncio.create_task(Sender(parts).run(stop))
    watch = open_plain(parts.url)
    while watch.query("SELECT 1 FROM outbox_message WHERE status IN ('queued', 'sending') LIMIT 1", {}):
        await asyncio.sleep(0.05)
        assert not running.done(), running.exception()
    watch.close()
    stop.set()
    await running


# --- the plain loop ----------------------------------------------------------------------------------------------


def measure_plain(endpoint: str, number: int) -> dict[str, Any]:
    """What one writes first: for each recipient Jinja2, EmailMessage, boto3's send_email, and a row."""
    import sqlite3

    import boto3
    import jinja2

    client = boto3.client(
        "sesv2", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )  # fmt: skip
    environment = jinja2.Environment(autoescape=True)
    subject, body = environment.from_string(SUBJECT), environment.from_string(BODY)
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "plain.db")
        database.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, status TEXT, ses_id TEXT)")
        database.executemany("INSERT INTO message VALUES (?, 'queued', '')", [(n,) for n in range(number)])
        database.commit()
        before, cpu = time.perf_counter(), _cpu()
        for n in range(number):
            fields = {"name": f"Contact {n}", "address": f"c{n}@example.org"}
            mail = EmailMessage(policy=SMTP)
            mail["From"], mail["To"], mail["Subject"] = "news@example.com", f"c{n}@example.org", subject.render(fields)
            mail.set_content("The news of this week.")
            mail.add_alternative(body.render(fields), subtype="html")
            answer = client.send_email(Content={"Raw": {"Data": mail.as_bytes()}})
            database.execute("UPDATE message SET status='accepted', ses_id=? WHERE id=?", (answer["MessageId"], n))
            database.commit()
        return _figures(number, time.perf_counter() - before, _cpu() - cpu)


# --- the run -----------------------------------------------------------------------------------------------------


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _figures(number: int, wall: float, cpu: float) -> dict[str, Any]:
    return {"messages": number, "per_second": round(number / wall), "cpu_us": round(cpu / number * 1e6)}


def _child(arguments: list[str], environment: dict[str, str], python: str = sys.executable) -> dict[str, Any]:
    done = subprocess.run(
        [python, "-m", "benchmarks.send", *arguments], env=os.environ | environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        return {"failed": done.stderr[-2000:]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _sendwell(url: str, endpoint: str, number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "DJANGO_SETTINGS_MODULE": "sendwell.settings",
            "SENDWELL_DATA_DIR": folder,
            "SENDWELL_DATABASE_URL": url or f"sqlite:///{folder}/bench.db",
            "SENDWELL_AWS_ENDPOINT": endpoint,
            "SENDWELL_EMBEDDED": "false",
        }
        return _child(["sendwell", environment["SENDWELL_DATABASE_URL"], str(number)], environment)


def main(number: int) -> dict[str, Any]:
    from tools.services import postgres

    found: dict[str, Any] = {
        "benchmark": "send",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_before": os.getloadavg()[0],
        "html_bytes": len(BODY),
    }
    with sink() as endpoint:
        found["sendwell_sqlite"] = _sendwell("", endpoint, number)
        try:
            with postgres() as url:
                found["sendwell_postgresql"] = _sendwell(url, endpoint, number)
        except FileNotFoundError as error:
            found["sendwell_postgresql"] = {"skipped": str(error)}
        python = os.environ.get("BENCH_PYTHON", sys.executable)
        found["plain_boto3_jinja2"] = _child(["plain", endpoint, str(max(100, number // 20))], {}, python)
    return found


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sink"]:
            asyncio.run(serve_sink())
        case ["sendwell", url, number]:
            print(json.dumps(measure_sendwell(url, int(number))))
        case ["plain", endpoint, number]:
            print(json.dumps(measure_plain(endpoint, int(number))))
        case rest:
            print(json.dumps(main(int(rest[0]) if rest else 10_000), indent=2))
