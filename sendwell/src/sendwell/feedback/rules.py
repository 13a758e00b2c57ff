"""What an event of SES means for suppression and for the counts. Pure: an event in, consequences out.

Source: SES Developer Guide, bounce and complaint types; reputation excludes the simulator, echoes and soft bounces.
"""

from __future__ import annotations

from dataclasses import dataclass

from sendwell.amazon.events import Kind, SesEvent

ECHOES = frozenset({"OnAccountSuppressionList", "OnTenantSuppressionList"})
NOT_SPAM = "not-spam"
AUTH_FAILURE = "auth-failure"


@dataclass(frozen=True, slots=True)
class Consequences:
    """`suppress` is a reason of the suppression list or None; `count` a kind of the daily counts or None."""

    suppress: str | None
    count: str | None
    settles: bool = True


_COUNTED: dict[Kind, str] = {
    Kind.SEND: "sent",
    Kind.DELIVERY: "delivered",
    Kind.BOUNCE_PERMANENT: "hard_bounce",
    Kind.BOUNCE_TRANSIENT: "soft_bounce",
    Kind.COMPLAINT: "complaint",
}


def consequences(event: SesEvent, simulated: bool) -> Consequences:
    """What follows from one event about one recipient. Total over kinds and subtypes, also those not known yet.

    Hard bounces and complaints suppress, also when SES only echoes its own list: the address is mirrored, but not
    counted. "Not spam" never suppresses, and a complaint about authentication is not about the address. Addresses of
    the mailbox simulator are suppressed like any other, so that a rehearsal shows what would happen, and can be lifted
    from the list; they enter no rate.
    """
    if event.kind is Kind.COMPLAINT and event.subtype in (NOT_SPAM, AUTH_FAILURE):
        return Consequences(None, None, settles=False)
    counted = _COUNTED.get(event.kind)
    if event.subtype in ECHOES and event.kind in (Kind.BOUNCE_PERMANENT, Kind.COMPLAINT):
        counted = "echo"
    elif simulated:
        counted = "simulator" if event.kind is Kind.SEND else None
    return Consequences(_suppression(event), counted)


def _suppression(event: SesEvent) -> str | None:
    if event.kind is Kind.COMPLAINT:
        return "ses_list" if event.subtype in ECHOES else "complaint"
    if event.kind is Kind.BOUNCE_PERMANENT:
        return "ses_list" if event.subtype in ECHOES else "hard_bounce"
    return None
