"""What SES says of an account and its identities, as values; and the one call that asks for production access.

Lives here: GetAccount, PutAccountDetails, identities. Must not live here: what follows from them, the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sendwell.amazon.client import AwsError, Client, call

MOST_IDENTITIES = 10_000  # SES allows no more in a region
MailType = Literal["MARKETING", "TRANSACTIONAL"]


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """GetAccount at one moment. `review_status` is SES's word (PENDING, GRANTED, DENIED, FAILED, ...), "" if none.

    Numbers are recipients: per rolling 24 hours (-1 is unlimited), per second, and sent in the last 24 hours.
    """

    in_sandbox: bool
    sending_enabled: bool
    enforcement_status: str
    max_24_hour_send: float
    max_send_rate: float
    sent_last_24_hours: float
    review_status: str = ""
    review_case_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    suppressed_reasons: tuple[str, ...] = ()


def snapshot(answer: Mapping[str, Any]) -> AccountSnapshot:
    """Read an answer of GetAccount; what is absent is taken as the strictest case."""
    quota = answer.get("SendQuota") or {}
    details = answer.get("Details") or {}
    review = details.get("ReviewDetails") or {}
    return AccountSnapshot(
        in_sandbox=not answer.get("ProductionAccessEnabled", False),
        sending_enabled=bool(answer.get("SendingEnabled", False)),
        enforcement_status=str(answer.get("EnforcementStatus") or ""),
        max_24_hour_send=float(quota.get("Max24HourSend") or 0.0),
        max_send_rate=float(quota.get("MaxSendRate") or 0.0),
        sent_last_24_hours=float(quota.get("SentLast24Hours") or 0.0),
        review_status=str(review.get("Status") or ""),
        review_case_id=str(review.get("CaseId") or ""),
        details={name: value for name, value in details.items() if name != "ReviewDetails"},
        suppressed_reasons=tuple((answer.get("SuppressionAttributes") or {}).get("SuppressedReasons") or ()),
    )


def read_account(client: Client) -> AccountSnapshot:
    """Ask SES for the account. Raises AwsError."""
    return snapshot(call("ses:GetAccount", client.ses.get_account))


def request_production(client: Client, mail_type: MailType, website: str, description: str, language: str) -> None:
    """PutAccountDetails with ProductionAccessEnabled: the request for production access, made once and not repeated.

    `website` must not be empty and `description` at most 5,000 characters (SES's own limits). Raises AwsError; code
    ConflictException says that a request is open or was denied.
    """
    call(
        "ses:PutAccountDetails",
        client.ses_once.put_account_details,
        MailType=mail_type,
        WebsiteURL=website,
        UseCaseDescription=description,
        ContactLanguage="JA" if language == "JA" else "EN",
        ProductionAccessEnabled=True,
    )


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """An identity as SES knows it. `status` is SES's word: PENDING, SUCCESS, FAILED, TEMPORARY_FAILURE, ..."""

    name: str
    is_domain: bool
    status: str
    verified: bool
    dkim_tokens: tuple[str, ...] = ()
    dkim_status: str = ""
    hosted_zone: str = ""


def identity_facts(name: str, answer: Mapping[str, Any]) -> IdentityFacts:
    """Read an answer of GetEmailIdentity or CreateEmailIdentity (which has no status yet)."""
    dkim = answer.get("DkimAttributes") or {}
    verified = bool(answer.get("VerifiedForSendingStatus", False))
    return IdentityFacts(
        name=name,
        is_domain=answer.get("IdentityType") == "DOMAIN" if answer.get("IdentityType") else "@" not in name,
        status=str(answer.get("VerificationStatus") or ("SUCCESS" if verified else "PENDING")),
        verified=verified,
        dkim_tokens=tuple(dkim.get("Tokens") or ()),
        dkim_status=str(dkim.get("Status") or ""),
        hosted_zone=str(dkim.get("SigningHostedZone") or ""),
    )


def ask_identity(client: Client, name: str) -> Mapping[str, Any] | None:
    """SES's whole answer about one identity, or None if it has none of this name. Raises AwsError."""
    try:
        return call("ses:GetEmailIdentity", client.ses.get_email_identity, EmailIdentity=name)
    except AwsError as error:
        if error.code == "NotFoundException":
            return None
        raise


def read_identity(client: Client, name: str) -> IdentityFacts | None:
    """One identity, or None if SES has none of this name. Raises AwsError."""
    answer = ask_identity(client, name)
    return None if answer is None else identity_facts(name, answer)


def create_identity(client: Client, name: str) -> IdentityFacts:
    """Create an identity: SES mails a link to an address, or names the records of a domain. Raises AwsError."""
    created = call("ses:CreateEmailIdentity", client.ses.create_email_identity, EmailIdentity=name)
    return identity_facts(name, created)


def delete_identity(client: Client, name: str) -> None:
    """Delete an identity; one that is gone already is fine. Raises AwsError."""
    try:
        call("ses:DeleteEmailIdentity", client.ses.delete_email_identity, EmailIdentity=name)
    except AwsError as error:
        if error.code != "NotFoundException":
            raise


def send_link_again(client: Client, name: str) -> IdentityFacts:
    """Make SES mail the verification link again: an address whose link ran out (24 hours) must be created anew."""
    delete_identity(client, name)
    return create_identity(client, name)


def list_identities(client: Client, limit: int = MOST_IDENTITIES) -> list[IdentityFacts]:
    """The account's identities, at most `limit`, without the records of domains. Raises AwsError."""
    found: list[IdentityFacts] = []
    token = ""
    while len(found) < limit:
        more: dict[str, Any] = {"NextToken": token} if token else {}
        page = call("ses:ListEmailIdentities", client.ses.list_email_identities, PageSize=1000, **more)
        found += [_listed(item) for item in page.get("EmailIdentities", [])]
        token = page.get("NextToken") or ""
        if not token:
            break
    return found[:limit]


def _listed(item: Mapping[str, Any]) -> IdentityFacts:
    status = str(item.get("VerificationStatus") or "PENDING")
    return IdentityFacts(str(item["IdentityName"]), item.get("IdentityType") == "DOMAIN", status, status == "SUCCESS")
