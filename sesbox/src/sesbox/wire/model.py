"""AWS's service models as values: operations, shapes, members, errors.

Lives here: reading the model files that travel in the wheel. Must not live here: anything that is known of one
operation; whatever the model says is looked up, never repeated by hand.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

SERVICES = ("ses", "sesv2", "sns")


@dataclass(slots=True)
class Member:
    """A member of a structure. `wire` is its name on the wire, `path` its name in validation texts."""

    name: str
    shape: Shape
    wire: str
    path: str
    location: str = "body"


@dataclass(slots=True, repr=False)
class Shape:
    """One shape of the model. Built in two passes because shapes name each other; nobody changes it afterwards."""

    name: str
    type: str
    members: dict[str, Member] = field(default_factory=dict)
    in_body: dict[str, Member] = field(default_factory=dict)  # by name on the wire
    required: tuple[str, ...] = ()
    member: Shape | None = None
    key: Shape | None = None
    value: Shape | None = None
    key_wire: str = "key"
    value_wire: str = "value"
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: re.Pattern[str] | None = None
    constrained: bool = False


@dataclass(frozen=True, slots=True)
class OperationModel:
    """One operation. `errors` are the shape names the model lists for it."""

    name: str
    method: str
    uri: str
    input: Shape | None
    output: Shape | None
    result_wrapper: str | None
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """One modelled error: its shape name, its code on the wire and its HTTP status."""

    name: str
    code: str
    status: int


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `errors` finds a modelled error by shape name and by wire code."""

    name: str
    protocol: str
    namespace: str
    version: str
    operations: Mapping[str, OperationModel]
    errors: Mapping[str, ErrorModel]


@functools.cache
def load(name: str) -> Service:
    """The service model of `ses`, `sesv2` or `sns`, read once a process."""
    packed = resources.files("sesbox.wire").joinpath("models", f"{name}.json.gz").read_bytes()
    return build(name, json.loads(gzip.decompress(packed)))


def build(name: str, model: Mapping[str, Any]) -> Service:
    """A Service out of the JSON of one `service-2.json`."""
    shapes = {shape: Shape(shape, raw["type"]) for shape, raw in model["shapes"].items()}
    for shape, raw in model["shapes"].items():
        _fill(shapes[shape], raw, shapes)
    _mark_constrained(shapes)
    metadata = model["metadata"]
    return Service(
        name=name,
        protocol=metadata["protocol"],
        namespace=metadata.get("xmlNamespace", ""),
        version=metadata["apiVersion"],
        operations={op: _operation(op, raw, shapes) for op, raw in model["operations"].items()},
        errors=_errors(model["shapes"]),
    )


def _fill(shape: Shape, raw: Mapping[str, Any], shapes: Mapping[str, Shape]) -> None:
    shape.required = tuple(raw.get("required", ()))
    shape.enum = tuple(raw.get("enum", ()))
    shape.minimum, shape.maximum = raw.get("min"), raw.get("max")
    if "pattern" in raw:
        shape.pattern = re.compile(raw["pattern"])
    for name, member in raw.get("members", {}).items():
        shape.members[name] = Member(
            name=name,
            shape=shapes[member["shape"]],
            wire=member.get("locationName", name),
            path=name[:1].lower() + name[1:],
            location=member.get("location", "body"),
        )
    shape.in_body = {member.wire: member for member in shape.members.values() if member.location == "body"}
    if "member" in raw:
        shape.member = shapes[raw["member"]["shape"]]
    if "key" in raw:
        shape.key, shape.value = shapes[raw["key"]["shape"]], shapes[raw["value"]["shape"]]
        shape.key_wire = raw["key"].get("locationName", "key")
        shape.value_wire = raw["value"].get("locationName", "value")


def _mark_constrained(shapes: Mapping[str, Shape]) -> None:
    """Mark each shape under which a constraint can fail, so that validation skips the others."""
    for shape in shapes.values():
        shape.constrained = bool(
            shape.required or shape.enum or shape.pattern or shape.minimum is not None or shape.maximum is not None
        ) or shape.type in ("list", "map")
    changed = True
    while changed:
        changed = False
        for shape in shapes.values():
            inner = any(member.shape.constrained for member in shape.members.values())
            if inner and not shape.constrained:
                shape.constrained = changed = True


def _operation(name: str, raw: Mapping[str, Any], shapes: Mapping[str, Shape]) -> OperationModel:
    output = raw.get("output", {})
    return OperationModel(
        name=name,
        method=raw["http"]["method"],
        uri=raw["http"]["requestUri"],
        input=shapes[raw["input"]["shape"]] if "input" in raw else None,
        output=shapes[output["shape"]] if output else None,
        result_wrapper=output.get("resultWrapper"),
        errors=tuple(error["shape"] for error in raw.get("errors", ())),
    )


def _errors(raw_shapes: Mapping[str, Any]) -> dict[str, ErrorModel]:
    errors: dict[str, ErrorModel] = {}
    for name, raw in raw_shapes.items():
        if raw.get("exception"):
            detail = raw.get("error", {})
            error = ErrorModel(name, detail.get("code", name), detail.get("httpStatusCode", 400))
            errors.setdefault(error.code, error)
            errors[name] = error
    return errors
