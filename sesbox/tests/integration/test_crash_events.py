"""SIGKILL while events are made, posted and tried again: every event arrives, under one id."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import botocore.config
import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from sesbox.testing import SesboxProcess

ONCE = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10)
LIMITS = ("--max-send-rate", "100000", "--max-24-hour-send", "-1", "--delivery-delay", "0.02")
BOUNCE = "bounce@simulator.amazonses.com"


class Flaky:
    """A receiver that answers every eighth notification with 503; `got` has the SNS ids by (event type, message)."""

    def __init__(self) -> None:
        self.got: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._count, self._lock, outer = 0, threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status = outer.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """The other side is killed on purpose."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, envelope: dict[str, str]) -> int:
        if envelope["Type"] == "SubscriptionConfirmation":
            requests.get(envelope["SubscribeURL"], timeout=10).raise_for_status()
        if not envelope["Message"].startswith("{"):
            return 200
        event = json.loads(envelope["Message"])
        with self._lock:
            self._count += 1
            if self._count % 8 == 0:
                return 503
            self.got[event["eventType"], event["mail"]["messageId"]].add(envelope["MessageId"])
        return 200


@pytest.fixture
def receiver() -> Iterator[Flaky]:
    opened = Flaky()
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


def listen(box: SesboxProcess, url: str) -> None:
    ses = boto3.client("sesv2", **box.client_arguments())  # type: ignore[call-overload]
    sns = boto3.client("sns", **box.client_arguments())  # type: ignore[call-overload]
    ses.create_email_identity(EmailIdentity="harbor.test")
    arn = sns.create_topic(Name="t")["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "SNS:Publish",
                 "Resource": arn}  # fmt: skip
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps({"Statement": [statement]})
    )
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=url)
    until(lambda: sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsConfirmed"] == "1")
    ses.create_configuration_set(ConfigurationSetName="cs")
    destination = {"Enabled": True, "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE"],
                   "SnsDestination": {"TopicArn": arn}}  # fmt: skip
    ses.create_configuration_set_event_destination(
        ConfigurationSetName="cs", EventDestinationName="d", EventDestination=destination
    )


def until(reached: Any) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def send_until_killed(client: Any, first: int, wanted: dict[str, str]) -> None:
    number = first
    while True:
        number += 1
        to = BOUNCE if number % 3 == 0 else f"r{number}@reader.test"
        content = {"Simple": {"Subject": {"Data": str(number)}, "Body": {"Text": {"Data": "x"}}}}
        try:
            answer = client.send_email(
                FromEmailAddress="n@harbor.test",
                Destination={"ToAddresses": [to]},
                ConfigurationSetName="cs",
                Content=content,
            )
        except (BotoCoreError, ClientError):
            return
        wanted[answer["MessageId"]] = "Bounce" if to == BOUNCE else "Delivery"


def test_due_work_goes_on_after_a_kill_and_no_event_is_lost_or_made_twice(receiver: Flaky) -> None:
    chance, wanted = random.Random(11), dict[str, str]()
    with SesboxProcess("--profile", "production", *LIMITS) as box:
        listen(box, receiver.url)
        client = boto3.client("sesv2", config=ONCE, **box.client_arguments())  # type: ignore[call-overload]
        for life in range(3):
            enough = len(wanted) + chance.randint(10, 60)
            sender = threading.Thread(target=send_until_killed, args=(client, life * 100_000, wanted))
            sender.start()
            until(lambda enough=enough: len(wanted) >= enough)
            box.kill()
            sender.join(30)
            box.restart()

        def all_there() -> bool:
            requests.post(f"{box.endpoint}/_sesbox/clock", json={"advance": 20}, timeout=10).raise_for_status()
            return all({("Send", one), (kind, one)} <= receiver.got.keys() for one, kind in wanted.items())

        until(all_there)
    assert {len(ids) for ids in receiver.got.values()} == {1}
