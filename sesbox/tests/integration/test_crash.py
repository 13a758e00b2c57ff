"""SIGKILL while mail is being accepted: what was answered is there, once; nothing is there twice."""

import threading
from typing import Any

import boto3
import botocore.config
import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from sesbox.testing import SesboxProcess

SENDERS = 4
ONCE = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)


class Sender(threading.Thread):
    """Sends distinct messages one after another until the server is gone; remembers which were acknowledged."""

    def __init__(self, client: Any, name: str, enough: threading.Event) -> None:
        super().__init__()
        self._client, self._name, self._enough = client, name, enough
        self.acknowledged: dict[str, str] = {}
        self.tried: list[str] = []

    def run(self) -> None:
        while True:
            subject = f"{self._name}-{len(self.tried)}"
            self.tried.append(subject)
            content = {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "x"}}}}
            try:
                answer = self._client.send_email(
                    FromEmailAddress="news@harbor.test",
                    Destination={"ToAddresses": [f"{subject}@reader.test"]},
                    Content=content,
                )
            except (BotoCoreError, ClientError):
                return
            if "MessageId" not in answer:  # the kill came between head and body: nothing was acknowledged
                return
            self.acknowledged[subject] = answer["MessageId"]
            if len(self.acknowledged) == 25:
                self._enough.set()


def kept(box: SesboxProcess) -> list[dict[str, Any]]:
    answer = requests.get(f"{box.endpoint}/_sesbox/messages", params={"limit": 1000}, timeout=10)
    return list(answer.json()["messages"])


@pytest.mark.parametrize("options", [(), ("--fsync",)])
def test_what_was_acknowledged_survives_a_kill_exactly_once(options: tuple[str, ...]) -> None:
    limits = ("--max-send-rate", "100000", "--max-24-hour-send", "-1", "--delivery-delay", "0")
    with SesboxProcess("--profile", "production", *limits, *options) as box:
        client = boto3.client("sesv2", config=ONCE, **box.client_arguments())  # type: ignore[call-overload]
        client.create_email_identity(EmailIdentity="harbor.test")
        acknowledged: dict[str, str] = {}
        tried: set[str] = set()
        for life in range(3):
            enough = threading.Event()
            senders = [Sender(client, f"{life}-{number}", enough) for number in range(SENDERS)]
            for sender in senders:
                sender.start()
            assert enough.wait(60)
            box.kill()
            for sender in senders:
                sender.join(30)
                acknowledged |= sender.acknowledged
                tried |= set(sender.tried)
            box.restart()
            found = kept(box)
            by_subject = {one["subject"]: one["message_id"] for one in found}
            assert len(by_subject) == len(found), "a message is there twice"
            assert acknowledged.items() <= by_subject.items()
            assert by_subject.keys() <= tried
        sent = client.get_account()["SendQuota"]["SentLast24Hours"]
        assert sent == len(kept(box))


def test_settings_and_the_clock_survive_a_kill() -> None:
    with SesboxProcess() as box:
        client = boto3.client("sesv2", config=ONCE, **box.client_arguments())  # type: ignore[call-overload]
        client.create_email_identity(EmailIdentity="harbor.test")
        certificate = box.ready["certificate_url"]
        moved = requests.post(f"{box.endpoint}/_sesbox/clock", json={"advance": 86_400}, timeout=10).json()
        box.kill()
        box.restart()
        assert [one["IdentityName"] for one in client.list_email_identities()["EmailIdentities"]] == ["harbor.test"]
        now = requests.get(f"{box.endpoint}/_sesbox/clock", timeout=10).json()
        assert now["epoch"] >= moved["epoch"]
        assert box.ready["certificate_url"] == certificate
