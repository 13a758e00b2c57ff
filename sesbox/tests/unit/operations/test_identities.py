"""Identities, their proofs and their settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sesbox.operations.base import AwsError
from sesbox.operations.verifying import DnsFindings, confirm, questions


def refusal(call: Callable[[], Any]) -> tuple[str, str | None]:
    with pytest.raises(AwsError) as caught:
        call()
    return caught.value.code, caught.value.message


def link(world: Any) -> str:
    [*_, message] = world.messages.values()
    return str(message.raw.decode().split("/_sesbox/verify?token=")[1].split()[0])


def status(world: Any, name: str) -> str:
    return str(world.v2("GetEmailIdentity", EmailIdentity=name)["VerificationStatus"])


def test_an_address_is_verified_by_the_link_in_its_mail(make_world: Any) -> None:
    world = make_world()
    made = world.v2("CreateEmailIdentity", EmailIdentity="Me@z.test")
    assert made == {
        "IdentityType": "EMAIL_ADDRESS",
        "VerifiedForSendingStatus": False,
        "DkimAttributes": {"SigningEnabled": False, "Status": "NOT_STARTED"},
    }
    [message] = world.messages.values()
    assert message.source == "no-reply-aws@amazon.com"
    assert message.subject == "Amazon Web Services - Email Address Verification Request in region us-east-1"
    token = link(world)
    world.wait(86_399)
    assert world.apply(confirm(world.ctx, token)) == {"identity": "Me@z.test"}
    assert world.apply(confirm(world.ctx, token)) == {"identity": "Me@z.test"}
    assert world.v1("GetIdentityVerificationAttributes", Identities=["Me@z.test", "no@z.test"]) == {
        "VerificationAttributes": {"Me@z.test": {"VerificationStatus": "Success"}}
    }
    assert world.v1("GetSendQuota")["SentLast24Hours"] == 0.0


def test_a_link_is_good_for_a_day_and_v1_sends_another(make_world: Any) -> None:
    world = make_world()
    world.v1("VerifyEmailIdentity", EmailAddress="me@z.test")
    token = link(world)
    world.wait(86_400)
    assert status(world, "me@z.test") == "FAILED"
    assert refusal(lambda: confirm(world.ctx, token))[0] == "NotFoundException"
    assert refusal(lambda: confirm(world.ctx, "guess"))[0] == "NotFoundException"
    world.v1("VerifyEmailIdentity", EmailAddress="me@z.test")
    assert status(world, "me@z.test") == "PENDING"
    world.apply(confirm(world.ctx, link(world)))
    assert status(world, "me@z.test") == "SUCCESS"


def test_a_domain_at_once(make_world: Any) -> None:
    world = make_world()
    made = world.v2("CreateEmailIdentity", EmailIdentity="Y.Test", Tags=[{"Key": "k", "Value": "v"}])
    assert made["IdentityType"] == "DOMAIN" and made["VerifiedForSendingStatus"] is True
    assert (made["DkimAttributes"]["Status"], len(made["DkimAttributes"]["Tokens"])) == ("SUCCESS", 3)
    assert made["DkimAttributes"]["SigningHostedZone"] == "dkim.amazonses.com"
    found = world.v2("GetEmailIdentity", EmailIdentity="y.TEST")
    assert found["Tags"] == [{"Key": "k", "Value": "v"}]
    assert found["MailFromAttributes"] == {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}
    assert refusal(lambda: world.v2("CreateEmailIdentity", EmailIdentity="y.test"))[0] == "AlreadyExistsException"


def records(world: Any, domain: str) -> dict[str, str]:
    tokens = world.v2("GetEmailIdentity", EmailIdentity=domain)["DkimAttributes"]["Tokens"]
    return {f"{token}._domainkey.{domain}": f"{token}.dkim.amazonses.com" for token in tokens}


def test_a_domain_by_its_zone(make_world: Any) -> None:
    world = make_world(verify_domains="zone")
    world.v2("CreateEmailIdentity", EmailIdentity="y.test")
    assert status(world, "y.test") == "PENDING"
    cname = records(world, "y.test")
    assert [name for name, kind in questions(world.ctx, "y.test") if kind == "CNAME"] == list(cname)
    world.dns = DnsFindings(cname=dict(list(cname.items())[:2]))
    world.wait(3600)
    found = world.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert (found["VerificationStatus"], found["VerificationInfo"]["ErrorType"]) == ("PENDING", "HOST_NOT_FOUND")
    world.dns = DnsFindings(cname=cname)
    world.wait(60)
    found = world.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert (found["VerificationStatus"], found["DkimAttributes"]["Status"]) == ("SUCCESS", "SUCCESS")
    assert "ErrorType" not in found["VerificationInfo"] and world.due == []


def test_a_domain_never_published_fails_after_three_days(make_world: Any) -> None:
    world = make_world(verify_domains="zone")
    world.v2("CreateEmailIdentity", EmailIdentity="y.test")
    world.wait(72 * 3600)
    assert status(world, "y.test") == "FAILED"
    world.wait(60)
    assert world.due == []


def test_v1_domains_by_token_and_dkim_later(make_world: Any) -> None:
    world = make_world(verify_domains="zone")
    token = world.v1("VerifyDomainIdentity", Domain="y.test")["VerificationToken"]
    assert world.v1("VerifyDomainIdentity", Domain="Y.test")["VerificationToken"] == token
    world.dns = DnsFindings(txt={"_amazonses.y.test": (token,)})
    world.wait(60)
    attributes = world.v1("GetIdentityVerificationAttributes", Identities=["y.test"])["VerificationAttributes"]
    assert attributes == {"y.test": {"VerificationStatus": "Success", "VerificationToken": token}}
    tokens = world.v1("VerifyDomainDkim", Domain="y.test")["DkimTokens"]
    assert len(tokens) == 3 and world.v1("VerifyDomainDkim", Domain="y.test")["DkimTokens"] == tokens
    assert world.v2("GetEmailIdentity", EmailIdentity="y.test")["DkimAttributes"]["Status"] == "PENDING"
    world.dns = DnsFindings(cname=records(world, "y.test"))
    world.wait(60)
    assert world.v2("GetEmailIdentity", EmailIdentity="y.test")["DkimAttributes"]["Status"] == "SUCCESS"


def test_mail_from_by_its_zone(make_world: Any) -> None:
    world = make_world(verify_domains="zone")
    world.v2("CreateEmailIdentity", EmailIdentity="y.test")
    world.v2(
        "PutEmailIdentityMailFromAttributes",
        EmailIdentity="y.test",
        MailFromDomain="bounce.y.test",
        BehaviorOnMxFailure="REJECT_MESSAGE",
    )
    cname = records(world, "y.test")
    world.dns = DnsFindings(cname=cname, mx={"bounce.y.test": ("10 feedback-smtp.us-east-1.amazonses.com", "5 mx.z")})
    world.wait(60)
    found = world.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert found["MailFromAttributes"] == {
        "MailFromDomain": "bounce.y.test",
        "MailFromDomainStatus": "PENDING",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }
    world.dns = DnsFindings(cname=cname, mx={"bounce.y.test": ("10 Feedback-SMTP.us-east-1.amazonses.com.",)})
    world.wait(60)
    found = world.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert found["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS" and world.due == []
    world.v2("PutEmailIdentityMailFromAttributes", EmailIdentity="y.test")
    found = world.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert found["MailFromAttributes"] == {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}


def test_an_address_may_have_a_mail_from_of_its_own(make_world: Any) -> None:
    world = make_world(verify_domains="zone")
    world.verify("me@y.test")
    world.v2("PutEmailIdentityMailFromAttributes", EmailIdentity="me@y.test", MailFromDomain="b.y.test")
    assert questions(world.ctx, "me@y.test") == (("b.y.test", "MX"), ("b.y.test", "TXT"))
    world.dns = DnsFindings(mx={"b.y.test": ("10 feedback-smtp.us-east-1.amazonses.com",)})
    world.wait(60)
    found = world.v2("GetEmailIdentity", EmailIdentity="me@y.test")
    assert found["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS" and world.due == []
    assert found["VerificationStatus"] == "SUCCESS"


def test_a_zone_that_loses_its_records_gets_three_days(make_world: Any) -> None:
    world = make_world(verify_domains="zone")
    world.v2("CreateEmailIdentity", EmailIdentity="y.test")
    world.dns = DnsFindings(cname=records(world, "y.test"))
    world.wait(30 * 86_400)
    world.dns = DnsFindings()
    world.v2("PutEmailIdentityMailFromAttributes", EmailIdentity="y.test", MailFromDomain="b.y.test")
    world.wait(71 * 3600)
    found = world.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert (found["VerificationStatus"], found["VerifiedForSendingStatus"]) == ("TEMPORARY_FAILURE", True)
    world.wait(2 * 3600)
    found = world.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert (found["VerificationStatus"], found["VerifiedForSendingStatus"]) == ("FAILED", False)
    assert found["MailFromAttributes"]["MailFromDomainStatus"] == "FAILED" and world.due == []


def test_mail_from_must_be_a_subdomain(sandbox: Any) -> None:
    for bad in ("y.test", "bounce.z.test", "noty.test"):
        code, _ = refusal(
            lambda bad=bad: sandbox.v2(  # type: ignore[misc]
                "PutEmailIdentityMailFromAttributes", EmailIdentity="y.test", MailFromDomain=bad
            )
        )
        assert code == "BadRequestException"


def test_switches(sandbox: Any) -> None:
    sandbox.v2("PutEmailIdentityDkimAttributes", EmailIdentity="y.test", SigningEnabled=False)
    sandbox.v2("PutEmailIdentityFeedbackAttributes", EmailIdentity="y.test")
    found = sandbox.v2("GetEmailIdentity", EmailIdentity="y.test")
    assert found["DkimAttributes"]["SigningEnabled"] is False and found["DkimAttributes"]["Status"] == "SUCCESS"
    assert found["FeedbackForwardingStatus"] is False and found["VerificationStatus"] == "SUCCESS"


def test_listing_and_deleting(sandbox: Any) -> None:
    sandbox.v2("CreateEmailIdentity", EmailIdentity="me@z.test")
    listed = sandbox.v2("ListEmailIdentities", PageSize=1)
    assert listed["EmailIdentities"] == [
        {
            "IdentityType": "EMAIL_ADDRESS",
            "IdentityName": "me@z.test",
            "SendingEnabled": False,
            "VerificationStatus": "PENDING",
        }
    ]
    rest = sandbox.v2("ListEmailIdentities", NextToken=listed["NextToken"])
    assert [item["IdentityName"] for item in rest["EmailIdentities"]] == ["y.test"]
    assert sandbox.v1("ListIdentities")["Identities"] == ["me@z.test", "y.test"]
    assert sandbox.v1("ListIdentities", IdentityType="Domain") == {"Identities": ["y.test"]}
    sandbox.v2("DeleteEmailIdentity", EmailIdentity="me@z.test")
    sandbox.v1("DeleteIdentity", Identity="me@z.test")
    assert refusal(lambda: sandbox.v2("DeleteEmailIdentity", EmailIdentity="me@z.test")) == (
        "NotFoundException",
        "Email identity me@z.test does not exist.",
    )


@pytest.mark.parametrize("name", ["nodots", "a b.test", "-x.test", "me@", "@z.test", "M <me@z.test>"])
def test_names_that_are_no_identity(sandbox: Any, name: str) -> None:
    assert refusal(lambda: sandbox.v2("CreateEmailIdentity", EmailIdentity=name))[0] == "BadRequestException"


def test_tags(sandbox: Any) -> None:
    arn = "arn:aws:ses:us-east-1:123456789012:identity/y.test"
    sandbox.v2("TagResource", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sandbox.v2("UntagResource", ResourceArn=arn, TagKeys=["a", "c"])
    assert sandbox.v2("ListTagsForResource", ResourceArn=arn) == {"Tags": [{"Key": "b", "Value": "2"}]}
    gone = arn.replace("y.test", "z.test")
    assert refusal(lambda: sandbox.v2("ListTagsForResource", ResourceArn=gone)) == (
        "NotFoundException",
        "No EmailIdentity present with name: z.test",
    )
