"""Another command line on the same data file: what was asked for holds, whatever the file remembers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import requests

from sesbox.testing import SesboxProcess

REQUEST = {"ProductionAccessEnabled": True, "MailType": "MARKETING", "WebsiteURL": "https://a.test"}


def ses(box: SesboxProcess) -> Any:
    return boto3.client("sesv2", **box.client_arguments())  # type: ignore[call-overload]


def quota(box: SesboxProcess) -> tuple[bool, float, float]:
    account = ses(box).get_account()
    return (
        account["ProductionAccessEnabled"],
        account["SendQuota"]["Max24HourSend"],
        account["SendQuota"]["MaxSendRate"],
    )


def test_another_profile_holds_for_an_account_that_was_used_before(tmp_path: Path) -> None:
    data = str(tmp_path / "box.db")
    with SesboxProcess(data=data) as box:
        ses(box).put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
        assert quota(box) == (False, 200, 1)
    with SesboxProcess("--profile", "production", data=data) as box:
        assert quota(box) == (True, 50_000, 14)
        assert ses(box).get_account()["SuppressionAttributes"]["SuppressedReasons"] == ["BOUNCE"]
    with SesboxProcess("--profile", "production", "--max-send-rate", "99", data=data) as box:
        assert quota(box) == (True, 50_000, 99)
    with SesboxProcess(data=data) as box:
        assert quota(box) == (False, 200, 1)


def test_what_was_granted_stays_granted_under_the_same_profile(tmp_path: Path) -> None:
    data = str(tmp_path / "box.db")
    with SesboxProcess("--reviewer", "desk", data=data) as box:
        ses(box).put_account_details(**REQUEST)
        (case,) = requests.get(f"{box.endpoint}/_sesbox/cases", timeout=10).json()["cases"]
        url = f"{box.endpoint}/_sesbox/cases/{case['case_id']}/grant"
        requests.post(url, json={"quota": 5_000, "rate": 5}, timeout=10).raise_for_status()
    with SesboxProcess(data=data) as box:
        assert quota(box) == (True, 5_000, 5)


def test_a_case_from_the_time_of_a_person_is_judged_by_the_reviewer_that_came_after(tmp_path: Path) -> None:
    data = str(tmp_path / "box.db")
    with SesboxProcess("--reviewer", "desk", data=data) as box:
        ses(box).put_account_details(**REQUEST)
    with SesboxProcess("--review-delay", "3600", data=data) as box:
        assert ses(box).get_account()["Details"]["ReviewDetails"]["Status"] == "PENDING"
        requests.post(f"{box.endpoint}/_sesbox/clock", json={"advance": 3_601}, timeout=10).raise_for_status()
        for _ in range(200):
            if ses(box).get_account()["Details"]["ReviewDetails"]["Status"] == "DENIED":
                break
        else:
            raise AssertionError("nobody judged the case")
