"""SES v2's SendEmail.

Lives here: reading the call's members into a Submission. Must not live here: accepting it (operations/sending.py).
Source: botocore's sesv2 model; SESv2 API reference, SendEmail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.operations import mime, sending_raw
from sesbox.operations.base import Context, Outcome
from sesbox.operations.errors import not_supported
from sesbox.operations.sending import Submission, submit
from sesbox.operations.state import need
from sesbox.rules import addresses, content, tags
from sesbox.rules.refusals import invalid


def send_email(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SendEmail with a Simple or a Raw content; Template is not supported yet and says so."""
    need(params, "Content")
    for member in ("TenantName", "ListManagementOptions"):
        if params.get(member):
            raise not_supported(f"SendEmail with {member}")
    chosen = [kind for kind in ("Simple", "Raw", "Template") if params["Content"].get(kind) is not None]
    if len(chosen) != 1:
        raise invalid("Exactly one of Simple, Raw and Template must be specified in Content.")
    if chosen == ["Template"]:
        raise not_supported("SendEmail with Template content")
    return submit(ctx, _raw(params) if chosen == ["Raw"] else _simple(params))


def _tags(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(tag.get("Name") or "", tag.get("Value") or "") for tag in params.get("EmailTags") or ()]


def _destination(params: Mapping[str, Any], member: str) -> tuple[str, ...]:
    return tuple((params.get("Destination") or {}).get(member) or ())


def _raw(params: Mapping[str, Any]) -> Submission:
    raw = params["Content"]["Raw"]
    need(raw, "Data")
    destinations = [
        address for member in ("ToAddresses", "CcAddresses", "BccAddresses") for address in _destination(params, member)
    ]
    return sending_raw.submission(
        "SendEmail",
        raw["Data"],
        params.get("FromEmailAddress") or None,
        params.get("FeedbackForwardingEmailAddress") or None,
        destinations or None,
        _tags(params),
        params.get("ConfigurationSetName") or None,
        content.V2_BYTES,
    )


def _simple(params: Mapping[str, Any]) -> Submission:
    source = params.get("FromEmailAddress")
    if not source:
        raise invalid(None)
    simple = params["Content"]["Simple"]
    built = read_simple(
        source,
        _destination(params, "ToAddresses"),
        _destination(params, "CcAddresses"),
        tuple(params.get("ReplyToAddresses") or ()),
        simple,
    )
    feedback = params.get("FeedbackForwardingEmailAddress")
    return Submission(
        operation="SendEmail",
        source=source,
        senders=(source, feedback) if feedback else (source,),
        recipients=built.to + built.cc + _destination(params, "BccAddresses"),
        subject=built.subject,
        render=lambda message_id: mime.build(built, message_id),
        most_bytes=content.V2_BYTES,
        configuration_set=params.get("ConfigurationSetName") or None,
        tags=tags.check(_tags(params)),
    )


def read_simple(
    source: str, to: tuple[str, ...], cc: tuple[str, ...], reply_to: tuple[str, ...], simple: Mapping[str, Any]
) -> mime.Simple:
    """Subject, Body, Headers and Attachments as SES v1's Message and SES v2's Simple have them.

    Raises RefusedError for an empty body and for headers and file names SES does not take.
    """
    need(simple, "Subject", "Body")
    need(simple["Subject"], "Data")
    for address in reply_to:
        addresses.bare(address)
    bodies = [(simple["Body"].get(kind) or {}).get("Data") for kind in ("Text", "Html")]
    if bodies == [None, None]:
        raise invalid("Missing required parameter: either Text or Html must be specified in Body.")
    subject = simple["Subject"]["Data"]
    headers = tuple((header.get("Name") or "", header.get("Value") or "") for header in simple.get("Headers") or ())
    content.check_own_headers(headers)
    content.check_line("Subject", subject)
    built_in = ["From", "To", "Subject", "MIME-Version", "Content-Type"] + ["Reply-To"] * bool(reply_to)
    content.check_once([*built_in, *(name for name, _ in headers)])
    files = tuple(_attachment(item) for item in simple.get("Attachments") or ())
    for text in (source, *to, *cc, *reply_to):
        content.check_line("address", text)
    return mime.Simple(source, to, cc, reply_to, subject, bodies[0], bodies[1], headers, files)


def _attachment(item: Mapping[str, Any]) -> mime.Attachment:
    need(item, "RawContent", "FileName")
    content.check_file_name(item["FileName"])
    found = mime.Attachment(
        file_name=item["FileName"],
        data=item["RawContent"],
        content_type=item.get("ContentType") or "application/octet-stream",
        disposition=item.get("ContentDisposition") or "ATTACHMENT",
        content_id=item.get("ContentId") or "",
        description=item.get("ContentDescription") or "",
        encoding=item.get("ContentTransferEncoding") or "BASE64",
    )
    for text in (found.content_type, found.content_id, found.description):
        content.check_line("attachment", text)
    return found
