"""The main job, from an empty account to the second campaign, with both programs as processes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from story import steps
from story.harness import Console, Installation, wait_for

EXPECTED = json.loads((steps.FOLDER / "contacts-1000.expected.json").read_text(encoding="utf-8"))
READERS = (steps.FOLDER / "contacts-1000.csv").read_bytes()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    running = Installation(tmp_path / "data").start()
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.slow
def test_from_the_sandbox_to_the_second_campaign(installation: Installation) -> None:
    console = installation.sign_in()
    steps.prepare(installation, console)
    list_id = steps.make_list(console)
    the_import_is_reported_row_by_row(installation, console, list_id)
    first = steps.make_campaign(console, list_id, "June news")
    steps.start(console, first)
    the_sandbox_holds_mail_to_strangers(installation, first)
    the_request_is_denied_for_a_reason(installation, console)
    the_answer_in_the_case_is_granted(installation, console)
    everybody_who_consented_gets_it_once(installation, first)
    bounces_and_complaints_settle(installation, first)
    leaver = one_click_unsubscribes(installation)
    second = steps.make_campaign(console, list_id, "July news", "July on the quay")
    steps.start(console, second)
    the_second_campaign_skips_them_with_reasons(installation, console, second, leaver)


def the_import_is_reported_row_by_row(installation: Installation, console: Console, list_id: int) -> None:
    number = steps.import_csv(installation, console, list_id, READERS)
    report = steps.import_report(console, number)
    found = Counter((row["outcome"], row["reason"]) for row in report)
    expected = {(item["outcome"], item["reason"]): item["rows"] for item in EXPECTED["counts"]}
    assert found == expected
    assert len(report) == EXPECTED["rows"]


def the_sandbox_holds_mail_to_strangers(installation: Installation, campaign: int) -> None:
    simulator = sum(EXPECTED["simulator"].values())
    held = ("held", "sandbox")
    strangers = EXPECTED["confirmed"] - simulator
    wait_for("strangers are held", lambda: steps.counts(installation, campaign).get(held) == strangers, 60)
    addressed = {to for mail in installation.mailbox() for to in mail["destinations"]}
    assert all(to.endswith("@simulator.amazonses.com") for to in addressed)


def the_request_is_denied_for_a_reason(installation: Installation, console: Console) -> None:
    steps.request_production(console, steps.USE_CASE_THIN)
    wait_for("the request is denied", lambda: "Denied" in console.get("/leave-the-sandbox/1/"), 60)
    [case] = installation.cases()
    assert case["status"] == "DENIED"


def the_answer_in_the_case_is_granted(installation: Installation, console: Console) -> None:
    [case] = installation.cases()
    installation.sesbox_post(f"/_sesbox/cases/{case['case_id']}/reply", {"text": steps.USE_CASE})
    wait_for("the request is granted", lambda: "Granted" in console.get("/leave-the-sandbox/1/"), 90)
    [(sandbox, rate)] = steps.rows(installation, "SELECT in_sandbox, max_send_rate FROM connections_connection")
    assert not sandbox
    assert rate == 200


def everybody_who_consented_gets_it_once(installation: Installation, campaign: int) -> None:
    def done() -> bool:
        return not any(status in ("queued", "held", "sending") for status, _ in steps.counts(installation, campaign))

    wait_for("the campaign is through", done, 120)
    reached = Counter(
        to.lower() for mail in mails(installation, "News from the harbour") for to in mail["destinations"]
    )
    assert set(reached) == set(EXPECTED["confirmed_keys"])
    assert set(reached.values()) == {1}
    skipped = steps.counts(installation, campaign)
    assert skipped[("skipped", "unconfirmed")] == EXPECTED["unconfirmed"]
    assert sum(skipped.values()) == EXPECTED["confirmed"] + EXPECTED["unconfirmed"]


def bounces_and_complaints_settle(installation: Installation, campaign: int) -> None:
    bounced, complained = EXPECTED["simulator"]["bounce"], EXPECTED["simulator"]["complaint"]

    def settled() -> bool:
        now = steps.counts(installation, campaign)
        delivered = EXPECTED["confirmed"] - bounced - complained
        return (
            now.get(("bounced", "hard_bounce")) == bounced
            and now.get(("complained", "complaint")) == complained
            and now.get(("delivered", "")) == delivered
        )

    wait_for("feedback has settled every message", settled, 120)


def one_click_unsubscribes(installation: Installation) -> str:
    mail = next(
        m for m in mails(installation, "News from the harbour") if m["destinations"][0].startswith("person0007@")
    )
    whole = requests.get(f"{installation.sesbox}/_sesbox/messages/{mail['message_id']}", timeout=10).json()
    headers = {name.lower(): value for name, value in pairs(whole["headers"])}
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    link = re.search(r"<(http[^>]+)>", headers["list-unsubscribe"])[1]  # type: ignore[index]
    assert requests.get(link, timeout=10).status_code == 200
    answer = requests.post(link, files={"List-Unsubscribe": (None, "One-Click")}, timeout=10, allow_redirects=False)
    assert answer.status_code == 200
    return str(mail["destinations"][0])


def the_second_campaign_skips_them_with_reasons(
    installation: Installation, console: Console, campaign: int, leaver: str
) -> None:
    gone = sum(EXPECTED["simulator"][kind] for kind in ("bounce", "complaint")) + 1
    wait_for(
        "the second campaign is sent",
        lambda: len(mails(installation, "July on the quay")) == EXPECTED["confirmed"] - gone,
        90,
    )
    now = steps.counts(installation, campaign)
    assert now[("skipped", "suppressed_bounce")] == EXPECTED["simulator"]["bounce"]
    assert now[("skipped", "suppressed_complaint")] == EXPECTED["simulator"]["complaint"]
    assert now[("skipped", "unsubscribed")] == 1
    reached = {to for mail in mails(installation, "July on the quay") for to in mail["destinations"]}
    assert leaver not in reached
    page = console.get(f"/campaigns/{campaign}/")
    assert "An earlier mail bounced" in page
    assert "reported as spam" in page


def mails(installation: Installation, subject: str) -> list[dict[str, list[str] | str]]:
    return [mail for mail in installation.mailbox() if mail["subject"] == subject]  # type: ignore[misc]


def pairs(headers: object) -> list[tuple[str, str]]:
    if isinstance(headers, dict):
        return list(headers.items())
    return [(h["name"], h["value"]) if isinstance(h, dict) else (h[0], h[1]) for h in headers]  # type: ignore[attr-defined]
