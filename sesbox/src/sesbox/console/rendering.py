"""Templates to responses, with the headers every page of sesbox carries.

Lives here: the template environment, security headers, the guard around a route. Must not live here: pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sesbox.console import showing
from sesbox.console.desk import Desk
from sesbox.console.guard import foreign
from sesbox.operations.base import AwsError

POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; font-src data:; frame-ancestors 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Handler = Callable[[Request], Awaitable[Response]]


class Pages:
    """Renders templates for one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._environment = Environment(
            loader=PackageLoader("sesbox.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in ("moment", "machine_time", "ago", "span", "number", "size", "pretty", "with_links", "breakable"):
            self._environment.filters[name] = getattr(showing, name)
        self._environment.globals["event_words"] = showing.event_words
        self._environment.globals["event_recipients"] = showing.event_recipients

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A whole page. Every template knows the desk, sesbox's time, and the section it stands in."""
        clock = self._desk.clock
        known = {"desk": self._desk, "now": clock.now(), "offset": clock.offset, "paused": clock.paused, "note": None}
        html = self._environment.get_template(template).render({**known, **values})
        return HTMLResponse(html, status, headers={**HEADERS, "Content-Security-Policy": POLICY})

    def problem(self, status: int, title: str, text: str) -> Response:
        """A page that says what went wrong and where to go."""
        return self.page("problem.html", status, section="", title=title, text=text)


def own(desk: Desk, handler: Handler) -> Handler:
    """The handler behind the guard: strange hosts and origins get 403, AWS's errors their status, as JSON."""

    async def guarded(request: Request) -> Response:
        why = foreign(request.method, request.headers, desk.own_hosts)
        if why is not None:
            return JSONResponse({"message": why}, 403, headers=HEADERS)
        try:
            return await handler(request)
        except AwsError as error:
            return JSONResponse({"code": error.code, "message": error.message}, error.status or 400, headers=HEADERS)

    return guarded


def shown(pages: Pages, handler: Handler) -> Handler:
    """A page's handler: an AWS error becomes a page instead of JSON."""

    async def friendly(request: Request) -> Response:
        try:
            return await handler(request)
        except AwsError as error:
            return pages.problem(error.status or 400, "That did not work", error.message or error.code)

    return friendly


def back_to(path: str, note: str) -> Response:
    """After a form: the page again, with a note by its name (its words stand in the template)."""
    return RedirectResponse(f"{path}?note={note}", 303, headers=HEADERS)
