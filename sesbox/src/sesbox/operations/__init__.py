"""The dispatch table: which function answers which AWS operation.

Lives here: one line an operation. Must not live here: anything else.
An operation is found by (service, name), service being "ses" (v1), "sesv2" or "sns".
`params` and responses are the members of the botocore model by name: blobs are bytes, timestamps are seconds since
the epoch (float or int), lists and structures are lists and dicts. A member that is absent or null is not in
`params`. An operation without output answers an empty response.
"""

from __future__ import annotations

from collections.abc import Mapping

from sesbox.operations.base import Operation

TABLE: Mapping[tuple[str, str], Operation] = {}
