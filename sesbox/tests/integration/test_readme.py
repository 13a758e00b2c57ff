"""The README's first steps, as a newcomer would take them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
import requests

from sesbox.testing import SesboxProcess

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_first_snippet_of_the_readme_sends_a_message() -> None:
    snippet = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    with SesboxProcess() as box:
        client = boto3.client("sesv2", **box.client_arguments())  # type: ignore[call-overload]
        client.create_email_identity(EmailIdentity="you@example.com")
        (mail,) = requests.get(f"{box.endpoint}/_sesbox/messages", timeout=10).json()["messages"]
        link = re.search(r"http://\S+/_sesbox/verify\?\S+", mail["text"])
        assert link is not None
        assert requests.get(link[0], timeout=10).ok
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": box.endpoint,
            "AWS_DEFAULT_REGION": str(box.ready["region"]),
            "AWS_ACCESS_KEY_ID": str(box.ready["access_key_id"]),
            "AWS_SECRET_ACCESS_KEY": str(box.ready["secret_access_key"]),
        }
        ran = subprocess.run(
            [sys.executable, "-c", snippet], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        sent = requests.get(f"{box.endpoint}/_sesbox/messages/{ran.stdout.strip()}", timeout=10).json()
        assert sent["destinations"] == ["bounce@simulator.amazonses.com"]
