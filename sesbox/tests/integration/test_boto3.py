"""boto3, unmodified, against a real process."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.config
import pytest
import requests
from botocore.exceptions import ClientError

from sesbox.testing import SesboxProcess

ONCE = botocore.config.Config(retries={"total_max_attempts": 1})
SIMULATOR = "success@simulator.amazonses.com"


@pytest.fixture(scope="module")
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess() as started:
        yield started


@pytest.fixture
def fresh(box: SesboxProcess) -> SesboxProcess:
    assert requests.post(f"{box.endpoint}/_sesbox/reset", timeout=10).ok
    return box


def client(box: SesboxProcess, service: str, region: str = "us-east-1", **changes: str) -> Any:
    return boto3.client(service, config=ONCE, **{**box.client_arguments(region), **changes})  # type: ignore[call-overload]


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def simple(to: str, subject: str = "Hello") -> dict[str, Any]:
    body = {"Text": {"Data": "Grüße"}}
    return {"Destination": {"ToAddresses": [to]}, "Content": {"Simple": {"Subject": {"Data": subject}, "Body": body}}}


def test_a_new_account_is_in_the_sandbox_in_both_versions(fresh: SesboxProcess) -> None:
    account = client(fresh, "sesv2").get_account()
    assert account["ProductionAccessEnabled"] is False
    assert account["SendQuota"] == {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0}
    quota = client(fresh, "ses").get_send_quota()
    assert (quota["Max24HourSend"], quota["MaxSendRate"]) == (200.0, 1.0)


def test_a_message_goes_in_through_either_version(fresh: SesboxProcess) -> None:
    v2, v1 = client(fresh, "sesv2"), client(fresh, "ses")
    v2.create_email_identity(EmailIdentity="harbor.test")
    first = v2.send_email(FromEmailAddress="Zoë <news@harbor.test>", **simple(SIMULATOR, "Über v2"))["MessageId"]
    fresh_clock(fresh, 10)
    second = v1.send_email(
        Source="news@harbor.test",
        Destination={"ToAddresses": [SIMULATOR]},
        Message={"Subject": {"Data": "Über v1"}, "Body": {"Text": {"Data": "Grüße"}}},
    )["MessageId"]
    fresh_clock(fresh, 10)
    raw = b"From: news@harbor.test\r\nTo: x@simulator.amazonses.com\r\nSubject: raw\r\n\r\nHi\r\n"
    third = v1.send_raw_email(RawMessage={"Data": raw}, Destinations=[SIMULATOR])["MessageId"]
    kept = requests.get(f"{fresh.endpoint}/_sesbox/messages", timeout=10).json()["messages"]
    assert [(one["message_id"], one["subject"]) for one in kept] == [
        (third, "raw"),
        (second, "Über v1"),
        (first, "Über v2"),
    ]
    assert kept[1]["text"].strip() == "Grüße"
    assert kept[0]["destinations"] == [SIMULATOR]
    one = requests.get(f"{fresh.endpoint}/_sesbox/messages/{third}", timeout=10).json()
    assert "Subject: raw" in one["raw"]
    assert requests.get(f"{fresh.endpoint}/_sesbox/messages/unknown", timeout=10).status_code == 404


def fresh_clock(box: SesboxProcess, seconds: float) -> dict[str, Any]:
    answer = requests.post(f"{box.endpoint}/_sesbox/clock", json={"advance": seconds}, timeout=10)
    assert answer.ok, answer.text
    return dict(answer.json())


def test_the_sandbox_refuses_strangers_and_says_once_which_flag_lifts_it(fresh: SesboxProcess) -> None:
    v2 = client(fresh, "sesv2")
    v2.create_email_identity(EmailIdentity="harbor.test")
    for _ in range(2):
        with pytest.raises(v2.exceptions.MessageRejected) as error:
            v2.send_email(FromEmailAddress="news@harbor.test", **simple("stranger@elsewhere.test"))
        assert error.value.response["Error"]["Message"] == (
            "Email address is not verified. The following identities failed the check in region US-EAST-1: "
            "stranger@elsewhere.test"
        )
    assert fresh.log.count("--profile production") == 1


def test_each_region_is_an_account_of_its_own(fresh: SesboxProcess) -> None:
    client(fresh, "sesv2", "eu-west-1").create_email_identity(EmailIdentity="harbor.test")
    assert client(fresh, "sesv2", "us-east-1").list_email_identities()["EmailIdentities"] == []
    (found,) = client(fresh, "ses", "eu-west-1").list_identities()["Identities"]
    assert found == "harbor.test"


def test_the_path_of_older_clients_lists_identities_too(fresh: SesboxProcess) -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    client(fresh, "sesv2").create_email_identity(EmailIdentity="harbor.test")
    made = AWSRequest("GET", f"{fresh.endpoint}/v2/email/identities?PageSize=10")
    keys = Credentials(fresh.ready["access_key_id"], fresh.ready["secret_access_key"])
    SigV4Auth(keys, "ses", "us-east-1").add_auth(made)
    answer = requests.get(made.url, headers=dict(made.headers.items()), timeout=10)
    assert [one["IdentityName"] for one in answer.json()["EmailIdentities"]] == ["harbor.test"]


def test_sns_topics_live_on_the_same_port(fresh: SesboxProcess) -> None:
    sns = client(fresh, "sns", "eu-west-1")
    arn = sns.create_topic(Name="feedback", Attributes={"SignatureVersion": "2"})["TopicArn"]
    assert arn == "arn:aws:sns:eu-west-1:123456789012:feedback"
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SignatureVersion"] == "2"
    assert sns.list_topics()["Topics"] == [{"TopicArn": arn}]
    with pytest.raises(sns.exceptions.NotFoundException) as error:
        sns.get_topic_attributes(TopicArn=arn + "-other")
    assert refusal(error) == ("NotFound", 404)


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("sesv2", "get_account", "InvalidSignatureException", 403),
        ("ses", "get_send_quota", "SignatureDoesNotMatch", 403),
        ("sns", "list_topics", "SignatureDoesNotMatch", 403),
    ],
)
def test_a_wrong_secret_is_refused(box: SesboxProcess, service: str, operation: str, code: str, status: int) -> None:
    with pytest.raises(ClientError) as error:
        getattr(client(box, service, aws_secret_access_key="wrong"), operation)()
    assert refusal(error) == (code, status)
    assert "The request signature we calculated does not match" in str(error.value)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("sesv2", "get_account", "UnrecognizedClientException"),
        ("ses", "get_send_quota", "InvalidClientTokenId"),
        ("sns", "list_topics", "InvalidClientTokenId"),
    ],
)
def test_an_unknown_key_is_refused(box: SesboxProcess, service: str, operation: str, code: str) -> None:
    with pytest.raises(ClientError) as error:
        getattr(client(box, service, aws_access_key_id="AKIANOBODY"), operation)()
    assert refusal(error) == (code, 403)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "text"),
    [
        ("sesv2", "create_tenant", {"TenantName": "t"}, "sesbox does not support SES v2 CreateTenant yet"),
        ("ses", "list_receipt_filters", {}, "sesbox does not support SES v1 ListReceiptFilters yet"),
        ("sns", "list_platform_applications", {}, "sesbox does not support SNS ListPlatformApplications yet"),
    ],
)
def test_what_is_not_supported_says_so(
    box: SesboxProcess, service: str, operation: str, arguments: dict[str, str], text: str
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(client(box, service), operation)(**arguments)
    assert refusal(error) == ("NotImplemented", 501)
    assert error.value.response["Error"]["Message"] == text


def test_constraints_of_the_model_come_first(box: SesboxProcess) -> None:
    lenient = botocore.config.Config(parameter_validation=False)
    v2 = boto3.client("sesv2", config=lenient, **box.client_arguments())  # type: ignore[call-overload]
    with pytest.raises(v2.exceptions.BadRequestException) as error:
        v2.create_email_identity()
    assert error.value.response["Error"]["Message"] == (
        "1 validation error detected: Value at 'emailIdentity' failed to satisfy constraint: Member must not be null"
    )


def test_odd_names_in_the_path_keep_their_signature(fresh: SesboxProcess) -> None:
    v2 = client(fresh, "sesv2")
    for name in ("a+b@example.test", "o'neill/x@example.test", "100%@example.test", "grün@example.test"):
        with pytest.raises(ClientError) as error:
            v2.get_email_identity(EmailIdentity=name)
        assert refusal(error)[1] != 403, error.value


def test_permissive_takes_any_credentials_and_every_identity() -> None:
    with SesboxProcess("--profile", "permissive", "--region", "eu-west-1", data=":memory:") as box:
        v2 = client(box, "sesv2", "ap-south-1", aws_access_key_id="any", aws_secret_access_key="thing")
        assert v2.get_account()["ProductionAccessEnabled"] is True
        assert v2.send_email(FromEmailAddress="any@where.test", **simple("every@where.test"))["MessageId"]
        form = {"Action": "GetSendQuota", "Version": "2010-12-01"}
        assert requests.post(box.endpoint, data=form, timeout=10).status_code == 200
        foreign = requests.post(box.endpoint, data=form, headers={"Origin": "http://evil.test"}, timeout=10)
        assert foreign.status_code == 403
        kept = requests.get(f"{box.endpoint}/_sesbox/messages", timeout=10).json()["messages"]
        assert [one["region"] for one in kept] == ["ap-south-1"]
