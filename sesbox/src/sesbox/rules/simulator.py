"""What becomes of a recipient: the mailbox simulator, scripted mailboxes and everybody else.

Lives here: the fates and who meets which. Must not live here: events' JSON (events/shape.py), records.
Source: SES Developer Guide, "send-an-email-from-console" (mailbox simulator) and "notification-contents".
"""

from __future__ import annotations

from dataclasses import dataclass

from sesbox.rules.addresses import is_simulator

BEHAVIOURS = ("deliver", "hard-bounce", "soft-bounce", "complain")


@dataclass(frozen=True, slots=True)
class Bounced:
    """How a mailbox bounced, in the words of a bounce event."""

    type: str
    sub_type: str
    status: str | None = None
    action: str | None = None
    diagnostic: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one recipient. `simulated` keeps it out of suppression lists and reputation.

    `attempted` is False where SES does not even try (account suppression list), which counts for no rate.
    """

    delivered: bool = False
    bounce: Bounced | None = None
    complaint: bool = False
    complaint_sub_type: str | None = None
    simulated: bool = False
    attempted: bool = True


HARD = Bounced("Permanent", "General", "5.1.1", "failed", "smtp; 550 5.1.1 user unknown")
SOFT = Bounced("Transient", "MailboxFull", "4.2.2", "failed", "smtp; 452 4.2.2 mailbox full")
AUTO_REPLY = Bounced("Transient", "General")
GLOBALLY_SUPPRESSED = Bounced(
    "Permanent",
    "Suppressed",
    "5.1.1",
    "failed",
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid "
    "address. For more information about how to remove an address from the suppression list, see the Amazon SES "
    "Developer Guide",
)
ON_ACCOUNT_LIST = Bounced(
    "Permanent",
    "OnAccountSuppressionList",
    "5.1.1",
    "failed",
    "Amazon SES did not send the message to this address because it is on the suppression list for your account.",
)


def fate(address: str, listed_for: str | None, script: str | None) -> Fate:
    """The fate of a bare address.

    `listed_for` is the reason (BOUNCE or COMPLAINT) for which the account list suppresses it under the effective
    setting, or None; `script` a behaviour told to sesbox, or None.
    """
    if is_simulator(address):
        return _simulated(address)
    if listed_for == "BOUNCE":
        return Fate(bounce=ON_ACCOUNT_LIST, attempted=False)
    if listed_for == "COMPLAINT":
        return Fate(complaint=True, complaint_sub_type="OnAccountSuppressionList", attempted=False)
    if script == "hard-bounce":
        return Fate(bounce=HARD)
    if script == "soft-bounce":
        return Fate(bounce=SOFT)
    return Fate(delivered=True, complaint=script == "complain")


def _simulated(address: str) -> Fate:
    mailbox = address.rpartition("@")[0].lower().partition("+")[0]
    if mailbox == "bounce":
        return Fate(bounce=HARD, simulated=True)
    if mailbox == "suppressionlist":
        return Fate(bounce=GLOBALLY_SUPPRESSED, simulated=True)
    if mailbox == "ooto":
        return Fate(delivered=True, bounce=AUTO_REPLY, simulated=True)
    return Fate(delivered=True, complaint=mailbox == "complaint", simulated=True)


def suppression_reason(found: Fate) -> str | None:
    """For which reason this fate would put the address on the account list: BOUNCE, COMPLAINT or None."""
    if found.simulated or not found.attempted:
        return None
    if found.bounce is not None and found.bounce.type == "Permanent":
        return "BOUNCE"
    return "COMPLAINT" if found.complaint else None
