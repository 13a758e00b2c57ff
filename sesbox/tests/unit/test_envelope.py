"""SNS envelopes, judged by a verifier written here from the words of the SNS guide, not by our own code."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sesbox.certificate import make_certificate
from sesbox.events.envelope import Post, Signer, envelope, http_body, http_headers

BASE = "http://127.0.0.1:4580"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"
POST = Post(
    type="Notification",
    message_id="7c4c1f9e-0000-4000-8000-000000000001",
    topic_arn=TOPIC,
    subscription_arn=TOPIC + ":8f0c",
    endpoint="http://127.0.0.1:9/hook",
    message='{"eventType":"Bounce","mail":{"subject":"Grüße \\"ok\\"\\n"}}',
    subject="Amazon SES Email Event Notification",
    timestamp=1_767_323_045.6784,
)


@pytest.fixture(scope="module")
def certificate() -> Any:
    return make_certificate(1_767_323_045.0)


@pytest.fixture(scope="module")
def signer(certificate: Any) -> Signer:
    return Signer(certificate.key(), BASE + certificate.path)


def guide_verifies(body: bytes, certificate_pem: str) -> None:
    """The rule as the SNS guide words it: "Verifying the signatures of Amazon SNS messages"."""
    message = json.loads(body)
    if message["Type"] == "Notification":
        keys = ["Message", "MessageId"] + (["Subject"] if "Subject" in message else [])
        keys += ["Timestamp", "TopicArn", "Type"]
    else:
        keys = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = ""
    for key in keys:
        text += key + "\n" + message[key] + "\n"
    algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}[message["SignatureVersion"]]
    public = x509.load_pem_x509_certificate(certificate_pem.encode()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(base64.b64decode(message["Signature"]), text.encode("utf-8"), padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"])
@pytest.mark.parametrize("subject", [None, "Amazon SES Email Event Notification"])
def test_a_reader_of_the_guide_accepts_the_signature(
    signer: Signer, certificate: Any, version: str, kind: str, subject: str | None
) -> None:
    token = None if kind == "Notification" else "2336412f37"
    post = replace(POST, type=kind, signature_version=version, subject=subject, token=token)
    guide_verifies(http_body(post, signer, BASE), certificate.certificate_pem)


def test_a_changed_message_is_noticed(signer: Signer, certificate: Any) -> None:
    body = http_body(POST, signer, BASE).replace(b"Bounce", b"Ponces")
    with pytest.raises(InvalidSignature):
        guide_verifies(body, certificate.certificate_pem)


def test_a_notification_has_the_fields_of_the_guide_in_its_order(signer: Signer) -> None:
    fields = envelope(POST, signer, BASE)
    assert list(fields) == [
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp",
        "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL",
    ]  # fmt: skip
    assert fields["Timestamp"] == "2026-01-02T03:04:05.678Z"
    assert fields["SigningCertURL"] == signer.certificate_url
    assert fields["UnsubscribeURL"] == f"{BASE}/?Action=Unsubscribe&SubscriptionArn={TOPIC}:8f0c"


def test_the_subject_is_present_only_when_there_is_one(signer: Signer) -> None:
    assert "Subject" not in envelope(replace(POST, subject=None), signer, BASE)


def test_a_confirmation_carries_the_token_and_the_link_and_no_unsubscribe_link(signer: Signer) -> None:
    fields = envelope(replace(POST, type="SubscriptionConfirmation", token="abc", subject=None), signer, BASE)
    assert fields["Token"] == "abc"
    assert fields["SubscribeURL"] == f"{BASE}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
    assert "UnsubscribeURL" not in fields


def test_the_headers_of_sns() -> None:
    headers = dict(http_headers(POST))
    assert headers == {
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": POST.message_id,
        "x-amz-sns-topic-arn": TOPIC,
        "x-amz-sns-subscription-arn": TOPIC + ":8f0c",
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": "Amazon Simple Notification Service Agent",
    }
    assert "x-amz-sns-subscription-arn" not in dict(http_headers(replace(POST, type="SubscriptionConfirmation")))


def test_raw_delivery_posts_the_bare_message_but_confirms_with_an_envelope(signer: Signer) -> None:
    raw = replace(POST, raw=True)
    assert http_body(raw, signer, BASE) == POST.message.encode()
    assert dict(http_headers(raw))["x-amz-sns-rawdelivery"] == "true"
    confirmation = replace(raw, type="SubscriptionConfirmation", token="abc")
    assert json.loads(http_body(confirmation, signer, BASE))["Type"] == "SubscriptionConfirmation"
    assert "x-amz-sns-rawdelivery" not in dict(http_headers(confirmation))


def test_a_post_survives_its_way_through_the_disk() -> None:
    post = replace(POST, attempt=2, raw=True)
    assert Post.from_data(json.loads(json.dumps({**post.to_data(), "of_a_newer_version": 1}))) == post


def test_the_certificate_names_sns_and_is_served_under_a_name_of_its_pattern(certificate: Any) -> None:
    read = x509.load_pem_x509_certificate(certificate.certificate_pem.encode())
    assert read.subject.rfc4514_string() == "CN=sns.amazonaws.com"
    public = read.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048
    stem = certificate.path.removeprefix("/SimpleNotificationService-").removesuffix(".pem")
    assert len(stem) == 32
    assert set(stem) <= set("0123456789abcdef")
