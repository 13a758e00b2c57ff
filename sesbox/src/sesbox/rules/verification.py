"""What DNS must answer for a domain, for DKIM and for a custom MAIL FROM, and what an answer means.

Lives here: names and values of the records, and the new status. Must not live here: DNS, records.
Source: SES Developer Guide, "send-email-authentication-dkim", "mail-from"; API reference, VerifyDomainIdentity.
"""

from __future__ import annotations

from collections.abc import Mapping

SEARCH_SECONDS = 72 * 3600
_REGIONAL_ZONES = frozenset(
    {
        "af-south-1",
        "ap-northeast-3",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-5",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "il-central-1",
        "me-central-1",
    }
)


def signing_zone(region: str) -> str:
    """The zone that holds SES's public DKIM keys: `SigningHostedZone` of the API."""
    return f"dkim.{region}.amazonses.com" if region in _REGIONAL_ZONES else "dkim.amazonses.com"


def dkim_records(domain: str, tokens: tuple[str, ...], zone: str) -> dict[str, str]:
    """The CNAMEs to publish for Easy DKIM: name -> target."""
    return {f"{token}._domainkey.{domain}": f"{token}.{zone}" for token in tokens}


def txt_name(domain: str) -> str:
    """The name of the TXT record with VerifyDomainIdentity's token."""
    return f"_amazonses.{domain}"


def mail_from_records(region: str) -> tuple[str, str]:
    """The MX and the TXT value that a custom MAIL FROM domain must publish."""
    return f"10 feedback-smtp.{region}.amazonses.com", "v=spf1 include:amazonses.com ~all"


def search(status: str, found: bool, since: float, now: float) -> str:
    """The new status of something SES searches DNS for.

    Found: SUCCESS. Not found: a success turns into TEMPORARY_FAILURE, a search older than 72 hours into FAILED, and
    there it stays, for SES searches no more: the identity must be created anew, the MAIL FROM be put again.
    """
    if status == "FAILED":
        return status
    if found:
        return "SUCCESS"
    if status == "SUCCESS":
        return "TEMPORARY_FAILURE"
    if status in ("PENDING", "TEMPORARY_FAILURE") and now - since >= SEARCH_SECONDS:
        return "FAILED"
    return status


def has_dkim(wanted: Mapping[str, str], cname: Mapping[str, str]) -> bool:
    """Whether all CNAMEs are published (a final dot and letter case do not matter)."""
    return bool(wanted) and all(
        cname.get(name.lower(), "").lower().rstrip(".") == target for name, target in wanted.items()
    )


def has_mail_from(mail_from: str, region: str, mx: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the MAIL FROM domain has exactly one MX record and it is SES's."""
    answers = tuple(" ".join(answer.lower().split()).rstrip(".") for answer in mx.get(mail_from.lower(), ()))
    return answers == (mail_from_records(region)[0],)


def missing(cname: Mapping[str, str], wanted: Mapping[str, str]) -> str | None:
    """VerificationInfo.ErrorType for DKIM records that do not fit: HOST_NOT_FOUND or INVALID_VALUE."""
    wrong = [name for name, target in wanted.items() if cname.get(name.lower(), "").lower().rstrip(".") != target]
    if not wrong:
        return None
    return "INVALID_VALUE" if any(name.lower() in cname for name in wrong) else "HOST_NOT_FOUND"
