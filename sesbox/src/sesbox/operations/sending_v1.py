"""SES v1's SendEmail and SendRawEmail.

Lives here: reading the calls' members into a Submission. Must not live here: accepting it (operations/sending.py).
Source: botocore's ses model; SES API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.operations import mime, sending_raw
from sesbox.operations.base import Context, Outcome
from sesbox.operations.sending import Submission, submit
from sesbox.operations.sending_v2 import read_simple
from sesbox.operations.state import need
from sesbox.rules import content, tags
from sesbox.rules.refusals import invalid


def _tags(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(tag.get("Name") or "", tag.get("Value") or "") for tag in params.get("Tags") or ()]


def send_email(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SendEmail: Source and ReturnPath must be verified."""
    need(params, "Source", "Destination", "Message")
    source = params["Source"]
    if not source:
        raise invalid("Source cannot be empty")
    destination = params["Destination"]
    to, cc, bcc = (tuple(destination.get(f"{kind}Addresses") or ()) for kind in ("To", "Cc", "Bcc"))
    built = read_simple(source, to, cc, tuple(params.get("ReplyToAddresses") or ()), params["Message"])
    path = params.get("ReturnPath")
    asked = Submission(
        operation="SendEmail",
        source=source,
        senders=(source, path) if path else (source,),
        recipients=to + cc + bcc,
        subject=built.subject,
        render=lambda message_id: mime.build(built, message_id),
        most_bytes=content.V1_BYTES,
        configuration_set=params.get("ConfigurationSetName") or None,
        tags=tags.check(_tags(params)),
    )
    return submit(ctx, asked)


def send_raw_email(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SendRawEmail: Source and Destinations are optional, X-SES headers are honoured."""
    need(params, "RawMessage")
    need(params["RawMessage"], "Data")
    asked = sending_raw.submission(
        "SendRawEmail",
        params["RawMessage"]["Data"],
        params.get("Source") or None,
        None,
        params.get("Destinations") or None,
        _tags(params),
        params.get("ConfigurationSetName") or None,
        content.V1_BYTES,
    )
    return submit(ctx, asked)
