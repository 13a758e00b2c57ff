"""AWS Signature Version 4, the verifying side, in the header form that SDKs use.

Lives here: reading the Authorization header, the canonical request, the checks. Must not live here: where secrets
are kept, the clock (`now` is wall time and an argument), which service a request is for.
The canonical path of these services is the raw path encoded once more, so a decoded path cannot be verified.
Codes are SES v1's; errors.py renames them for SES v2. Source: docs.aws.amazon.com/general/latest/gr/
signature-version-4.html and CommonErrors of both APIs.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from sesbox.refusal import AwsError
from sesbox.wire.request import Request

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = 300
_BASIC = "%Y%m%dT%H%M%SZ"
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """The Authorization header, taken apart but not believed yet."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str


def parse(request: Request) -> Authorization | None:
    """The Authorization header of a request; None if it has none. Raises AwsError IncompleteSignature."""
    header = request.headers.get("authorization")
    if not header:
        return None
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != ALGORITHM:
        raise AwsError("IncompleteSignature", f"Unsupported AWS 'algorithm': '{algorithm}'.", status=400)
    fields = {}
    for part in rest.split(","):
        name, _, value = part.strip().partition("=")
        fields[name] = value
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not fields.get(name)]
    if missing:
        texts = [f"Authorization header requires '{name}' parameter." for name in missing]
        raise AwsError("IncompleteSignature", f"{' '.join(texts)} Authorization={header}", status=400)
    scope = fields["Credential"].rsplit("/", 4)
    if len(scope) != 5:
        form = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
        text = f"{form}, got '{fields['Credential']}'"
        raise AwsError("IncompleteSignature", text, status=400)
    key_id, date, region, service, terminator = scope
    signed = tuple(fields["SignedHeaders"].lower().split(";"))
    return Authorization(key_id, date, region, service, terminator, signed, fields["Signature"])


def region_of(found: Authorization) -> str:
    """The region a request is for. Raises AwsError SignatureDoesNotMatch for what is no region's name."""
    if _REGION.fullmatch(found.region) is None:
        raise _refused(f"Credential should be scoped to a valid region, not '{found.region}'. ")
    return found.region


def verify(
    request: Request, found: Authorization, service: str, secret_of: Callable[[str], str | None], now: float
) -> None:
    """Raises AwsError unless the request was signed for `service` with a known key, within 5 minutes of `now`."""
    secret = secret_of(found.access_key_id)
    if secret is None or "x-amz-security-token" in request.headers:
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", status=403)
    stamp = _stamp(request)
    _check_scope(found, service, stamp)
    _check_headers(request, found)
    _check_time(stamp, now)
    canonical = canonical_request(request, found.signed_headers)
    wanted = signature(canonical, stamp, found, secret)
    if not hmac.compare_digest(wanted.encode(), found.signature.encode()):
        details = (
            f"\n\nThe Canonical String for this request should have been\n'{canonical}'"
            f"\n\nThe String-to-Sign should have been\n'{string_to_sign(canonical, stamp, found)}'\n"
        )
        raise _refused(_MISMATCH + details)


def canonical_request(request: Request, signed_headers: tuple[str, ...]) -> str:
    """The canonical request: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
    headers = request.headers
    lines = [f"{name}:{_header_value(headers.get(name, ''))}" for name in signed_headers]
    return "\n".join(
        (
            request.method,
            quote(_normal_path(request.path), safe="/~"),
            _canonical_query(request.query),
            *lines,
            "",
            ";".join(signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def string_to_sign(canonical: str, stamp: str, found: Authorization) -> str:
    """What the signature is computed over."""
    scope = f"{found.date}/{found.region}/{found.service}/{found.terminator}"
    return f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def signature(canonical: str, stamp: str, found: Authorization, secret: str) -> str:
    """The signature in hexadecimal."""
    key = signing_key(secret, found.date, found.region, found.service)
    return hmac.new(key, string_to_sign(canonical, stamp, found).encode(), hashlib.sha256).hexdigest()


@functools.lru_cache(maxsize=256)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The derived key; it changes once a day, so it is remembered."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _normal_path(path: str) -> str:
    """Without empty and dot segments, as RFC 3986 section 5.2.4 and botocore have it."""
    if "//" not in path and "/." not in path:
        return path or "/"
    kept: list[str] = []
    for step in path.split("/"):
        if step == "..":
            kept = kept[:-1]
        elif step and step != ".":
            kept.append(step)
    return "/" + "/".join(kept) + ("/" if path.endswith("/") and kept else "")


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        pairs.append((name, value))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _header_value(value: str) -> str:
    return " ".join(value.split())


def _stamp(request: Request) -> str:
    """The request's time as YYYYMMDDTHHMMSSZ."""
    given = request.headers.get("x-amz-date")
    if given is not None:
        return given
    date = request.headers.get("date")
    if date is None:
        text = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        raise AwsError("IncompleteSignature", f"{text} Authorization={ALGORITHM}", status=400)
    try:
        return parsedate_to_datetime(date).astimezone(timezone.utc).strftime(_BASIC)
    except ValueError:
        raise AwsError("IncompleteSignature", f"Date must be in a known format, got '{date}'.", status=400) from None


def _check_scope(found: Authorization, service: str, stamp: str) -> None:
    texts = []
    if found.terminator != "aws4_request":
        texts.append(f"Credential should be scoped with a valid terminator: 'aws4_request', not '{found.terminator}'. ")
    if found.service != service:
        texts.append(f"Credential should be scoped to correct service: '{service}'. ")
    if not stamp.startswith(found.date) or len(found.date) != 8:
        texts.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{found.date}' != '{stamp[:8]}', from '{stamp}'."
        )
    if texts:
        raise _refused("".join(texts))


def _check_headers(request: Request, found: Authorization) -> None:
    if "host" not in found.signed_headers:
        raise _refused("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    for name in request.headers:
        if name.startswith("x-amz-") and name not in found.signed_headers:
            raise _refused(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")


def _check_time(stamp: str, now: float) -> None:
    try:
        at = _moment(stamp)
    except ValueError:
        text = f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
        raise AwsError("IncompleteSignature", text, status=400) from None
    if at < now - SKEW:
        raise _refused(f"Signature expired: {stamp} is now earlier than {_basic(now - SKEW)} ({_basic(now)} - 5 min.)")
    if at > now + SKEW:
        raise _refused(
            f"Signature not yet current: {stamp} is still later than {_basic(now + SKEW)} ({_basic(now)} + 5 min.)"
        )


@functools.lru_cache(maxsize=64)
def _moment(stamp: str) -> float:
    return datetime.strptime(stamp, _BASIC).replace(tzinfo=timezone.utc).timestamp()


def _basic(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=timezone.utc).strftime(_BASIC)


def _refused(message: str) -> AwsError:
    return AwsError("SignatureDoesNotMatch", message, status=403)
