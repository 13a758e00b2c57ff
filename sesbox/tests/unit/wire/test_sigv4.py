"""Our verifier against botocore's signer, and every way to be refused."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sesbox.operations.base import AwsError
from sesbox.wire import sigv4
from sesbox.wire.request import Request

KEY, SECRET = "AKIATEST", "s3cr3t/+="
NOW = 1_767_312_000.0  # 2026-01-02T00:00:00Z
HOST = "127.0.0.1:4580"

url_text = st.text(st.sampled_from("abzAZ09-_.~%2F/+!*'();:@,$ ").filter(lambda c: c != " "), max_size=20)
header_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)


def signed(
    at: Callable[[float], None], path: str, query: str = "", body: bytes = b"", headers: dict[str, str] | None = None
) -> Request:
    """A request as botocore signs it at NOW."""
    at(NOW)
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    made = AWSRequest(method="POST" if body else "GET", url=url, data=body, headers=headers or {})
    botocore.auth.SigV4Auth(Credentials(KEY, SECRET), "ses", "eu-west-1").add_auth(made)
    sent = {name.lower(): value for name, value in made.headers.items()} | {"host": HOST}
    parts = urlsplit(url)
    return Request(made.method, parts.path, parts.query, sent, body)


def verify(request: Request, now: float = NOW, service: str = "ses") -> None:
    found = sigv4.parse(request)
    assert found is not None
    sigv4.region_of(found)
    sigv4.verify(request, found, service, {KEY: SECRET}.get, now)


@pytest.fixture(scope="module")
def at() -> Iterator[Callable[[float], None]]:
    """Sets the time that botocore signs with."""
    import datetime

    patch = pytest.MonkeyPatch()

    def set_time(moment: float) -> None:
        fixed = datetime.datetime.fromtimestamp(moment, tz=datetime.timezone.utc)
        patch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: fixed.replace(tzinfo=None))

    yield set_time
    patch.undo()


@given(
    path=url_text.map(lambda text: "/v2/" + text),
    query=st.lists(st.tuples(url_text, url_text), max_size=4),
    body=st.binary(max_size=40),
    headers=st.dictionaries(st.sampled_from(["X-Amz-Meta", "Content-Type", "X-Other"]), header_text),
)
def test_what_botocore_signs_is_accepted(
    at: Callable[[float], None],
    path: str,
    query: list[tuple[str, str]],
    body: bytes,
    headers: dict[str, str],
) -> None:
    text = "&".join(f"{name.replace('/', '')}={value}" for name, value in query)
    verify(signed(at, path, text, body, headers))


def test_the_path_is_signed_as_it_was_sent(at: Callable[[float], None]) -> None:
    request = signed(at, "/v2/email/identities/a%2Bb%40example.com")
    verify(request)
    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        verify(replace(request, path="/v2/email/identities/a+b@example.com"))


@pytest.mark.parametrize(
    ("part", "value"), [("path", "/v2/other"), ("query", "x=1"), ("body", b"changed"), ("method", "PUT")]
)
def test_a_changed_request_is_refused(at: Callable[[float], None], part: str, value: object) -> None:
    request = signed(at, "/v2/email/account", "a=b", b"body")
    with pytest.raises(AwsError, match="The request signature we calculated does not match") as refusal:
        verify(replace(request, **{part: value}))  # type: ignore[arg-type]
    assert refusal.value.status == 403
    assert "The Canonical String for this request should have been" in str(refusal.value)


def test_skew_of_five_minutes_is_allowed(at: Callable[[float], None]) -> None:
    request = signed(at, "/v2/email/account")
    verify(request, NOW + 300)
    verify(request, NOW - 300)
    with pytest.raises(AwsError) as late:
        verify(request, NOW + 301)
    assert late.value.message == (
        "Signature expired: 20260102T000000Z is now earlier than 20260102T000001Z (20260102T000501Z - 5 min.)"
    )
    with pytest.raises(AwsError, match="Signature not yet current"):
        verify(request, NOW - 301)


def changed(request: Request, **headers: str | None) -> Request:
    merged = {**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return replace(request, headers={name: value for name, value in merged.items() if value is not None})


@pytest.mark.parametrize(
    ("old", "new", "code", "text"),
    [
        ("AKIATEST", "AKIAOTHER", "InvalidClientTokenId", "The security token included in the request is invalid."),
        ("/ses/", "/sns/", "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'ses'. "),
        ("eu-west-1", "mars", "SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'mars'. "),
        ("aws4_request", "aws5", "SignatureDoesNotMatch", "Credential should be scoped with a valid terminator"),
        ("20260102", "20260101", "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD"),
        ("host;", "", "SignatureDoesNotMatch", "'Host' or ':authority' must be a 'SignedHeader'"),
        (";x-amz-date", "", "SignatureDoesNotMatch", "'x-amz-date' must be a 'SignedHeader'"),
        ("Signature=", "Sig=", "IncompleteSignature", "Authorization header requires 'Signature' parameter."),
        ("AWS4-HMAC-SHA256", "AWS3", "IncompleteSignature", "Unsupported AWS 'algorithm': 'AWS3'."),
        ("/eu-west-1/ses", "", "IncompleteSignature", "Credential must have exactly 5 slash-delimited elements"),
    ],
)
def test_a_wrong_authorization_header_is_refused(
    at: Callable[[float], None], old: str, new: str, code: str, text: str
) -> None:
    request = signed(at, "/v2/email/account")
    header = request.headers["authorization"]
    assert old in header
    with pytest.raises(AwsError) as refusal:
        verify(changed(request, authorization=header.replace(old, new)))
    assert refusal.value.code == code
    assert str(refusal.value.message).startswith(text)


def test_headers_that_change_what_is_signed(at: Callable[[float], None]) -> None:
    request = signed(at, "/v2/email/account")
    with pytest.raises(AwsError, match="InvalidClientTokenId"):
        verify(changed(request, x_amz_security_token="token"))
    with pytest.raises(AwsError, match="must be a 'SignedHeader'"):
        verify(changed(request, x_amz_extra="1"))
    with pytest.raises(AwsError, match="requires existence of either a 'X-Amz-Date' or a 'Date' header"):
        verify(changed(request, x_amz_date=None))
    with pytest.raises(AwsError, match="ISO-8601 'basic format'"):
        verify(changed(request, x_amz_date="20260102 noon"))


def test_no_authorization_header_is_no_authorization() -> None:
    assert sigv4.parse(Request("GET", "/")) is None
