"""The template language: python-liquid with limits, and strict about what is missing.

Lives here: environments, limits, errors in plain words. Must not live here: mail layout, Django.

A variable that this recipient has no value for is an error unless the template says what to put there
(`{{ attributes.city | default: "your town" }}`) or asks first (`{% if attributes.city %}`). The alternative, an empty
text, sends "Dear ," to thousands and cannot be called back; a skipped contact with a reason can be mailed later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from liquid import BoundTemplate, Environment, FalsyStrictUndefined
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError

from sendwell.content.rules import RenderError

GROWTH_LIMIT = 4_000_000  # characters that one filter may build
_UNWANTED_FILTERS = ("safe",)  # would let a contact's data through unescaped
_UNWANTED_TAGS = ("include", "render", "increment", "decrement")  # no files to include; counters surprise


class TemplateError(ValueError):
    """The template itself is broken; the message says where and how."""


class Missing(FalsyStrictUndefined):
    """A value nobody gave: false in a condition, replaced by `default`, an error anywhere else."""

    force_liquid_default = True


class _LimitedEnvironment(Environment):
    """Enough for any newsletter, too little to hurt the worker."""

    context_depth_limit = 10
    block_nesting_limit = 20
    loop_iteration_limit = 10_000
    local_namespace_limit = 200_000
    output_stream_limit = 1_000_000


@cache
def environment(*, escape: bool) -> Environment:
    """The environment for HTML (`escape`) or for text and subject."""
    made = _LimitedEnvironment(undefined=Missing, autoescape=escape)
    for name in _UNWANTED_FILTERS:
        made.filters.pop(name, None)
    for name in _UNWANTED_TAGS:
        made.tags.pop(name, None)
    made.filters["replace"] = _bounded(made.filters["replace"])
    made.filters["join"] = _bounded(made.filters["join"])
    return made


def _bounded(inner: Any) -> Any:
    """`replace` and `join` multiply text; chained, a few of them would fill the memory before any limit looks."""

    def bounded(value: Any, *arguments: Any, **options: Any) -> Any:
        longest = max((len(str(argument)) for argument in arguments), default=0)
        if (_length(value) + 1) * (longest + 1) > GROWTH_LIMIT:
            raise ResourceLimitError("a filter would build too long a text", token=None)
        return inner(value, *arguments, **options)

    for flag in ("with_context", "with_environment", "filter_async"):
        if hasattr(inner, flag):
            setattr(bounded, flag, getattr(inner, flag))
    return bounded


def _length(value: Any) -> int:
    return sum(len(str(item)) + 1 for item in value) if isinstance(value, list | tuple) else len(str(value))


def parse(source: str, *, escape: bool) -> BoundTemplate:
    """The template, ready to render. Raises TemplateError."""
    try:
        return environment(escape=escape).from_string(source)
    except LiquidError as error:
        raise TemplateError(_plain(error)) from error


def render(template: BoundTemplate, names: Mapping[str, Any]) -> str:
    """The text for one recipient. Raises RenderError, naming a missing value."""
    try:
        return template.render(names)
    except UndefinedError as error:
        raise RenderError(f"No value for this contact: {_plain(error)}. Use the “default” filter.") from error
    except (LiquidError, RecursionError, ArithmeticError, ValueError, TypeError) as error:
        raise RenderError(_plain(error)) from error


def paths(template: BoundTemplate) -> set[tuple[str, ...]]:
    """The variables that the template takes from outside, as paths of names: ("attributes", "city")."""
    found = set()
    for variables in template.analyze(include_partials=False).globals.values():
        for variable in variables:
            found.add(tuple(segment for segment in variable.segments if isinstance(segment, str)))
    return {path for path in found if path}


def _plain(error: Exception) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    token = getattr(error, "token", None)
    line = getattr(error, "lineno", None) if token is None else token.source.count("\n", 0, token.start_index) + 1
    return f"{text} (line {line})" if line and not isinstance(error, UndefinedError) else text
