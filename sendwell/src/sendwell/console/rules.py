"""What the dashboard says about facts: the next steps, and how rates stand against AWS's lines. Pure.

Must not live here: queries, URLs of features (views and templates name routes), texts about a single campaign.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BOUNCE_REVIEW = 0.05
"""Amazon SES puts an account under review at this share of hard bounces (SES Developer Guide, reputation)."""
COMPLAINT_REVIEW = 0.001
"""... and at this share of complaints."""
FEW_MESSAGES = 100
"""Below this many accepted messages a rate says little, and the page says so."""


def sender_gaps(sender_name: str, postal_address: str) -> str:
    """What a campaign still needs of its sender, as the part of a sentence; empty if it has all (CAN-SPAM)."""
    needed = {"the legal name": sender_name, "the postal address": postal_address}
    empty = [what for what, given in needed.items() if not given.strip()]
    return f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty" if empty else ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of a workspace and its first connection. `in_sandbox` is None until SES has been asked."""

    connected: bool = False
    set_up: bool = False
    sender_verified: bool = False
    has_postal_address: bool = False
    contacts: int = 0
    confirmed: int = 0
    campaign_started: bool = False
    in_sandbox: bool | None = None
    access_asked: bool = False


class Step(StrEnum):
    """The newcomer's way, in order. Values are names that templates switch on."""

    CONNECT = "connect"
    SET_UP = "set_up"
    SENDER = "sender"
    POSTAL = "postal"
    CONTACTS = "contacts"
    CAMPAIGN = "campaign"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class StepState:
    """One line of the checklist. `current` is the first that is not done."""

    step: Step
    done: bool
    current: bool


def checklist(facts: Facts) -> list[StepState]:
    """All steps in order, with exactly one current one unless all are done."""
    done = {
        Step.CONNECT: facts.connected,
        Step.SET_UP: facts.set_up,
        Step.SENDER: facts.sender_verified,
        Step.POSTAL: facts.has_postal_address,
        Step.CONTACTS: facts.confirmed > 0,
        Step.CAMPAIGN: facts.campaign_started,
        Step.SANDBOX: facts.in_sandbox is False,
    }
    first_open = next((step for step in Step if not done[step]), None)
    return [StepState(step, done[step], step is first_open) for step in Step]


class Level(StrEnum):
    """How a rate stands: nothing to judge, fine, closer than half-way to AWS's line, or over it."""

    UNKNOWN = "unknown"
    FINE = "fine"
    NEAR = "near"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Rate:
    """A count over a total against a line. Shares are 0-1."""

    count: int
    total: int
    line: float

    @property
    def share(self) -> float | None:
        """The share, or None without messages."""
        return self.count / self.total if self.total else None

    @property
    def level(self) -> Level:
        if self.share is None:
            return Level.UNKNOWN
        if self.share >= self.line:
            return Level.OVER
        return Level.NEAR if self.share >= self.line / 2 else Level.FINE

    @property
    def is_rough(self) -> bool:
        """Too few messages for the rate to mean much."""
        return 0 < self.total < FEW_MESSAGES

    @property
    def filled(self) -> int:
        """Percent of a bar whose right end is twice AWS's line, 0-100."""
        return 0 if self.share is None else min(100, round(50 * self.share / self.line))
