"""The newcomer's checklist, and rates against Amazon's lines."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sendwell.console.rules import BOUNCE_REVIEW, COMPLAINT_REVIEW, Facts, Level, Rate, Step, checklist

ALL_DONE = Facts(True, True, True, True, 5, 5, True, False, True)


def current(facts: Facts) -> list[Step]:
    return [state.step for state in checklist(facts) if state.current]


def test_a_newcomer_begins_with_the_connection() -> None:
    assert current(Facts()) == [Step.CONNECT]
    assert not any(state.done for state in checklist(Facts()))


def test_nothing_is_next_when_all_is_done() -> None:
    assert current(ALL_DONE) == []
    assert all(state.done for state in checklist(ALL_DONE))


def test_contacts_who_never_agreed_do_not_count() -> None:
    assert current(replace(ALL_DONE, contacts=900, confirmed=0)) == [Step.CONTACTS]


def test_an_account_that_was_never_asked_is_not_taken_for_one_in_production() -> None:
    assert current(replace(ALL_DONE, in_sandbox=None)) == [Step.SANDBOX]


@given(st.builds(Facts))
def test_the_current_step_is_the_first_that_is_not_done(facts: Facts) -> None:
    states = checklist(facts)
    open_steps = [state.step for state in states if not state.done]
    assert [state.step for state in states] == list(Step)
    assert current(facts) == open_steps[:1]


def test_levels_stand_at_half_and_at_the_line() -> None:
    levels = [Rate(n, 1000, BOUNCE_REVIEW).level for n in (0, 24, 25, 49, 50)]
    assert levels == [Level.FINE, Level.FINE, Level.NEAR, Level.NEAR, Level.OVER]
    assert Rate(1, 1000, COMPLAINT_REVIEW).level is Level.OVER
    assert Rate(0, 0, BOUNCE_REVIEW).level is Level.UNKNOWN


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_bar_stays_within_its_scale_and_reaches_the_middle_at_the_line(count: int, total: int) -> None:
    rate = Rate(min(count, total), total, BOUNCE_REVIEW)
    assert 0 <= rate.filled <= 100
    if rate.level is Level.OVER:
        assert rate.filled >= 50


def test_few_messages_are_called_few() -> None:
    assert Rate(1, 99, BOUNCE_REVIEW).is_rough
    assert not Rate(1, 100, BOUNCE_REVIEW).is_rough
    assert not Rate(0, 0, BOUNCE_REVIEW).is_rough
