"""From SendEmail to a signed POST at somebody's webhook, through a real process."""

import base64
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sesbox.testing import SesboxProcess

BOUNCE = "bounce@simulator.amazonses.com"


class Webhook:
    """A receiver that keeps what it is sent and answers with the next of `statuses` (200 when there is none)."""

    def __init__(self) -> None:
        self.received: queue.Queue[tuple[dict[str, str], dict[str, Any]]] = queue.Queue()
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.received.put((headers, json.loads(body)))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def next(self) -> tuple[dict[str, str], dict[str, Any]]:
        return self.received.get(timeout=20)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    opened = Webhook()
    yield opened
    opened.close()


@pytest.fixture
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess("--profile", "production") as started:
        yield started


def verify(envelope: dict[str, Any], certificate_url: str) -> None:
    """As SNS's guide says, by cryptography alone."""
    assert envelope["SigningCertURL"] == certificate_url
    signed = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{envelope[name]}\n" for name in signed if name in envelope)
    key = x509.load_pem_x509_certificate(requests.get(certificate_url, timeout=10).content).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    digest = {"1": hashes.SHA1(), "2": hashes.SHA256()}[envelope["SignatureVersion"]]
    key.verify(base64.b64decode(envelope["Signature"]), text.encode(), padding.PKCS1v15(), digest)


def connect(box: SesboxProcess, webhook: Webhook) -> Any:
    """Topic, confirmed subscription, configuration set with every event; returns the sesv2 client."""
    sns, ses = (boto3.client(name, **box.client_arguments()) for name in ("sns", "sesv2"))  # type: ignore[call-overload]
    arn = sns.create_topic(Name="feedback", Attributes={"SignatureVersion": "2"})["TopicArn"]
    principal = {"Service": "ses.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=webhook.url)
    headers, confirmation = webhook.next()
    assert headers["x-amz-sns-message-type"] == confirmation["Type"] == "SubscriptionConfirmation"
    verify(confirmation, box.ready["certificate_url"])
    assert requests.get(confirmation["SubscribeURL"], timeout=10).status_code == 200
    ses.create_email_identity(EmailIdentity="harbor.test")
    ses.create_configuration_set(ConfigurationSetName="campaigns")
    ses.create_configuration_set_event_destination(
        ConfigurationSetName="campaigns",
        EventDestinationName="feedback",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"],
            "SnsDestination": {"TopicArn": arn},
        },
    )
    return ses


def send(ses: Any, to: str) -> str:
    body = {"Text": {"Data": "Hi"}}
    return str(
        ses.send_email(
            FromEmailAddress="news@harbor.test",
            Destination={"ToAddresses": [to]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": body}},
            ConfigurationSetName="campaigns",
            EmailTags=[{"Name": "message", "Value": "17.1"}],
        )["MessageId"]
    )


def events(box: SesboxProcess, webhook: Webhook, count: int) -> list[dict[str, Any]]:
    """The next events, signatures checked; texts that are no event are skipped."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        _, envelope = webhook.next()
        assert envelope["Type"] == "Notification"
        verify(envelope, box.ready["certificate_url"])
        if envelope["Message"].startswith("{"):
            found.append(json.loads(envelope["Message"]))
    return found


def test_a_bounce_comes_back_signed_and_fills_the_suppression_list(box: SesboxProcess, webhook: Webhook) -> None:
    ses = connect(box, webhook)
    message_id = send(ses, BOUNCE)
    found = {event["eventType"]: event for event in events(box, webhook, 2)}
    assert set(found) == {"Send", "Bounce"}
    assert found["Send"]["mail"]["messageId"] == found["Bounce"]["mail"]["messageId"] == message_id
    assert found["Bounce"]["mail"]["tags"]["message"] == ["17.1"]
    assert found["Bounce"]["bounce"]["bouncedRecipients"][0]["emailAddress"] == BOUNCE


def test_events_outlive_a_kill_and_are_posted_again_until_they_are_taken(box: SesboxProcess, webhook: Webhook) -> None:
    ses = connect(box, webhook)
    requests.post(f"{box.endpoint}/_sesbox/clock", json={"pause": True}, timeout=10)
    message_id = send(ses, "success@simulator.amazonses.com")
    box.kill()
    webhook.statuses = [503] * 3
    box.restart()
    requests.post(f"{box.endpoint}/_sesbox/clock", json={"pause": False}, timeout=10)
    requests.post(f"{box.endpoint}/_sesbox/clock", json={"advance": 5}, timeout=10)
    refused = events(box, webhook, 2)
    seen = {event["eventType"] for event in refused}
    for _ in range(3):
        requests.post(f"{box.endpoint}/_sesbox/clock", json={"advance": 25}, timeout=10)
        seen |= {event["eventType"] for event in events(box, webhook, 1)}
    assert seen >= {"Send", "Delivery"}
    assert {event["mail"]["messageId"] for event in refused} == {message_id}
