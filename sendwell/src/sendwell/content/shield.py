"""Keeps Liquid out of the way while Markdown, CSS and HTML tools work on a template.

Lives here: replacing `{{ }}` and `{% %}` by harmless stand-ins and putting them back. Must not live here: Django,
rendering. Those tools would escape the quotes of an expression, and an HTML parser throws text between table rows out
of its table; a comment may stand there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_INSIDE_TAG = re.compile(r"<[A-Za-z/][^<>]*\Z")
_COMMENT_OPEN = re.compile(r"<!--(?:(?!-->).)*\Z", re.DOTALL)


@dataclass(frozen=True)
class Shielded:
    """Text whose Liquid is replaced by stand-ins; `pieces` holds what they stand for, in order."""

    text: str
    mark: str
    pieces: tuple[str, ...]

    def restore(self, text: str) -> str:
        """`text`, made from ours, with the Liquid back in its places."""
        word = re.compile(rf"<!--{self.mark}(\d+)x-->|{self.mark}(\d+)x")
        return word.sub(lambda found: self.pieces[int(found[1] or found[2])], text)

    def survived(self, text: str) -> bool:
        """True if loops and conditions still hold the same things in `text`.

        All `{% %}` must be there once, in order, and every `{{ }}` between the same two of them as before.
        """
        is_tag = [piece.startswith("{%") for piece in self.pieces]
        passed = 0
        for number in map(int, re.findall(rf"{self.mark}(\d+)x", text)):
            if sum(is_tag[:number]) != passed:
                return False
            passed += is_tag[number]
        return passed == sum(is_tag)


def shield_html(source: str) -> Shielded:
    """Outputs become words; tags become comments, or words where they stand inside an HTML tag."""
    return _shield(source, _tag_in_html)


def shield_markdown(source: str) -> Shielded:
    """Outputs become words; tags that have lines to themselves become comments, tags within a line words."""
    return _shield(source, _tag_in_markdown)


def _shield(source: str, comment_fits: Callable[[str, re.Match[str]], bool]) -> Shielded:
    mark = _unused_mark(source)
    pieces: list[str] = []

    def stand_in(found: re.Match[str]) -> str:
        pieces.append(found[0])
        word = f"{mark}{len(pieces) - 1}x"
        return f"<!--{word}-->" if found[0].startswith("{%") and comment_fits(source, found) else word

    text = _LIQUID.sub(stand_in, source)
    return Shielded(text, mark, tuple(pieces))


def _unused_mark(source: str) -> str:
    lowered = source.lower()
    number = 0
    while f"lqd{number}q" in lowered:
        number += 1
    return f"lqd{number}q"


def _tag_in_html(source: str, found: re.Match[str]) -> bool:
    before = source[max(0, found.start() - 2000) : found.start()]
    return not _INSIDE_TAG.search(_LIQUID.sub("", before)) and not _COMMENT_OPEN.search(before)


def _tag_in_markdown(source: str, found: re.Match[str]) -> bool:
    line_start = source.rfind("\n", 0, found.start()) + 1
    line_end = source.find("\n", found.end())
    around = source[line_start : found.start()] + source[found.end() : line_end if line_end >= 0 else len(source)]
    return not _LIQUID.sub("", around).strip() and not around[:4].isspace() and "{{" not in around
