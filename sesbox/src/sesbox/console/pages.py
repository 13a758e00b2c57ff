"""The pages to look at: inbox, message, account, cases, deliveries, DNS, mailboxes, clock.

Lives here: GET routes and what each template needs. Must not live here: anything that changes state (forms.py,
control.py), how values are read from an account (views.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from sesbox.account import Message
from sesbox.console import showing, views
from sesbox.console.desk import Desk
from sesbox.console.mail import frame_document, read_mail
from sesbox.console.rendering import FRAME_POLICY, HEADERS, Pages
from sesbox.storage import DueRow

PAGE = 50
LINES = 300
VIEWS = ("html", "text", "headers", "source")


class Look:
    """The handlers of the pages."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk, self._pages = desk, pages

    async def inbox(self, request: Request) -> Response:
        """The accepted mail, newest first, found by `q`, older than `before`."""
        search, before = request.query_params.get("q", "").strip(), request.query_params.get("before")
        storage = self._desk.storage
        found = storage.messages(limit=PAGE + 1, before=before, search=search or None, raw=False)
        rows = [self._row(message) for message in found[:PAGE]]
        template = "inbox_list.html" if request.query_params.get("part") == "list" else "inbox.html"
        return self._pages.page(
            template, section="inbox", rows=rows, search=search, before=before,
            older=found[PAGE - 1].message_id if len(found) > PAGE else None,
            regions=len({message.region for message in found}), total=storage.message_count(),
        )  # fmt: skip

    def _row(self, message: Message) -> dict[str, Any]:
        lines = self._desk.storage.history(message.message_id, "event", limit=20)
        return {"message": message, "outcome": showing.outcome(message.source, views.event_types(lines))}

    async def message(self, request: Request) -> Response:
        """One message: a view of its content, its events, where they were delivered."""
        message = self._desk.storage.message(request.path_params["message_id"])
        if message is None:
            return self._pages.problem(404, "No such message", "It may have gone with a reset.")
        sent = await self._desk.as_sent(message)
        storage, mail = self._desk.storage, read_mail(sent)
        possible = [name for name in VIEWS if name not in ("html", "text") or getattr(mail, name) is not None]
        view = request.query_params.get("view", "")
        lines = storage.history(message.message_id, "event", limit=LINES)
        return self._pages.page(
            "message.html", section="inbox", message=message, mail=mail,
            view=view if view in possible else possible[0], possible=possible,
            source=sent.decode("utf-8", "replace"), events=views.events(lines),
            outcome=showing.outcome(message.source, views.event_types(lines)),
            posts=views.notifications(storage.history(message.message_id, "post", limit=LINES), self._waiting()),
            failures=storage.history(message.message_id, "failed", limit=LINES),
        )  # fmt: skip

    async def frame(self, request: Request) -> Response:
        """The HTML part alone, for the sandboxed frame: no script, no form, no request to anywhere."""
        message = self._desk.storage.message(request.path_params["message_id"])
        if message is None:
            return Response("There is no such message.", 404, headers=HEADERS)
        document = frame_document(read_mail(message.raw))
        headers = {**HEADERS, "Content-Security-Policy": FRAME_POLICY, "Referrer-Policy": "no-referrer"}
        return Response(document, headers=headers, media_type="text/html")

    async def source(self, request: Request) -> Response:
        """The message as a receiver gets it, as a file."""
        message = self._desk.storage.message(request.path_params["message_id"])
        if message is None:
            return self._pages.problem(404, "No such message", "It may have gone with a reset.")
        return _file(await self._desk.as_sent(message), f"{message.message_id}.eml", "message/rfc822")

    async def part(self, request: Request) -> Response:
        """One attachment as a file."""
        message = self._desk.storage.message(request.path_params["message_id"])
        parts = read_mail(message.raw).parts if message is not None else ()
        part = next((one for one in parts if one.number == request.path_params["number"]), None)
        if part is None:
            return self._pages.problem(404, "No such attachment", "The message has no such part.")
        return _file(part.content, part.name, "application/octet-stream")

    async def account(self, request: Request) -> Response:
        """Standing, quota, identities and suppression list of one region."""
        region = request.query_params.get("region", self._desk.region)
        regions = sorted({*await self._desk.writer.regions(), self._desk.region})
        if region not in regions:
            return self._pages.problem(404, "No such region", "Nothing was done in that region yet.")
        seen = await self._desk.writer.read(region, views.account_view)
        return self._pages.page(
            "account.html", section="account", region=region, regions=regions, note=_note(request), **seen
        )

    async def cases(self, _: Request) -> Response:
        """The review desk."""
        found = [case for cases in await self._each(views.cases_view) for case in cases]
        found.sort(key=lambda one: (one["case"].status != "PENDING", -one["case"].updated_at))
        return self._pages.page("cases.html", section="cases", cases=found)

    async def case(self, request: Request) -> Response:
        """One case: the whole correspondence, and both sides' forms."""
        case_id = request.path_params["case_id"]
        for found in await self._each(lambda ctx: views.case_view(ctx, case_id)):
            if found is not None:
                return self._pages.page("case.html", section="cases", note=_note(request), **found)
        return self._pages.problem(404, "No such case", "It may have gone with a reset.")

    async def deliveries(self, _: Request) -> Response:
        """Topics, what was posted, what waits, what could not be done."""
        storage = self._desk.storage
        waiting = self._waiting()
        return self._pages.page(
            "deliveries.html", section="deliveries", accounts=await self._each(views.topics_view),
            posts=views.notifications(storage.history(None, "post", limit=LINES), waiting),
            waiting=views.never_tried(waiting), failures=storage.history(None, "failed", limit=LINES),
        )  # fmt: skip

    async def dns(self, request: Request) -> Response:
        """The scripted zone."""
        return self._pages.page("dns.html", section="dns", text=self._desk.zone.text, error=None, note=_note(request))

    async def mailboxes(self, request: Request) -> Response:
        """The scripted mailboxes, and the simulator's own addresses."""
        regions = sorted({*await self._desk.writer.regions(), self._desk.region})
        found = [(region, await self._desk.writer.read(region, views.mailboxes_view)) for region in regions]
        return self._pages.page(
            "mailboxes.html", section="mailboxes", regions=regions, scripted=found, note=_note(request)
        )

    async def clock(self, request: Request) -> Response:
        """sesbox's clock."""
        soon = self._desk.storage.due(float("inf"), 10)
        return self._pages.page("clock.html", section="clock", soon=soon, wall=self._desk.clock.wall(),
                                error=None, note=_note(request))  # fmt: skip

    def _waiting(self) -> list[DueRow]:
        return self._desk.storage.due(float("inf"), LINES)

    async def _each(self, look: Callable[[Any], Any]) -> list[Any]:
        return [await self._desk.writer.read(region, look) for region in await self._desk.writer.regions()]


def _note(request: Request) -> str | None:
    return request.query_params.get("note")


def _file(content: bytes, name: str, kind: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, headers={**HEADERS, "Content-Disposition": disposition}, media_type=kind)
