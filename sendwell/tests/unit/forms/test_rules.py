"""When a mail asks back, what is too fast or too often, and what evidence is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.core.visitors import client_ip, limit_subject, truncate_ip
from sendwell.forms import rules
from sendwell.forms.rules import Age, Breaker, MailFacts, SignupReason, Step

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = (b"k" * 32,)


def facts(**changes: Any) -> MailFacts:
    usual: dict[str, Any] = {
        "pending": True,
        "suppressed": False,
        "own_mails": 0,
        "own_waits": False,
        "last_to_address": None,
        "other_waits": False,
        "mails_today": 0,
        "forms_this_hour": 1,
    }
    return MailFacts(**{**usual, **changes})


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, Step.SEND),
        ({"pending": False}, Step.NOTHING),
        ({"suppressed": True}, Step.DROP),
        ({"own_waits": True, "own_mails": 1}, Step.NOTHING),
        ({"own_mails": 1, "last_to_address": ago(9), "mails_today": 1}, Step.NOTHING),
        ({"own_mails": 1, "last_to_address": ago(11), "mails_today": 1}, Step.SEND),
        ({"own_mails": 3, "last_to_address": ago(5000)}, Step.NOTHING),
        ({"last_to_address": ago(4), "mails_today": 1}, Step.WAIT),
        ({"other_waits": True, "last_to_address": ago(100), "mails_today": 1}, Step.WAIT),
        ({"forms_this_hour": 3}, Step.DROP),
        ({"mails_today": 3, "last_to_address": ago(100)}, Step.DROP),
    ],
)
def test_a_mail_asks_back_only_when_it_may(changes: dict[str, Any], step: Step) -> None:
    assert rules.plan_mail(facts(**changes), NOW).step is step


def test_a_wish_by_another_form_waits_for_the_window_to_end() -> None:
    plan = rules.plan_mail(facts(last_to_address=ago(4), mails_today=1), NOW)
    assert plan.wait == timedelta(minutes=6)


def test_a_suppressed_address_is_dropped_with_the_reason() -> None:
    assert rules.plan_mail(facts(suppressed=True), NOW).reason is SignupReason.SUPPRESSED


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3000)), max_size=60))
def test_whatever_is_posted_an_address_gets_at_most_one_mail_in_ten_minutes_and_three_a_day(
    posts: list[tuple[int, int]],
) -> None:
    sent: list[tuple[int, datetime]] = []
    for form, minute in sorted(posts, key=lambda post: post[1]):
        now = NOW + timedelta(minutes=minute)
        own = [at for of, at in sent if of == form]
        plan = rules.plan_mail(
            facts(
                own_mails=len(own),
                last_to_address=max((at for _, at in sent), default=None),
                mails_today=sum(at > now - timedelta(days=1) for _, at in sent),
            ),
            now,
        )
        if plan.step is Step.SEND:
            sent.append((form, now))
    times = [at for _, at in sent]
    assert all(b - a >= rules.WINDOW for a, b in pairwise(times))
    assert all(sum(at <= other < at + timedelta(days=1) for other in times) <= 3 for at in times)
    assert all(sum(of == form for of, _ in sent) <= 3 for form in range(4))


def test_the_time_that_the_sandbox_holds_a_mail_does_not_count() -> None:
    accepted = NOW + timedelta(days=5)
    assert rules.expires_at(NOW, accepted, 72) == accepted + timedelta(hours=72)
    assert rules.expires_at(NOW, None, 72) == NOW + timedelta(hours=72)


@pytest.mark.parametrize(
    ("seconds", "age"),
    [(0, Age.TOO_FAST), (1.9, Age.TOO_FAST), (2, Age.FINE), (43_200, Age.FINE), (43_201, Age.TOO_OLD)],
)
def test_a_form_is_neither_sent_at_once_nor_after_half_a_day(seconds: float, age: Age) -> None:
    text = rules.stamp(KEYS, "form", NOW)
    assert rules.read_stamp(KEYS, "form", text, NOW + timedelta(seconds=seconds)) is age


@given(st.text(max_size=60))
def test_no_invented_stamp_passes(text: str) -> None:
    assert rules.read_stamp(KEYS, "form", text, NOW) in (Age.FORGED, Age.ABSENT)


def test_a_stamp_of_another_form_or_key_is_forged() -> None:
    text = rules.stamp(KEYS, "form", NOW)
    later = NOW + timedelta(minutes=1)
    assert rules.read_stamp(KEYS, "other", text, later) is Age.FORGED
    assert rules.read_stamp((b"x" * 32,), "form", text, later) is Age.FORGED
    assert rules.read_stamp((b"x" * 32, *KEYS), "form", text, later) is Age.FINE


@pytest.mark.parametrize(
    ("hour", "usual", "confirmed", "mailed", "found"),
    [
        (60, 0, 0, 0, Breaker.HARDER),
        (30, 0, 0, 0, Breaker.NONE),
        (61, 0, 0, 0, Breaker.CLOSE),
        (100, 20, 0, 0, Breaker.NONE),
        (101, 20, 0, 0, Breaker.HARDER),
        (201, 20, 0, 0, Breaker.CLOSE),
        (5, 1, 9, 50, Breaker.HARDER),
        (5, 1, 10, 50, Breaker.NONE),
    ],
)
def test_a_burst_makes_the_proof_harder_and_then_closes_the_form(
    hour: int, usual: float, confirmed: int, mailed: int, found: Breaker
) -> None:
    assert rules.breaker(hour, usual, confirmed, mailed) is found


def test_the_usual_hour_is_the_median_with_empty_hours() -> None:
    assert rules.usual_hour([100] * 83) == 0
    assert rules.usual_hour([100] * 85) == 100


def test_mailboxes_behind_tags_and_dots_count_as_one() -> None:
    assert rules.canonical("j.a.n.e+x@googlemail.com") == rules.canonical("jane@gmail.com")
    assert rules.canonical("j.ane+x@example.com") == "j.ane@example.com"


def test_the_hash_is_of_the_words_not_of_their_order() -> None:
    assert rules.text_hash({"a": 1, "b": "é"}) == rules.text_hash({"b": "é", "a": 1})
    assert rules.text_hash({"a": 1}) != rules.text_hash({"a": 2})


@pytest.mark.parametrize(
    ("origin", "ok"),
    [
        ("", True),
        ("null", True),
        ("https://me.example", True),
        ("https://a.example", True),
        ("https://b.example", False),
    ],
)
def test_only_named_sites_may_post(origin: str, ok: bool) -> None:
    assert rules.origin_allowed(origin, "https://me.example", ("https://a.example",)) is ok


@pytest.mark.parametrize(
    ("header", "proxies", "found"),
    [
        ("9.9.9.9", 0, "10.0.0.1"),
        ("9.9.9.9", 1, "9.9.9.9"),
        ("6.6.6.6, 9.9.9.9", 1, "9.9.9.9"),
        ("6.6.6.6, 9.9.9.9, 10.0.0.2", 2, "9.9.9.9"),
        ("nonsense", 1, "10.0.0.1"),
        ("", 1, "10.0.0.1"),
    ],
)
def test_only_trusted_proxies_say_who_called(header: str, proxies: int, found: str) -> None:
    assert client_ip("10.0.0.1", header, proxies) == found


def test_one_customer_is_one_address_or_one_64() -> None:
    assert limit_subject("2001:db8:1:2:3::4") == limit_subject("2001:db8:1:2:ffff::1")
    assert limit_subject("::ffff:192.0.2.7") == "192.0.2.7"
    assert truncate_ip("192.0.2.7") == "192.0.2.0/24"
    assert truncate_ip("2001:db8:1:2::4") == "2001:db8:1::/48"
