"""Which address leads to which page or verb.

Lives here: the one table of the console's and its control API's routes, each behind the guard. Must not live here:
handlers. http/app.py mounts these and sends a browser's `GET /` to `inbox`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sesbox.console.control import Control
from sesbox.console.desk import Desk
from sesbox.console.forms import UI, Forms
from sesbox.console.pages import Look
from sesbox.console.rendering import HEADERS, Handler, Pages, own, shown

STATIC = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def inbox(desk: Desk) -> Handler:
    """The page for a browser's `GET /`."""
    pages = Pages(desk)
    return own(desk, shown(pages, Look(desk, pages).inbox))


def lost(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What is answered where no route leads: a page to people, JSON to tools."""
    pages = Pages(desk)

    async def answer(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if request.url.path.startswith("/_sesbox") and not request.url.path.startswith(UI):
            why = "there is no such route" if status == 404 else f"{request.method} is not for this route"
            return JSONResponse({"error": why}, status, headers=HEADERS)
        if status == 404:
            return pages.problem(404, "No such page", "Nothing of sesbox is at this address.")
        return pages.problem(status, "That did not work", f"{request.method} is not for this page.")

    return answer


def routes(desk: Desk) -> list[BaseRoute]:
    """All routes under /_sesbox that belong to the console."""
    pages = Pages(desk)
    control = Control(desk, pages)
    return [*_pages(desk, pages, control), *_control(desk, pages, control)]


def _pages(desk: Desk, pages: Pages, control: Control) -> list[BaseRoute]:
    look, forms = Look(desk, pages), Forms(desk, pages, control)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "", look.inbox),
        ("GET", "/messages/{message_id}", look.message),
        ("GET", "/messages/{message_id}/html", look.frame),
        ("GET", "/messages/{message_id}/source", look.source),
        ("GET", "/messages/{message_id}/parts/{number:int}", look.part),
        ("GET", "/account", look.account),
        ("GET", "/cases", look.cases),
        ("GET", "/cases/{case_id}", look.case),
        ("POST", "/cases/{case_id}/{verb}", forms.case),
        ("GET", "/deliveries", look.deliveries),
        ("GET", "/dns", look.dns),
        ("POST", "/dns", forms.zone),
        ("GET", "/mailboxes", look.mailboxes),
        ("POST", "/mailboxes", forms.mailbox),
        ("GET", "/clock", look.clock),
        ("POST", "/clock", forms.clock),
        ("GET", "/static/{name}", static),
    ]
    return [Route(UI + path, own(desk, shown(pages, handler)), methods=[method]) for method, path, handler in table]


def _control(desk: Desk, pages: Pages, control: Control) -> list[BaseRoute]:
    table: list[tuple[list[str], str, Handler]] = [
        (["GET"], "/cases", control.cases),
        (["GET"], "/cases/{case_id}", control.case),
        (["POST"], "/cases/{case_id}/{verb}", control.act),
        (["POST"], "/mailboxes", control.mailbox),
        (["GET", "PUT"], "/zone", control.zone),
        (["GET"], "/verify", shown(pages, control.verify)),
    ]
    return [Route("/_sesbox" + path, own(desk, handler), methods=methods) for methods, path, handler in table]


async def static(request: Request) -> Response:
    """A stylesheet, script or picture of ours; nothing else can be named."""
    file = STATIC / request.path_params["name"]
    if file.parent != STATIC or file.suffix not in KINDS or not file.is_file():
        return Response("There is no such file.", 404)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return FileResponse(file, media_type=KINDS[file.suffix], headers=headers)
