"""The verbs of content: the only way in for other features.

Compile once per content, render once per recipient. Lint before anything is sent: its problems block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sendwell.content import headers, liquid, store
from sendwell.content.layout import Compiled, compile_source
from sendwell.content.plain import tidy, to_text
from sendwell.content.rules import (
    FREEMAIL,
    ContentSource,
    Links,
    Problem,
    ProblemCode,
    Rendered,
    RenderError,
    check_envelope,
    check_names,
    check_size,
    clean_subject,
)
from sendwell.core.db import Db

__all__ = ["FREEMAIL", "Compiled", "ContentSource", "Links", "Problem", "ProblemCode", "RenderError", "Rendered"]

SAMPLE_LINKS = Links("https://example.com/u/sample", "https://example.com/u/sample")


def load_source(db: Db, content_id: int) -> ContentSource:
    """The content with its workspace's legal name and postal address. Raises LookupError."""
    return store.load_source(db, content_id)


def freeze(source: ContentSource, now: datetime) -> int:
    """Keep the content for messages to point at; its new id. Nothing edits such a row: what was sent stays readable."""
    return store.save(source, now)


def compile(source: ContentSource) -> Compiled:  # noqa: A001
    """The content's templates, parsed, laid out and inlined once. Raises RenderError if its Liquid is broken."""
    try:
        return compile_source(source)
    except liquid.TemplateError as error:
        raise RenderError(str(error)) from error


def render(compiled: Compiled, fields: Mapping[str, Any], links: Links) -> Rendered:
    """One recipient's mail. `fields` are `contacts.merge_fields` or a transactional mail's own names.

    Raises RenderError if a value is missing, a limit is hit, or a marketing mail would go without its link.
    """
    names = {**fields, **compiled.constants, **_links(links)}
    html = liquid.render(compiled.html, names)
    if compiled.text is not None:
        text = tidy(liquid.render(compiled.text, names))
    else:
        text = tidy(to_text(liquid.render(compiled.body, names)) + liquid.render(compiled.text_footer, names))
    subject = clean_subject(liquid.render(compiled.subject, names))
    return Rendered(subject, html, text, _headers(compiled, links, html, text))


def _links(links: Links) -> dict[str, str]:
    given = {"unsubscribe_url": links.unsubscribe_url, "preferences_url": links.preferences_url}
    return {name: url for name, url in given.items() if url}


def _headers(compiled: Compiled, links: Links, html: str, text: str) -> tuple[tuple[str, str], ...]:
    if not compiled.source.is_marketing:
        return ()
    url = links.unsubscribe_url
    if not url:
        raise RenderError("Marketing mail needs an unsubscribe link.")
    if url.replace("&", "&amp;") not in html or url not in text:
        raise RenderError("The unsubscribe link does not show: a condition in the template hides it.")
    return (*headers.unsubscribe(url), ("List-Id", compiled.list_id))


def lint(source: ContentSource) -> list[Problem]:
    """Everything that must be mended before this is sent; an empty list is good to go."""
    problems = check_envelope(source)
    used: set[tuple[str, ...]] = set()
    for field, text in (("subject", source.subject), ("body", source.body)):
        try:
            found = liquid.paths(liquid.parse(text, escape=False))
        except liquid.TemplateError as error:
            problems.append(Problem(ProblemCode.TEMPLATE_BROKEN, field, f"The template does not read: {error}."))
            continue
        used |= found
        if source.is_marketing:
            problems += check_names(field, {path[0] for path in found})
    return problems or _lint_rendered(source, used)


def _lint_rendered(source: ContentSource, used: set[tuple[str, ...]]) -> list[Problem]:
    try:
        mail = render(compile(source), sample_fields(used), SAMPLE_LINKS)
    except RenderError as error:
        return [Problem(ProblemCode.TEMPLATE_BROKEN, "body", f"The template does not render: {error}")]
    problems = check_size(mail.html)
    if source.is_marketing and str(SAMPLE_LINKS.unsubscribe_url) not in to_text(mail.html):
        text = "The unsubscribe link is not visible. Look for an HTML comment that is never closed, or hidden elements."
        problems.append(Problem(ProblemCode.UNSUBSCRIBE_HIDDEN, "body", text))
    return problems


def sample_fields(used: set[tuple[str, ...]]) -> dict[str, Any]:
    """Made-up values for every name a template uses, for lint and for previews without a contact."""
    fields: dict[str, Any] = {"address": "jane@example.com", "name": "Jane Doe", "attributes": {}}
    for path in sorted(used):
        inner = fields
        for name in path[:-1]:
            step = inner.setdefault(name, {})
            inner = step if isinstance(step, dict) else {}
        inner.setdefault(path[-1], path[-1].replace("_", " "))
    return fields


def sample_for(source: ContentSource) -> dict[str, Any]:
    """Made-up values for every name this content uses. Raises RenderError if its Liquid is broken."""
    compiled = compile(source)
    return sample_fields(liquid.paths(compiled.body) | liquid.paths(compiled.subject))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a page shows of a draft: a rendered mail, or why there is none, and what still blocks sending."""

    rendered: Rendered | None
    error: str
    problems: list[Problem]


def preview(source: ContentSource, fields: Mapping[str, Any] | None = None) -> Preview:
    """The draft as one contact would get it (`fields` None: made-up values). Never raises for what owners write."""
    problems = lint(source)
    try:
        compiled = compile(source)
        used = liquid.paths(compiled.body) | liquid.paths(compiled.subject)
        return Preview(render(compiled, fields or sample_fields(used), SAMPLE_LINKS), "", problems)
    except RenderError as error:
        return Preview(None, str(error), problems)
