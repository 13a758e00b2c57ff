"""Short templates that would fill the memory or never end: each is refused in the words of a RenderError, at once."""

from __future__ import annotations

import pytest

from sendwell.content import liquid
from sendwell.content.rules import RenderError

NAMES = {"name": "Ann", "attributes": {"city": "Bonn"}}


@pytest.mark.parametrize(
    "template",
    [
        "{% assign a = (1..1000000000) | join: ',' %}",
        "{% assign a = (1..1000000000) | uniq %}",
        "{% assign a = (1..1000000000) | reverse %}",
        "{{ (1..1000000000) | sum }}",
        "{{ (1..99999999999999999999999) | first }}",
        "{{ 'aaaa'" + " | base64_encode" * 100 + " | size }}",
        "{{ '&'" + " | replace: '&', '&&&&&&&&&&'" * 12 + " | size }}",
        "{% assign b = '" + "b" * 100_000 + "' %}{{ 'a'" + " | append: b" * 500 + " | size }}",
        "{{ '" + "\n" * 1_000 + "'" + " | newline_to_br" * 300 + " | size }}",
    ],
)
def test_no_filter_takes_or_builds_without_bounds(template: str) -> None:
    with pytest.raises(RenderError, match=r"too long|too large|limit"):
        liquid.render(liquid.parse(template, escape=True), NAMES)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ (1..3) | join: ', ' }}", "1, 2, 3"),
        ("{{ name | append: '!' | upcase }}", "ANN!"),
        ("{{ 'a,b' | split: ',' | reverse | first }}", "b"),
        ("{{ attributes.town | default: 'here' }}", "here"),
    ],
)
def test_what_newsletters_need_still_works(template: str, text: str) -> None:
    assert liquid.render(liquid.parse(template, escape=True), NAMES) == text


@pytest.mark.parametrize("name", ["name.__class__", "attributes.__class__", "attributes['__dict__']", "name.upper"])
def test_nothing_of_python_is_reached(name: str) -> None:
    with pytest.raises(RenderError, match="No value"):
        liquid.render(liquid.parse("{{ " + name + " }}", escape=True), NAMES)
