"""The control API under /_sesbox: health, accepted messages, reset, clock. JSON, no signature, guarded by app.py.

Lives here: these four routes. Must not live here: pages and what belongs to them (console/).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sesbox.account import Message
from sesbox.console.control import read_body
from sesbox.console.desk import Desk
from sesbox.console.mail import read_mail
from sesbox.operations.base import AwsError
from sesbox.wire.values import iso_timestamp, read_timestamp

LIMIT = 100
MOST = 1000
_SWITCH = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


def routes(desk: Desk) -> list[Route]:
    """The routes, to be put before the pages'."""
    control = Control(desk)
    return [
        Route("/_sesbox/health", control.health),
        Route("/_sesbox/messages", control.messages),
        Route("/_sesbox/messages/{message_id}", control.message),
        Route("/_sesbox/reset", control.reset, methods=["POST"]),
        Route("/_sesbox/clock", control.clock, methods=["GET", "POST"]),
    ]


class Control:
    """The handlers; all state is in the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def health(self, _: Request) -> Response:
        """`GET /_sesbox/health`: it answers, so it is well."""
        desk = self._desk
        return JSONResponse(
            {
                "status": "ok",
                "account": desk.account_id,
                "region": desk.region,
                "profile": desk.profile.name,
                "now": iso_timestamp(desk.clock.now()),
                "messages": desk.storage.message_count(),
            }
        )

    async def messages(self, request: Request) -> Response:
        """`GET /_sesbox/messages?limit=&to=&region=&search=&before=&after=`: newest first."""
        given = request.query_params
        try:
            limit = min(max(int(given.get("limit", LIMIT)), 0), MOST)
        except ValueError:
            return _refusal("limit must be a number")
        found = self._desk.storage.messages(
            given.get("region"), limit, given.get("before"), given.get("search"),
            to=given.get("to"), after=given.get("after"),
        )  # fmt: skip
        return JSONResponse({"messages": [_message(message) for message in found]})

    async def message(self, request: Request) -> Response:
        """`GET /_sesbox/messages/<id>`: one message as it was accepted (`raw`) and as it left (`raw_sent`).

        Bytes that are no text are replaced.
        """
        message = self._desk.storage.message(request.path_params["message_id"])
        if message is None:
            return _refusal("there is no such message", 404)
        sent = await self._desk.as_sent(message)
        sources = {"raw": message.raw.decode("utf-8", "replace"), "raw_sent": sent.decode("utf-8", "replace")}
        return JSONResponse(_message(message) | sources)

    async def reset(self, _: Request) -> Response:
        """`POST /_sesbox/reset`: a fresh account in every region; keys and certificate stay."""
        await self._desk.writer.reset()
        self._desk.clock.reset()
        await self._desk.clock_moved()
        return JSONResponse({"status": "ok"})

    async def clock(self, request: Request) -> Response:
        """`GET` tells, `POST` moves: {"advance": seconds}, {"set": ISO time or epoch}, {"pause": true or false}."""
        clock = self._desk.clock
        if request.method == "POST":
            try:
                self._move(await read_body(request))
            except (ValueError, AwsError) as error:
                return _refusal(str(error.message if isinstance(error, AwsError) else error))
            await self._desk.clock_moved()
        return JSONResponse(
            {"now": iso_timestamp(clock.now()), "epoch": clock.now(), "offset": clock.offset, "paused": clock.paused}
        )

    def _move(self, wish: dict[str, Any]) -> None:
        clock, known = self._desk.clock, {"advance", "set", "pause"}
        if not wish or wish.keys() - known:
            raise ValueError("say one of: advance (seconds), set (ISO 8601 time), pause (true or false)")
        if "set" in wish:
            clock.set(_number("set", wish["set"], read_timestamp, "an ISO 8601 time or seconds since the epoch"))
        if "advance" in wish:
            clock.advance(_number("advance", wish["advance"], float, "a number of seconds"))
        if "pause" in wish:
            paused = str(wish["pause"]).lower()
            if paused not in _SWITCH:
                raise ValueError("pause must be true or false")
            clock.pause() if _SWITCH[paused] else clock.resume()


def _number(name: str, value: Any, read: Callable[[str], float], what: str) -> float:
    try:
        return read(str(value))
    except (ValueError, OverflowError):
        raise ValueError(f"{name} must be {what}, not {str(value)[:80]!r}") from None


def _message(message: Message) -> dict[str, Any]:
    mail = read_mail(message.raw)
    return {
        "message_id": message.message_id,
        "region": message.region,
        "accepted_at": iso_timestamp(message.accepted_at),
        "source": message.source,
        "destinations": list(message.destinations),
        "subject": message.subject,
        "configuration_set": message.configuration_set,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "text": mail.text,
        "html": mail.html,
    }


def _refusal(reason: str, status: int = 400) -> Response:
    return JSONResponse({"error": reason}, status)
