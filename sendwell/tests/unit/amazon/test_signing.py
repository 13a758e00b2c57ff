"""Our signatures are botocore's, for any request of the shape we make."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from sendwell.amazon.signing import Credentials, HttpRequest, sign_v4

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
VALUE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
SEGMENT = st.text("abcXYZ019-_.~%@+:=,;", min_size=1, max_size=12).filter(lambda s: s not in (".", ".."))
NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,15}", fullmatch=True).filter(
    lambda n: n.lower() not in ("host", "authorization", "x-amz-date", "expect", "user-agent", "connection",
                                "transfer-encoding", "x-amzn-trace-id", "x-amz-security-token", "content-length")
)  # fmt: skip
HOSTS = st.sampled_from(["email.us-east-1.amazonaws.com", "127.0.0.1:4580", "localhost:9999"])


@given(
    method=st.sampled_from(["POST", "GET"]),
    host=HOSTS,
    segments=st.lists(SEGMENT, max_size=4),
    query=st.lists(
        st.tuples(st.text("abcXY09-_~", min_size=1, max_size=6), st.text("abcXY09-_.~%", max_size=6)), max_size=4
    ),
    headers=st.dictionaries(NAME, VALUE, max_size=4).filter(lambda d: len({n.lower() for n in d}) == len(d)),
    body=st.binary(max_size=200),
    key=TEXT,
    secret=TEXT,
    token=st.one_of(st.just(""), TEXT),
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    now=st.integers(946_684_800, 4_102_444_800).map(lambda s: datetime.fromtimestamp(s, UTC).replace(tzinfo=None)),
)
def test_same_signature_as_botocore(method, host, segments, query, headers, body, key, secret, token, region, now):
    url = f"https://{host}/{'/'.join(segments)}" + ("?" + "&".join(f"{k}={v}" for k, v in query) if query else "")
    ours = sign_v4(
        HttpRequest(method, url, headers, body), Credentials(key, secret, token), region, now.replace(tzinfo=UTC)
    )

    theirs = AWSRequest(method, url, headers=dict(headers), data=body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        SigV4Auth(BotoCredentials(key, secret, token or None), "ses", region).add_auth(theirs)

    assert ours.headers["Authorization"] == theirs.headers["Authorization"]
    assert ours.headers["X-Amz-Date"] == theirs.headers["X-Amz-Date"]


def test_secrets_are_not_in_any_repr():
    credentials = Credentials("AKIDEXAMPLE", "very-secret", "token-secret")
    signed = sign_v4(HttpRequest("POST", "https://h/p", {}, b"private"), credentials, "us-east-1", datetime.now(UTC))

    assert "secret" not in repr(credentials)
    assert "private" not in repr(signed)
    assert "Signature" not in repr(signed)
