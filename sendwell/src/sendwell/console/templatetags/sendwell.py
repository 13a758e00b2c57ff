"""Template tags that every page may load with `{% load sendwell %}`: icons, query strings, times.

Lives here: formatting for pages. Must not live here: queries, decisions.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@cache
def _svg(name: str) -> str:
    return files("sendwell.console").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An inline SVG of console/icons, hidden from screen readers: the text beside it carries the meaning."""
    start = f'<svg aria-hidden="true" focusable="false" class="icon {classes}" '
    body = _svg(name).replace('class="icon icon-tabler icons-tabler-outline icon-tabler-' + name + '"', "", 1)
    return mark_safe(body.replace("<svg ", start, 1))  # noqa: S308  # our own files and template literals


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: object) -> str:
    """The current query string with some parameters changed; an empty value removes one. Starts with `?`."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.filter
def utc(value: datetime | None) -> str:
    """A time for people, with its zone: `22 Nov 2026, 14:05 UTC`; an absent one is a dash."""
    return f"{value.astimezone(UTC):%-d %b %Y, %H:%M} UTC" if value else "–"


@register.filter
def percent(value: float | None, places: int = 2) -> str:
    """A share (0.0123) as `1.23 %`; an absent one is a dash."""
    return "–" if value is None else f"{value * 100:.{places}f} %"


_COLOURS = {
    "green": "delivered confirmed finished ready granted verified success applied ok added healthy accepted",
    "blue": "running sending updated pending waiting queued uploaded in_review rehearsal",
    "yellow": "held paused in_doubt unconfirmed skipped contact_paused soft_bounce sandbox warning",
    "red": "bounced complained failed denied broken hard_bounce complaint refused rejected error",
}
_COLOUR_OF = {word: colour for colour, words in _COLOURS.items() for word in words.split()}


@register.filter
def status_colour(status: object) -> str:
    """Badge classes for a machine word of any feature; grey for words that mean neither good nor bad."""
    colour = _COLOUR_OF.get(str(status).lower(), "secondary")
    return f"bg-{colour}-lt"


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """True for a single tick box."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def styled(field: BoundField) -> SafeString:
    """The field's widget with the classes of our form style; marked invalid if it has an error."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        classes = "form-check-input"
    elif isinstance(widget, forms.Select):
        classes = "form-select"
    else:
        classes = "form-control"
    if field.errors:
        classes += " is-invalid"
    attrs = {**widget.attrs, "class": f"{widget.attrs.get('class', '')} {classes}".strip()}
    if isinstance(widget, forms.PasswordInput):
        attrs["placeholder"] = ""  # allauth repeats the label there
    return field.as_widget(attrs=attrs)


@register.filter
def last_line(text: str) -> str:
    """The last line of a traceback: what went wrong."""
    return text.strip().rpartition("\n")[2]
