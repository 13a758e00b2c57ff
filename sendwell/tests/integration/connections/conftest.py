"""A real sesbox, a connection to it, and a place where its SNS posts arrive."""

from __future__ import annotations

import json
import queue
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client

from sendwell.config import Config
from sendwell.connections import service
from sendwell.connections.jobs import HANDLERS
from sendwell.connections.models import Connection
from sendwell.core.clock import Clock
from sendwell.core.installation import Installation
from sendwell.core.jobs import JobContext, run_due
from sendwell.workspaces.models import Workspace
from sesbox.testing import SesboxProcess


@pytest.fixture(scope="session")
def sesbox() -> Iterator[SesboxProcess]:
    with SesboxProcess() as process:
        yield process


class Postbox:
    """Takes what sesbox posts and hands it to the webhook when the test says so, in the test's own thread."""

    def __init__(self) -> None:
        self.posts: queue.Queue[tuple[str, dict[str, str], bytes]] = queue.Queue()
        postbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                postbox.posts.put((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def deliver(self, timeout: float = 15.0) -> HttpResponse:
        """Give the next post to the webhook; its answer."""
        path, headers, body = self.posts.get(timeout=timeout)
        kept = {name: value for name, value in headers.items() if name.startswith("x-amz-sns-")}
        return Client().post(path, body, content_type=headers["content-type"], headers=kept)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class World:
    """An installation beside a sesbox."""

    installation: Installation
    connection: Connection
    postbox: Postbox
    box: SesboxProcess

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def fresh(self) -> Connection:
        self.connection.refresh_from_db()
        return self.connection

    def set_up(self, sender: str = "") -> Connection:
        """Press the button and let a worker run the job."""
        service.request_setup(self.fresh(), sender, self.now)
        run_due(HANDLERS, JobContext(self.installation, self.now), self.now)
        return self.fresh()

    def client(self, name: str) -> Any:
        return boto3.client(name, **self.box.client_arguments())

    def open_link(self, address: str) -> None:
        """Do what a person does: open the verification link in the newest mail to an address."""
        with urllib.request.urlopen(f"{self.box.endpoint}/_sesbox/messages?to={quote(address)}") as answer:
            mail = json.load(answer)["messages"][0]
        link = re.search(r"https?://\S+", mail["text"])
        assert link is not None
        with urllib.request.urlopen(link[0]):
            pass

    def reset_sesbox(self) -> None:
        """A fresh account, as after deleting sesbox's data."""
        request = urllib.request.Request(
            f"{self.box.endpoint}/_sesbox/reset", b"{}", {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request):
            pass


@pytest.fixture
def world(db: None, tmp_path: Path, sesbox: SesboxProcess, settings: Any) -> Iterator[World]:
    postbox = Postbox()
    config = Config(data_dir=tmp_path, port=postbox.port, public_url="https://mail.example.com")
    config.sesbox_ready_file.write_text(json.dumps(sesbox.ready), encoding="utf-8")
    made = Installation(config, Clock(config.rehearsal_clock_file), django_settings.SENDWELL.ring)
    settings.SENDWELL = made
    made_world = World(made, Connection(), postbox, sesbox)
    made_world.reset_sesbox()
    workspace = Workspace.objects.create(name="Test", created_at=datetime.now(UTC))
    made_world.connection = service.ensure_embedded(workspace, sesbox.ready, made.ring, datetime.now(UTC))
    yield made_world
    postbox.close()


@pytest.fixture
def page(world: World, django_user_model: Any) -> Callable[..., HttpResponse]:
    """Ask for a page as the workspace's owner; `data` makes it a POST."""
    from sendwell.workspaces.models import Membership, Role

    user = django_user_model.objects.create(username="owner", email="owner@example.org")
    Membership.objects.create(user=user, workspace=world.connection.workspace, role=Role.OWNER)
    client = Client()
    client.force_login(user)

    def ask(path: str, data: dict[str, str] | None = None) -> HttpResponse:
        return client.get(path) if data is None else client.post(path, data)

    return ask
