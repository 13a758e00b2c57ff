"""What the pages' buttons do: a form in, the same verbs as the control API, the page again.

Lives here: POST routes of the pages. Must not live here: decisions, the JSON API (control.py).
"""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import Response

from sesbox.console.control import Control, read_body
from sesbox.console.desk import Desk
from sesbox.console.rendering import Pages, back_to
from sesbox.operations.base import AwsError

UI = "/_sesbox/ui"
UNITS = {"seconds": 1.0, "minutes": 60.0, "hours": 3_600.0, "days": 86_400.0}
FARTHEST = 100 * 365 * 86_400.0


class Forms:
    """The handlers of the pages' forms."""

    def __init__(self, desk: Desk, pages: Pages, control: Control) -> None:
        self._desk, self._pages, self._control = desk, pages, control

    async def case(self, request: Request) -> Response:
        """Grant, deny, reply."""
        case_id, verb = request.path_params["case_id"], request.path_params["verb"]
        await self._control.judge(case_id, verb, await read_body(request))
        return back_to(f"{UI}/cases/{case_id}", verb)

    async def mailbox(self, request: Request) -> Response:
        """Script a mailbox."""
        await self._control.script(await read_body(request))
        return back_to(f"{UI}/mailboxes", "scripted")

    async def zone(self, request: Request) -> Response:
        """Replace the zone; what cannot be read comes back with the reason, nothing typed is lost."""
        text = str((await read_body(request)).get("zone", "")).replace("\r\n", "\n")
        try:
            await self._control.replace_zone(text)
        except ValueError as error:
            return self._pages.page("dns.html", 400, section="dns", text=text, error=str(error))
        return back_to(f"{UI}/dns", "saved")

    async def clock(self, request: Request) -> Response:
        """Advance, pause, go on, or show wall time again."""
        given = await read_body(request)
        clock, action = self._desk.clock, given.get("action")
        if action == "advance":
            clock.advance(_seconds(given.get("amount"), given.get("unit")))
        elif action == "pause":
            clock.pause()
        elif action == "resume":
            clock.resume()
        elif action == "reset":
            clock.reset()
        else:
            raise AwsError("BadRequestException", "The clock can advance, pause, resume or reset.", status=400)
        await self._desk.clock_moved()
        return back_to(f"{UI}/clock", str(action))


def _seconds(amount: object, unit: object) -> float:
    try:
        seconds = float(str(amount)) * UNITS[str(unit)]
    except (ValueError, KeyError):
        seconds = math.nan
    if not 0 < seconds <= FARTHEST:
        raise AwsError("BadRequestException", "Give a number above 0, at most 100 years.", status=400)
    return seconds
