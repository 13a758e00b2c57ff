"""What the wire refuses, in the words AWS uses for it."""

import json

import pytest

from sesbox.operations.base import AwsError
from sesbox.wire import errors, query, rest_json, validate
from sesbox.wire.model import load
from sesbox.wire.request import Request

V2 = load("sesv2")
ROUTES = rest_json.routes(V2)


def read_v2(method: str, path: str, body: str = "", arguments: str = "") -> dict[str, object]:
    request = Request(method, path, arguments, {}, body.encode())
    found = rest_json.match(ROUTES, method, path)
    params = rest_json.read(found, request)
    validate.check(found.operation, params)
    return params


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"FromEmailAddress": 1}', "NUMBER_VALUE can not be converted to a String"),
        ('{"FromEmailAddress": true}', "TRUE_VALUE can not be converted to a String"),
        ('{"FromEmailAddress": ["a"]}', "Start of list found where not expected"),
        ('{"Destination": {"ToAddresses": "a@x.test"}}', "Expected list or null"),
        ('{"Destination": ["a@x.test"]}', "Start of list found where not expected"),
        ('{"Content": {"Raw": {"Data": "not base64"}}}', "STRING_VALUE can not be converted to a ByteBuffer"),
        ('{"FromEmailAddress": "\\ud800"}', "Could not parse request body into json"),
        ("{not json", "Could not parse request body into json"),
        ("[" * 100_000, "Could not parse request body into json"),
        ("[]", "Unexpected field type"),
    ],
)
def test_json_of_the_wrong_type(body: str, message: str) -> None:
    with pytest.raises(AwsError) as refusal:
        read_v2("POST", "/v2/email/outbound-emails", body)
    assert (refusal.value.code, refusal.value.message) == ("SerializationException", message)


def test_query_string_of_the_wrong_type() -> None:
    with pytest.raises(AwsError, match="STRING_VALUE can not be converted to a"):
        read_v2("GET", "/v2/email/templates", arguments="PageSize=many")


def test_null_is_absent_and_unknown_members_are_ignored() -> None:
    assert read_v2("POST", "/v2/email/identities", '{"EmailIdentity": "a@x.test", "Tags": null, "New": 1}') == {
        "EmailIdentity": "a@x.test"
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "{}",
            "1 validation error detected: Value at 'emailIdentity' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            '{"EmailIdentity": "", "Tags": [{"Key": "k"}, null]}',
            "3 validation errors detected: "
            "Value at 'emailIdentity' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1; "
            "Value at 'tags.1.member.value' failed to satisfy constraint: Member must not be null; "
            "Value at 'tags.2.member' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_constraints_are_told_all_at_once(body: str, message: str) -> None:
    with pytest.raises(AwsError) as refusal:
        read_v2("POST", "/v2/email/identities", body)
    assert (refusal.value.code, refusal.value.message) == ("ValidationError", message)


@pytest.mark.parametrize(
    ("body", "constraint"),
    [
        (
            '{"ConfigurationSetName": "s", "DeliveryOptions": {"TlsPolicy": "MAYBE"}}',
            "Value at 'deliveryOptions.tlsPolicy' failed to satisfy constraint: "
            "Member must satisfy enum value set: [OPTIONAL, REQUIRE]",
        ),
        (
            '{"ConfigurationSetName": "s", "DeliveryOptions": {"MaxDeliverySeconds": 1}}',
            "Value at 'deliveryOptions.maxDeliverySeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 300",
        ),
    ],
)
def test_wording_of_constraints(body: str, constraint: str) -> None:
    with pytest.raises(AwsError) as refusal:
        read_v2("POST", "/v2/email/configuration-sets", body)
    assert refusal.value.message == f"1 validation error detected: {constraint}"


def test_map_constraints_name_the_map() -> None:
    with pytest.raises(AwsError, match=r"at 'filter' .* Map keys must satisfy constraint: \[Member must satisfy enum"):
        read_v2("POST", "/v2/email/list-identities", '{"Filter": {"COLOUR": "red"}}')


@pytest.mark.parametrize("path", ["/v2/email/nonsense", "/v2/email/identities/", "/v2/email", "/v2/email/a/b/c/d/e"])
def test_an_unknown_route_is_an_unknown_operation(path: str) -> None:
    with pytest.raises(AwsError) as refusal:
        rest_json.match(ROUTES, "PATCH", path)
    assert (refusal.value.code, refusal.value.status) == ("UnknownOperationException", 404)


def test_literal_routes_win_over_labels() -> None:
    assert rest_json.match(ROUTES, "POST", "/v2/email/tenants/delete").operation.name == "DeleteTenant"
    assert rest_json.match(ROUTES, "GET", "/v2/email/insights/abc/").labels == {"MessageId": "abc"}
    assert rest_json.match(ROUTES, "GET", "/v2/email/insights/abc").labels == {"MessageId": "abc"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MissingAction"),
        ("Action=DoIt", "InvalidAction"),
        ("Action=ListIdentities&MaxItems=many", "MalformedInput"),
        ("Action=ListIdentities&MaxItems.x=1", "MalformedInput"),
        ("Action=SendEmail&Destination.ToAddresses.member.x=a", "MalformedInput"),
        ("Action=SendEmail&" + "a." * 40 + "b=1", "MalformedInput"),
        ("Action=SendRawEmail&RawMessage.Data=%C3%BC", "MalformedInput"),
    ],
)
def test_forms_that_make_no_sense(text: str, code: str) -> None:
    service = load("ses")
    fields = query.form(text)
    with pytest.raises(AwsError) as refusal:
        query.read(query.operation(service, fields), fields)
    assert (refusal.value.code, refusal.value.status) == (code, 400)


