"""The AWS CLI, unmodified, from its own environment: its botocore is older than the models in the wheel."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sesbox.testing import SesboxProcess

ROOT = Path(__file__).resolve().parents[3]
CLI = Path(os.environ.get("SESBOX_AWSCLI") or ROOT / ".venv-awscli/bin/aws")

pytestmark = [
    pytest.mark.awscli,
    pytest.mark.skipif(
        not CLI.exists(),
        reason=f"no AWS CLI at {CLI}: make an environment there from requirements/awscli.txt or set SESBOX_AWSCLI",
    ),
]


@pytest.fixture(scope="module")
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess("--profile", "production") as started:
        yield started


def aws(box: SesboxProcess, *words: str, **changes: str) -> Any:
    """The CLI's answer as JSON. Raises CalledProcessError."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(Path(box.ready["endpoint"].replace("http://", "/nonexistent/"))),
        "AWS_ENDPOINT_URL": box.endpoint,
        "AWS_ACCESS_KEY_ID": box.ready["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": box.ready["secret_access_key"],
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_DEFAULT_OUTPUT": "json",
        **changes,
    }
    run = subprocess.run([str(CLI), *words], env=environment, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(run.stdout) if run.stdout.strip() else None


def test_version_two(box: SesboxProcess) -> None:
    aws(box, "sesv2", "create-email-identity", "--email-identity", "cli.test")
    listed = aws(box, "sesv2", "list-email-identities")["EmailIdentities"]
    assert [one["IdentityName"] for one in listed] == ["cli.test"]
    sent = aws(
        box, "sesv2", "send-email", "--from-email-address", "a@cli.test",
        "--destination", "ToAddresses=b@reader.test",
        "--content", "Simple={Subject={Data=Hello},Body={Text={Data=Hi}}}",
    )  # fmt: skip
    assert sent["MessageId"].endswith("-000000")
    assert aws(box, "sesv2", "get-account")["SendQuota"]["SentLast24Hours"] == 1.0
    aws(box, "sesv2", "create-configuration-set", "--configuration-set-name", "cli")
    assert aws(box, "sesv2", "list-configuration-sets")["ConfigurationSets"] == ["cli"]


def test_version_one(box: SesboxProcess) -> None:
    aws(box, "ses", "verify-domain-identity", "--domain", "one.test")
    sent = aws(
        box, "ses", "send-email", "--from", "a@one.test", "--to", "b@reader.test",
        "--subject", "Grüße", "--text", "Hi",
    )  # fmt: skip
    assert sent["MessageId"].startswith("0107")
    assert aws(box, "ses", "get-send-quota")["Max24HourSend"] == 50_000.0


def test_sns(box: SesboxProcess) -> None:
    arn = aws(box, "sns", "create-topic", "--name", "cli")["TopicArn"]
    aws(box, "sns", "set-topic-attributes", "--topic-arn", arn, "--attribute-name", "SignatureVersion",
        "--attribute-value", "2")  # fmt: skip
    assert aws(box, "sns", "list-topics")["Topics"] == [{"TopicArn": arn}]


def test_a_refusal_reads_as_on_aws(box: SesboxProcess) -> None:
    with pytest.raises(subprocess.CalledProcessError) as error:
        aws(box, "sesv2", "get-account", AWS_SECRET_ACCESS_KEY="wrong")
    assert "An error occurred (InvalidSignatureException) when calling the GetAccount operation" in error.value.stderr
