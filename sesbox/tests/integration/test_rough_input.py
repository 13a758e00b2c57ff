"""Bad input to every door that is not AWS's, requests of other people's pages, and sesbox posting to itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests

from sesbox.testing import SesboxProcess

VALUES: list[Any] = [None, True, -1, 0, 1e308, "nan", "inf", "", [], {}, [[]], ["a", 1, None], {"a": {}}, "x" * 5_000,
                     "9999-12-31T23:59:59Z", 10**400, "\ud800"]  # fmt: skip
DEEP = ['{"a":' * 50_000, "[" * 50_000, '{"text":"\\ud800"}', '{"a":' + "9" * 5_000 + "}", '"x"', "nul", "{"]


@pytest.fixture(scope="module")
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess("--reviewer", "desk") as started:
        yield started


@pytest.fixture(scope="module")
def open_box() -> Iterator[SesboxProcess]:
    with SesboxProcess("--profile", "permissive") as started:
        yield started


@pytest.fixture(scope="module")
def case(box: SesboxProcess) -> str:
    client = boto3.client("sesv2", **box.client_arguments())  # type: ignore[call-overload]
    client.put_account_details(ProductionAccessEnabled=True, MailType="MARKETING", WebsiteURL="https://a.test")
    return str(client.get_account()["Details"]["ReviewDetails"]["CaseId"])


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/_sesbox/cases/{case}/deny", ["reasons"]),
        ("/_sesbox/cases/{case}/reply", ["text"]),
        ("/_sesbox/mailboxes", ["address", "behaviour", "region"]),
        ("/_sesbox/clock", ["set", "pause", "advance"]),
        ("/_sesbox/cases/{case}/grant", ["quota", "rate"]),
    ],
)
def test_the_control_api_answers_odd_values_and_never_breaks(
    box: SesboxProcess, case: str, path: str, names: list[str]
) -> None:
    url = box.endpoint + path.format(case=case)
    good = {"address": "a@b.test", "behaviour": "hard-bounce"} if "mailboxes" in path else {}
    for name in names:
        for value in VALUES:
            answer = requests.post(url, json=good | {name: value}, timeout=10)
            assert answer.status_code < 500, (name, value, answer.text)
    for body in DEEP:
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            answer = requests.post(url, data=body, headers={"Content-Type": kind}, timeout=10)
            assert answer.status_code < 500, (body[:20], kind, answer.text)
    for page in ("/_sesbox/health", "/", "/_sesbox/ui/cases", "/_sesbox/ui/mailboxes", "/_sesbox/ui/clock"):
        assert requests.get(box.endpoint + page, timeout=10).status_code == 200
    assert "Traceback" not in box.log


def test_json_is_understood_as_curl_sends_it(box: SesboxProcess) -> None:
    before = requests.get(f"{box.endpoint}/_sesbox/clock", timeout=10).json()["epoch"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{box.endpoint}/_sesbox/clock", data='{"advance": 100}', headers=form, timeout=10)
    assert answer.json()["epoch"] >= before + 100


def test_a_body_without_end_is_cut_off_on_every_door(box: SesboxProcess) -> None:
    for path in ("/_sesbox/clock", "/_sesbox/zone", "/_sesbox/ui/dns", "/_sesbox/reset"):
        method = "PUT" if path.endswith("zone") else "POST"
        with socket.create_connection(("127.0.0.1", int(box.ready["port"])), timeout=20) as connection:
            connection.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            )
            for _ in range(6):
                connection.sendall(b"100000\r\n" + b"x" * 1024 * 1024 + b"\r\n")
            assert connection.recv(1024).startswith(b"HTTP/1.1 413"), path


def test_an_unsigned_request_makes_no_region(box: SesboxProcess) -> None:
    arn = "arn:aws:sns:<script>:123456789012:t:u"
    requests.get(box.endpoint, params={"Action": "Unsubscribe", "SubscriptionArn": arn}, timeout=10)
    requests.get(f"{box.endpoint}/_sesbox/verify", params={"token": "x", "region": "moon-base-1"}, timeout=10)
    page = requests.get(f"{box.endpoint}/_sesbox/ui/account", timeout=10).text
    assert "script&gt;" not in page
    assert "moon-base-1" not in page


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_page_calls_a_sesbox_that_takes_any_credentials(open_box: SesboxProcess, site: str) -> None:
    requests.post(f"{open_box.endpoint}/_sesbox/reset", timeout=10).raise_for_status()
    call = {"Action": "VerifyEmailIdentity", "EmailAddress": "a@b.test", "Version": "2010-12-01"}
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    for method in ("GET", "POST"):
        answer = requests.request(method, open_box.endpoint, params=call, headers=headers, timeout=10)
        assert answer.status_code == 403, answer.text
    assert requests.get(f"{open_box.endpoint}/_sesbox/messages", timeout=10).json() == {"messages": []}
    assert requests.get(open_box.endpoint, params=call, timeout=10).ok, "a tool may, it is no page"


def test_a_subscription_that_leads_back_to_sesbox_goes_round_no_circle(open_box: SesboxProcess) -> None:
    sns = boto3.client("sns", **open_box.client_arguments())  # type: ignore[call-overload]
    arn = sns.create_topic(Name="circle")["TopicArn"]
    publish = f"{open_box.endpoint}/?Action=Publish&Version=2010-03-31&TopicArn={arn}&Message=again"
    for endpoint in (publish, f"{open_box.endpoint}/_sesbox/reset"):
        sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=endpoint)
    headers = {"x-amz-sns-message-type": "Notification"}
    for method, url in (("POST", publish), ("POST", f"{open_box.endpoint}/_sesbox/reset")):
        answer = requests.request(method, url, headers=headers, data=b"{}", timeout=10)
        assert (answer.status_code, "your own program" in answer.text) == (400, True)
    assert sns.list_topics()["Topics"] == [{"TopicArn": arn}]


def test_a_page_that_is_not_there_says_so_in_the_house_style(box: SesboxProcess) -> None:
    answer = requests.get(f"{box.endpoint}/nowhere", headers={"Accept": "text/html"}, timeout=10)
    assert answer.status_code == 404
    assert "Go to the inbox" in answer.text
    assert requests.get(f"{box.endpoint}/_sesbox/nowhere", timeout=10).json() == {"error": "there is no such route"}


@pytest.mark.parametrize("body", ["a=b&" * 3_000_000, "a=" + "%41" * 4_000_000, "A" + ".B" * 4_000_000 + "=1"])
def test_a_form_without_end_holds_nobody_up(box: SesboxProcess, body: str) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(box.endpoint, data=body, headers=kind, timeout=30)
    assert answer.status_code == 403
    assert answer.elapsed.total_seconds() < 2
