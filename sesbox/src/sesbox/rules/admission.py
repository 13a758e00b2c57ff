"""Whether a message is accepted: the order in which SES asks its questions, and its answers.

Lives here: the decision from values. Must not live here: reading requests, records, codes of an API.
Source: ses-truth section 3; SES Developer Guide, "request-production-access", "troubleshoot-error-messages",
"manage-sending-quotas-errors".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sesbox.rules.quota import exceeds_quota, in_debt
from sesbox.rules.refusals import Reason, Refusal

RATE_TEXT = "Maximum sending rate exceeded."
QUOTA_TEXT = "Daily message quota exceeded."
PAUSED_TEXT = (
    "Sending paused for this account. For more information, please check the inbox of the email address associated "
    "with your AWS account."
)
MAIL_FROM_TEXT = "DNS setup for MAIL FROM domain is invalid."
LISTED = 50
_PRODUCTION = (
    "the account is in the sandbox; start sesbox with --profile production, or let the account be granted production "
    "access"
)
_PERMISSIVE = (
    "verify the sender (the link arrives in sesbox's inbox), or start sesbox with --profile permissive to have every "
    "identity verified"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the account may do at this moment."""

    production: bool
    sending_enabled: bool = True
    shut_down: bool = False
    sent_24_hours: int = 0
    max_24_hour_send: float = 200.0
    level: float = 1.0


@dataclass(frozen=True, slots=True)
class SetState:
    """The configuration set a message names. Absent: `exists` is False."""

    name: str
    exists: bool
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Party:
    """One address of a message: as it was supplied (which is what an error shows) and bare."""

    supplied: str
    address: str


def check_switches(standing: Standing, used: SetState | None) -> Refusal | None:
    """The account's switch, AWS's pause, and the configuration set: asked before any address is looked at."""
    if standing.shut_down:
        return Refusal(Reason.ACCOUNT_SHUT_DOWN, PAUSED_TEXT)
    if not standing.sending_enabled:
        return Refusal(Reason.ACCOUNT_PAUSED, PAUSED_TEXT)
    if used is None:
        return None
    if not used.exists:
        return Refusal(Reason.SET_MISSING, f"Configuration set <{used.name}> does not exist.")
    if not used.enabled:
        return Refusal(Reason.SET_PAUSED, f"Sending paused for configuration set <{used.name}>.")
    return None


def check_identities(
    senders: Sequence[Party],
    recipients: Sequence[Party],
    region: str,
    production: bool,
    verified: Callable[[str], bool],
    simulator: Callable[[str], bool],
) -> Refusal | None:
    """All identities that fail, in one refusal: senders always, recipients while in the sandbox."""
    failed = [party.supplied for party in senders if not verified(party.address)]
    sender_failed = bool(failed)
    if not production:
        failed += [
            party.supplied for party in recipients if not simulator(party.address) and not verified(party.address)
        ]
    if not failed:
        return None
    unique = list(dict.fromkeys(failed))
    listed = ", ".join(unique[:LISTED]) + ("..." if len(unique) > LISTED else "")
    text = (
        f"Email address is not verified. The following identities failed the check in region {region.upper()}: {listed}"
    )
    return Refusal(Reason.UNVERIFIED, text, _PERMISSIVE if sender_failed else _PRODUCTION)


def check_mail_from(domain: str | None, status: str | None, behavior: str) -> Refusal | None:
    """A custom MAIL FROM domain whose MX record is not found, if the identity says to reject then."""
    if domain and status != "SUCCESS" and behavior == "REJECT_MESSAGE":
        return Refusal(Reason.MAIL_FROM, MAIL_FROM_TEXT)
    return None


def check_volume(standing: Standing, counted: int) -> Refusal | None:
    """Quota first, then rate. `counted` is the number of recipients that count for the quota."""
    if exceeds_quota(standing.sent_24_hours, counted, standing.max_24_hour_send):
        return Refusal(Reason.DAILY_QUOTA, QUOTA_TEXT, None if standing.production else _PRODUCTION)
    if in_debt(standing.level):
        return Refusal(Reason.RATE, RATE_TEXT, None if standing.production else _PRODUCTION)
    return None
