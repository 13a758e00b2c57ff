"""Masking, truncating and reading what a POST asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.core.visitors import short_agent, truncate_ip
from sendwell.preferences.rules import Ask, mask, read_ask


@pytest.mark.parametrize(
    ("given_ip", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_of_an_ip_only_its_network_is_kept(given_ip: str, kept: str) -> None:
    assert truncate_ip(given_ip) == kept


@given(st.ip_addresses())
def test_the_kept_network_holds_the_address_and_many_more(ip: object) -> None:
    import ipaddress

    network = ipaddress.ip_network(truncate_ip(str(ip)))
    assert network.num_addresses >= 256


def test_masking_keeps_the_first_letter_and_the_domain() -> None:
    assert mask("jane@example.com") == "j***@example.com"
    assert mask("j@example.com") == "j***@example.com"
    assert mask("") == ""


@pytest.mark.parametrize(
    ("fields", "ask"),
    [
        ({"List-Unsubscribe": "One-Click"}, Ask.ONE_CLICK),
        ({"List-Unsubscribe": "one-click "}, Ask.ONE_CLICK),
        ({"List-Unsubscribe": "One-Click", "leave": "all"}, Ask.ONE_CLICK),
        ({"leave": "list"}, Ask.LEAVE_LIST),
        ({"leave": "all"}, Ask.LEAVE_ALL),
        ({"leave": "one-click"}, Ask.NOTHING),
        ({"leave": "nothing"}, Ask.NOTHING),
        ({"List-Unsubscribe": ""}, Ask.NOTHING),
        ({}, Ask.NOTHING),
    ],
)
def test_only_exact_fields_ask_for_anything(fields: dict[str, str], ask: Ask) -> None:
    assert read_ask(fields) is ask


@given(st.text())
def test_a_user_agent_is_printable_and_short(text: str) -> None:
    kept = short_agent(text)
    assert len(kept) <= 200 and (kept.isprintable() or kept == "")
