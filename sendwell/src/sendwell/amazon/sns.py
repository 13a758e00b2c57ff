"""SNS messages over HTTP: reading the envelope, which certificate may be fetched, and whether the signature holds.

Lives here: everything that can be decided from the bytes and a certificate. Must not live here: fetching the
certificate (certificates.py), what a notification means (events.py), the answer to SNS (feedback/views.py).
Source: SNS Developer Guide "Verifying the signatures of Amazon SNS messages".
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sendwell.amazon.signing import domain_of

NOTIFICATION = "Notification"
SUBSCRIPTION = "SubscriptionConfirmation"
UNSUBSCRIPTION = "UnsubscribeConfirmation"
VERSION_2 = frozenset({"2"})
BOTH_VERSIONS = frozenset({"1", "2"})

_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303  # version 1 is SHA1
_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]{3,30}):(\d{12}):([A-Za-z0-9_-]{1,256})")
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]{1,128}\.pem")
_EARLY, _LATE = timedelta(minutes=5), timedelta(hours=1)


class NotTrustedError(ValueError):
    """The message is not from our topic, or not whole. `cause` is a short word for the count of refusals."""

    def __init__(self, cause: str, text: str) -> None:
        super().__init__(text)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class SnsMessage:
    """One SNS envelope; nothing in it is trusted until `verify` has passed."""

    type: str
    message_id: str
    topic_arn: str
    message: str
    signature_version: str
    signature: str
    certificate_url: str
    token: str
    timestamp: str
    fields: dict[str, str]


def parse(body: bytes) -> SnsMessage:
    """The envelope in a request's body. Raises NotTrustedError if it is none, of an unknown type, or incomplete."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotTrustedError("not_json", "The body is not JSON.") from error
    if not isinstance(found, dict):
        raise NotTrustedError("not_an_envelope", "The body is not an SNS envelope.")
    kind = found.get("Type")
    if not isinstance(kind, str) or kind not in _SIGNED:
        raise NotTrustedError("type", "The body is of no type that SNS sends.")
    fields = {name: _text(found, name) for name in _SIGNED[kind] if not (name == "Subject" and found.get(name) is None)}
    others = {name: _text(found, name) for name in ("SignatureVersion", "Signature", "SigningCertURL")}
    return SnsMessage(
        type=kind,
        message_id=fields["MessageId"],
        topic_arn=fields["TopicArn"],
        message=fields["Message"],
        signature_version=others["SignatureVersion"],
        signature=others["Signature"],
        certificate_url=others["SigningCertURL"],
        token=fields.get("Token", ""),
        timestamp=fields["Timestamp"],
        fields=fields,
    )


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or len(value) > 300_000:
        raise NotTrustedError("not_an_envelope", f"The envelope has no usable {name}.")
    return value


def string_to_sign(message: SnsMessage) -> bytes:
    """`Key\\nValue\\n` of each signed key that is present, in byte order; values as they are, unescaped from JSON."""
    return "".join(f"{name}\n{value}\n" for name, value in message.fields.items()).encode("utf-8", "surrogatepass")


def region_of(topic_arn: str) -> str:
    """The region in a topic's ARN. Raises NotTrustedError if it is no ARN of a topic."""
    found = _ARN.fullmatch(topic_arn)
    if found is None:
        raise NotTrustedError("topic", "TopicArn is no ARN of an SNS topic.")
    return found[1]


def account_of(topic_arn: str) -> str:
    """The account id in a topic's ARN. Raises NotTrustedError if it is no ARN of a topic."""
    region_of(topic_arn)
    return topic_arn.split(":")[4]


def certificate_url(message: SnsMessage, endpoint: str = "") -> str:
    """The URL of the certificate, if it is one that may be fetched at all. Raises NotTrustedError otherwise.

    Amazon's: https, exactly the SNS host of the topic's region, SNS's file name, nothing else in the URL. With a
    deployment's custom `endpoint`: exactly that origin, and the same file name.
    """
    region = region_of(message.topic_arn)
    url = message.certificate_url
    origin = endpoint.rstrip("/") if endpoint else f"https://sns.{region}.{domain_of(region)}"
    if urlsplit(origin).path or not url.startswith(origin + "/"):
        raise NotTrustedError("certificate_url", "The signing certificate is not offered by the topic's own SNS.")
    if not _CERTIFICATE_PATH.fullmatch(url[len(origin) :]):
        raise NotTrustedError("certificate_url", "The signing certificate has not the name that SNS gives it.")
    return url


def verify(
    message: SnsMessage, pem: bytes, versions: frozenset[str] = VERSION_2, valid_at: datetime | None = None
) -> None:
    """Raises NotTrustedError unless the signature is the certificate's over exactly this message.

    `versions`: 2 is SHA256, 1 is SHA1 and only for topics that somebody else set up. `valid_at`: also ask that the
    certificate is valid at that time (a pinned certificate is trusted by its fingerprint instead).
    """
    if message.signature_version not in versions:
        raise NotTrustedError("signature_version", "The message is not signed with the version that we asked for.")
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        signature = base64.b64decode(message.signature, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotTrustedError("signature", "The certificate or the signature is not readable.") from error
    if valid_at and not certificate.not_valid_before_utc <= valid_at <= certificate.not_valid_after_utc:
        raise NotTrustedError("certificate_expired", "The signing certificate is not valid now.")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise NotTrustedError("signature", "The certificate does not hold an RSA key of 2048 bits or more.")
    try:
        key.verify(signature, string_to_sign(message), PKCS1v15(), _HASHES[message.signature_version])
    except InvalidSignature as error:
        raise NotTrustedError("signature", "The signature does not fit the message.") from error


def is_fresh(message: SnsMessage, now: datetime) -> bool:
    """True if the (signed) timestamp lies between an hour ago and five minutes ahead. For confirmations only:
    notifications may be late, SNS retries them."""
    try:
        at = datetime.fromisoformat(message.timestamp)
    except ValueError:
        return False
    return at.tzinfo is not None and now - _LATE <= at <= now + _EARLY
