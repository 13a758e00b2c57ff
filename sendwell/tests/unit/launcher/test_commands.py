"""Time spans on the command line, delays between restarts, and errors turned into words."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from sendwell.config import Config
from sendwell.core.keyring import KeyRingError
from sendwell.launcher.children import LONGEST_DELAY, restart_delay
from sendwell.main import Refusal, duration, explain


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(hours=24)),
        ("1.5d", timedelta(hours=36)),
    ],
)
def test_time_spans(text: str, span: timedelta) -> None:
    assert duration(text) == span


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "5y", "1 h 2 m", "nanh"])
def test_what_is_no_time_span_is_refused_with_examples(text: str) -> None:
    with pytest.raises(Refusal, match="90s, 30m, 24h, 7d"):
        duration(text)


def test_restarts_wait_longer_each_time_up_to_half_a_minute() -> None:
    assert [restart_delay(n) for n in range(1, 8)] == [1, 2, 4, 8, 16, LONGEST_DELAY, LONGEST_DELAY]


def test_a_wrong_setting_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDWELL_PORT", "eighty")
    with pytest.raises(ValidationError) as caught:
        Config()
    assert "SENDWELL_PORT: " in (explain(caught.value) or "")


def test_known_errors_have_words_and_faults_have_a_traceback() -> None:
    assert explain(KeyRingError("The ring is gone.")) == "The ring is gone."
    assert explain(ZeroDivisionError()) is None
