"""The SNS envelope around a notification: its fields, the string to sign, the signature, the HTTP request.

Lives here: what Amazon SNS puts on the wire to an HTTP(S) subscriber. Must not live here: which subscription
gets what (operations/publishing.py), making or keeping the key (certificate.py), sending bytes (delivery.py).
Sources: SNS Developer Guide, pages "Parsing message formats", "Verifying the signatures of SNS messages",
"Raw message delivery".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

NOTIFICATION = "Notification"
SUBSCRIPTION_CONFIRMATION = "SubscriptionConfirmation"
UNSUBSCRIBE_CONFIRMATION = "UnsubscribeConfirmation"

USER_AGENT = "Amazon Simple Notification Service Agent"
CONTENT_TYPE = "text/plain; charset=UTF-8"

_SIGNED_FIELDS = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION_CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIBE_CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}

_WIRE_ORDER = (
    "Type", "MessageId", "Token", "TopicArn", "Subject", "Message", "SubscribeURL", "Timestamp",
    "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """One message on its way to one HTTP(S) endpoint: the data of a `Due("post", ...)`, see `to_data`.

    `timestamp` is seconds since the epoch. `subscription_arn` is None on a SubscriptionConfirmation. `message_id`
    is the SNS id and stays the same over retries. `attempt` counts the tries already made.
    """

    type: str
    message_id: str
    topic_arn: str
    endpoint: str
    message: str
    timestamp: float
    subscription_arn: str | None = None
    subject: str | None = None
    token: str | None = None
    raw: bool = False
    signature_version: str = "1"
    attempt: int = 0

    def to_data(self) -> dict[str, Any]:
        """The same as plain JSON, without what is at its default."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        optional = {name: field.default for name, field in self.__dataclass_fields__.items()}
        return {name: value for name, value in fields.items() if value != optional[name]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Post:
        """The inverse of `to_data`; keys it does not know are ignored. Raises TypeError if one is missing."""
        return cls(**{name: value for name, value in data.items() if name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Signer:
    """What signing needs: the private key and the address at which its certificate can be fetched."""

    key: RSAPrivateKey
    certificate_url: str

    def sign(self, fields: Mapping[str, str], version: str) -> str:
        """The base64 signature: version "1" is SHA1withRSA, "2" is SHA256withRSA, over the same string."""
        digest = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303 - SNS's own default
        signature = self.key.sign(string_to_sign(fields).encode("utf-8"), padding.PKCS1v15(), digest)
        return base64.b64encode(signature).decode("ascii")


def string_to_sign(fields: Mapping[str, str]) -> str:
    """`name\\nvalue\\n` of the signed fields in byte order of their names; absent ones (Subject) are left out."""
    names = _SIGNED_FIELDS[fields["Type"]]
    return "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)


def timestamp_text(seconds: float) -> str:
    """SNS's spelling of a time: `2026-01-02T03:04:05.678Z`."""
    moment = datetime.fromtimestamp(round(seconds * 1000) / 1000, tz=timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def subscribe_url(base_url: str, topic_arn: str, token: str) -> str:
    """The link that confirms a subscription: `ConfirmSubscription`, allowed without a signature."""
    query = {"Action": "ConfirmSubscription", "TopicArn": topic_arn, "Token": token}
    return f"{base_url}/?{urlencode(query, safe=':')}"


def unsubscribe_url(base_url: str, subscription_arn: str) -> str:
    """The link that ends a subscription, as every Notification carries it."""
    query = {"Action": "Unsubscribe", "SubscriptionArn": subscription_arn}
    return f"{base_url}/?{urlencode(query, safe=':')}"


def envelope(post: Post, signer: Signer, base_url: str) -> dict[str, str]:
    """The signed fields of one message in the order in which SNS writes them."""
    fields = {
        "Type": post.type,
        "MessageId": post.message_id,
        "TopicArn": post.topic_arn,
        "Message": post.message,
        "Timestamp": timestamp_text(post.timestamp),
    }
    if post.type == NOTIFICATION:
        if post.subject is not None:
            fields["Subject"] = post.subject
        fields["UnsubscribeURL"] = unsubscribe_url(base_url, post.subscription_arn or "")
    else:
        fields["Token"] = post.token or ""
        fields["SubscribeURL"] = subscribe_url(base_url, post.topic_arn, post.token or "")
    fields["SignatureVersion"] = post.signature_version
    fields["Signature"] = signer.sign(fields, post.signature_version)
    fields["SigningCertURL"] = signer.certificate_url
    return {name: fields[name] for name in _WIRE_ORDER if name in fields}


def http_headers(post: Post) -> list[tuple[str, str]]:
    """SNS's request headers; the subscription's ARN is absent on a SubscriptionConfirmation."""
    headers = [
        ("x-amz-sns-message-type", post.type),
        ("x-amz-sns-message-id", post.message_id),
        ("x-amz-sns-topic-arn", post.topic_arn),
    ]
    if post.subscription_arn is not None and post.type != SUBSCRIPTION_CONFIRMATION:
        headers.append(("x-amz-sns-subscription-arn", post.subscription_arn))
    if post.raw and post.type == NOTIFICATION:
        headers.append(("x-amz-sns-rawdelivery", "true"))
    return [*headers, ("Content-Type", CONTENT_TYPE), ("User-Agent", USER_AGENT)]


def http_body(post: Post, signer: Signer, base_url: str) -> bytes:
    """The body: the signed envelope as JSON, or with raw delivery the bare message of a Notification."""
    if post.raw and post.type == NOTIFICATION:
        return post.message.encode("utf-8")
    fields = envelope(post, signer, base_url)
    text = json.dumps(fields, indent=2, separators=(",", " : "), ensure_ascii=False)
    return text.encode("utf-8")
