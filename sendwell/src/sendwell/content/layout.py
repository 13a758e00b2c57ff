"""From the owner's source to three templates: subject, HTML document and text. Done once per content.

Lives here: Markdown, our mail layout, CSS inlining, the footer. Must not live here: Django, recipients, plain text.
Whatever all recipients share is worked out here, so that a recipient costs three small Liquid renders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape as html_escape
from importlib.resources import files

import css_inline
from liquid import BoundTemplate
from markdown_it import MarkdownIt

from sendwell.content import liquid
from sendwell.content.headers import list_id
from sendwell.content.plain import to_text
from sendwell.content.rules import ContentSource
from sendwell.content.shield import Shielded, shield_html, shield_markdown

_BODY_END = re.compile(r"</body\s*>(?!.*</body\s*>)", re.IGNORECASE | re.DOTALL)
_DOCUMENT = re.compile(r"\s*(<!doctype|<html)\b", re.IGNORECASE)
_VALUE = re.compile(r"\[\[(list_name|sender_name|postal_address)\]\]")
_COMMENT = re.compile(r"<!--(lqd\d+q\d+x)-->")
_TABLE_TAG = re.compile(r"<(/?)(table|thead|tbody|tfoot|tr|td|th)\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Compiled:
    """A content ready for its recipients. `text` is None where the text part must be made from each one's HTML."""

    source: ContentSource
    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate | None
    body: BoundTemplate
    text_footer: BoundTemplate
    constants: dict[str, str]
    list_id: str


def compile_source(source: ContentSource) -> Compiled:
    """The content's templates. Raises liquid.TemplateError if the owner's Liquid is broken."""
    subject = liquid.parse(source.subject, escape=False)
    used = {path[0] for path in liquid.paths(liquid.parse(source.body, escape=True))}
    shielded, body_html = _body(source)
    footer_html = _footer("footer.html", source, used, escape=True) if source.is_marketing else ""
    footer_text = _footer("footer.txt", source, used, escape=False) if source.is_marketing else ""
    text = _text_template(shielded, body_html)
    return Compiled(
        source=source,
        subject=subject,
        html=liquid.parse(_document(source, shielded, body_html, footer_html), escape=True),
        text=None if text is None else liquid.parse(text + footer_text, escape=False),
        body=liquid.parse(shielded.restore(body_html), escape=True),
        text_footer=liquid.parse(footer_text, escape=False),
        constants=_constants(source),
        list_id=list_id(source),
    )


def _constants(source: ContentSource) -> dict[str, str]:
    return {
        "list_name": source.list_name,
        "sender_name": source.sender_name or source.from_name,
        "postal_address": source.postal_address.replace("\r\n", "\n").strip(),
    }


def _body(source: ContentSource) -> tuple[Shielded, str]:
    if source.body_format == "html":
        shielded = shield_html(source.body)
        return shielded, shielded.text
    shielded = shield_markdown(source.body.replace("\r\n", "\n"))
    return shielded, _markdown().render(shielded.text)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _document(source: ContentSource, shielded: Shielded, body: str, footer: str) -> str:
    """The whole HTML document with styles inlined and Liquid back in place."""
    if source.body_format == "html" and _DOCUMENT.match(body):
        whole = _BODY_END.sub(lambda end: _FOOTER_MARK + end[0], body)
        whole = whole if _FOOTER_MARK in whole else whole + _FOOTER_MARK
    else:
        kind = "authored" if source.body_format == "html" else "prose"
        sheet = _resource("mail.html").replace("[[footer]]", _FOOTER_MARK)
        whole = sheet.replace("[[body]]", f'<div class="{kind}">\n{body}\n</div>')
    return shielded.restore(_inline(whole)).replace(_FOOTER_MARK, footer)


_FOOTER_MARK = "<!--sendwell-footer-->"


def _inline(document: str) -> str:
    # Remote stylesheets stay remote: fetching what a template names would let it reach into our network.
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, keep_link_tags=True)
    return inliner.inline(document)


def _footer(filename: str, source: ContentSource, used: set[str], *, escape: bool) -> str:
    """Our part of a marketing mail as Liquid, with what all recipients share filled in.

    What the author already placed is left out: one unsubscribe link is enough.
    """
    constants = _constants(source)
    shown = {
        "unsubscribe_url": "unsubscribe_url" not in used,
        "postal_address": "postal_address" not in used,
        "list_name": bool(source.list_name),
    }
    footer = _resource(filename)
    for name, stays in shown.items():
        block = re.compile(rf"\[\[if {name}\]\](.*?)\[\[end {name}\]\]", re.DOTALL)
        footer = block.sub(r"\1" if stays else "", footer)
    values = {name: _literal(text, escape=escape) for name, text in constants.items()}
    return _VALUE.sub(lambda found: values[found[1]], footer)


def _literal(text: str, *, escape: bool) -> str:
    """`text` such that Liquid, and HTML if `escape`, show just that."""
    if escape:
        return html_escape(text).replace("{", "&#123;").replace("\n", "<br>\n")
    return text.replace("{", '{{ "{" }}')


def _text_template(shielded: Shielded, body_html: str) -> str | None:
    """The text part as a template, or None if the loops and conditions did not survive the way to text."""
    if _tag_between_cells(body_html):
        return None
    as_blocks = _COMMENT.sub(r"<p>\1</p>", body_html)
    text = to_text(as_blocks)
    return shielded.restore(text) if shielded.survived(text) else None


def _tag_between_cells(html: str) -> bool:
    """True if a loop or condition stands between a table's rows or cells: converters move text from there away."""
    between = False
    for part in re.finditer(f"{_TABLE_TAG.pattern}|{_COMMENT.pattern}", html, re.IGNORECASE):
        if part[2] is None:
            if between:
                return True
        else:
            closes, name = bool(part[1]), part[2].lower()
            between = name != "table" if closes else name not in ("td", "th")
    return False


@cache
def _resource(filename: str) -> str:
    return files("sendwell.content").joinpath("mail", filename).read_text(encoding="utf-8")
