"""Constraints of the model (required, enum, length, value, pattern) in Smithy's wording.

Lives here: checking parameters against a shape. Must not live here: rules of the service.
These come before the service's own checks. Texts: recorded from AWS (see docs), e.g. `1 validation error detected:
Value at 'policyName' failed to satisfy constraint: Member must have length less than or equal to 64`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.refusal import AwsError
from sesbox.wire.model import OperationModel, Shape

_NOT_NULL = "Member must not be null"


def check(model: OperationModel, params: Mapping[str, Any]) -> None:
    """Raises AwsError ValidationError that lists every failed constraint; errors.py renames it for SES v2."""
    if model.input is None or not model.input.constrained:
        return
    found: list[str] = []
    _structure(model.input, params, "", found)
    if found:
        head = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise AwsError("ValidationError", f"{head} detected: {'; '.join(found)}", status=400)


def _structure(shape: Shape, value: Mapping[str, Any], prefix: str, found: list[str]) -> None:
    for name in shape.required:
        if name not in value:
            found.append(_failure(prefix + shape.members[name].path, _NOT_NULL))
    for name, inner in value.items():
        member = shape.members[name]
        if member.shape.constrained:
            _value(member.shape, inner, prefix + member.path, found)


def _value(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    if value is None:
        found.append(_failure(path, _NOT_NULL))
        return
    found.extend(_failure(path, constraint) for constraint in _failed(shape, value))
    if shape.type == "structure":
        _structure(shape, value, path + ".", found)
    elif shape.type == "list":
        assert shape.member is not None
        for index, inner in enumerate(value, 1):
            if inner is None or shape.member.constrained:
                _value(shape.member, inner, f"{path}.{index}.member", found)
    elif shape.type == "map":
        _map(shape, value, path, found)


def _map(shape: Shape, value: Mapping[str, Any], path: str, found: list[str]) -> None:
    assert shape.key is not None and shape.value is not None
    for key, inner in value.items():
        failed = _failed(shape.key, key)
        if failed:
            found.append(_failure(path, f"Map keys must satisfy constraint: [{', '.join(failed)}]"))
        if shape.value.type in ("structure", "list", "map"):
            _value(shape.value, inner, f"{path}.{key}.member", found)
            continue
        failed = _failed(shape.value, inner)
        if failed:
            found.append(_failure(path, f"Map value must satisfy constraint: [{', '.join(failed)}]"))


def _failed(shape: Shape, value: Any) -> list[str]:
    """The constraints of this shape alone that the value fails."""
    failed = []
    if shape.enum and value not in shape.enum:
        failed.append(f"Member must satisfy enum value set: [{', '.join(sorted(shape.enum))}]")
    if shape.minimum is not None or shape.maximum is not None:
        sized = shape.type in ("string", "list", "map", "blob")
        size, word = (len(value), "length") if sized else (value, "value")
        if shape.maximum is not None and size > shape.maximum:
            failed.append(f"Member must have {word} less than or equal to {shape.maximum:g}")
        if shape.minimum is not None and size < shape.minimum:
            failed.append(f"Member must have {word} greater than or equal to {shape.minimum:g}")
    if shape.pattern is not None and shape.pattern.fullmatch(value) is None:
        failed.append(f"Member must satisfy regular expression pattern: {shape.pattern.pattern}")
    return failed


def _failure(path: str, constraint: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: {constraint}"
