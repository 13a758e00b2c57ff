"""The control API for tests and tools: cases, mailboxes, the zone, and the link of a verification mail.

Lives here: JSON (or form) in, an operation through the writer, JSON out. Must not live here: decisions, pages'
templates. Needs no signature; the guard (rendering.own) judges Host and Origin.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sesbox.console import views
from sesbox.console.desk import ZONE, Desk
from sesbox.console.rendering import HEADERS, Pages
from sesbox.delivery import check
from sesbox.operations import mailboxes, reviewing, verifying
from sesbox.operations.base import AwsError, Context, Outcome

ZONE_LIMIT = 1_000_000


class Control:
    """The handlers of the control API, and the verbs the pages' forms share with it."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk, self._pages = desk, pages

    async def cases(self, _: Request) -> Response:
        """`GET /_sesbox/cases`: every case with its correspondence, the latest first."""
        found = []
        for region in await self._desk.writer.regions():
            listed = await self._desk.writer.read(region, views.cases_view)
            found += [await self._read(region, one["case"].case_id) for one in listed]
        found.sort(key=lambda one: -one["opened_at"])
        return JSONResponse({"cases": found}, headers=HEADERS)

    async def case(self, request: Request) -> Response:
        """`GET /_sesbox/cases/<id>`."""
        case_id = request.path_params["case_id"]
        return JSONResponse(await self._read(await self.region_of(case_id), case_id), headers=HEADERS)

    async def act(self, request: Request) -> Response:
        """`POST /_sesbox/cases/<id>/{grant,deny,reply}`; answers the case as it stands then."""
        case_id, verb = request.path_params["case_id"], request.path_params["verb"]
        await self.judge(case_id, verb, await read_body(request))
        return JSONResponse(await self._read(await self.region_of(case_id), case_id), headers=HEADERS)

    async def judge(self, case_id: str, verb: str, given: Mapping[str, Any]) -> None:
        """Grant {quota, rate}, deny {reasons} or reply {text}. Raises AwsError."""
        call: Callable[[Context], Outcome]
        if verb == "grant":
            quota, rate = _amount(given, "quota"), _amount(given, "rate")
            call = partial(reviewing.grant, case_id=case_id, quota=quota, rate=rate)
        elif verb == "deny":
            call = partial(reviewing.deny, case_id=case_id, reasons=_reasons(given))
        elif verb == "reply":
            call = partial(reviewing.reply, case_id=case_id, text=_reply(given))
        else:
            raise AwsError("NotFoundException", "A case can be granted, denied or replied to.", status=404)
        await self._desk.writer.run(await self.region_of(case_id), call)

    async def region_of(self, case_id: str) -> str:
        """The region a case belongs to. Raises AwsError NotFoundException."""
        for region in await self._desk.writer.regions():
            if await self._desk.writer.read(region, lambda ctx: views.case_view(ctx, case_id)):
                return region
        raise AwsError("NotFoundException", f"There is no case {case_id}.", status=404)

    async def mailbox(self, request: Request) -> Response:
        """`POST /_sesbox/mailboxes` {"address", "behaviour", "region"?}."""
        given = await read_body(request)
        outcome = await self.script(given)
        return JSONResponse(dict(outcome.response), headers=HEADERS)

    async def script(self, given: Mapping[str, Any]) -> Outcome:
        """Script a mailbox in a region (default: the one sesbox was started with). Raises AwsError."""
        region = str(given.get("region") or self._desk.region)
        return await self._desk.writer.run(region, partial(mailboxes.script, params=given))

    async def zone(self, request: Request) -> Response:
        """`GET /_sesbox/zone` gives the zone's text; `PUT` with a zone as body replaces it and checks domains."""
        if request.method == "GET":
            return Response(self._desk.zone.text, headers=HEADERS, media_type="text/dns")
        body = await request.body()
        if len(body) > ZONE_LIMIT:
            raise AwsError("BadRequestException", f"A zone has at most {ZONE_LIMIT} bytes.", status=413)
        try:
            records = await self.replace_zone(body.decode("utf-8"))
        except ValueError as error:
            raise AwsError("BadRequestException", f"The zone cannot be read: {error}", status=400) from error
        return JSONResponse({"records": records}, headers=HEADERS)

    async def replace_zone(self, text: str) -> int:
        """Take a zone, keep it over a restart, look at every domain again. Raises ValueError if it cannot be read."""
        records = self._desk.zone.replace(text)
        await self._desk.writer.set_meta({ZONE: text})
        if self._desk.profile.verify_domains == "zone":
            for region in await self._desk.writer.regions():
                for domain in await self._desk.writer.read(region, views.pending_domains):
                    await self._desk.writer.run(region, partial(check, domain=domain, look_up=self._desk.look_up))
        return records

    async def verify(self, request: Request) -> Response:
        """`GET /_sesbox/verify?token=...`: the link of the verification mail. As AWS's own, this GET does confirm."""
        token = request.query_params.get("token", "")
        regions = [request.query_params["region"]] if "region" in request.query_params else []
        for region in regions or await self._desk.writer.regions():
            try:
                outcome = await self._desk.writer.run(region, partial(verifying.confirm, token=token))
            except AwsError as error:
                if error.code != "NotFoundException":
                    raise
            else:
                identity = outcome.response["identity"]
                return self._pages.page("verified.html", section="", identity=identity, region=region)
        return self._pages.problem(
            404,
            "This link is not valid",
            "A link in a verification mail is good once, for 24 hours. Ask for a new one.",
        )

    async def _read(self, region: str, case_id: str) -> dict[str, Any]:
        found = await self._desk.writer.read(region, lambda ctx: views.require_case(ctx, case_id))
        case = views.as_json(found["case"])
        return {**case, "region": region, "letters": views.as_json(found["letters"])}


async def read_body(request: Request) -> dict[str, Any]:
    """A JSON object or a form as a dict; a name given several times in a form is a list. Raises AwsError.

    What begins like JSON is JSON: `curl -d` calls everything a form.
    """
    body = await request.body()
    if "json" not in request.headers.get("content-type", "") and not body.lstrip().startswith(b"{"):
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
            values.setdefault(name, []).append(value)
        return {name: given if len(given) > 1 else given[0] for name, given in values.items()}
    try:
        found = json.loads(body or b"{}")
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise AwsError("BadRequestException", f"The body is not JSON: {error}", status=400) from error
    if not isinstance(found, dict):
        raise AwsError("BadRequestException", "The body must be a JSON object.", status=400)
    return found


def _amount(given: Mapping[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        amount = float(str(value).replace(",", ""))
    except ValueError:
        amount = float("nan")
    if not 0 < amount < 1e12:
        raise AwsError("BadRequestException", f"The {name} must be a number above 0, not {value!r}.", status=400)
    return amount


def _reply(given: Mapping[str, Any]) -> str:
    text = str(given.get("text", "")).strip()
    if not text:
        raise AwsError("BadRequestException", "The reply is empty: give `text`.", status=400)
    return text


def _reasons(given: Mapping[str, Any]) -> list[str]:
    found = given.get("reasons") or []
    listed = found if isinstance(found, list) else [found]
    reasons = [line.strip() for one in listed for line in str(one).splitlines() if line.strip()]
    if not reasons:
        raise AwsError("BadRequestException", "Give at least one reason: `reasons`.", status=400)
    return reasons
