"""How values are written on the pages."""

from __future__ import annotations

import pytest

from sesbox.console import showing


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "now"), (0.4, "now"), (1, "1 s ago"), (59.6, "1 min ago"), (3_600, "1 h ago"), (86_399.9, "1 d ago"),
     (-20, "in 20 s")],
)  # fmt: skip
def test_how_far_away_a_time_is(seconds: float, text: str) -> None:
    assert showing.ago(1_000_000 - seconds, 1_000_000) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (86_400, "1 d"), (86_399.99, "1 d"), (90_000, "25 h"), (172_801, "2 d")]
)
def test_how_long_something_takes(seconds: float, text: str) -> None:
    assert showing.span(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(200.0, "200"), (50_000.0, "50,000"), (1.5, "1.50"), (-1, "unlimited"), (None, "–")]
)
def test_numbers(value: float | None, text: str) -> None:
    assert showing.number(value) == text


def test_links_in_plain_text_are_links_and_nothing_else_is_markup() -> None:
    shown = showing.with_links('<b>see (https://a.test/x?y=1&z="2"), https://b.test/. javascript:alert(1)')
    assert str(shown) == (
        '&lt;b&gt;see (<a href="https://a.test/x?y=1&amp;z=" rel="noreferrer noopener" target="_blank">'
        "https://a.test/x?y=1&amp;z=</a>&#34;2&#34;), "
        '<a href="https://b.test/" rel="noreferrer noopener" target="_blank">https://b.test/</a>'
        ". javascript:alert(1)"
    )


@pytest.mark.parametrize(
    ("events", "word"),
    [
        ([], "Accepted"),
        (["SEND"], "On its way"),
        (["SEND", "DELIVERY"], "Delivered"),
        (["DELIVERY", "BOUNCE"], "Bounced"),
        (["COMPLAINT", "DELIVERY", "BOUNCE"], "Complaint"),
    ],
)
def test_one_word_tells_the_worst_that_happened(events: list[str], word: str) -> None:
    assert showing.outcome("a@b.test", events)["word"] == word
