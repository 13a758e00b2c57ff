"""The account's suppression list.

Lives here: the operations on its entries. Must not live here: when it applies (rules/suppression.py).
Source: SES Developer Guide, "sending-email-suppression-list".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.account import Drop, Put
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.errors import not_found, not_supported
from sesbox.operations.records import Suppressed
from sesbox.operations.state import need, page, settings
from sesbox.rules import addresses
from sesbox.rules.refusals import not_in, violations

SANDBOX_TEXT = "Account is in the sandbox: addresses can be added to the suppression list with production access only."
_REASONS = ("BOUNCE", "COMPLAINT")


def _key(params: Mapping[str, Any]) -> str:
    need(params, "EmailAddress")
    if params.get("TenantName"):
        raise not_supported("suppression lists of tenants")
    key = addresses.normal(params["EmailAddress"])
    addresses.bare(key)
    return key


def _entry(ctx: Context, params: Mapping[str, Any]) -> Suppressed:
    key = _key(params)
    found = ctx.account.get(Suppressed, key)
    if found is None:
        raise not_found(f"Email address {key} does not exist on your suppression list.")
    return found


def put(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutSuppressedDestination; refused in the sandbox. SES's text for that refusal is unknown, this one is ours."""
    need(params, "EmailAddress", "Reason")
    if params["Reason"] not in _REASONS:
        raise violations(not_in("reason", _REASONS))
    key = _key(params)
    if not settings(ctx).production:
        raise AwsError("BadRequestException", SANDBOX_TEXT, hint="start sesbox with --profile production")
    return Outcome({}, (Put(Suppressed(key, params["Reason"], ctx.now)),))


def get(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """GetSuppressedDestination; Attributes tell the message for entries SES made."""
    entry = _entry(ctx, params)
    body: dict[str, Any] = {
        "EmailAddress": entry.address,
        "Reason": entry.reason,
        "LastUpdateTime": entry.updated_at,
    }
    attributes = {"MessageId": entry.message_id, "FeedbackId": entry.feedback_id}
    if entry.message_id:
        body["Attributes"] = {name: value for name, value in attributes.items() if value}
    return Outcome({"SuppressedDestination": body})


def delete(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """DeleteSuppressedDestination."""
    return Outcome({}, (Drop(Suppressed.kind, _entry(ctx, params).key),))


def list_all(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListSuppressedDestinations by reason and time, in the order of the addresses."""
    if params.get("TenantName"):
        raise not_supported("suppression lists of tenants")
    wanted = tuple(params.get("Reasons") or _REASONS)
    start, end = params.get("StartDate"), params.get("EndDate")
    by_address = {
        entry.address: entry
        for entry in ctx.account.all(Suppressed)
        if entry.reason in wanted
        and (start is None or entry.updated_at >= float(start))
        and (end is None or entry.updated_at <= float(end))
    }
    size = params.get("PageSize")
    found, token = page(
        sorted(by_address), params.get("NextToken"), 1000 if size is None else int(size), "InvalidNextTokenException"
    )
    summaries = [
        {
            "EmailAddress": address,
            "Reason": by_address[address].reason,
            "LastUpdateTime": by_address[address].updated_at,
        }
        for address in found
    ]
    return Outcome({"SuppressedDestinationSummaries": summaries} | ({"NextToken": token} if token else {}))
