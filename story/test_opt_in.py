"""A stranger signs up while the account is in the sandbox, waits, confirms, leaves, and comes back."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altcha
import pytest
import requests

from story import steps
from story.harness import Console, Installation, wait_for

READER = "reader@elsewhere.example"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    running = Installation(tmp_path / "data").start()
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.slow
def test_a_stranger_signs_up_confirms_leaves_and_comes_back(installation: Installation) -> None:
    console = installation.sign_in()
    steps.prepare(installation, console)
    list_id = steps.make_list(console)
    form, public = make_form(console, list_id)
    sign_up(public)
    the_sandbox_holds_it_and_the_console_says_so(installation, console)
    steps.request_production(console, steps.USE_CASE)
    link = wait_for("the grant lets the mail leave", lambda: newest_link(installation, 1), 90)
    scanners_change_nothing(installation, link)
    assert "You are signed up" in requests.post(link, data={"confirm": "yes"}, timeout=10).text
    another = {"address": "owner@harbor.test", "list": str(list_id), "basis": "customer", "source": "The owner"}
    console.submit("/contacts/add", another, button="Add")  # so that there is somebody left to send to
    the_campaign_reaches_the_reader(installation, console, list_id, "June", 1)
    the_reader_leaves(installation)
    assert "Already confirmed" in requests.post(link, data={"confirm": "yes"}, timeout=10).text
    the_campaign_reaches_the_reader(installation, console, list_id, "July", 0)
    _, other = make_form(console, list_id)
    sign_up(other)  # at another form: within the window of ten minutes the mail waits, so the clock moves
    move_clock(installation, 700)
    again = wait_for("a fresh mail asks", lambda: newest_link(installation, 2), 60)
    assert again != link
    assert "You are signed up" in requests.post(again, data={"confirm": "yes"}, timeout=10).text
    the_campaign_reaches_the_reader(installation, console, list_id, "August", 1)
    the_proof_shows_it_all(console, form)


def make_form(console: Console, list_id: int) -> tuple[int, str]:
    """A form with proof of work; its number and its public address."""
    values = {"name": "Website", "lists": [str(list_id)], "from_address": steps.SENDER}
    answer = console.submit("/forms/new", values, button="Make the form")
    number = int(re.search(r"/forms/(\d+)/", answer.url)[1])  # type: ignore[index]
    return number, re.search(r'id="public-url" href="([^"]+)"', answer.text)[1]  # type: ignore[index]


def sign_up(public: str) -> None:
    """As the widget does it: fetch the challenge, work, send the form."""
    page = requests.get(public, timeout=10).text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    challenge = requests.get(f"{public}/challenge", timeout=10).json()
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert solution is not None
    work = {"challenge": challenge, "solution": {"counter": solution.counter, "derivedKey": solution.derived_key}}
    time.sleep(2)  # nobody types faster, and the form knows
    given = {
        **fields,
        "email": READER,
        "consent": "yes",
        "altcha": base64.b64encode(json.dumps(work).encode()).decode(),
    }
    answer = requests.post(public, data=given, timeout=10)
    assert answer.url == f"{public}/thanks", answer.text


def the_sandbox_holds_it_and_the_console_says_so(installation: Installation, console: Console) -> None:
    query = "SELECT 1 FROM outbox_message WHERE stream = 'opt_in' AND status = 'held' AND reason = 'sandbox'"
    wait_for("the opt-in mail is held", lambda: steps.rows(installation, query), 30)
    assert "1 opt-in mail waits for the end of the sandbox" in console.get("/forms/")
    assert opt_in_mails(installation) == []


def opt_in_mails(installation: Installation) -> list[dict[str, Any]]:
    return [mail for mail in installation.mailbox() if mail["subject"] == "Please confirm: News"]


def newest_link(installation: Installation, number: int) -> str | None:
    """The link in the newest opt-in mail, once there are `number` of them."""
    mails = opt_in_mails(installation)
    if len(mails) < number:
        return None
    assert mails[0]["destinations"] == [READER]
    whole = requests.get(f"{installation.sesbox}/_sesbox/messages/{mails[0]['message_id']}", timeout=10).json()
    assert not any(name.lower() == "list-unsubscribe" for name, _ in pairs(whole["headers"]))
    return re.search(r"http\S+/confirm/[\w-]+", str(whole["text"]))[0]  # type: ignore[index]


def pairs(headers: Any) -> list[tuple[str, str]]:
    if isinstance(headers, dict):
        return list(headers.items())
    return [(h["name"], h["value"]) if isinstance(h, dict) else (h[0], h[1]) for h in headers]


def scanners_change_nothing(installation: Installation, link: str) -> None:
    assert requests.get(link, timeout=10).status_code == 200
    requests.head(link, timeout=10)
    requests.post(link, timeout=10)
    requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=10)
    assert steps.rows(installation, "SELECT 1 FROM contacts_contact") == []


def the_campaign_reaches_the_reader(
    installation: Installation, console: Console, list_id: int, name: str, mails: int
) -> None:
    campaign = steps.make_campaign(console, list_id, name, f"{name} at the quay")
    steps.start(console, campaign)
    done = f"SELECT 1 FROM campaigns_campaign WHERE id = {campaign} AND status = 'finished'"
    wait_for(f"{name} is through", lambda: steps.rows(installation, done), 60)
    found = [mail for mail in installation.mailbox() if mail["subject"] == f"{name} at the quay"]
    assert sum(READER in mail["destinations"] for mail in found) == mails


def the_reader_leaves(installation: Installation) -> None:
    mail = next(
        mail for mail in installation.mailbox() if mail["subject"].startswith("June") and READER in mail["destinations"]
    )
    whole = requests.get(f"{installation.sesbox}/_sesbox/messages/{mail['message_id']}", timeout=10).json()
    headers = {name.lower(): value for name, value in pairs(whole["headers"])}
    link = re.search(r"<(http[^>]+)>", headers["list-unsubscribe"])[1]  # type: ignore[index]
    assert requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=10).status_code == 200


def move_clock(installation: Installation, seconds: int) -> None:
    """sendwell's rehearsal clock goes ahead; waiting jobs become due."""
    (installation.data_dir / "rehearsal-clock").write_text(str(seconds))


def the_proof_shows_it_all(console: Console, form: int) -> None:
    page = console.get("/forms/proof/1")
    assert page.count("Confirmed by mail · News") == 2
    assert page.count("hash holds") == 2
    assert "Unsubscribed · News" in page
    figures = console.get(f"/forms/{form}/")
    assert "100 %" in figures
