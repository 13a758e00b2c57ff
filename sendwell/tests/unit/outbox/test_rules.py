"""The transition table is total, evidence of SES wins in any order, and doubt is never resolved by hope."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.outbox.rules import (
    AttemptOutcome,
    Event,
    Facts,
    Outcome,
    PaceEffect,
    Reason,
    State,
    Status,
    Stream,
    after_send,
    may_send,
    standing,
    transition,
)

EVIDENCE = [
    Event.ANSWER_ACCEPTED,
    Event.SEND,
    Event.DELAY,
    Event.DELIVERY,
    Event.BOUNCE_PERMANENT,
    Event.BOUNCE_TRANSIENT,
    Event.BOUNCE_UNDETERMINED,
    Event.COMPLAINT,
    Event.REJECT,
]
OURS = [event for event in Event if event not in EVIDENCE]


def test_every_state_and_event_has_an_answer() -> None:
    for status, reason, event in itertools.product(Status, Reason, Event):
        state = transition(status, reason, event)
        assert isinstance(state.status, Status)
        if state.status in (Status.HELD, Status.SKIPPED, Status.FAILED, Status.IN_DOUBT) and state.status != status:
            assert state.reason is not Reason.NONE, "the database refuses such a row without a reason"


@given(st.sampled_from(Status), st.sampled_from(Reason), st.lists(st.sampled_from(EVIDENCE), min_size=1), st.randoms())
def test_evidence_gives_the_same_state_in_any_order_and_repeated(status, reason, events, random) -> None:  # type: ignore[no-untyped-def]
    def after(order: list[Event]) -> State:
        state = State(status, reason)
        for event in order:
            state = transition(state.status, state.reason, event)
        return state

    shuffled = [*events, *events]
    random.shuffle(shuffled)
    assert after(events) == after(shuffled)


def test_nothing_we_say_undoes_what_ses_said() -> None:
    for status, reason, event in itertools.product(Status, Reason, OURS):
        if standing(status, reason) > 0:
            assert transition(status, reason, event) == State(status, reason)


@pytest.mark.parametrize(
    ("events", "status", "reason"),
    [
        ([Event.BOUNCE_PERMANENT], Status.BOUNCED, Reason.HARD_BOUNCE),
        ([Event.BOUNCE_TRANSIENT], Status.BOUNCED, Reason.SOFT_BOUNCE),
        ([Event.DELIVERY, Event.BOUNCE_TRANSIENT], Status.DELIVERED, Reason.NONE),
        ([Event.BOUNCE_TRANSIENT, Event.DELIVERY], Status.DELIVERED, Reason.NONE),
        ([Event.BOUNCE_UNDETERMINED], Status.ACCEPTED, Reason.NONE),
        ([Event.DELIVERY, Event.BOUNCE_PERMANENT], Status.BOUNCED, Reason.HARD_BOUNCE),
        ([Event.COMPLAINT, Event.DELIVERY], Status.COMPLAINED, Reason.COMPLAINT),
        ([Event.REJECT, Event.SEND], Status.FAILED, Reason.REJECTED),
    ],
)
def test_what_feedback_makes_of_a_message(events: list[Event], status: Status, reason: Reason) -> None:
    state = State(Status.SENDING, Reason.NONE)
    for event in events:
        state = transition(state.status, state.reason, event)
    assert state == State(status, reason)


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SENDING, Status.IN_DOUBT, Status.CANCELLED, Status.SKIPPED])
def test_a_send_event_settles_whatever_we_believed(status: Status) -> None:
    assert transition(status, Reason.NO_ANSWER, Event.SEND).status is Status.ACCEPTED


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_decision_and_only_doubt_and_acceptance_count(outcome: Outcome) -> None:
    decision = after_send(outcome, jitter=0.5)
    state = transition(Status.SENDING, Reason.NONE, decision.event)
    assert state.status is not Status.SENDING
    assert decision.counts == (state.status in (Status.ACCEPTED, Status.IN_DOUBT))
    assert decision.outcome is not AttemptOutcome.OPEN


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED_RATE, Outcome.THROTTLED_DAILY, Outcome.NO_CONNECTION])
def test_a_throttle_or_a_dead_network_is_never_a_failure(outcome: Outcome) -> None:
    decision = after_send(outcome, jitter=0.0)
    assert transition(Status.SENDING, Reason.NONE, decision.event).status is Status.QUEUED
    assert decision.effect is not PaceEffect.NONE


@given(st.floats(0, 1))
def test_throttled_messages_come_back_spread_out(jitter: float) -> None:
    assert timedelta(milliseconds=500) <= after_send(Outcome.THROTTLED_RATE, jitter).delay <= timedelta(seconds=1.5)


def test_an_unverified_recipient_is_held_in_the_sandbox_and_refused_outside() -> None:
    held = after_send(Outcome.UNVERIFIED, 0, in_sandbox=True)
    assert transition(Status.SENDING, Reason.NONE, held.event) == State(Status.HELD, Reason.SANDBOX)
    refused = after_send(Outcome.UNVERIFIED, 0, in_sandbox=False)
    assert transition(Status.SENDING, Reason.NONE, refused.event) == State(Status.FAILED, Reason.REFUSED)


def test_a_late_answer_settles_an_expired_lease() -> None:
    assert transition(Status.IN_DOUBT, Reason.LEASE_EXPIRED, Event.NOT_SENT).status is Status.QUEUED
    assert transition(Status.IN_DOUBT, Reason.LEASE_EXPIRED, Event.ANSWER_ACCEPTED).status is Status.ACCEPTED


def test_final_reasons_come_before_passing_ones() -> None:
    facts = Facts(suppressed=Reason.SUPPRESSED_BOUNCE, campaign_paused=True, reachable=False)
    assert may_send(Stream.CAMPAIGN, facts).reason is Reason.SUPPRESSED_BOUNCE
    assert may_send(Stream.CAMPAIGN, Facts(campaign_paused=True, reachable=False)).reason is Reason.PAUSED_CAMPAIGN
    assert may_send(Stream.CAMPAIGN, Facts(campaign_cancelled=True)).event is Event.CANCEL


def test_consent_binds_campaigns_and_suppression_binds_all() -> None:
    left = Facts(consent=Reason.UNSUBSCRIBED)
    assert may_send(Stream.CAMPAIGN, left).event is Event.SKIP
    assert may_send(Stream.TRANSACTIONAL, left).event is None
    for stream in Stream:
        assert may_send(stream, Facts(suppressed=Reason.SUPPRESSED_COMPLAINT)).event is Event.SKIP
