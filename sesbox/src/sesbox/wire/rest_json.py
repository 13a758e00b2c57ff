"""AWS's REST-JSON protocol (SES v2): route, labels, query string and JSON in, JSON out.

Lives here: routes and members by the model. Must not live here: constraint checks (validate.py), error documents
(errors.py), HTTP. Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from sesbox.refusal import AwsError
from sesbox.wire.model import Member, OperationModel, Service, Shape
from sesbox.wire.request import Request
from sesbox.wire.values import finite, read_blob, read_timestamp, write_blob

# Routes that AWS changed: clients older than the model in the wheel still use these (botocore < 1.43.105, and
# ListContacts by GET with a body: aws/aws-sdk-net#2096). What is in the body today came in the query string then.
OLDER_ROUTES = {
    ("GET", "/v2/email/identities"): "ListEmailIdentities",
    ("GET", "/v2/email/configuration-sets"): "ListConfigurationSets",
    ("GET", "/v2/email/contact-lists/{ContactListName}/contacts"): "ListContacts",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One route; a step is literal text, or None where a label stands."""

    steps: tuple[str | None, ...]
    labels: tuple[str, ...]
    operation: OperationModel
    older: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A request's operation and the labels of its path, decoded."""

    operation: OperationModel
    labels: Mapping[str, str]
    older: bool


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes of a service: `literal` by method and steps, `labelled` by method and number of steps."""

    literal: Mapping[tuple[str, str], Match]
    labelled: Mapping[tuple[str, int], tuple[Route, ...]]


def routes(service: Service) -> Routes:
    """The routes of the model and the older ones; a more literal route comes before one with more labels."""
    table: dict[tuple[str, int], list[Route]] = {}
    for model in service.operations.values():
        _add(table, model.method, model.uri, model, older=False)
    for (method, uri), name in OLDER_ROUTES.items():
        _add(table, method, uri, service.operations[name], older=True)
    literal = {
        (method, "/".join(step for step in route.steps if step)): Match(route.operation, {}, route.older)
        for (method, _), found in table.items()
        for route in found
        if not route.labels
    }
    labelled = {
        place: tuple(sorted((route for route in found if route.labels), key=lambda route: len(route.labels)))
        for place, found in table.items()
    }
    return Routes(literal, labelled)


def match(table: Routes, method: str, path: str) -> Match:
    """The operation at a raw path. Raises AwsError UnknownOperationException (404)."""
    bare = path.strip("/")
    found = table.literal.get((method, bare))
    if found is not None:
        return found
    steps = bare.split("/")
    for route in table.labelled.get((method, len(steps)), ()):
        if all(want is None or want == step for want, step in zip(route.steps, steps, strict=True)):
            values = [unquote(step) for want, step in zip(route.steps, steps, strict=True) if want is None]
            return Match(route.operation, dict(zip(route.labels, values, strict=True)), route.older)
    raise AwsError("UnknownOperationException", None, status=404)


def read(found: Match, request: Request) -> dict[str, Any]:
    """The parameters of a request. Raises AwsError SerializationException for a value of the wrong type."""
    shape = found.operation.input
    if shape is None:
        return {}
    params = _structure(shape, _body(request.body))
    arguments: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        arguments.setdefault(name, []).append(value)
    for member in shape.members.values():
        if member.location == "uri" and member.wire in found.labels:
            params[member.name] = _text_value(member.shape, found.labels[member.wire])
        elif member.wire in arguments and (member.location == "querystring" or found.older):
            params[member.name] = _argument(member, arguments[member.wire])
    return params


def write(model: OperationModel, response: Mapping[str, Any]) -> bytes:
    """The JSON of a success. Raises ValueError for a response member that the model does not know."""
    if model.output is None:
        return b"{}"
    return _ENCODER.encode(_json_value(model.output, response)).encode()


def _add(
    table: dict[tuple[str, int], list[Route]], method: str, uri: str, model: OperationModel, *, older: bool
) -> None:
    parts = uri.strip("/").split("/")
    steps = tuple(None if part.startswith("{") else part for part in parts)
    labels = tuple(part[1:-1] for part in parts if part.startswith("{"))
    table.setdefault((method, len(parts)), []).append(Route(steps, labels, model, older))


def _body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = _DECODER.decode(body.decode())
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text: UnicodeEncodeError
    except (ValueError, RecursionError):
        raise _unreadable("Could not parse request body into json") from None
    if not isinstance(value, dict):
        raise _unreadable("Unexpected field type")
    return value


def _refuse_constant(name: str) -> None:
    """JSON has no NaN and no Infinity, only Python's reader does."""
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def _structure(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, inner in value.items():
        member = shape.in_body.get(name)
        if member is not None and inner is not None:
            found[member.name] = _READERS[member.shape.type](member.shape, inner)
    return found


def _read_structure(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable("Start of list found where not expected" if isinstance(value, list) else "Expected null")
    return _structure(shape, value)


def _read_list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _unreadable("Expected list or null")
    item = shape.member
    assert item is not None
    reader = _READERS[item.type]
    return [None if inner is None else reader(item, inner) for inner in value]


def _read_map(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable("Expected map or null")
    item = shape.value
    assert item is not None
    reader = _READERS[item.type]
    return {key: reader(item, inner) for key, inner in value.items() if inner is not None}


def _read_string(_: Shape, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(value, "a String")


def _read_number(kind: Callable[[Any], Any], name: str, _: Shape, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(value, name)
    try:
        return kind(value)
    except (OverflowError, ValueError):
        raise _wrong(value, name) from None


def _read_boolean(_: Shape, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(value, "a Boolean")


def _read_timestamp(_: Shape, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _wrong(value, "a Timestamp")
    try:
        return read_timestamp(value) if isinstance(value, str) else finite(value)
    except (ValueError, OverflowError):
        raise _wrong(value, "a Timestamp") from None


def _read_blob(_: Shape, value: Any) -> bytes:
    if not isinstance(value, str):
        raise _wrong(value, "a ByteBuffer")
    try:
        return read_blob(value)
    except ValueError:
        raise _wrong(value, "a ByteBuffer") from None


_READERS: Mapping[str, Callable[[Shape, Any], Any]] = {
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "string": _read_string,
    "integer": functools.partial(_read_number, int, "an Integer"),
    "long": functools.partial(_read_number, int, "a Long"),
    "float": functools.partial(_read_number, finite, "a Float"),
    "double": functools.partial(_read_number, finite, "a Double"),
    "boolean": _read_boolean,
    "timestamp": _read_timestamp,
    "blob": _read_blob,
}


def _argument(member: Member, values: list[str]) -> Any:
    if member.shape.type != "list":
        return _text_value(member.shape, values[0])
    assert member.shape.member is not None
    return [_text_value(member.shape.member, value) for value in values]


def _text_value(shape: Shape, value: str) -> Any:
    """A label or an argument of the query string as its shape's value."""
    try:
        if shape.type == "string":
            return value
        if shape.type in ("integer", "long"):
            return int(value)
        if shape.type in ("float", "double"):
            return finite(value)
        if shape.type == "timestamp":
            return read_timestamp(value)
        if shape.type == "boolean" and value in ("true", "false"):
            return value == "true"
    except ValueError:
        pass
    raise _wrong(value, f"a {shape.type.capitalize()}")


def _wrong(value: Any, wanted: str) -> AwsError:
    if isinstance(value, list):
        return _unreadable("Start of list found where not expected")
    if isinstance(value, dict):
        return _unreadable("Start of structure or map found where not expected.")
    if isinstance(value, bool):
        given = "TRUE_VALUE" if value else "FALSE_VALUE"
    else:
        given = "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
    return _unreadable(f"{given} can not be converted to {wanted}")


def _unreadable(message: str) -> AwsError:
    return AwsError("SerializationException", message, status=400)


def _json_value(shape: Shape, value: Any) -> Any:
    if shape.type == "structure":
        unknown = value.keys() - shape.members.keys()
        if unknown:
            raise ValueError(f"{shape.name} has no {sorted(unknown)}")
        members = shape.members
        return {
            members[name].wire: _json_value(members[name].shape, inner)
            for name, inner in value.items()
            if inner is not None
        }
    if shape.type == "list":
        assert shape.member is not None
        return [_json_value(shape.member, inner) for inner in value]
    if shape.type == "map":
        assert shape.value is not None
        return {key: _json_value(shape.value, inner) for key, inner in value.items()}
    return _json_scalar(shape.type, value)


def _json_scalar(kind: str, value: Any) -> Any:
    if kind == "timestamp":
        return round(float(value), 3)
    if kind == "blob":
        return write_blob(value)
    if kind in ("float", "double"):
        return float(value)
    return value
