"""What a page may show of AWS's errors: the cause and a remedy, never a key or a person's ARN."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from sendwell.amazon.account import AccountSnapshot, identity_facts, snapshot
from sendwell.amazon.client import AwsError, Client, call
from sendwell.amazon.setup import policy_for
from sendwell.amazon.signing import Credentials


def refused(code: str, text: str) -> AwsError:
    def perform() -> None:
        raise ClientError({"Error": {"Code": code, "Message": text}}, "GetAccount")

    with pytest.raises(AwsError) as caught:
        call("ses:GetAccount", perform)
    return caught.value


DENIED = (
    "User: arn:aws:iam::123456789012:user/sendwell is not authorized to perform: ses:PutAccountDetails on resource: "
    "arn:aws:ses:us-east-1:123456789012:*"
)
OLD_DENIED = "User `arn:aws:iam::1:user/x' is not authorized to perform `sns:Subscribe' on resource `arn:aws:sns:x'"


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        ("AccessDeniedException", DENIED, "Missing permission ses:PutAccountDetails."),
        ("AccessDenied", OLD_DENIED, "Missing permission sns:Subscribe."),
        ("AccessDeniedException", "no", "Missing permission ses:GetAccount."),
        ("UnrecognizedClientException", "The security token included", "does not know this access key ID"),
        ("InvalidClientTokenId", "The security token included", "does not know this access key ID"),
        ("InvalidSignatureException", "The request signature we calculated", "secret access key does not belong"),
        ("SignatureDoesNotMatch", "The request signature we calculated", "secret access key does not belong"),
        ("InvalidSignatureException", "Signature expired: 2026 is now earlier", "clock is wrong"),
        ("ConflictException", "None", "ConflictException"),
    ],
)
def test_refusals_in_plain_words(code, text, said):
    error = refused(code, text)

    assert said in str(error)
    assert error.code == code
    assert "arn:aws:iam" not in str(error)


def test_keys_and_arns_are_taken_out_of_unknown_errors():
    error = refused("Odd", "AKIAIOSFODNN7EXAMPLE by arn:aws:sts::123456789012:assumed-role/x did it")

    assert "AKIA" not in str(error)
    assert "assumed-role" not in str(error)


def test_no_answer_says_so():
    def perform() -> None:
        raise EndpointConnectionError(endpoint_url="https://email.x.amazonaws.com")

    with pytest.raises(AwsError, match="No answer from AWS") as caught:
        call("ses:GetAccount", perform)
    assert caught.value.code == "no_answer"


def test_the_machines_own_aws_settings_are_not_used(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    client = Client(Credentials("AKIAMINE", "s"), "eu-west-1")

    assert client.ses.meta.endpoint_url == "https://email.eu-west-1.amazonaws.com"
    assert client.sns.meta.endpoint_url == "https://sns.eu-west-1.amazonaws.com"
    assert (
        Client(Credentials("k", "s"), "eu-west-1", "http://127.0.0.1:2").ses.meta.endpoint_url == "http://127.0.0.1:2"
    )


def test_a_snapshot_takes_absent_values_as_the_strict_case():
    assert snapshot({}) == AccountSnapshot(True, False, "", 0.0, 0.0, 0.0)
    found = snapshot(
        {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 3.0},
            "Details": {"MailType": "MARKETING", "ReviewDetails": {"Status": "GRANTED", "CaseId": "case-1"}},
        }
    )
    assert (found.in_sandbox, found.max_send_rate, found.review_status, found.review_case_id) == (
        False, 14.0, "GRANTED", "case-1",
    )  # fmt: skip


def test_a_domains_tokens_and_zone_are_read_as_ses_names_them():
    answer = {
        "IdentityType": "DOMAIN",
        "DkimAttributes": {"Tokens": ["t1"], "SigningHostedZone": "dkim.af-south-1.amazonses.com"},
    }

    facts = identity_facts("example.com", answer)

    assert (facts.dkim_tokens, facts.hosted_zone) == (("t1",), "dkim.af-south-1.amazonses.com")
    assert identity_facts("a@example.com", {"IdentityType": "EMAIL_ADDRESS"}).dkim_tokens == ()


def test_the_topics_policy_keeps_others_and_lets_only_our_ses_publish():
    import json

    arn = "arn:aws:sns:us-east-1:123456789012:sendwell-feedback"
    mine = policy_for(arn, "sendwell", json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "other"}]}))
    statements = json.loads(mine)["Statement"]

    assert [s["Sid"] for s in statements] == ["other", "sendwell-lets-ses-publish"]
    assert statements[1]["Principal"] == {"Service": "ses.amazonaws.com"}
    assert statements[1]["Condition"]["StringEquals"] == {
        "AWS:SourceAccount": "123456789012",
        "AWS:SourceArn": "arn:aws:ses:us-east-1:123456789012:configuration-set/sendwell",
    }
    assert policy_for(arn, "sendwell", mine) == mine
