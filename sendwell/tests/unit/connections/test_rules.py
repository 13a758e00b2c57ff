"""Who may be mailed in the sandbox, and where SNS finds us."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.connections.rules import (
    Verified,
    hook_base,
    identity_name,
    is_simulator,
    look_again_after,
    why_unreachable,
)

VERIFIED = Verified(frozenset({"Ann@example.org", "b@example.net"}), frozenset({"example.com"}))


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ("Ann@example.org", True),
        ("Ann@EXAMPLE.ORG", True),
        ("ann@example.org", False),  # SES keeps the local part's case
        ("b+tag@example.net", False),
        ("anyone@example.com", True),
        ("anyone@sub.example.com", True),
        ("anyone@notexample.com", False),
        ("anyone@example.com.evil.org", False),
        ("bounce+7@simulator.amazonses.com", True),
        ("x@sub.simulator.amazonses.com", False),
        ("stranger@example.org", False),
        ("", False),
    ],
)
def test_covers(address, covered):
    assert VERIFIED.covers(address) is covered


@given(st.emails())
def test_nobody_is_covered_by_nothing_but_the_simulator(address):
    assert Verified(frozenset(), frozenset()).covers(address) is is_simulator(address)


@pytest.mark.parametrize(
    ("kind", "host", "base"),
    [
        ("aws", "0.0.0.0", "https://mail.example.com"),
        ("endpoint", "0.0.0.0", "https://mail.example.com"),
        ("embedded", "127.0.0.1", "http://127.0.0.1:8000"),
        ("embedded", "0.0.0.0", "http://127.0.0.1:8000"),
        ("embedded", "::1", "http://[::1]:8000"),
    ],
)
def test_where_sns_posts_to(kind, host, base):
    assert hook_base(kind, "https://mail.example.com", host, 8000) == base


@pytest.mark.parametrize(
    ("url", "reachable"),
    [
        ("https://mail.example.com", True),
        ("https://8.8.8.8", True),
        ("http://mail.example.com", False),
        ("https://localhost", False),
        ("https://127.0.0.1:8000", False),
        ("https://192.168.1.4", False),
        ("https://[::1]", False),
        ("https://server", False),
        ("https://server.local", False),
    ],
)
def test_a_real_account_needs_a_public_https_address(url, reachable):
    assert (why_unreachable("aws", url) == "") is reachable
    assert why_unreachable("embedded", url) == ""


def test_looks_often_only_while_something_is_pending():
    assert look_again_after("embedded", True) < look_again_after("embedded", False)
    assert timedelta(minutes=1) <= look_again_after("aws", True) < look_again_after("aws", False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Ann@Example.COM ", "Ann@example.com"),
        ("Example.COM.", "example.com"),
        ("example", ""),
        ("a@b", ""),
        ("a..b", ""),
        ("", ""),
    ],
)
def test_names_of_identities(text, name):
    assert identity_name(text) == name
