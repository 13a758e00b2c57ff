"""The automatic reviewer: what it reads, what it asks for, what it grants."""

from __future__ import annotations

import pytest

from sesbox.rules import review
from sesbox.rules.review import Request, judge

PROSE = (
    "We run a bookshop in Ghent and write to readers who signed up on our page with double opt-in. A newsletter goes "
    "out on Fridays to some 1,200 people; every mail carries an unsubscribe link. Bounces and complaints are taken "
    "off the list at once."
)
LONG = PROSE + " " + "Our list grows by about forty readers in a month, all of them through the form on our site. " * 4
SITE = "https://bookshop.test"


@pytest.mark.parametrize(
    ("text", "quota", "rate"),
    [
        ("Desired daily sending quota: 50000", 50_000, None),
        ("Desired Daily Sending Quota: 1,250,000 messages", 1_250_000, None),
        ("Limit: Desired Daily Sending Quota\nNew limit value: 30000", 30_000, None),
        ("Limit: Desired Maximum Send Rate\nNew limit value: 25", None, 25),
        ("New limit value: 5000", 5000, None),
        ("Desired maximum send rate: 14.5", None, 14.5),
        ("Sending rate: 100 per second", None, 100),
        ("we send 5k emails a day, 20 messages per second at most", 5000, 20),
        ("1.5 million emails per day", 1_500_000, None),
        ("up to 10 000 recipients/24 hours", 10_000, None),
        ("We sell books.", None, None),
        ("Desired daily sending quota: 0", None, None),
    ],
)
def test_what_is_asked_for(text: str, quota: float | None, rate: float | None) -> None:
    assert (review.asked_quota(text), review.asked_rate(text)) == (quota, rate)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://bookshop.test", True),
        ("http://shop.example/", True),
        ("https://bookshop.be/about?x=1", True),
        ("bookshop.be", False),
        ("https://", False),
        ("ftp://bookshop.be", False),
        ("https://www.example.com", False),
        ("http://localhost:8000", False),
        ("http://[broken", False),
    ],
)
def test_websites(url: str, fine: bool) -> None:
    assert (review.website_problem(url) is None) is fine


def test_granted_as_asked() -> None:
    verdict = judge(Request(SITE, "Desired daily sending quota: 20000\nSend rate: 5\n" + PROSE), 14.0)
    assert (verdict.granted, verdict.quota, verdict.rate) == (True, 20_000, 5)


def test_nothing_asked_gets_the_usual() -> None:
    verdict = judge(Request(SITE, PROSE), 14.0)
    assert (verdict.quota, verdict.rate) == (50_000, 14.0)


def test_much_needs_more_words() -> None:
    wish = "Desired daily sending quota: 200000\n"
    assert judge(Request(SITE, wish + PROSE), 14.0).quota == 50_000
    assert len(LONG) > 500 and judge(Request(SITE, wish + LONG), 14.0).quota == 200_000


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Hello", ["too short", "bounces and complaints", "asked for your mail"]),
        (PROSE.replace("Bounces and complaints are", "Old entries are"), ["bounces and complaints"]),
        (
            PROSE.replace("signed up on our page with double opt-in", "like books").replace("an unsubscribe", "a"),
            ["asked for your mail"],
        ),
        ("I have a process to handle bounces and complaints: No\n" + PROSE, ["process to handle bounces"]),
        (
            "I only send to recipients who have specifically requested my mail: no.\n"
            "My email-sending complies with the AWS Service Terms and AUP? No\n" + PROSE,
            ["specifically requested", "complies"],
        ),
    ],
)
def test_denied_with_named_reasons(text: str, named: list[str]) -> None:
    verdict = judge(Request(SITE, text), 14.0)
    assert not verdict.granted and len(verdict.reasons) == len(named)
    for reason, part in zip(verdict.reasons, named, strict=True):
        assert part in reason


def test_a_no_that_is_good_and_a_no_taken_back() -> None:
    question = "I have a process to handle bounces and complaints"
    assert judge(Request(SITE, "Do you send to purchased lists? No\n" + PROSE), 14.0).granted
    assert judge(Request(SITE, f"{question}: No\n{PROSE}\n\n{question}: Yes"), 14.0).granted


def test_a_form_filled_in_is_no_description() -> None:
    form = "\n".join(f"Question number {n} about bounces and subscribers: Yes" for n in range(10))
    assert "too short" in judge(Request(SITE, form), 14.0).reasons[0]


def test_ticking_the_boxes_does_not_stand_for_telling_how() -> None:
    boxes = (
        "Desired daily sending quota: 20000 recipients per 24 hours (region us-east-1)\n"
        "I only send to recipients who have specifically requested my mail: Yes\n"
        "I have a process to handle bounces and complaints: Yes\n\n"
    )
    vague = "Use case: We are a company that has been selling garden tools for many years. " * 3
    reasons = judge(Request(SITE, boxes + vague), 14.0).reasons
    assert len(reasons) == 2 and "bounces" in reasons[0] and "asked for your mail" in reasons[1]
    verdict = judge(Request(SITE, boxes + "Use case: " + PROSE), 14.0)
    assert (verdict.granted, verdict.quota) == (True, 20_000)


def test_letters_name_numbers_and_reasons() -> None:
    assert "50,000 messages per 24 hours" in review.granted_letter("eu-west-1", 50_000, 14, None)
    assert "You asked for 90,000" in review.granted_letter("eu-west-1", 50_000, 14, 90_000)
    assert "- Too short.\n- No site." in review.denied_letter(("Too short.", "No site."))
