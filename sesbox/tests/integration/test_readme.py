"""What the README tells a newcomer to run does run, in its order, on a sesbox started as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sesbox.testing import SesboxProcess

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def environment(box: SesboxProcess) -> dict[str, str]:
    given = {"AWS_ENDPOINT_URL": box.endpoint, "AWS_DEFAULT_REGION": box.ready["region"],
             "AWS_ACCESS_KEY_ID": box.ready["access_key_id"],
             "AWS_SECRET_ACCESS_KEY": box.ready["secret_access_key"]}  # fmt: skip
    for name in given.keys() - {"AWS_ENDPOINT_URL"}:
        assert f"export {name}={given[name]}\n" in README
    return {**os.environ, **given}


def test_the_programs_run_one_after_the_other_on_a_new_account() -> None:
    assert len(PROGRAMS) == 3
    with SesboxProcess() as box:
        for program in PROGRAMS:
            requests.post(f"{box.endpoint}/_sesbox/clock", data='{"advance": 5}', timeout=10).raise_for_status()
            run = subprocess.run(
                [sys.executable, "-c", program], env=environment(box), capture_output=True, text=True, timeout=60,
                check=False,
            )  # fmt: skip
            assert run.returncode == 0, run.stderr
        found = requests.get(f"{box.endpoint}/_sesbox/messages", timeout=10).json()["messages"]
        assert [one["text"].strip() for one in found] == ["Nobody is there.", "It works."]


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`[^`\n]*?(--[a-z0-9-]+)", README))))
def test_every_option_it_names_exists(option: str, options: str) -> None:
    assert f" {option} " in options or f"[{option}" in options


@pytest.fixture(scope="module")
def options() -> str:
    command = [sys.executable, "-m", "sesbox.main", "serve", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    return text + " --endpoint-url "


def test_the_denied_request_is_denied_replied_to_and_granted_as_told() -> None:
    use_case = re.search(r'--use-case-description "(.*?)"', README)
    assert use_case is not None
    with SesboxProcess() as box:
        import boto3

        ses = boto3.client("sesv2", **box.client_arguments())  # type: ignore[call-overload]
        ses.put_account_details(
            ProductionAccessEnabled=True, MailType="MARKETING", WebsiteURL="https://garden.test",
            UseCaseDescription=use_case[1],
        )  # fmt: skip
        requests.post(f"{box.endpoint}/_sesbox/clock", data='{"advance": 86400}', timeout=10).raise_for_status()
        for _ in range(200):
            (case,) = requests.get(f"{box.endpoint}/_sesbox/cases", timeout=10).json()["cases"]
            if case["status"] != "PENDING":
                break
        assert case["status"] == "DENIED"
        url = f"{box.endpoint}/_sesbox/cases/{case['case_id']}"
        assert requests.post(f"{url}/reply", data='{"text": "We do."}', timeout=10).json()["status"] == "PENDING"
        granted = requests.post(f"{url}/grant", data='{"quota": 50000, "rate": 14}', timeout=10).json()
        assert granted["status"] == "GRANTED"
