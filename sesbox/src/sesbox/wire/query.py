"""AWS's Query protocol (SES v1, SNS): form in, XML out.

Lives here: reading a form by an input shape, writing XML by an output shape.
Must not live here: constraint checks (validate.py), error documents (errors.py), HTTP.
Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from sesbox.refusal import AwsError
from sesbox.wire.model import OperationModel, Service, Shape
from sesbox.wire.values import finite, iso_timestamp, read_blob, read_timestamp, write_blob

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"\r": "&#xD;"}
_MAX_DEPTH, _MAX_FIELDS = 32, 10_000

Tree = dict[str, Any]


def form(text: str) -> dict[str, str]:
    """The fields of an `application/x-www-form-urlencoded` text; the first of equal names counts.

    Raises AwsError MalformedQueryString for more fields than any call has.
    """
    if text.count("&") > _MAX_FIELDS:
        raise AwsError("MalformedQueryString", f"The query string has more than {_MAX_FIELDS} fields.", status=404)
    fields: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        fields.setdefault(name, value)
    return fields


def operation(service: Service, fields: Mapping[str, str]) -> OperationModel:
    """The operation that `Action` names. Raises AwsError MissingAction or InvalidAction."""
    action = fields.get("Action", "")
    if not action:
        raise AwsError("MissingAction", "Missing Action parameter", status=400)
    found = service.operations.get(action)
    if found is None:
        version = fields.get("Version", service.version)
        raise AwsError("InvalidAction", f"Could not find operation {action} for version {version}", status=400)
    return found


def read(model: OperationModel, fields: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a request. Raises AwsError MalformedInput for text that is not what its shape says."""
    if model.input is None:
        return {}
    return _structure(model.input, _tree(fields))


def write(service: Service, model: OperationModel, response: Mapping[str, Any], request_id: str) -> bytes:
    """The XML of a success. Raises ValueError for a response member that the model does not know."""
    parts = [f'<{model.name}Response xmlns="{service.namespace}">']
    if model.output is not None:
        wrapper = model.result_wrapper or f"{model.name}Result"
        _write_element(parts, wrapper, model.output, response)
    elif response:
        raise ValueError(f"{model.name} has no output, got {sorted(response)}")
    parts.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{model.name}Response>")
    return "".join(parts).encode()


def text(value: str) -> str:
    """Escaped for XML 1.0; characters that XML cannot hold become U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", value), _ENTITIES)


def _tree(fields: Mapping[str, str]) -> Tree:
    """Fields `A.B.1` as nested dictionaries; a value stands under the empty name."""
    root: Tree = {}
    for name, value in fields.items():
        node = root
        steps = name.split(".")
        if len(steps) > _MAX_DEPTH:
            raise _malformed(name[:80])
        if "" in steps:  # `A..B` names no member there could be
            continue
        for step in steps:
            node = node.setdefault(step, {})
        node[""] = value
    return root


def _structure(shape: Shape, node: Tree) -> dict[str, Any]:
    found = {}
    for member in shape.members.values():
        below = node.get(member.wire)
        if below is not None:
            found[member.name] = _value(member.shape, below, member.wire)
    return found


def _value(shape: Shape, node: Tree, where: str) -> Any:
    if shape.type == "structure":
        return _structure(shape, node)
    if shape.type == "list":
        return _list(shape, node, where)
    if shape.type == "map":
        return _map(shape, node, where)
    if "" not in node:
        raise _malformed(where)
    try:
        return _SCALARS[shape.type](node[""])
    except ValueError:
        raise _malformed(where) from None


def _list(shape: Shape, node: Tree, where: str) -> list[Any]:
    """`member.N`, in the order of N; a bare empty value is an empty list."""
    assert shape.member is not None
    items = node.get("member", {})
    return [_value(shape.member, items[index], where) for index in _indices(items, where)]


def _map(shape: Shape, node: Tree, where: str) -> dict[str, Any]:
    """`entry.N.key` and `entry.N.value`."""
    assert shape.key is not None and shape.value is not None
    found: dict[str, Any] = {}
    entries = node.get("entry", {})
    for index in _indices(entries, where):
        entry = entries[index]
        key = entry.get(shape.key_wire, {}).get("")
        if key is None:
            raise _malformed(where)
        found[key] = _value(shape.value, entry.get(shape.value_wire, {}), where)
    return found


def _indices(items: Tree, where: str) -> list[str]:
    names = [name for name in items if name]
    if not all(name.isascii() and name.isdigit() and len(name) < 9 for name in names):
        raise _malformed(where)
    return sorted(names, key=int)


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(value)
    return value.lower() == "true"


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "boolean": _boolean,
    "integer": int,
    "long": int,
    "float": finite,
    "double": finite,
    "timestamp": read_timestamp,
    "blob": read_blob,
}


def _malformed(where: str) -> AwsError:
    return AwsError("MalformedInput", f"Unexpected value for '{where}'", status=400)


def _write_element(parts: list[str], name: str, shape: Shape, value: Any) -> None:
    parts.append(f"<{name}>")
    if shape.type == "structure":
        unknown = value.keys() - shape.members.keys()
        if unknown:
            raise ValueError(f"{shape.name} has no {sorted(unknown)}")
        for member in shape.members.values():
            inner = value.get(member.name)
            if inner is not None:
                _write_element(parts, member.wire, member.shape, inner)
    elif shape.type == "list":
        assert shape.member is not None
        for item in value:
            _write_element(parts, "member", shape.member, item)
    elif shape.type == "map":
        assert shape.key is not None and shape.value is not None
        for key, inner in value.items():
            parts.append(f"<entry><{shape.key_wire}>{text(key)}</{shape.key_wire}>")
            _write_element(parts, shape.value_wire, shape.value, inner)
            parts.append("</entry>")
    else:
        parts.append(_scalar_text(shape.type, value))
    parts.append(f"</{name}>")


def _scalar_text(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return iso_timestamp(value)
    if kind == "blob":
        return write_blob(value)
    if kind in ("float", "double"):
        return repr(float(value))
    return text(str(value))
