"""Roles and the life of a sign-in link."""

from datetime import UTC, datetime, timedelta

import pytest

from sendwell.workspaces.models import Role
from sendwell.workspaces.rules import SIGN_IN_LINK_LIFE, allows, link_opens, token_hash

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", {"viewer"}), ("editor", {"viewer", "editor"}), ("owner", set(Role.values))]
)
def test_a_role_may_what_lesser_roles_may(role: str, may: set[str]) -> None:
    assert {needed for needed in Role.values if allows(role, needed)} == may


def test_a_link_opens_until_it_is_a_day_old_or_used() -> None:
    made = NOW + SIGN_IN_LINK_LIFE
    assert link_opens(made, None, NOW)
    assert link_opens(made, None, made - timedelta(seconds=1))
    assert not link_opens(made, None, made)
    assert not link_opens(made, NOW, NOW)


def test_the_stored_hash_does_not_hold_the_token() -> None:
    assert "secret" not in token_hash("secret")
    assert token_hash("secret") != token_hash("Secret")
    assert len(token_hash("secret")) == 64
