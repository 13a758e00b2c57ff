"""Consequences are total, and only what SES counts is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.amazon.events import Kind, SesEvent
from sendwell.feedback.rules import consequences


def event(kind: Kind, subtype: str = "") -> SesEvent:
    return SesEvent(kind, subtype, "a@example.org", "id", None, None)


@pytest.mark.parametrize(
    ("kind", "subtype", "suppress", "count"),
    [
        (Kind.SEND, "", None, "sent"),
        (Kind.DELIVERY, "", None, "delivered"),
        (Kind.DELAY, "SpamDetected", None, None),
        (Kind.REJECT, "", None, None),
        (Kind.BOUNCE_PERMANENT, "General", "hard_bounce", "hard_bounce"),
        (Kind.BOUNCE_PERMANENT, "Suppressed", "hard_bounce", "hard_bounce"),
        (Kind.BOUNCE_PERMANENT, "OnAccountSuppressionList", "ses_list", "echo"),
        (Kind.BOUNCE_PERMANENT, "OnTenantSuppressionList", "ses_list", "echo"),
        (Kind.BOUNCE_PERMANENT, "InventedTomorrow", "hard_bounce", "hard_bounce"),
        (Kind.BOUNCE_TRANSIENT, "MailboxFull", None, "soft_bounce"),
        (Kind.BOUNCE_UNDETERMINED, "Undetermined", None, None),
        (Kind.COMPLAINT, "abuse", "complaint", "complaint"),
        (Kind.COMPLAINT, "", "complaint", "complaint"),
        (Kind.COMPLAINT, "fraud", "complaint", "complaint"),
        (Kind.COMPLAINT, "OnAccountSuppressionList", "ses_list", "echo"),
        (Kind.COMPLAINT, "not-spam", None, None),
        (Kind.COMPLAINT, "auth-failure", None, None),
    ],
)
def test_consequences(kind, subtype, suppress, count):
    follows = consequences(event(kind, subtype), simulated=False)

    assert (follows.suppress, follows.count) == (suppress, count)


@given(st.sampled_from(Kind), st.text(max_size=20), st.booleans())
def test_total_and_the_simulator_enters_no_rate(kind, subtype, simulated):
    follows = consequences(event(kind, subtype), simulated)

    assert follows.suppress in (None, "hard_bounce", "complaint", "ses_list")
    if simulated:
        assert follows.count in (None, "simulator", "echo")
