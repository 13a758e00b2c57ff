"""The request for production access: mapping, description, what blocks submit, transitions."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import botocore.session
import botocore.validate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.readiness import rules
from sendwell.readiness.models import MailType, RequestState
from sendwell.readiness.rules import Draft, Event, State

GOOD = Draft(
    region="eu-west-1",
    limit_kind="daily_quota",
    limit_value=50_000,
    mail_type="subscription",
    other_type="",
    website="https://example.org/newsletter",
    complies=True,
    requested_only=True,
    handles_feedback=True,
    use_case="A monthly newsletter to people who signed up on our site.",
)


def test_the_states_and_types_are_the_models():
    assert {state.value for state in State} == set(RequestState.values)
    assert dict(rules.MAIL_TYPE_LABELS) == dict(MailType.choices)


@pytest.mark.parametrize(
    ("mail_type", "other", "expected"),
    [
        ("transactional", "", "TRANSACTIONAL"),
        ("system", "", "TRANSACTIONAL"),
        ("subscription", "", "MARKETING"),
        ("marketing", "TRANSACTIONAL", "MARKETING"),
        ("other", "", None),
        ("other", "TRANSACTIONAL", "TRANSACTIONAL"),
        ("other", "MARKETING", "MARKETING"),
        ("other", "PROMOTIONAL", None),
    ],
)
def test_mail_types_map_to_sess_two(mail_type: str, other: str, expected: str | None):
    assert rules.api_mail_type(mail_type, other) == expected


def test_the_description_holds_what_the_api_has_no_member_for():
    assert rules.description(GOOD).splitlines() == [
        "Desired daily sending quota: 50000 recipients per 24 hours (region eu-west-1)",
        "Mail type: Subscription",
        "Website: https://example.org/newsletter",
        "My email-sending complies with the AWS Service Terms and AWS Acceptable Use Policy (AUP): Yes",
        "I only send to recipients who have specifically requested my mail: Yes",
        "I have a process to handle bounces and complaints: Yes",
        "",
        "Use case: A monthly newsletter to people who signed up on our site.",
    ]


def test_a_rate_and_another_mail_type_are_named():
    text = rules.description(
        replace(GOOD, limit_kind="send_rate", limit_value=14, mail_type="other", other_type="MARKETING")
    )
    assert text.startswith("Desired maximum send rate: 14 messages per second (region eu-west-1)\n")
    assert "\nMail type: Other (closest to Marketing)\n" in text


def test_a_half_filled_draft_says_only_what_is_known():
    text = rules.description(Draft("us-east-1", "daily_quota", None, "marketing", "", "", None, None, None, ""))
    assert text == "Mail type: Marketing"


def test_line_ends_of_browsers_count_once():
    assert rules.description(replace(GOOD, use_case="a\r\nb")) == rules.description(replace(GOOD, use_case="a\nb"))


def test_a_complete_request_has_no_problems():
    assert rules.problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limit_value": None}, "limit_value"),
        ({"limit_value": 200}, "limit_value"),
        ({"limit_kind": "send_rate", "limit_value": 1}, "limit_value"),
        ({"mail_type": "other"}, "other_type"),
        ({"website": ""}, "website"),
        ({"website": "example.org"}, "website"),
        ({"website": "https://[bad"}, "website"),
        ({"website": "https://example.org/" + "a" * 1000}, "website"),
        ({"complies": None}, "complies"),
        ({"requested_only": False}, "requested_only"),
        ({"handles_feedback": False}, "handles_feedback"),
        ({"use_case": " \n "}, "use_case"),
        ({"use_case": "a" * 5000}, "use_case"),
    ],
)
def test_each_obstacle_names_its_field_and_remedy(change: dict[str, object], field: str):
    (problem,) = rules.problems(replace(GOOD, **change))  # type: ignore[arg-type]
    assert problem.field == field
    assert problem.text
    assert problem.remedy
    with pytest.raises(ValueError, match="not complete"):
        rules.account_details(replace(GOOD, **change))  # type: ignore[arg-type]


def test_the_limit_is_on_the_whole_description():
    room = rules.DESCRIPTION_LIMIT - len(rules.description(replace(GOOD, use_case="x"))) + 1
    assert rules.problems(replace(GOOD, use_case="x" * room)) == []
    (problem,) = rules.problems(replace(GOOD, use_case="x" * (room + 1)))
    assert "1 characters longer" in problem.text


@given(
    st.builds(
        Draft,
        region=st.just("us-east-1"),
        limit_kind=st.sampled_from(["daily_quota", "send_rate"]),
        limit_value=st.none() | st.integers(0, 2**31 - 1),
        mail_type=st.sampled_from(MailType.values),
        other_type=st.sampled_from(["", "MARKETING", "TRANSACTIONAL"]),
        website=st.sampled_from(["", "https://example.org/é", "http://example.org", "ftp://example.org", "x"]),
        complies=st.sampled_from([None, True, False]),
        requested_only=st.sampled_from([None, True, False]),
        handles_feedback=st.sampled_from([None, True, False]),
        use_case=st.text(max_size=200),
    )
)
def test_whatever_passes_is_valid_for_sess_own_model(draft: Draft):
    if rules.problems(draft):
        return
    model = botocore.session.get_session().get_service_model("sesv2").operation_model("PutAccountDetails")
    botocore.validate.validate_parameters(rules.account_details(draft), model.input_shape)
    assert len(str(rules.account_details(draft)["UseCaseDescription"])) <= 5000


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_state_answers_every_event(state: State, event: Event):
    assert isinstance(rules.after(state, event), State)


def test_the_way_of_a_request():
    assert rules.after("draft", Event.SENT) is State.PENDING
    assert rules.after("pending", Event.SAYS_GRANTED) is State.GRANTED
    assert rules.after("pending", Event.SAYS_FAILED) is State.FAILED
    assert rules.after("failed", Event.EDIT) is State.DRAFT


def test_a_reply_in_the_case_takes_a_denied_request_on():
    assert rules.after("pending", Event.SAYS_DENIED) is State.DENIED
    assert rules.after("denied", Event.SAYS_PENDING) is State.PENDING
    assert rules.after("denied", Event.SAYS_GRANTED) is State.GRANTED
    assert rules.after("denied", Event.EDIT) is State.DENIED


def test_another_requests_review_does_not_touch_a_draft():
    for event in (Event.SAYS_PENDING, Event.SAYS_DENIED, Event.SAYS_GRANTED, Event.SAYS_OTHER):
        assert rules.after("draft", event) is State.DRAFT


def test_sess_words_and_unknown_ones():
    assert rules.said("GRANTED", False) is Event.SAYS_GRANTED
    assert rules.said("denied", None) is Event.SAYS_DENIED
    assert rules.said("UNDER_DELIBERATION", False) is Event.SAYS_OTHER
    assert rules.said("", True) is Event.SAYS_GRANTED


def missing(text: str) -> list[str]:
    return [topic.name for topic in rules.advice(text) if not topic.found]


ALL_TOPICS = ["Addresses", "Opt-in", "Bounces", "Complaints", "Leaving", "Volume"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We send mail.", ALL_TOPICS),
        ("", ALL_TOPICS),
        ("You can UNSUBSCRIBE, and we never subscribe-bomb.", ["Opt-in", "Bounces", "Complaints", "Volume"]),
        ("Unsubscribed people get nothing.", ["Addresses", "Opt-in", "Bounces", "Complaints", "Volume"]),
        ("Founded in 2019, uniform information.", ALL_TOPICS),
        ("About 3,000 e-mails, hard bounces suppressed.", ["Addresses", "Opt-in", "Complaints", "Leaving"]),
        (
            "Readers sign up on our site and confirm by a link. Hard bounces and complaints are suppressed.\r\n"
            "Every letter has an unsubscribe link. 4,000 people, one letter per week.",
            [],
        ),
    ],
)
def test_advice_names_what_a_reviewer_asks_and_the_text_leaves_open(text: str, expected: list[str]) -> None:
    assert missing(text) == expected


@given(st.text(max_size=300))
def test_advice_is_total_and_keeps_its_order(text: str) -> None:
    assert [topic.name for topic in rules.advice(text)] == ALL_TOPICS
    assert all(topic.question and topic.words for topic in rules.advice(text))


def test_a_one_line_case_is_advised_about_and_not_blocked() -> None:
    short = replace(GOOD, use_case="We send mail.")
    assert rules.problems(short) == []
    assert len(missing(short.use_case)) == len(ALL_TOPICS)
