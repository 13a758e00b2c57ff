"""Building SendEmail and judging every answer to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from sendwell.amazon.send import Envelope, Kind, build_request, classify, mailbox, payload
from sendwell.amazon.signing import Credentials, Endpoint

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ENVELOPE = Envelope(
    message_id=7,
    attempt_n=2,
    from_='"News" <news@example.com>',
    to="reader@example.org",
    subject="Grüße",
    html="<p>Hi</p>",
    text="Hi",
    reply_to="answers@example.com",
    headers=(("List-Unsubscribe", "<https://example.com/u/x>"),),
    configuration_set="sendwell",
    tags=(("campaign", "3"),),
)
NOT_VERIFIED = (
    "Email address is not verified. The following identities failed the check in region US-EAST-1: "
    "News <a@x.test>, b@y.test"
)


def error(code: str, text: str | None) -> tuple[dict[str, str], bytes]:
    return {"x-amzn-ErrorType": code, "Content-Type": "application/json"}, json.dumps({"message": text}).encode()


def test_the_call_is_valid_by_awss_own_model_and_carries_our_tag():
    call = payload(ENVELOPE)
    model = botocore.session.get_session().get_service_model("sesv2").operation_model("SendEmail")

    report = ParamValidator().validate(call, model.input_shape)

    assert not report.has_errors(), report.generate_report()
    assert {"Name": "sendwell", "Value": "7.2"} in call["EmailTags"]
    assert call["Destination"] == {"ToAddresses": ["reader@example.org"]}
    assert call["Content"]["Simple"]["Headers"] == [{"Name": "List-Unsubscribe", "Value": "<https://example.com/u/x>"}]


def test_empty_members_are_left_out():
    call = payload(Envelope(1, 1, "a@example.com", "b@example.com", "s", "", "text"))

    assert set(call) == {"FromEmailAddress", "Destination", "Content", "EmailTags"}
    assert set(call["Content"]["Simple"]["Body"]) == {"Text"}
    assert "Headers" not in call["Content"]["Simple"]


def test_the_request_goes_to_the_endpoint_and_is_signed_for_its_region():
    request = build_request(ENVELOPE, Endpoint("http://127.0.0.1:4580", "eu-west-1"), Credentials("AKID", "s"), NOW)

    assert (request.method, request.url) == ("POST", "http://127.0.0.1:4580/v2/email/outbound-emails")
    assert "/eu-west-1/ses/aws4_request" in request.headers["Authorization"]
    assert json.loads(request.body) == payload(ENVELOPE)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "a@x.test"),
        ("News", '"News" <a@x.test>'),
        ('Say "hi"\\', '"Say \\"hi\\"\\\\" <a@x.test>'),
        ("Evil\r\nBcc: v@x.test", '"Evil Bcc: v@x.test" <a@x.test>'),
        ("Grüße", "=?utf-8?b?R3LDvMOfZQ==?= <a@x.test>"),
    ],
)
def test_mailbox(name, written):
    assert mailbox(name, "a@x.test") == written


@given(st.text(max_size=120))
def test_mailbox_is_one_line_of_ascii_that_reads_back(name):
    from email.headerregistry import HeaderRegistry

    written = mailbox(name, "a@x.test")

    assert written.isascii()
    assert written.isprintable()
    assert "\n" not in written
    assert "\r" not in written
    assert [a.addr_spec for a in HeaderRegistry()("From", written).addresses] == ["a@x.test"]


@pytest.mark.parametrize(
    ("status", "code", "text", "kind"),
    [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", Kind.THROTTLED_RATE),
        (400, "Throttling", "Maximum sending rate exceeded.", Kind.THROTTLED_RATE),
        (400, "ThrottlingException", "Rate exceeded", Kind.THROTTLED_RATE),
        (503, "ServiceUnavailable", "Try later", Kind.THROTTLED_RATE),
        (400, "LimitExceededException", "Daily message quota exceeded.", Kind.THROTTLED_DAILY),
        (400, "LimitExceededException", None, Kind.THROTTLED_DAILY),
        (429, "TooManyRequestsException", "Daily message quota exceeded.", Kind.THROTTLED_DAILY),
        (400, "Throttling", "Daily message quota exceeded.", Kind.THROTTLED_DAILY),
        (400, "MessageRejected", NOT_VERIFIED, Kind.UNVERIFIED),
        (400, "MessageRejected", "Sending paused for this account. For more information, ...", Kind.PAUSED),
        (400, "MessageRejected", "Something else", Kind.REFUSED),
        (400, "SendingPausedException", "Paused", Kind.PAUSED),
        (400, "AccountSuspendedException", None, Kind.PAUSED),
        (400, "BadRequestException", "Missing final '@domain'", Kind.REFUSED),
        (400, "BadRequestException", None, Kind.REFUSED),
        (403, "AccessDeniedException", "User `arn:aws:iam::1:user/x' is not authorized", Kind.CREDENTIALS),
        (
            403,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            Kind.CREDENTIALS,
        ),
        (403, "InvalidSignatureException", "Signature expired", Kind.CREDENTIALS),
        (403, "SomethingNew", "No", Kind.CREDENTIALS),
        (404, "NotFoundException", "Configuration set <sendwell> does not exist.", Kind.CREDENTIALS),
        (400, "MailFromDomainNotVerifiedException", "", Kind.CREDENTIALS),
        (400, "NeverSeenException", "New", Kind.REFUSED),
        (500, "InternalServiceErrorException", "Oops", Kind.IN_DOUBT),
        (501, "NotImplemented", "SendEmail", Kind.IN_DOUBT),
    ],
)
def test_errors_of_ses(status, code, text, kind):
    result = classify(status, *error(code, text))

    assert result.kind is kind
    assert result.status == status


def test_the_code_is_found_wherever_ses_puts_it():
    assert (
        classify(400, {"X-Amzn-Errortype": "BadRequestException:http://internal/"}, b"").code == "BadRequestException"
    )
    assert classify(400, {}, b'{"__type":"com.amazonaws.ses#MessageRejected","message":"x"}').code == "MessageRejected"
    xml = b"<E><Error><Code>Throttling</Code><Message>Daily message quota exceeded.</Message></Error></E>"
    assert classify(400, {}, xml).kind is Kind.THROTTLED_DAILY


def test_unverified_names_the_identities():
    result = classify(400, *error("MessageRejected", NOT_VERIFIED))

    assert result.identities == ("News <a@x.test>", "b@y.test")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 400, 403, 404, 413, 301, 307, 201, 204])
def test_an_answer_that_is_not_sess_leaves_the_message_in_doubt(status):
    assert classify(status, {"Server": "proxy"}, b"<html>no</html>").kind is Kind.IN_DOUBT


def test_too_many_requests_from_anything_in_between_is_a_throttle():
    assert classify(429, {}, b"slow down").kind is Kind.THROTTLED_RATE


def test_accepted_needs_a_message_id():
    assert classify(200, {}, b'{"MessageId":"0100-x"}').ses_message_id == "0100-x"
    for body in (b"", b"{}", b"[]", b"null", b'{"MessageId":""}', b'{"MessageId":5}', b'{"MessageId":"x"', b"\xff"):
        assert classify(200, {}, body).kind is Kind.IN_DOUBT


@given(
    st.integers(-1, 1000),
    st.dictionaries(st.sampled_from(["x-amzn-ErrorType", "X-Amzn-RequestId", "a"]), st.text(max_size=20)),
    st.one_of(st.binary(max_size=60), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
        lambda v: json.dumps({"message": v, "__type": v, "MessageId": v}).encode())),
)  # fmt: skip
def test_classify_is_total_and_only_200_accepts(status, headers, body):
    result = classify(status, headers, body)

    assert isinstance(result.kind, Kind)
    assert (result.kind is Kind.ACCEPTED) == (status == 200 and bool(result.ses_message_id))
    if status in (500, 502, 504) or not 400 <= status <= 599:
        assert result.kind in (Kind.ACCEPTED, Kind.IN_DOUBT)
