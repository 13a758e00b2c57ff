"""Which posts to our webhook are believed, and what is then kept. An HTTP answer is a decision about SNS's retries.

    200  stored, confirmed, or known already: SNS is done
    403  forged, or not from our topic: SNS never sends such a thing, so it need not be sent again
    503  our own trouble (database, certificate not to be had): SNS tries again; it never retries a 4xx

Lives here: the order of the checks. Must not live here: signatures (amazon/sns.py), what an event means (applying.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sendwell.amazon import sns
from sendwell.amazon.certificates import Certificates, CertificateUnavailableError
from sendwell.amazon.client import AwsError
from sendwell.connections import service as connections
from sendwell.connections.models import Connection, ConnectionKind
from sendwell.core.db import DjangoDb
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRingError
from sendwell.feedback import store
from sendwell.feedback.models import NotificationState

MAX_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """The HTTP status to answer, and the cause in one word: `stored`, `confirmed`, or why not."""

    status: int
    cause: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What judging needs besides the post itself."""

    installation: Installation
    certificates: Certificates
    now: datetime


def receive(connection: Connection, headers: Mapping[str, str], body: bytes, desk: Desk) -> Verdict:
    """Judge one POST to a connection's webhook, and keep it if it is to be believed.

    Database errors are not caught: the view answers 503 to them. `headers` are looked up in lower case.
    """
    try:
        message = _trusted(connection, headers, body, desk)
    except sns.NotTrustedError as error:
        store.refuse(DjangoDb(), connection.pk, desk.now.date(), error.cause)
        return Verdict(403, error.cause)
    except (CertificateUnavailableError, connections.NoConnectionError):
        return Verdict(503, "certificate_unavailable")
    if message.type == sns.SUBSCRIPTION:
        return _confirm(connection, message, desk)
    state, why = NotificationState.PENDING, ""
    if message.type == sns.UNSUBSCRIPTION:
        state, why = NotificationState.IGNORED, "SNS says that a subscription to this topic ended."
    store.keep(connection.pk, message.message_id, message.topic_arn, message.message, state, why, desk.now)
    if message.type == sns.UNSUBSCRIPTION:
        connections.subscription_ended(connection, desk.installation, desk.now)
    return Verdict(200, "stored")


def _trusted(connection: Connection, headers: Mapping[str, str], body: bytes, desk: Desk) -> sns.SnsMessage:
    if headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
        raise sns.NotTrustedError("raw_delivery", "Raw delivery carries no signature.")
    if len(body) > MAX_BODY:
        raise sns.NotTrustedError("too_large", "No SNS message is longer than 256 KB.")
    message = sns.parse(body)
    if not connection.topic_arn or message.topic_arn != connection.topic_arn:
        raise sns.NotTrustedError("topic", "The message is not from this connection's topic.")
    if headers.get("x-amz-sns-message-type", "") != message.type:
        raise sns.NotTrustedError("type_header", "The header and the body name different types.")
    if len(message.message_id) > 100:
        raise sns.NotTrustedError("not_an_envelope", "No SNS message id is that long.")
    if connection.kind == ConnectionKind.AWS:
        pem = desk.certificates.get(sns.certificate_url(message))
        sns.verify(message, pem, valid_at=desk.now)
        if message.type == sns.SUBSCRIPTION and not sns.is_fresh(message, desk.now):
            raise sns.NotTrustedError("stale", "The confirmation is not of the last hour.")
    else:
        sns.verify(message, _pinned(connection, message, desk))
    return message


def _pinned(connection: Connection, message: sns.SnsMessage, desk: Desk) -> bytes:
    """The certificate of a custom endpoint: the pinned one, or, only while a set-up waits, the one it offers now."""
    if connection.signing_certificate:
        if message.certificate_url != connection.signing_certificate_url:
            raise sns.NotTrustedError("certificate_url", "This is not the certificate that was pinned at the set-up.")
        return connection.signing_certificate.encode()
    if message.type != sns.SUBSCRIPTION or connection.setup_state != "waiting":
        raise sns.NotTrustedError("not_pinned", "No certificate is pinned for this connection yet.")
    endpoint = connections.custom_endpoint(connection.kind, desk.installation.config)
    return desk.certificates.get(sns.certificate_url(message, endpoint))


def _confirm(connection: Connection, message: sns.SnsMessage, desk: Desk) -> Verdict:
    pin = None
    try:
        if connection.kind != ConnectionKind.AWS:
            pem = connection.signing_certificate.encode() or desk.certificates.get(message.certificate_url)
            pin = (pem.decode("ascii"), message.certificate_url)
        connections.confirm_subscription(connection, message.token, pin, desk.installation)
    except connections.NotExpectedError as error:
        # Believed, but nobody asked: SNS repeating itself, or somebody subscribing us. It stays unconfirmed.
        ignored = NotificationState.IGNORED
        store.keep(connection.pk, message.message_id, message.topic_arn, "", ignored, str(error), desk.now)
        return Verdict(200, "not_expected")
    except (AwsError, KeyRingError, connections.NoConnectionError, CertificateUnavailableError) as error:
        connections.note_problem(DjangoDb(), connection.pk, f"Confirming the subscription failed. {error}", desk.now)
        return Verdict(503, "confirmation_failed")
    return Verdict(200, "confirmed")
