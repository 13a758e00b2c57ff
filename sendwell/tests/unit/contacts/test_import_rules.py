"""Decisions of an import, row by row, and the law that no sequence of imports may break."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.contacts.import_rules import (
    BASES,
    Decision,
    Known,
    Row,
    check_columns,
    clean,
    decide,
    guess_columns,
    read_basis,
    read_row,
)
from sendwell.contacts.rules import ConsentVerdict, judge
from sendwell.core.addresses import parse

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PLACE = (2, 2, 100)


def row(basis: str = "customer", address: str = "a@x.test", name: str = "", **attributes: str) -> Row:
    return Row(*PLACE, address, parse(address), name, attributes, basis)


def known(subscription: str | None = "confirmed", left: bool = False, name: str = "") -> Known:
    return Known(1, name, {}, left, subscription)


@pytest.mark.parametrize("address", ["abuse@x.test", "PostMaster@x.test", "spam@x.test"])
def test_mailboxes_that_judge_mail_are_left_out(address: str) -> None:
    assert decide(row(address=address), seen=False, suppressed=False, known=None) == Decision("skipped", "role_address")


def test_other_role_addresses_are_people_too() -> None:
    assert decide(row(address="info@x.test"), seen=False, suppressed=False, known=None).outcome == "added"


statuses = st.sampled_from([None, "confirmed", "unconfirmed", "unsubscribed"])
rows = st.builds(
    row,
    basis=st.sampled_from([*sorted(BASES), "none"]),
    name=st.sampled_from(["", "Ann", "Bob"]),
    city=st.sampled_from(["Rome", "Oslo"]),
)


@given(statuses, st.booleans(), st.none() | st.integers(-5, 5), st.lists(st.tuples(rows, st.booleans(), st.booleans())))
def test_no_sequence_of_imports_makes_anybody_mailable_who_was_not(
    status: str | None, left: bool, pause_days: int | None, imports: list[tuple[Row, bool, bool]]
) -> None:
    """Unsubscribed, suppressed, paused or unconfirmed before: the same after, whatever files say, and however often."""
    paused = None if pause_days is None else NOW + timedelta(days=pause_days, hours=1)
    before = judge(status, left_everything=left, paused_until=paused, now=NOW)
    subscription, name, attributes = status, "", {}
    for each, seen, suppressed in imports:
        found = decide(each, seen=seen, suppressed=suppressed, known=Known(1, name, attributes, left, subscription))
        assert not (suppressed and (found.subscribe or found.rename or found.create))
        assert not (subscription is not None and found.subscribe)
        if found.subscribe:
            subscription = found.subscribe
            assert (subscription == "confirmed") == (each.basis in BASES)
        if found.rename:
            name, attributes = found.rename
    after = judge(subscription, left_everything=left, paused_until=paused, now=NOW)
    if status is not None or left:
        assert after is before
    elif paused is not None and paused > NOW:
        assert after in (ConsentVerdict.PAUSED, ConsentVerdict.UNCONFIRMED)


@given(statuses, st.booleans(), rows, st.booleans(), st.booleans())
def test_every_row_has_an_answer_and_skips_have_a_reason(
    status: str | None, left: bool, each: Row, seen: bool, suppressed: bool
) -> None:
    found = decide(each, seen=seen, suppressed=suppressed, known=known(status, left))
    assert found.outcome in ("added", "updated", "unchanged", "skipped")
    assert found.outcome != "skipped" or found.reason
    assert (found.outcome == "skipped") <= (not found.subscribe and not found.rename and not found.create)


@pytest.mark.parametrize(
    ("stated", "basis"),
    [
        ("", "none"), ("no", "none"), ("none", "none"), ("maybe", "none"), ("false", "none"),
        ("yes", "customer"), ("TRUE", "customer"), ("1", "customer"), ("2024-05-01 10:00", "customer"),
        ("01.05.2024", "customer"), ("Double opt-in", "double_opt_in"), ("DOI", "double_opt_in"),
        ("single_opt_in", "single_opt_in"), ("Customer", "customer"),
    ],
)  # fmt: skip
def test_words_of_a_consent_column(stated: str, basis: str) -> None:
    assert read_basis(stated, "customer")[0] == basis


def test_yes_without_a_basis_of_the_import_is_still_none() -> None:
    assert read_basis("yes", "none") == ("none", "")


def test_columns_are_guessed_from_their_headings() -> None:
    assert guess_columns(["E-Mail", "First name", "Name", "Consent", "", "City", "City", "Email"]) == [
        "address", "attributes.first_name", "name", "consent", "", "attributes.city", "", "attributes.email",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("targets", "fine"),
    [
        (["address"], True),
        (["name"], False),
        (["address", "address"], False),
        (["address", "consent", "consent"], False),
    ],
)
def test_a_mapping_has_one_address(targets: list[str], fine: bool) -> None:
    assert (check_columns(targets) == "") is fine


def test_rows_with_too_few_or_too_many_columns_are_malformed() -> None:
    targets = ["address", "name"]
    assert read_row(["a@x.test"], targets, "customer", PLACE).malformed
    assert read_row(["a@x.test", "A", "more"], targets, "customer", PLACE).malformed
    assert not read_row(["a@x.test", "A", " ", ""], targets, "customer", PLACE).malformed


def test_several_name_columns_are_joined() -> None:
    found = read_row(["Ada", "a@x.test", "Lovelace"], ["name", "address", "name"], "customer", PLACE)
    assert found.name == "Ada Lovelace"


@given(st.text())
def test_cleaned_text_has_no_control_or_direction_characters(text: str) -> None:
    kept = clean(text, 50)
    assert len(kept) <= 50
    assert not any(ord(c) < 32 or c in "\u200b\u202e\u2066\ufeff\x7f" for c in kept)
