"""A topic with a certificate of its own, and a connection that trusts it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.apps import apps
from django.http import HttpResponse
from django.test import Client

from sendwell.amazon.certificates import Certificates, CertificateUnavailableError
from sendwell.connections.models import Connection, SetupState
from sendwell.workspaces.models import Workspace

TOPIC = "arn:aws:sns:us-east-1:123456789012:sendwell-feedback"
URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
HOOK = "hook-key-of-the-test"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime.now(UTC) - timedelta(days=2)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=30))
    return builder.sign(_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


PEM = _certificate()


@dataclass
class Topic:
    """Signs like SNS and posts like SNS. `offered` maps certificate URLs to what fetching them gives."""

    arn: str = TOPIC
    url: str = URL
    offered: dict[str, bytes] = field(default_factory=lambda: {URL: PEM})
    fetched: list[str] = field(default_factory=list)
    numbers: int = 0
    pem: bytes = PEM

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if url not in self.offered:
            raise CertificateUnavailableError("nobody there")
        return self.offered[url]

    def envelope(self, message: str, kind: str = "Notification", **changes: Any) -> dict[str, Any]:
        self.numbers += 1
        fields: dict[str, Any] = {
            "Type": kind,
            "MessageId": f"00000000-0000-0000-0000-{self.numbers:012}",
            "TopicArn": self.arn,
            "Message": message,
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": "2",
            "SigningCertURL": self.url,
        }
        if kind != "Notification":
            fields |= {
                "Token": "token-1",
                "SubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
            }
        return {**fields, **changes}

    def sign(self, fields: dict[str, Any]) -> dict[str, Any]:
        names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
        algorithm = hashes.SHA1() if fields["SignatureVersion"] == "1" else hashes.SHA256()
        raw = _KEY.sign(text.encode(), padding.PKCS1v15(), algorithm)
        return {**fields, "Signature": base64.b64encode(raw).decode()}


Post = Callable[..., HttpResponse]


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    made = Topic()
    monkeypatch.setattr(apps.get_app_config("feedback"), "certificates", Certificates(made.fetch), raising=False)
    return made


@pytest.fixture
def post() -> Post:
    """POST fields to the webhook as SNS does; `headers` add to or replace its own."""

    def send(fields: dict[str, Any] | bytes, hook: str = HOOK, **headers: str) -> HttpResponse:
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        kind = fields["Type"] if isinstance(fields, dict) else "Notification"
        sent = {"x-amz-sns-message-type": kind, **headers}
        client = Client(enforce_csrf_checks=True)
        return client.post(f"/hooks/sns/{hook}", body, content_type="text/plain; charset=UTF-8", headers=sent)

    return send


def _make_connection(**changes: Any) -> Connection:
    now = datetime.now(UTC)
    workspace = Workspace.objects.create(name="Test", created_at=now)
    fields: dict[str, Any] = {
        "workspace": workspace,
        "name": "SES",
        "kind": "aws",
        "region": "us-east-1",
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "",
        "created_at": now,
        "hook_key": HOOK,
        "topic_arn": TOPIC,
        "setup_state": SetupState.READY,
        "subscription_arn": TOPIC + ":1",
    }
    return Connection.objects.create(**{**fields, **changes})


@pytest.fixture
def make_connection() -> Callable[..., Connection]:
    """Makes a connection to Amazon, set up and ready; keyword arguments change its fields."""
    return _make_connection


@pytest.fixture
def connection(db: None) -> Connection:
    return _make_connection()
