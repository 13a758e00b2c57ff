"""The scalar forms of the wire: timestamps and blobs.

Lives here: text to value and back. Must not live here: structures (query.py, rest_json.py), errors of a protocol.
"""

from __future__ import annotations

import base64
import math
import re
from datetime import datetime, timezone

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?(Z|z|[+-]\d\d:?\d\d)?")


def iso_timestamp(seconds: float) -> str:
    """Epoch seconds as AWS writes them in XML: `2026-01-02T03:04:05.678Z`."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    moment = datetime.fromtimestamp(whole, tz=timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"


def read_timestamp(text: str) -> float:
    """Epoch seconds of an ISO 8601 date-time (no zone means UTC) or of a plain number. Raises ValueError."""
    found = _ISO.fullmatch(text)
    if found is None:
        return finite(text)
    zone = found[8] or "Z"
    minutes = 0
    if zone not in "Zz":
        digits = zone[1:].replace(":", "")
        minutes = (int(digits[:2]) * 60 + int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    year, month, day, hour, minute, second = (int(found[index]) for index in range(1, 7))
    moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    return moment.timestamp() - minutes * 60 + float(found[7] or 0)


def finite(value: str | float) -> float:
    """A number that is one. Raises ValueError for what is none, and for NaN and the infinities."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def read_blob(text: str) -> bytes:
    """The bytes of a base64 text. Raises ValueError."""
    return base64.b64decode(text.encode("ascii"), validate=False)


def write_blob(data: bytes) -> str:
    """Base64 without line breaks."""
    return base64.b64encode(data).decode("ascii")
