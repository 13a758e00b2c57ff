"""The steps that set a domain up at SES: what is asked for, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sendwell.amazon import domain

COMPLETE: dict[str, Any] = {
    "IdentityType": "DOMAIN",
    "VerifiedForSendingStatus": True,
    "VerificationStatus": "SUCCESS",
    "DkimAttributes": {
        "SigningEnabled": True,
        "Status": "SUCCESS",
        "Tokens": ["a", "b", "c"],
        "SigningHostedZone": "dkim.eu-south-1.amazonses.com",
        "CurrentSigningKeyLength": "RSA_2048_BIT",
        "NextSigningKeyLength": "RSA_2048_BIT",
    },
    "MailFromAttributes": {"MailFromDomain": "bounce.example.com", "MailFromDomainStatus": "SUCCESS"},
    "ConfigurationSetName": "sendwell",
}


class Ses:
    """SESv2 that knows one identity (or none) and writes down what it is asked to change."""

    def __init__(self, identity: dict[str, Any] | None) -> None:
        self.identity = identity
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get_configuration_set(self, **_: Any) -> dict[str, Any]:
        return {}

    def get_email_identity(self, **_: Any) -> dict[str, Any]:
        if self.identity is None:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "no"}}, "GetEmailIdentity")
        return self.identity

    def create_email_identity(self, **members: Any) -> dict[str, Any]:
        self.asked.append(("create", members))
        self.identity = {**COMPLETE, "MailFromAttributes": {}, "ConfigurationSetName": ""}
        return {}

    def delete_email_identity(self, **members: Any) -> dict[str, Any]:
        self.asked.append(("delete", members))
        self.identity = None
        return {}

    def __getattr__(self, name: str) -> Any:
        return lambda **members: self.asked.append((name.removeprefix("put_email_identity_"), members)) or {}


class FakeClient:
    def __init__(self, identity: dict[str, Any] | None) -> None:
        self.ses = Ses(identity)


def set_up(identity: dict[str, Any] | None, mail_from: str = "bounce.example.com") -> list[tuple[str, dict[str, Any]]]:
    client = FakeClient(identity)
    domain.set_up(client, "example.com", mail_from, "sendwell")  # type: ignore[arg-type]
    return client.ses.asked


def test_what_is_complete_is_left_alone() -> None:
    assert set_up(COMPLETE) == []


def test_a_new_domain_gets_everything_with_keys_of_2048_bits() -> None:
    asked = dict(set_up(None))
    assert list(asked) == ["create", "mail_from_attributes", "configuration_set_attributes"]
    assert asked["create"]["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}
    assert asked["mail_from_attributes"]["MailFromDomain"] == "bounce.example.com"
    assert asked["configuration_set_attributes"]["ConfigurationSetName"] == "sendwell"


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({"DkimAttributes": {**COMPLETE["DkimAttributes"], "SigningEnabled": False}}, ["dkim_attributes"]),
        (
            {"DkimAttributes": {**COMPLETE["DkimAttributes"], "NextSigningKeyLength": "RSA_1024_BIT"}},
            ["dkim_signing_attributes"],
        ),
        ({"MailFromAttributes": {}}, ["mail_from_attributes"]),
        (
            {"MailFromAttributes": {"MailFromDomain": "bounce.example.com", "MailFromDomainStatus": "FAILED"}},
            ["mail_from_attributes"],
        ),
        (
            {"MailFromAttributes": {"MailFromDomain": "old.example.com", "MailFromDomainStatus": "SUCCESS"}},
            ["mail_from_attributes"],
        ),
        ({"ConfigurationSetName": "another"}, ["configuration_set_attributes"]),
    ],
)
def test_only_what_is_missing_is_changed(change: dict[str, Any], calls: list[str]) -> None:
    assert [name for name, _ in set_up({**COMPLETE, **change})] == calls


def test_starting_anew_deletes_first() -> None:
    client = FakeClient({**COMPLETE, "VerificationStatus": "FAILED"})
    domain.start_anew(client, "example.com", "bounce.example.com", "sendwell")  # type: ignore[arg-type]
    assert [name for name, _ in client.ses.asked][:2] == ["delete", "create"]


def test_facts_are_read_as_ses_says_them() -> None:
    facts = domain.domain_facts("example.com", {**COMPLETE, "VerificationInfo": {"ErrorType": "INVALID_VALUE"}})
    assert (facts.dkim_status, facts.key_length, facts.hosted_zone) == (
        "SUCCESS", "RSA_2048_BIT", "dkim.eu-south-1.amazonses.com",
    )  # fmt: skip
    assert (facts.mail_from, facts.mail_from_status, facts.error) == ("bounce.example.com", "SUCCESS", "INVALID_VALUE")
    bare = domain.domain_facts("example.com", {})
    assert (bare.status, bare.dkim_status, bare.tokens, bare.mail_from) == ("PENDING", "NOT_STARTED", (), "")
