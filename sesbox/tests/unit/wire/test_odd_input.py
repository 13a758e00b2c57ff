"""Whatever is sent, the readers answer with parameters or an AwsError, never with anything else."""

import contextlib
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesbox.operations.base import AwsError
from sesbox.wire import query, rest_json, sigv4, validate
from sesbox.wire.model import OperationModel, Shape, load
from sesbox.wire.request import Request

V2 = load("sesv2")
ROUTES = rest_json.routes(V2)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner), max_leaves=6
)


def nearly(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """JSON of the shape's form, in which any part may be something else."""
    if depth > 5:
        return scalars
    right: st.SearchStrategy[Any] = scalars
    if shape.type == "structure":
        members = {member.wire: nearly(member.shape, depth + 1) for member in shape.members.values()}
        right = st.fixed_dictionaries({}, optional=members)
    elif shape.type == "list" and shape.member is not None:
        right = st.lists(nearly(shape.member, depth + 1), max_size=2)
    elif shape.type == "map" and shape.value is not None:
        right = st.dictionaries(st.text(max_size=4), nearly(shape.value, depth + 1), max_size=2)
    elif shape.type == "string" and shape.enum:
        right = st.sampled_from(shape.enum)
    return right if depth == 0 else right | anything


def path_of(model: OperationModel) -> str:
    return model.uri.replace("{", "").replace("}", "")


@given(st.data(), st.sampled_from(sorted(V2.operations)))
def test_json_that_is_nearly_right(data: st.DataObject, name: str) -> None:
    model = V2.operations[name]
    assert model.input is not None
    body = json.dumps(data.draw(nearly(model.input))).encode()
    arguments = urlencode({member.wire: data.draw(st.text()) for member in model.input.members.values()}, doseq=True)
    request = Request(model.method, path_of(model), arguments, {}, body)
    with contextlib.suppress(AwsError):
        params = rest_json.read(rest_json.match(ROUTES, request.method, request.path), request)
        validate.check(model, params)


@given(st.binary(), st.text())
def test_bodies_and_paths_that_are_nothing(body: bytes, path: str) -> None:
    request = Request("POST", "/v2/email/" + quote(path, safe=""), path, {}, body)
    with contextlib.suppress(AwsError):
        rest_json.read(rest_json.match(ROUTES, "POST", request.path), request)
    with contextlib.suppress(AwsError):
        rest_json.read(rest_json.match(ROUTES, "POST", "/v2/email/outbound-emails"), request)


@given(st.data(), st.sampled_from([(name, op) for name in ("ses", "sns") for op in sorted(load(name).operations)]))
def test_forms_that_are_nearly_right(data: st.DataObject, place: tuple[str, str]) -> None:
    service = load(place[0])
    model = service.operations[place[1]]
    members = list(model.input.members) if model.input else []
    step = st.sampled_from([*members, "member", "entry", "1", "2", "key", "value", "x", ""])
    names = data.draw(st.lists(st.lists(step, min_size=1, max_size=5).map(".".join), max_size=6))
    fields = query.form(urlencode([(name, data.draw(st.text(max_size=6))) for name in names]))
    with contextlib.suppress(AwsError):
        validate.check(model, query.read(model, fields))


@given(st.text(), st.text())
def test_authorization_headers_that_are_nothing(rest: str, date: str) -> None:
    keys = "Credential=a/b/eu-west-1/ses/aws4_request, SignedHeaders=host, Signature=s"
    for header in (rest, f"AWS4-HMAC-SHA256 {rest}", f"AWS4-HMAC-SHA256 {keys}"):
        request = Request("GET", "/", "", {"authorization": header, "x-amz-date": date, "date": rest, "host": "h"})
        with contextlib.suppress(AwsError):
            found = sigv4.parse(request)
            if found is not None:
                sigv4.verify(request, found, "ses", lambda _: "secret", 0.0)


@pytest.mark.parametrize("name", ["Source.", "Source..", "Source..x", ".Source", "", "."])
def test_a_name_with_an_empty_step_is_no_member(name: str) -> None:
    model = load("ses").operations["SendEmail"]
    assert query.read(model, {"Source": "a@y.test", name: "x"}) == {"Source": "a@y.test"}


def test_a_form_of_more_fields_than_any_call_has_is_refused_before_it_is_read() -> None:
    with pytest.raises(AwsError) as caught:
        query.form("a=b&" * 1_000_000)
    assert (caught.value.code, caught.value.status) == ("MalformedQueryString", 404)
    assert len(query.form("&".join(f"a{number}=b" for number in range(9_000)))) == 9_000
