"""A notification that failed, a sesbox that was killed, and the same notification after all."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import requests

from sesbox.testing import SesboxProcess


@contextlib.contextmanager
def webhook(statuses: list[int]) -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """Answers with the next status, then with 200."""
    received: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["x-amz-sns-message-id"] == body["MessageId"]
            received.put(body)
            self.send_response(statuses.pop(0) if statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_kill_between_two_tries_loses_nothing_and_keeps_the_message_id() -> None:
    with SesboxProcess() as box, webhook([500]) as (url, received):
        sns = boto3.client("sns", **box.client_arguments())  # type: ignore[call-overload]
        arn = sns.create_topic(Name="feedback")["TopicArn"]
        sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=url)
        first = received.get(timeout=20)
        box.kill()
        box.restart()
        requests.post(box.endpoint + "/_sesbox/clock", json={"advance": 20}, timeout=10).raise_for_status()
        again = received.get(timeout=20)
        assert (again["MessageId"], again["Token"]) == (first["MessageId"], first["Token"])
        assert requests.get(again["SubscribeURL"], timeout=10).ok
        assert sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"].startswith(arn)
        shown = ""
        for _ in range(500):
            shown = requests.get(box.endpoint + "/_sesbox/ui/deliveries", timeout=10).text
            if ">Delivered<" in shown:
                break
        assert "HTTP 500" in shown or "try 1 of 4" in shown
        assert ">Delivered<" in shown
