"""A sending domain at SES: Easy DKIM with 2048 bits, custom MAIL FROM, default configuration set.

Lives here: reading one domain identity whole, and the steps that set it up, each idempotent and safe to repeat.
Must not live here: the records' form in DNS panels (connections/records.py), the feedback's set-up (setup.py).
Source: SES Developer Guide, "send-email-authentication-dkim-easy", "mail-from"; SESv2's model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sendwell.amazon import account
from sendwell.amazon.client import AwsError, Client, call
from sendwell.amazon.setup import Outcome, Step, ensure_configuration_set

KEY_LENGTH: Literal["RSA_2048_BIT"] = "RSA_2048_BIT"


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """GetEmailIdentity of a domain. Statuses are SES's words: PENDING, SUCCESS, FAILED, TEMPORARY_FAILURE, ...

    `mail_from_status` is "" without a custom MAIL FROM; `error` is VerificationInfo.ErrorType, "" if there is none.
    """

    name: str
    status: str
    verified: bool
    dkim_status: str
    dkim_enabled: bool
    key_length: str
    next_key_length: str
    tokens: tuple[str, ...]
    hosted_zone: str
    mail_from: str = ""
    mail_from_status: str = ""
    configuration_set: str = ""
    error: str = ""


def read_domain(client: Client, name: str) -> DomainFacts | None:
    """The domain as SES knows it, or None. Raises AwsError."""
    answer = account.ask_identity(client, name)
    return None if answer is None else domain_facts(name, answer)


def domain_facts(name: str, answer: Mapping[str, Any]) -> DomainFacts:
    """Read an answer of GetEmailIdentity."""
    basic = account.identity_facts(name, answer)
    dkim, mail_from = answer.get("DkimAttributes") or {}, answer.get("MailFromAttributes") or {}
    return DomainFacts(
        name=name,
        status=basic.status,
        verified=basic.verified,
        dkim_status=basic.dkim_status or "NOT_STARTED",
        dkim_enabled=bool(dkim.get("SigningEnabled", False)),
        key_length=str(dkim.get("CurrentSigningKeyLength") or ""),
        next_key_length=str(dkim.get("NextSigningKeyLength") or ""),
        tokens=basic.dkim_tokens,
        hosted_zone=basic.hosted_zone,
        mail_from=str(mail_from.get("MailFromDomain") or ""),
        mail_from_status=str(mail_from.get("MailFromDomainStatus") or ""),
        configuration_set=str(answer.get("ConfigurationSetName") or ""),
        error=str((answer.get("VerificationInfo") or {}).get("ErrorType") or ""),
    )


def set_up(client: Client, name: str, mail_from: str, configuration_set: str) -> list[Step]:
    """Bring a domain identity into the state in which its mail proves itself; what was done. Raises AwsError.

    It is created if it is missing. A MAIL FROM that SES gave up on is put again, which starts its search anew.
    """
    steps = [ensure_configuration_set(client, configuration_set)]
    found = read_domain(client, name)
    if found is None:
        steps.append(_create(client, name))
        found = read_domain(client, name)
    if found is None:
        raise AwsError("ses:GetEmailIdentity", "NotFoundException", f"SES does not know {name} although it was added.")
    steps += _dkim(client, found)
    if mail_from and (found.mail_from != mail_from or found.mail_from_status == "FAILED"):
        call(
            "ses:PutEmailIdentityMailFromAttributes",
            client.ses.put_email_identity_mail_from_attributes,
            EmailIdentity=name,
            MailFromDomain=mail_from,
            BehaviorOnMxFailure="USE_DEFAULT_VALUE",
        )
        steps.append(Step("MAIL FROM", Outcome.CHANGED, f"SES looks for the records of {mail_from}."))
    if found.configuration_set != configuration_set:
        call(
            "ses:PutEmailIdentityConfigurationSetAttributes",
            client.ses.put_email_identity_configuration_set_attributes,
            EmailIdentity=name,
            ConfigurationSetName=configuration_set,
        )
        steps.append(
            Step("Default configuration set", Outcome.CHANGED, f"{configuration_set} is used for this domain.")
        )
    return steps


def start_anew(client: Client, name: str, mail_from: str, configuration_set: str) -> list[Step]:
    """Delete the identity and set it up again: SES searches for 72 hours more, with new tokens. Raises AwsError."""
    account.delete_identity(client, name)
    return set_up(client, name, mail_from, configuration_set)


def _create(client: Client, name: str) -> Step:
    try:
        call(
            "ses:CreateEmailIdentity",
            client.ses.create_email_identity,
            EmailIdentity=name,
            DkimSigningAttributes={"NextSigningKeyLength": KEY_LENGTH},
        )
    except AwsError as error:
        if error.code != "AlreadyExistsException":
            raise
    return Step("Domain", Outcome.CREATED, f"{name} was added, with three DKIM tokens of its own.")


def _dkim(client: Client, found: DomainFacts) -> list[Step]:
    """Signing on, with keys of 2048 bits. SES changes a key's length at most once in 24 hours."""
    steps = []
    if not found.dkim_enabled:
        call(
            "ses:PutEmailIdentityDkimAttributes",
            client.ses.put_email_identity_dkim_attributes,
            EmailIdentity=found.name,
            SigningEnabled=True,
        )
        steps.append(Step("DKIM", Outcome.CHANGED, "Signing was switched on."))
    if found.next_key_length not in ("", KEY_LENGTH):
        call(
            "ses:PutEmailIdentityDkimSigningAttributes",
            client.ses.put_email_identity_dkim_signing_attributes,
            EmailIdentity=found.name,
            SigningAttributesOrigin="AWS_SES",
            SigningAttributes={"NextSigningKeyLength": KEY_LENGTH},
        )
        steps.append(Step("DKIM", Outcome.CHANGED, "SES was asked for keys of 2048 bits; the records stay the same."))
    return steps
