"""The disk is full: refused honestly, nothing acknowledged is lost, and when there is room again work goes on."""

from __future__ import annotations

import os
import sys
from typing import Any

import boto3
import botocore.config
import pytest
import requests
from botocore.exceptions import ClientError

from sesbox.testing import SesboxProcess

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prlimit is Linux's")
ONCE = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
LIMITS = ("--max-send-rate", "100000", "--max-24-hour-send", "-1", "--delivery-delay", "0")


def send(client: Any, subject: str) -> str:
    content = {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "x" * 20_000}}}}
    destination = {"ToAddresses": ["r@reader.test"]}
    answer = client.send_email(FromEmailAddress="n@harbor.test", Destination=destination, Content=content)
    return str(answer["MessageId"])


def kept(box: SesboxProcess) -> dict[str, str]:
    found = requests.get(f"{box.endpoint}/_sesbox/messages?limit=1000", timeout=20).json()["messages"]
    assert len({one["subject"] for one in found}) == len(found), "a message is there twice"
    return {one["subject"]: one["message_id"] for one in found}


def test_a_full_disk_is_told_and_survived() -> None:
    import resource

    with SesboxProcess("--profile", "production", *LIMITS) as box:
        client = boto3.client("sesv2", config=ONCE, **box.client_arguments())  # type: ignore[call-overload]
        client.create_email_identity(EmailIdentity="harbor.test")
        acknowledged, refused = {}, 0
        resource.prlimit(box.pid, resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))
        for number in range(120):
            subject = f"mail {number}"
            try:
                acknowledged[subject] = send(client, subject)
            except ClientError as error:
                refused += 1
                assert error.response["Error"]["Code"] == "InternalServiceErrorException"
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert acknowledged and refused
        assert requests.get(f"{box.endpoint}/_sesbox/health", timeout=20).ok
        assert requests.get(f"{box.endpoint}/", timeout=20).ok
        resource.prlimit(box.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        acknowledged["after"] = send(client, "after")
        assert acknowledged.items() <= kept(box).items()
        assert client.get_account()["SendQuota"]["SentLast24Hours"] == len(kept(box))
        assert "disk" in box.log
        assert "Traceback" not in box.log
        box.kill()
        os.sync()
        box.restart()
        assert acknowledged.items() <= kept(box).items()
