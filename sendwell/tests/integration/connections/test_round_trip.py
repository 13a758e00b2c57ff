"""The round trip by the public address, against servers that behave and servers that do not."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.contrib.auth.models import User
from django.test import Client

from sendwell.config import Config
from sendwell.connections import public_url, round_trip
from sendwell.connections.models import Connection, PublicUrlProof
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRing
from sendwell.core.models import Job
from sendwell.workspaces import service as workspaces

RING = KeyRing.generate()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NONCE = "n" * 32
Answer = Callable[[str], tuple[int, dict[str, str], bytes]]


@contextmanager
def server(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are meant
    if tls is not None:
        listening.socket = tls.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def right(path: str) -> tuple[int, dict[str, str], bytes]:
    nonce = path.rpartition("/")[2]
    return 200, {}, round_trip.answer(RING, nonce).encode()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own, and that certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    file.write_bytes(pem + built.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


def test_it_is_us() -> None:
    with server(right) as url:
        trip = round_trip.travel(url, NONCE, RING)
    assert (trip.ok, trip.detail) == (True, "")
    assert trip.milliseconds >= 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda path: (200, {}, b"hello"), "it is not this installation"),
        (lambda path: (200, {}, path.encode()), "it is not this installation"),
        (lambda path: (200, {}, round_trip.answer(KeyRing.generate(), NONCE).encode()), "it is not this installation"),
        (lambda path: (200, {}, round_trip.answer(RING, "m" * 32).encode()), "it is not this installation"),
        (lambda path: (502, {}, b""), "HTTP 502"),
        (lambda path: (301, {"Location": f"https://www.example.com{path}?a=1"}, b""), "to https://www.example.com."),
        (lambda path: (307, {}, b""), "redirects"),
    ],
)
def test_whoever_else_answers_is_named(answer: Answer, words: str) -> None:
    with server(answer) as url:
        trip = round_trip.travel(url, NONCE, RING)
    assert not trip.ok
    assert words in trip.detail


def test_nobody_answers() -> None:
    with server(right) as url:
        pass
    trip = round_trip.travel(url, NONCE, RING)
    assert "cannot be reached from this machine" in trip.detail


def test_tls_is_verified(tls: tuple[ssl.SSLContext, Path]) -> None:
    context, certificate = tls
    with server(right, context) as url:
        assert "is not trusted" in round_trip.travel(url, NONCE, RING).detail
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert round_trip.travel(url, NONCE, RING, trusting).ok
    with server(right) as url:
        assert "does not speak TLS" in round_trip.travel(url.replace("http", "https"), NONCE, RING).detail


def under(settings: Any, installation: Installation, url: str) -> Installation:
    config = Config(data_dir=installation.config.data_dir, public_url=url)
    settings.SENDWELL = Installation(config, installation.clock, installation.ring)
    return settings.SENDWELL


@pytest.fixture
def owner(client: Client, db: None, installation: Installation) -> Client:
    workspaces.ensure_first_workspace(installation.clock.now())
    client.force_login(User.objects.get(), "django.contrib.auth.backends.ModelBackend")
    return client


def test_our_own_echo_proves_our_own_address(live_server: Any, settings: Any, installation: Installation) -> None:
    parts = under(settings, installation, live_server.url)
    assert public_url.prove(parts, NOW) == timedelta(days=1)
    proof = PublicUrlProof.objects.get()
    assert (proof.url, proof.ok, proof.detail, proof.checked_at) == (live_server.url, True, "", NOW)


@pytest.mark.django_db
def test_a_failure_is_kept_and_tried_again_soon(settings: Any, installation: Installation) -> None:
    with server(lambda path: (404, {}, b"")) as url:
        assert public_url.prove(under(settings, installation, url), NOW) == timedelta(minutes=2)
    assert PublicUrlProof.objects.get().ok is False
    assert "HTTP 404" in PublicUrlProof.objects.get().detail


@pytest.mark.django_db
def test_without_a_public_address_nothing_is_tried(settings: Any, installation: Installation) -> None:
    parts = under(settings, installation, "")
    public_url.check_soon(parts.config, NOW)
    assert public_url.prove(parts, NOW) is None
    assert not PublicUrlProof.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_the_echo_is_public_and_takes_no_odd_nonce(client: Client, installation: Installation) -> None:
    answer = client.get(f"/health/echo/{NONCE}")
    assert answer.content.decode() == round_trip.answer(installation.ring, NONCE)
    assert answer["Cache-Control"] == "no-store"
    assert client.get("/health/echo/short").status_code == 404
    assert client.post(f"/health/echo/{NONCE}").status_code == 405


def test_the_button_asks_a_worker_and_the_page_waits(owner: Client) -> None:
    answer = owner.post("/connections/public-url/check", follow=True)
    page = answer.content.decode()
    assert "Checking" in page
    assert 'hx-get="/connections/public-url/live"' in page
    assert Job.objects.filter(kind="prove-public-url").count() == 1
    PublicUrlProof.objects.update(checked_at=datetime.now(UTC) + timedelta(seconds=1), ok=True, milliseconds=12)
    live = owner.get("/connections/public-url/live").content.decode()
    assert "Proved" in live
    assert "in 12 ms" in live
    assert "hx-get" not in live


def test_a_real_connection_says_that_it_sends_tests_only_and_why(owner: Client, installation: Installation) -> None:
    connection = Connection.objects.create(
        workspace_id=1, name="Mine", kind="aws", created_at=NOW, hook_key="h", setup_state="ready"
    )
    path = f"/connections/{connection.pk}/"
    assert "Only tests can be sent over this connection" in owner.get(path).content.decode()
    PublicUrlProof.objects.create(url=installation.config.base_url, ok=True, checked_at=NOW, milliseconds=5)
    assert "Only tests" not in owner.get(path).content.decode()
    Connection.objects.update(kind="embedded")
    PublicUrlProof.objects.all().delete()
    assert "Only tests" not in owner.get(path).content.decode()
