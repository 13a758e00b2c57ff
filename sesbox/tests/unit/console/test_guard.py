"""Who may use sesbox's own routes: its own pages and tools on purpose, no other web page."""

from __future__ import annotations

import pytest

from sesbox.console.guard import foreign

OWN = {"sesbox.internal"}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:4580", "localhost:4580", "localhost", "[::1]:4580", "10.0.0.7:4580", "a.localhost", "sesbox.internal"],
)
def test_own_names_and_addresses_pass(host: str) -> None:
    assert foreign("GET", {"host": host}, OWN) is None
    assert foreign("POST", {"host": host}, OWN) is None
    assert foreign("POST", {"host": host, "origin": f"http://{host}"}, OWN) is None


@pytest.mark.parametrize("host", ["", "evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "[::1", "sesbox"])
def test_a_name_that_is_not_ours_is_refused_even_for_reading(host: str) -> None:
    assert foreign("GET", {"host": host}, OWN) is not None


@pytest.mark.parametrize("origin", ["null", "http://evil.test", "http://127.0.0.1:8000", "http://localhost:4580", ""])
def test_a_form_of_another_origin_is_refused(origin: str) -> None:
    assert foreign("POST", {"host": "127.0.0.1:4580", "origin": origin}, OWN) is not None
    assert foreign("PUT", {"host": "127.0.0.1:4580", "origin": origin}, OWN) is not None
