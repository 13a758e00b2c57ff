"""Every operation of the three models, request and response and error, against botocore's own two ends."""

import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
import pytest

from sesbox.operations.base import AwsError
from sesbox.wire import errors, query, rest_json, validate
from sesbox.wire.model import load
from sesbox.wire.request import Request

LOADER = botocore.loaders.Loader()
MODELS = {
    name: botocore.model.ServiceModel(LOADER.load_service_model(name, "service-2"), name)
    for name in ("ses", "sesv2", "sns")
}
EVERY = [(name, operation) for name, model in MODELS.items() for operation in model.operation_names]
QUERY = [(name, operation) for name, operation in EVERY if name != "sesv2"]

STAMP = 1_700_000_000.0
TEXT = 'Zoë & "Co" <z@x.test>\r\n\tü=+%/'


def sample(shape: Any, depth: int = 0, seen: tuple[str, ...] = ()) -> Any:
    """A value for a botocore shape as botocore takes it, every member filled; recursion stops at a known shape."""
    kind = shape.type_name
    if kind == "structure":
        members = {
            name: sample(member, depth + 1, (*seen, shape.name))
            for name, member in shape.members.items()
            if member.name not in seen
        }
        if shape.is_tagged_union:
            return dict(list(members.items())[:1])
        return members
    if kind == "list":
        return [sample(shape.member, depth + 1, seen), sample(shape.member, depth + 1, seen)]
    if kind == "map":
        key = sample(shape.key, depth + 1, seen)
        return {key: sample(shape.value, depth + 1, seen)}
    return scalar(shape)


def scalar(shape: Any) -> Any:
    """A value for a scalar shape: the odd characters are there on purpose."""
    kind = shape.type_name
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(STAMP, tz=datetime.timezone.utc)
    if kind == "string":
        return shape.enum[0] if shape.enum else TEXT
    return {"blob": b"\x00\xff blob", "boolean": True, "integer": 7, "long": 2**40, "float": 0.5, "double": 1.25}[kind]


def ours(value: Any) -> Any:
    """The same value as sesbox holds it: timestamps are epoch seconds."""
    if isinstance(value, dict):
        return {key: ours(item) for key, item in value.items()}
    if isinstance(value, list):
        return [ours(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value


def serialize(name: str, operation: Any, params: dict[str, Any]) -> dict[str, Any]:
    return botocore.serialize.create_serializer(MODELS[name].protocol).serialize_to_request(params, operation)


def parse(name: str, operation: Any, status: int, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    parser = botocore.parsers.create_parser(MODELS[name].protocol)
    shape = operation.output_shape if status < 300 else None
    return parser.parse({"status_code": status, "headers": headers, "body": body}, shape)


def as_request(made: dict[str, Any]) -> Request:
    parts = urlsplit(made["url_path"])
    arguments = urlencode(made["query_string"], doseq=True) if made["query_string"] else parts.query
    body = made["body"]
    return Request(made["method"], parts.path, arguments, {}, body.encode() if isinstance(body, str) else body)


def test_the_copies_are_those_of_the_installed_botocore() -> None:
    for name, model in MODELS.items():
        assert set(load(name).operations) == set(model.operation_names)


@pytest.mark.parametrize(("name", "operation_name"), EVERY)
def test_a_request_that_botocore_writes_is_read_back(name: str, operation_name: str) -> None:
    operation = MODELS[name].operation_model(operation_name)
    params = sample(operation.input_shape) if operation.input_shape else {}
    made = serialize(name, operation, params)
    service = load(name)
    if name == "sesv2":
        request = as_request(made)
        found = rest_json.match(rest_json.routes(service), request.method, request.path)
        assert found.operation.name == operation_name
        assert rest_json.read(found, request) == ours(params)
        return
    fields = query.form(urlencode(made["body"]))
    found_model = query.operation(service, fields)
    assert found_model.name == operation_name
    assert query.read(found_model, fields) == ours(params)


@pytest.mark.parametrize(("name", "operation_name"), EVERY)
def test_a_response_that_we_write_is_read_by_botocore(name: str, operation_name: str) -> None:
    operation = MODELS[name].operation_model(operation_name)
    expected = sample(operation.output_shape) if operation.output_shape else {}
    service = load(name)
    model = service.operations[operation_name]
    response = ours(expected)
    body = rest_json.write(model, response) if name == "sesv2" else query.write(service, model, response, "the-id")
    parsed = parse(name, operation, 200, {}, body)
    metadata = parsed.pop("ResponseMetadata")
    assert parsed == expected
    if name != "sesv2":
        assert metadata["RequestId"] == "the-id"


@pytest.mark.parametrize(("name", "operation_name"), EVERY)
def test_every_modelled_error_is_read_by_botocore(name: str, operation_name: str) -> None:
    operation = MODELS[name].operation_model(operation_name)
    service = load(name)
    for shape in operation.error_shapes:
        error = AwsError(shape.name, "Häßlich <&>")
        answer = errors.render(error, service, service.operations[operation_name], "the-id")
        parsed = parse(name, operation, answer.status, dict(answer.headers), answer.body)
        assert parsed["Error"]["Code"] == (shape.name if name == "sesv2" else shape.error_code)
        assert parsed["Error"]["Message"] == "Häßlich <&>"
        assert parsed["ResponseMetadata"]["RequestId"] == "the-id"
        assert answer.status == shape.metadata.get("error", {}).get("httpStatusCode", 400)


@pytest.mark.parametrize(("name", "operation_name"), EVERY)
def test_validation_knows_every_shape(name: str, operation_name: str) -> None:
    operation = MODELS[name].operation_model(operation_name)
    model = load(name).operations[operation_name]
    params = ours(sample(operation.input_shape)) if operation.input_shape else {}
    required = operation.input_shape.required_members if operation.input_shape else []
    try:
        validate.check(model, params)
    except AwsError as error:
        assert "must not be null" not in str(error.message)
    if required:
        with pytest.raises(AwsError, match=rf"{len(required)} validation errors? detected: .*must not be null"):
            validate.check(model, {})


@pytest.mark.parametrize("method_uri", rest_json.OLDER_ROUTES)
def test_routes_of_older_clients_take_their_arguments_from_the_query_string(method_uri: tuple[str, str]) -> None:
    method, uri = method_uri
    path = uri.replace("{ContactListName}", "my%20list")
    found = rest_json.match(rest_json.routes(load("sesv2")), method, path)
    assert found.operation.name == rest_json.OLDER_ROUTES[method_uri]
    params = rest_json.read(found, Request(method, path, "PageSize=5&NextToken=a%2Bb"))
    assert params["PageSize"] == 5
    assert params["NextToken"] == "a+b"
    if "{" in uri:
        assert params["ContactListName"] == "my list"
