"""Plain text of HTML, as a person would have typed it: the text part of a mail.

Lives here: what becomes of links, blanks and gaps. Must not live here: Django, Liquid, recipients.
"""

from __future__ import annotations

import re
from typing import Any

from inscriptis import get_text  # type: ignore[import-untyped]
from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]
from inscriptis.model.tag import CustomHtmlTagHandlerMapping  # type: ignore[import-untyped]

_HEAD_ELEMENT = re.compile(r"<head\b.*?</head\s*>", re.IGNORECASE | re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_GAPS = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
# Unicode keeps these for inner use; they stand where a link's label begins and ends and where its address ends.
_OPEN, _MIDDLE, _CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
_MARKS = f"{_OPEN}{_MIDDLE}{_CLOSE}"
_LINK = re.compile(f"{_OPEN}([^{_MARKS}]*){_MIDDLE}([^{_MARKS}]*){_CLOSE}")
_UNMARK = str.maketrans({_OPEN: "", _MIDDLE: ": ", _CLOSE: ""})


def to_text(html: str) -> str:
    """Readable plain text of an HTML body: links as `label: address`, no trailing blanks, no wide gaps."""
    bare = _HTML_COMMENT.sub("", _HEAD_ELEMENT.sub("", html))
    if not bare.strip():
        return ""
    marked = get_text(bare, _config())
    text = _LINK.sub(lambda found: _spelled(found[1], found[2]), marked).translate(_UNMARK)
    return tidy("\n".join(line.rstrip() for line in text.splitlines()))


def _config() -> Any:
    handlers = CustomHtmlTagHandlerMapping({"a": _link_opens}, {"a": _link_closes})
    return ParserConfig(css=CSS_PROFILES["strict"], custom_html_tag_handler_mapping=handlers)


def _link_opens(state: Any, attributes: Any) -> None:
    state.link_target = attributes.get("href", "").strip()
    if state.link_target:
        state.tags[-1].write(_OPEN)


def _link_closes(state: Any) -> None:
    if state.link_target:
        state.tags[-1].write(f"{_MIDDLE}{state.link_target}{_CLOSE}")


def _spelled(label: str, address: str) -> str:
    """`label: address`, or one of them where the other says nothing more. Mail programs make addresses clickable."""
    shown = label.strip()
    if not shown:
        return address
    if shown.rstrip("/") == address.removeprefix("mailto:").rstrip("/"):
        return label
    return f"{label.rstrip()}: {address}"


def tidy(text: str) -> str:
    """At most one empty line in a row, none at the ends."""
    return _GAPS.sub("\n\n", text).strip() + "\n"
