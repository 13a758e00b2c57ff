"""SNS's default delivery policy, row by row."""

from __future__ import annotations

import pytest

from sesbox.rules.retries import MAX_RETRIES, Verdict, judge


@pytest.mark.parametrize(
    ("status", "first", "last"),
    [
        (200, Verdict.DELIVERED, Verdict.DELIVERED),
        (204, Verdict.DELIVERED, Verdict.DELIVERED),
        (302, Verdict.REFUSED, Verdict.REFUSED),
        (400, Verdict.REFUSED, Verdict.REFUSED),
        (429, Verdict.REFUSED, Verdict.REFUSED),
        (499, Verdict.REFUSED, Verdict.REFUSED),
        (100, Verdict.RETRY, Verdict.DROPPED),
        (500, Verdict.RETRY, Verdict.DROPPED),
        (503, Verdict.RETRY, Verdict.DROPPED),
        (None, Verdict.RETRY, Verdict.DROPPED),
    ],
)
def test_what_a_status_means_first_and_last(status: int | None, first: Verdict, last: Verdict) -> None:
    assert judge(0, status) is first
    assert judge(MAX_RETRIES - 1, status) is first
    assert judge(MAX_RETRIES, status) is last
