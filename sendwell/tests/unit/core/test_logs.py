"""No token reaches the log."""

import logging

import pytest

from sendwell.core.logs import HideTokens, without_tokens


@pytest.mark.parametrize("path", ["/sign-in/{}", "/u/{}", "/u/{}?x=1", "/hooks/sns/{}", "Internal Server Error: /u/{}"])
def test_tokens_in_paths_are_taken_out(path: str) -> None:
    hidden = without_tokens(path.format("AQECrandom-token_58"))
    assert "AQECrandom" not in hidden
    assert "..." in hidden


def test_other_paths_stay() -> None:
    assert without_tokens("/users/7 and /campaigns/3/") == "/users/7 and /campaigns/3/"


def test_a_record_passes_without_its_token() -> None:
    record = logging.makeLogRecord({"msg": "%s: %s (%d)", "args": ("Internal Server Error", "/sign-in/secret", 500)})
    assert HideTokens().filter(record)
    assert record.getMessage() == "Internal Server Error: /sign-in/... (500)"
