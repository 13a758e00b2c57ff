"""The AWS door: authenticate -> read -> dispatch -> commit -> answer, for all three services on one port.

Lives here: that one way through. Must not live here: the wire formats (wire/), what operations do (operations/),
ASGI (app.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sesbox.operations.base import AwsError, Caller, Context, Ids, Operation, Outcome
from sesbox.wire import errors, query, rest_json, sigv4, validate
from sesbox.wire.model import OperationModel, Service, load
from sesbox.wire.request import Answer, Request

V2_PREFIX = "/v2/email"
TITLES = {"ses": "SES v1", "sesv2": "SES v2", "sns": "SNS"}
UNSIGNED_BYTES = 65_536
# What a link in a mail or a confirmation calls: AWS serves these without a signature too.
UNSIGNED = {("sns", "ConfirmSubscription"): "TopicArn", ("sns", "Unsubscribe"): "SubscriptionArn"}

logger = logging.getLogger("sesbox.http")


class Writes(Protocol):
    """What the door needs of the writer."""

    def run(
        self, region: str, call: Callable[[Context], Outcome], done: int | None = None, *, caller: Caller | None = None
    ) -> Any:
        """An awaitable Outcome."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Who may sign. `any_credentials` (profile permissive): signatures are not looked at."""

    secrets: Mapping[str, str]
    any_credentials: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What the door knows of its sesbox. `wall` is wall time in seconds since the epoch."""

    account_id: str
    region: str
    keys: Keys
    ids: Ids
    wall: Callable[[], float]
    own_origin: Callable[[Request], bool]


@dataclass(slots=True)
class _Call:
    """One request on its way through; each step fills in what it finds out."""

    request: Request
    source_ip: str
    request_id: str
    service: Service
    authorization: sigv4.Authorization | None
    fields: dict[str, str] = field(default_factory=dict)
    match: rest_json.Match | None = None
    operation: OperationModel | None = None


class Api:
    """Answers AWS requests. `table` is operations.TABLE."""

    def __init__(self, writer: Writes, table: Mapping[tuple[str, str], Operation], settings: Settings) -> None:
        self._writer, self._table, self._settings = writer, table, settings
        self._hints: set[str] = set()
        self._routes: rest_json.Routes | None = None

    async def answer(self, request: Request, source_ip: str) -> Answer:
        """The answer to one request; never raises."""
        request_id = self._settings.ids.uuid()
        call = _Call(request, source_ip, request_id, load("sesv2" if is_v2(request) else "ses"), None)
        try:
            call.authorization = sigv4.parse(request)
            if not is_v2(request):
                self._pick_query_service(call)
            caller, region = self._authenticate(call)
            self._find_operation(call)
            outcome = await self._run(call, caller, region)
            return _success(call, outcome.response)
        except AwsError as error:
            self._tell_hint(error)
            return errors.render(error, call.service, call.operation, request_id)
        except Exception:
            logger.exception("a request failed in a way that is a bug of sesbox: %s %s", request.method, request.path)
            return errors.render(_failure(), call.service, call.operation, request_id)

    def _pick_query_service(self, call: _Call) -> None:
        """By the signature's scope; without a signature by the API version that the form names."""
        request, found = call.request, call.authorization
        if found is not None and found.service == "sns":
            call.service = load("sns")
        if found is None and not self._settings.keys.any_credentials and len(request.body) > UNSIGNED_BYTES:
            return
        if found is None or self._settings.keys.any_credentials:
            call.fields = _fields(request)
            if call.fields.get("Version") == load("sns").version or ("sns", call.fields.get("Action")) in UNSIGNED:
                call.service = load("sns")

    def _authenticate(self, call: _Call) -> tuple[Caller, str]:
        settings, found = self._settings, call.authorization
        if found is not None and not settings.keys.any_credentials:
            region = sigv4.region_of(found)
            service = call.service.name if call.service.name == "sns" else "ses"
            sigv4.verify(call.request, found, service, settings.keys.secrets.get, settings.wall())
            return self._caller(call, found.access_key_id), region
        unsigned = self._region_of_unsigned(call)
        if unsigned is not None:
            return self._caller(call, ""), unsigned
        if not settings.keys.any_credentials:
            raise AwsError("MissingAuthenticationToken", "Missing Authentication Token", status=403)
        if found is None:
            if not settings.own_origin(call.request):
                raise AwsError("AccessDenied", "A web page of another origin may not call without a signature.")
            return self._caller(call, "anybody"), settings.region
        return self._caller(call, found.access_key_id), sigv4.region_of(found)

    def _region_of_unsigned(self, call: _Call) -> str | None:
        """The region of an operation that needs no signature, out of the ARN it names; None for all others."""
        member = UNSIGNED.get((call.service.name, call.fields.get("Action", "")))
        if member is None or call.authorization is not None:
            return None
        parts = call.fields.get(member, "").split(":")
        return parts[3] if len(parts) > 5 and parts[3] else self._settings.region

    def _caller(self, call: _Call, access_key_id: str) -> Caller:
        user_agent = call.request.headers.get("user-agent", "")
        account = self._settings.account_id
        return Caller(access_key_id, account, source_ip=call.source_ip, user_agent=user_agent)

    def _find_operation(self, call: _Call) -> None:
        request = call.request
        if is_v2(request):
            if self._routes is None:
                self._routes = rest_json.routes(call.service)
            call.match = rest_json.match(self._routes, request.method, request.path)
            call.operation = call.match.operation
        else:
            call.fields = call.fields or _fields(request)
            call.operation = query.operation(call.service, call.fields)

    async def _run(self, call: _Call, caller: Caller, region: str) -> Outcome:
        model = call.operation
        assert model is not None
        operation = self._table.get((call.service.name, model.name))
        if operation is None:
            text = f"sesbox does not support {TITLES[call.service.name]} {model.name} yet"
            raise AwsError("NotImplemented", text, status=501)
        match = call.match
        params = query.read(model, call.fields) if match is None else rest_json.read(match, call.request)
        validate.check(model, params)
        outcome: Outcome = await self._writer.run(region, lambda ctx: operation(ctx, params), caller=caller)
        return outcome

    def _tell_hint(self, error: AwsError) -> None:
        """The first time a refusal comes from the profile, the log says which flag lifts it."""
        if error.hint is not None and error.hint not in self._hints:
            self._hints.add(error.hint)
            logger.warning("refused (%s): %s", error.code, error.hint)


def is_v2(request: Request) -> bool:
    """Whether the path is SES v2's."""
    return request.path.startswith(V2_PREFIX)


def _fields(request: Request) -> dict[str, str]:
    """The form of a Query request: in the body, or in the query string of a GET."""
    body = request.body.decode("utf-8", "replace")
    return query.form("&".join(filter(None, (body, request.query))))


def _success(call: _Call, response: Mapping[str, Any]) -> Answer:
    assert call.operation is not None
    if call.match is not None:
        kind, body = "application/json", rest_json.write(call.operation, response)
    else:
        kind, body = "text/xml", query.write(call.service, call.operation, response, call.request_id)
    return Answer(200, (("content-type", kind), ("x-amzn-requestid", call.request_id)), body)


def _failure() -> AwsError:
    return AwsError("InternalFailure", "The request processing has failed because of an internal error.", status=500)
