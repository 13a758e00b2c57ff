"""Captcha services by key, against a stand-in that speaks their protocols over HTTP; and DNS against a real server."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from django.conf import settings
from sendwell.tests.integration.forms.conftest import World

from sendwell.core.installation import installation
from sendwell.forms import editing, mailboxes, remote
from sendwell.forms.captchas import SERVICES
from sendwell.forms.models import Signup, SignupForm
from sendwell.forms.rules import Captcha

HOSTS = {"mail.example.com"}


@dataclass
class StandIn:
    """Accepts the token `good` once, with the secret `s3cret`; `mode` breaks it."""

    url: str = ""
    mode: str = ""
    spent: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if "json" in headers["Content-Type"]:
            given, secret = json.loads(body), headers["X-API-Key"]
        else:
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            secret = given.get("secret")
        self.asked.append((path, given))
        token = given["response"]
        fresh = token == "good" and token not in self.spent
        self.spent.add(token)
        if path.startswith("/api/v2/captcha"):
            return self._friendly(secret, fresh)
        if secret != "s3cret":
            return 200, {"success": False, "error-codes": ["invalid-input-secret"]}
        if not fresh:
            return 200, {"success": False, "error-codes": ["timeout-or-duplicate"]}
        return 200, {"success": True, "hostname": "mail.example.com", "action": "signup", "score": 0.9}

    def _friendly(self, secret: str | None, fresh: bool) -> tuple[int, Any]:
        if secret != "s3cret":
            return 401, {"success": False, "error": {"error_code": "auth_invalid"}}
        code = {"success": False, "error": {"error_code": "response_duplicate"}}
        return 200, {"success": True} if fresh else code


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    made = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = made.answer(self.path, self.headers, body)
            if made.mode == "silent":
                time.sleep(1)
            text = b"<html>" if made.mode == "html" else json.dumps(answer).encode()
            self.send_response({"html": 200, "503": 503, "redirect": 302}.get(made.mode, status))
            if made.mode == "redirect":
                self.send_header("Location", made.url)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # who asked has hung up
                self.wfile.write(text)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def verify(stand_in: StandIn, kind: Captcha, token: str = "good", secret: str = "s3cret") -> Any:
    return remote.verify(kind, token, secret, "site", "192.0.2.1", HOSTS, stand_in.url)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_token_passes_once(stand_in: StandIn, kind: Captcha) -> None:
    assert verify(stand_in, kind).passed
    assert not verify(stand_in, kind).passed
    assert stand_in.asked[0][0] == SERVICES[kind].verify_url.partition("//")[2].partition("/")[2].join(["/", ""])


@pytest.mark.parametrize("kind", SERVICES)
def test_wrong_tokens_and_secrets_do_not_pass(stand_in: StandIn, kind: Captcha) -> None:
    assert not verify(stand_in, kind, "bad").passed
    assert not verify(stand_in, kind, secret="other").passed
    assert not verify(stand_in, kind, "").passed
    assert not verify(stand_in, kind, "x" * 9000).passed


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("mode", ["html", "503", "redirect", "silent", "gone"])
def test_every_trouble_is_a_no(stand_in: StandIn, kind: Captcha, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SECONDS", 0.2)
    stand_in.mode = mode
    if mode == "gone":
        stand_in.url = "http://127.0.0.1:1"
    assert not verify(stand_in, kind).passed


def test_a_form_with_a_service_signs_up(world: World, stand_in: StandIn) -> None:
    form = world.new_form(world.news, captcha="turnstile", captcha_site_key="site")
    editing.save(form, [world.news], "s3cret", installation().ring, world.clock.at)
    assert "s3cret" not in SignupForm.objects.get(pk=form.pk).captcha_secret
    before = settings.SENDWELL
    settings.SENDWELL = replace(before, config=before.config.model_copy(update={"captcha_endpoint": stand_in.url}))
    try:
        page = world.visitor.get(f"/f/{form.public_id}")
        assert "https://challenges.cloudflare.com" in page["Content-Security-Policy"]
        assert 'data-sitekey="site"' in page.content.decode()
        assert world.post("a@example.net", form=form).status_code == 422
        good = {"cf-turnstile-response": "good"}
        assert world.post("a@example.net", form=form, **good).status_code == 303
        assert world.post("b@example.net", form=form, **good).status_code == 422
    finally:
        settings.SENDWELL = before
    assert Signup.objects.count() == 1


ZONE = {
    ("mx.example.", "MX"): "10 mail.example.",
    ("null.example.", "MX"): "0 .",
    ("bare.example.", "A"): "192.0.2.1",
}


@pytest.fixture
def resolver() -> Iterator[str]:
    """A DNS server on UDP for ZONE; `slow.example` gets no answer."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(0.1)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                data, peer = sock.recvfrom(4096)
            except TimeoutError:
                continue
            asked = dns.message.from_wire(data)
            name, sort = asked.question[0].name.to_text(), dns.rdatatype.to_text(asked.question[0].rdtype)
            if name == "slow.example.":
                continue
            answer = dns.message.make_response(asked)
            answer.flags |= dns.flags.RA
            if (name, sort) in ZONE:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", sort, ZONE[name, sort]))
            elif name not in {known for known, _ in ZONE} | {"empty.example."}:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            sock.sendto(answer.to_wire(), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"127.0.0.1:{sock.getsockname()[1]}"
    stop.set()
    thread.join()
    sock.close()


@pytest.mark.parametrize(
    ("domain", "takes"),
    [
        ("mx.example", True),
        ("bare.example", True),
        ("null.example", False),
        ("empty.example", False),
        ("gone.example", False),
        ("slow.example", True),
    ],
)
def test_only_a_sure_no_of_dns_is_one(resolver: str, monkeypatch: pytest.MonkeyPatch, domain: str, takes: bool) -> None:
    monkeypatch.setattr(mailboxes, "SECONDS", 0.5)
    assert mailboxes.takes_mail(domain, resolver) is takes