def test_list_members_come_in_the_order_of_their_numbers() -> None:
    service = load("ses")
    names = "&".join(f"Destination.ToAddresses.member.{index}=a{index}" for index in (10, 2, 1))
    fields = query.form(f"Action=SendEmail&{names}")
    params = query.read(query.operation(service, fields), fields)
    assert params["Destination"] == {"ToAddresses": ["a1", "a2", "a10"]}


@pytest.mark.parametrize(
    ("service", "operation", "code", "wire", "status"),
    [
        ("ses", "SendEmail", "TooManyRequestsException", "Throttling", 400),
        ("ses", "SendEmail", "LimitExceededException", "Throttling", 400),
        ("ses", "CreateReceiptRule", "LimitExceededException", "LimitExceeded", 400),
        ("ses", "SendEmail", "BadRequestException", "InvalidParameterValue", 400),
        ("ses", "SendEmail", "NotFoundException", "ConfigurationSetDoesNotExist", 400),
        ("ses", "SendEmail", "SendingPausedException", "AccountSendingPausedException", 400),
        ("ses", "SendEmail", "AccessDeniedException", "AccessDenied", 403),
        ("ses", "VerifyEmailIdentity", "NotFoundException", "InvalidParameterValue", 400),
        ("ses", "SendEmail", "InternalFailure", "InternalFailure", 500),
        ("sesv2", "SendEmail", "Throttling", "TooManyRequestsException", 429),
        ("sesv2", "SendEmail", "ValidationError", "BadRequestException", 400),
        ("sesv2", "SendEmail", "ConfigurationSetDoesNotExist", "NotFoundException", 404),
        ("sesv2", "CreateEmailTemplate", "AlreadyExists", "AlreadyExistsException", 400),
        ("sesv2", "SendEmail", "SignatureDoesNotMatch", "InvalidSignatureException", 403),
        ("sesv2", "SendEmail", "AccessDenied", "AccessDeniedException", 403),
        ("sesv2", "SendEmail", "InternalFailure", "InternalServiceErrorException", 500),
        ("sesv2", "SendEmail", "SerializationException", "SerializationException", 400),
        ("sns", "Subscribe", "NotFoundException", "NotFound", 404),
        ("sns", "Subscribe", "AccessDenied", "AuthorizationError", 403),
        ("sns", "Subscribe", "ValidationError", "ValidationError", 400),
    ],
)
def test_one_core_speaks_each_dialect(service: str, operation: str, code: str, wire: str, status: int) -> None:
    model = load(service)
    stated = {"SignatureDoesNotMatch": 403}.get(code)
    found = errors.resolve(AwsError(code, "text", status=stated), model, model.operations[operation])
    assert (found.code, found.status) == (wire, status)


def test_the_json_error_keeps_a_null_text() -> None:
    answer = errors.render(AwsError("BadRequestException", None), V2, None, "the-id")
    assert json.loads(answer.body) == {"message": None}
    assert ("x-amzn-errortype", "BadRequestException") in answer.headers


def test_what_xml_cannot_hold_does_not_break_it() -> None:
    assert query.text("a\x00b\rc<") == "a\ufffdb&#xD;c&lt;"
    with pytest.raises(ValueError, match="has no"):
        query.write(load("ses"), load("ses").operations["SendEmail"], {"Wrong": 1}, "id")
