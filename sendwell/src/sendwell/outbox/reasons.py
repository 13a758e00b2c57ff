"""What other features say against a recipient, in the ledger's own words. Two tables, asked at Start and at each claim.

Must not live here: which of several reasons counts (rules.may_send), asking those features.
"""

from __future__ import annotations

from sendwell.contacts.service import ConsentVerdict
from sendwell.outbox.rules import Facts, Reason, Stream, may_send
from sendwell.suppression.service import SuppressionReason

_SUPPRESSED = {
    SuppressionReason.HARD_BOUNCE: Reason.SUPPRESSED_BOUNCE,
    SuppressionReason.COMPLAINT: Reason.SUPPRESSED_COMPLAINT,
    SuppressionReason.MANUAL: Reason.SUPPRESSED_OTHER,
    SuppressionReason.SES_LIST: Reason.SUPPRESSED_OTHER,
}
_CONSENT = {
    ConsentVerdict.OK: Reason.NONE,
    ConsentVerdict.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
    ConsentVerdict.UNCONFIRMED: Reason.UNCONFIRMED,
    ConsentVerdict.PAUSED: Reason.CONTACT_PAUSED,
}


def of_suppression(found: SuppressionReason | None) -> Reason:
    """Why a suppressed address is skipped; NONE for one that is not suppressed."""
    return Reason.NONE if found is None else _SUPPRESSED[found]


def of_consent(found: ConsentVerdict | None) -> Reason:
    """Why a contact's consent keeps campaign mail back; NONE if it does not, or if there is no list to ask about."""
    return Reason.NONE if found is None else _CONSENT[found]


def skip_reason(consent: ConsentVerdict, suppressed: SuppressionReason | None) -> Reason | None:
    """Why a campaign leaves a contact out from the start, or None."""
    facts = Facts(suppressed=of_suppression(suppressed), consent=of_consent(consent))
    return may_send(Stream.CAMPAIGN, facts).reason or None
