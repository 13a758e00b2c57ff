"""The pages and the control API through a real process: every page, every button, every rule of the guard."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
import requests
from lxml import html

from sesbox.testing import SesboxProcess

USE_CASE = (
    "We send a monthly letter to people who signed up on our website with double opt-in. Every letter carries a "
    "one-click unsubscribe link; bounces and complaints arrive by SNS and suppress the address at once. "
    "20,000 recipients per day."
)


@pytest.fixture(scope="module")
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess("--reviewer", "desk", "--verify-domains", "zone") as started:
        yield started


@pytest.fixture
def fresh(box: SesboxProcess) -> SesboxProcess:
    requests.post(box.endpoint + "/_sesbox/reset", timeout=10).raise_for_status()
    requests.put(box.endpoint + "/_sesbox/zone", data=b"", timeout=10).raise_for_status()
    return box


def ses(box: SesboxProcess, region: str | None = None) -> Any:
    return boto3.client("sesv2", **box.client_arguments(region))  # type: ignore[call-overload]


def get(box: SesboxProcess, path: str, **options: Any) -> requests.Response:
    return requests.get(box.endpoint + path, timeout=10, **options)


def form(box: SesboxProcess, path: str, data: Any) -> requests.Response:
    return requests.post(box.endpoint + path, data=data, headers={"Origin": box.endpoint}, timeout=10)


def verified_sender(box: SesboxProcess, address: str = "june@example.org") -> None:
    ses(box).create_email_identity(EmailIdentity=address)
    (mail,) = get(box, f"/_sesbox/messages?to={address}").json()["messages"]
    link = re.search(r"http://\S+/_sesbox/verify\?\S+", mail["text"])
    assert link is not None
    assert "is verified" in requests.get(link[0], timeout=10).text


def raw_letter() -> bytes:
    message = EmailMessage()
    message["From"] = "June <june@example.org>"
    message["To"] = "june@example.org"
    message["Subject"] = "Grüße <script>alert(1)</script>"
    message.set_content("Hello https://example.org/?a=1&b=2")
    message.add_alternative("<p>Hello</p><script>alert(1)</script>", subtype="html")
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename="page.html")
    return message.as_bytes()


def send_letter(box: SesboxProcess) -> str:
    return str(ses(box).send_email(Content={"Raw": {"Data": raw_letter()}})["MessageId"])


def open_case(box: SesboxProcess) -> str:
    ses(box).put_account_details(
        ProductionAccessEnabled=True,
        MailType="MARKETING",
        WebsiteURL="https://garden.test",
        UseCaseDescription=USE_CASE,
    )
    (case,) = get(box, "/_sesbox/cases").json()["cases"]
    return str(case["case_id"])


def until(look: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if look():
            return
    raise AssertionError("it did not happen")


def test_the_empty_inbox_teaches_the_first_message(fresh: SesboxProcess) -> None:
    page = get(fresh, "/", headers={"Accept": "text/html"}).text
    assert f"AWS_ENDPOINT_URL={fresh.endpoint}" in page
    assert str(fresh.ready["access_key_id"]) in page
    assert "boto3" in page


def labelled(field: Any, page: Any) -> bool:
    if field.get("type") == "hidden" or field.get("aria-label"):
        return True
    return bool(page.xpath(f"//label[@for='{field.get('id')}']")) or field.getparent().tag == "label"


def test_every_page_that_a_link_leads_to_is_whole(fresh: SesboxProcess) -> None:
    verified_sender(fresh)
    send_letter(fresh)
    ses(fresh).create_email_identity(EmailIdentity="garden.test")
    ses(fresh, "eu-west-1").create_email_identity(EmailIdentity="eu@garden.test")
    open_case(fresh)
    form(fresh, "/_sesbox/ui/mailboxes", {"address": "gone@garden.test", "behaviour": "hard-bounce"})
    to_see, seen = ["/"], set()
    while to_see:
        path = to_see.pop()
        if path in seen:
            continue
        seen.add(path)
        response = get(fresh, path)
        assert response.status_code == 200, path
        if not response.headers["content-type"].startswith("text/html") or path.endswith("/html"):
            continue
        assert "default-src 'self'" in response.headers["content-security-policy"]
        page = html.fromstring(response.text)
        assert len(page.xpath("//h1")) == 1, path
        assert len(page.xpath("//main")) == 1
        assert page.get("lang") == "en"
        assert page.xpath("//title")[0].text.strip()
        assert not page.xpath("//@style | //@onclick | //script[not(@src)] | //style"), path
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        assert all(labelled(one, page) for one in page.xpath("//input | //select | //textarea")), path
        assert set(page.xpath("//@aria-labelledby")) <= set(ids), path
        links = page.xpath("//a/@href | //iframe/@src | //link/@href | //script/@src | //img/@src")
        to_see += [link for link in links if link.startswith("/")]
    assert len(seen) > 25


def test_mail_is_found_by_sender_recipient_and_subject(fresh: SesboxProcess) -> None:
    verified_sender(fresh)
    message_id = send_letter(fresh)
    for search in ("June <june", "EXAMPLE.org", "grüße"):
        assert message_id in get(fresh, "/_sesbox/ui", params={"q": search}).text, search
    assert message_id not in get(fresh, "/_sesbox/ui", params={"q": "nobody"}).text


def test_a_message_is_shown_without_running_anything(fresh: SesboxProcess) -> None:
    verified_sender(fresh)
    here = f"/_sesbox/ui/messages/{send_letter(fresh)}"
    page = html.fromstring(get(fresh, here).text)
    assert page.xpath("//h1")[0].text == "Grüße <script>alert(1)</script>"
    (frame,) = page.xpath("//iframe")
    assert "allow-scripts" not in frame.get("sandbox")
    assert "allow-same-origin" not in frame.get("sandbox")
    policy = get(fresh, here + "/html").headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups ")
    assert "default-src 'none'" in policy
    assert 'href="https://example.org/?a=1&amp;b=2"' in get(fresh, here + "?view=text").text
    (part,) = [link for link in page.xpath("//a/@href") if "/parts/" in link]
    attachment = get(fresh, part)
    assert attachment.content.strip() == b"<script>"
    assert attachment.headers["content-disposition"].startswith("attachment")
    assert attachment.headers["content-type"] == "application/octet-stream"
    assert b"Hello" in get(fresh, here + "/source").content
    until(lambda: "Delivered" in get(fresh, here).text)


def test_a_used_or_wrong_verification_link_is_explained(fresh: SesboxProcess) -> None:
    wrong = get(fresh, "/_sesbox/verify?token=wrong")
    assert wrong.status_code == 404
    assert "This link is not valid" in wrong.text


def test_a_case_is_denied_answered_and_granted_on_its_page(fresh: SesboxProcess) -> None:
    case_id = open_case(fresh)
    here = f"/_sesbox/ui/cases/{case_id}"
    assert USE_CASE in html.fromstring(get(fresh, here).text).text_content()
    denied = form(fresh, here + "/deny", [("reasons", "No consent."), ("reasons", "First line.\r\n\r\nSecond line.")])
    assert "The request was denied" in denied.text
    case = get(fresh, f"/_sesbox/cases/{case_id}").json()
    assert (case["status"], case["reasons"]) == ("DENIED", ["No consent.", "First line.", "Second line."])
    assert "under review again" in form(fresh, here + "/reply", {"text": "People opt in twice."}).text
    assert get(fresh, f"/_sesbox/cases/{case_id}").json()["status"] == "PENDING"
    assert "Production access granted." in form(fresh, here + "/grant", {"quota": "10000", "rate": "5"}).text
    account = ses(fresh).get_account()
    assert account["ProductionAccessEnabled"] is True
    assert account["SendQuota"]["Max24HourSend"] == 10_000
    assert account["SendQuota"]["MaxSendRate"] == 5
    letters = get(fresh, f"/_sesbox/cases/{case_id}").json()["letters"]
    assert [letter["author"] for letter in letters][:2] == ["customer", "ses"]
    assert "People opt in twice." in [letter["text"] for letter in letters]


def test_the_control_api_of_cases_takes_json_and_says_what_is_wrong(fresh: SesboxProcess) -> None:
    case_id = open_case(fresh)
    here = f"{fresh.endpoint}/_sesbox/cases/{case_id}"
    for verb, body, status in [
        ("grant", {"quota": "many"}, 400),
        ("grant", {"quota": -1}, 400),
        ("deny", {}, 400),
        ("reply", {"text": " "}, 400),
        ("burn", {}, 404),
    ]:
        answer = requests.post(f"{here}/{verb}", json=body, timeout=10)
        assert (answer.status_code, bool(answer.json()["message"])) == (status, True), verb
    assert (
        requests.post(f"{here}/grant", data=b"[]", headers={"Content-Type": "application/json"}, timeout=10).ok is False
    )
    granted = requests.post(f"{here}/grant", json={"quota": 1_000, "rate": 2}, timeout=10).json()
    assert (granted["status"], granted["granted_quota"], granted["granted_rate"]) == ("GRANTED", 1_000, 2)
    assert requests.post(f"{fresh.endpoint}/_sesbox/cases/nope/grant", json={}, timeout=10).status_code == 404


def test_a_scripted_mailbox_bounces(fresh: SesboxProcess) -> None:
    verified_sender(fresh)
    script = {"address": "june@example.org", "behaviour": "hard-bounce"}
    assert requests.post(fresh.endpoint + "/_sesbox/mailboxes", json=script, timeout=10).ok
    here = f"/_sesbox/ui/messages/{send_letter(fresh)}"
    until(lambda: "Bounced" in get(fresh, here).text)
    assert "june@example.org" in get(fresh, "/_sesbox/ui/account").text
    wrong = requests.post(fresh.endpoint + "/_sesbox/mailboxes", json={"address": "x"}, timeout=10)
    assert wrong.status_code == 400


def test_a_domain_waits_for_its_records_in_the_zone(fresh: SesboxProcess) -> None:
    client = ses(fresh)
    tokens = client.create_email_identity(EmailIdentity="garden.test")["DkimAttributes"]["Tokens"]
    assert client.get_email_identity(EmailIdentity="garden.test")["VerifiedForSendingStatus"] is False
    page = get(fresh, "/_sesbox/ui/account").text
    assert all(f"{token}.<wbr>_domainkey" in page for token in tokens)
    zone = "".join(f"{token}._domainkey.garden.test CNAME {token}.dkim.amazonses.com\n" for token in tokens)
    assert "The zone is saved" in form(fresh, "/_sesbox/ui/dns", {"zone": zone}).text
    assert client.get_email_identity(EmailIdentity="garden.test")["VerifiedForSendingStatus"] is True
    assert get(fresh, "/_sesbox/zone").text == zone


def test_a_zone_that_cannot_be_read_changes_nothing_and_loses_nothing(fresh: SesboxProcess) -> None:
    answer = form(fresh, "/_sesbox/ui/dns", {"zone": "a.test A 1.2.3\n"})
    assert answer.status_code == 400
    assert "a.test A 1.2.3" in answer.text
    assert get(fresh, "/_sesbox/zone").text == ""
    put = requests.put(fresh.endpoint + "/_sesbox/zone", data=b"a.test A 1.2.3\n", timeout=10)
    assert put.status_code == 400
    assert "cannot be read" in put.json()["message"]


def test_a_zone_put_at_run_time_survives_a_kill() -> None:
    with SesboxProcess("--verify-domains", "zone") as own:
        assert requests.put(own.endpoint + "/_sesbox/zone", data=b"a.test A 127.0.0.1\n", timeout=10).json() == {
            "records": 1
        }
        own.kill()
        own.restart()
        assert get(own, "/_sesbox/zone").text == "a.test A 127.0.0.1\n"


def test_the_clock_page_moves_stops_and_returns(fresh: SesboxProcess) -> None:
    def offset() -> float:
        return float(get(fresh, "/_sesbox/clock").json()["offset"])

    form(fresh, "/_sesbox/ui/clock", {"action": "advance", "amount": "24", "unit": "hours"})
    assert offset() == pytest.approx(86_400, abs=1)
    assert "1 d ahead" in get(fresh, "/").text
    form(fresh, "/_sesbox/ui/clock", {"action": "pause"})
    assert get(fresh, "/_sesbox/clock").json()["paused"] is True
    form(fresh, "/_sesbox/ui/clock", {"action": "resume"})
    form(fresh, "/_sesbox/ui/clock", {"action": "reset"})
    assert offset() == pytest.approx(0, abs=1)
    assert form(fresh, "/_sesbox/ui/clock", {"action": "advance", "amount": "nan", "unit": "hours"}).status_code == 400


@pytest.mark.parametrize("path", ["/mailboxes", "/cases/1/grant", "/ui/clock", "/ui/cases/1/grant", "/ui/dns"])
def test_no_other_web_page_can_press_a_button(box: SesboxProcess, path: str) -> None:
    for headers in ({"Origin": "http://evil.test"}, {"Origin": "null"}, {"Host": "evil.test"}):
        assert requests.post(box.endpoint + "/_sesbox" + path, data={}, headers=headers, timeout=10).status_code == 403


def test_no_other_web_page_can_read_by_a_name_of_its_own(box: SesboxProcess) -> None:
    for path in (
        "/",
        "/_sesbox/ui",
        "/_sesbox/cases",
        "/_sesbox/zone",
        "/_sesbox/ui/account",
        "/_sesbox/verify?token=x",
    ):
        assert get(box, path, headers={"Host": "evil.test"}).status_code == 403, path


@pytest.mark.parametrize("name", ["../routes.py", "..%2froutes.py", "%2e%2e/routes.py", "nothing.css"])
def test_only_our_own_files_are_served(box: SesboxProcess, name: str) -> None:
    assert get(box, f"/_sesbox/ui/static/{name}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/_sesbox/ui/messages/x", "/_sesbox/ui/messages/x/html", "/_sesbox/ui/messages/x/parts/0", "/_sesbox/ui/cases/x",
     "/_sesbox/ui/account?region=mars-1", "/_sesbox/cases/x"],
)  # fmt: skip
def test_what_is_not_there_is_404(box: SesboxProcess, path: str) -> None:
    assert get(box, path).status_code == 404


def test_cases_are_json(fresh: SesboxProcess) -> None:
    case_id = open_case(fresh)
    case = json.loads(get(fresh, f"/_sesbox/cases/{case_id}").text)
    assert case["status"] == "PENDING"
    assert case["region"] == "us-east-1"
    assert case["asked_quota"] == 20_000
