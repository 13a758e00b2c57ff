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

GROWTH_LIMIT = 1_000_000  # characters that one filter may take or build
LONGEST_RANGE = 10_000  # numbers of a range like (1..9) in a filter; loops have their own limit
_UNWANTED_FILTERS = ("safe",)  # would let a contact's data through unescaped
_MULTIPLIERS = ("replace", "join")  # what they build is as long as value times argument
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
    made.filters = {name: _bounded(name, inner) for name, inner in made.filters.items()}
    return made


def _bounded(name: str, inner: Any) -> Any:
    """A filter that neither takes nor builds too much.

    Ranges are written out by most filters, and chained ones multiply text: a short template would fill the memory
    before any limit of the language looks.
    """

    def bounded(value: Any, *arguments: Any, **options: Any) -> Any:
        sizes = [_size(argument) for argument in arguments]
        built = (_size(value) + 1) * (max(sizes, default=0) + 1) if name in _MULTIPLIERS else _size(value)
        if built > GROWTH_LIMIT:
            raise ResourceLimitError("a filter would build too long a text", token=None)
        result = inner(value, *arguments, **options)
        if isinstance(result, str) and len(result) > GROWTH_LIMIT:
            raise ResourceLimitError("a filter built too long a text", token=None)
        return result

    for flag in ("with_context", "with_environment", "filter_async"):
        if hasattr(inner, flag):
            setattr(bounded, flag, getattr(inner, flag))
    return bounded


def _size(value: Any) -> int:
    """Characters that a value takes as text, nearly. Raises ResourceLimitError for a range nobody means."""
    if isinstance(value, range):
        if len(value) > LONGEST_RANGE:
            raise ResourceLimitError("a range is too long for a filter", token=None)
        return 8 * len(value)
    if isinstance(value, list | tuple):
        return sum(len(item) + 1 if isinstance(item, str) else 8 for item in value)
    return len(value) if isinstance(value, str) else 8


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
