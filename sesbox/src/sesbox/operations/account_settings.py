"""The account in this region: quota, switches, statistics, details and the request for production access.

Lives here: the account operations of SES v2 and v1. Must not live here: reviewing (operations/reviewing.py).
Source: botocore's sesv2 and ses models; SES Developer Guide, "request-production-access", "manage-sending-quotas".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sesbox.account import Put
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.errors import not_supported
from sesbox.operations.records import Settings, StatPoint
from sesbox.operations.reviewing import OPEN_TEXT, open_case
from sesbox.operations.state import TWO_WEEKS, sending_now, settings
from sesbox.rules.addresses import is_address
from sesbox.rules.refusals import invalid, not_in, null, too_long, violations

_MAIL_TYPES = ("MARKETING", "TRANSACTIONAL")
_LANGUAGES = ("EN", "JA")
_REASONS = ("BOUNCE", "COMPLAINT")
_DETAILS = ("MailType", "WebsiteURL", "ContactLanguage", "UseCaseDescription", "AdditionalContactEmailAddresses")


def _quota(ctx: Context) -> dict[str, float]:
    account = settings(ctx)
    state, _ = sending_now(ctx, account.max_send_rate)
    return {
        "Max24HourSend": float(account.max_24_hour_send),
        "MaxSendRate": float(account.max_send_rate),
        "SentLast24Hours": float(state.window_total),
    }


def get_account(ctx: Context, params: Mapping[str, Any]) -> Outcome:  # noqa: ARG001
    """GetAccount; Details is absent until PutAccountDetails was called in this region."""
    account = settings(ctx)
    response: dict[str, Any] = {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": account.enforcement_status,
        "ProductionAccessEnabled": account.production,
        "SendQuota": _quota(ctx),
        "SendingEnabled": account.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": list(account.suppressed_reasons)},
    }
    if account.details is not None:
        details = dict(account.details)
        if account.case_id:
            details["ReviewDetails"] = {"Status": account.review_status, "CaseId": account.case_id}
        response["Details"] = details
    return Outcome(response)


def restart_as(ctx: Context) -> Outcome:
    """Give an account that was used before the standing of a profile it was not started with before."""
    profile = ctx.profile
    if ctx.account.get(Settings, "settings") is None:
        return Outcome({})
    standing = replace(
        settings(ctx),
        production=profile.production,
        max_24_hour_send=profile.max_24_hour_send,
        max_send_rate=profile.max_send_rate,
    )
    return Outcome({}, (Put(standing),))


def put_account_details(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutAccountDetails; with ProductionAccessEnabled it opens a case, unless one is open or was denied.

    Raises AwsError ConflictException while a request is pending, and (with a null text) after one was denied.
    """
    _check_details(params)
    account = settings(ctx)
    if account.review_status == "PENDING":
        raise AwsError("ConflictException", OPEN_TEXT)
    if account.review_status == "DENIED":
        raise AwsError("ConflictException", None, hint=f"case {account.case_id} was denied: reply at the review desk")
    details = {member: params[member] for member in _DETAILS if params.get(member) is not None}
    account = replace(account, details=details)
    if account.production or not params.get("ProductionAccessEnabled"):
        return Outcome({}, (Put(account),))
    case, changes = open_case(ctx, params)
    return Outcome({}, (Put(replace(account, case_id=case.case_id, review_status="PENDING")), *changes))


def _check_details(params: Mapping[str, Any]) -> None:
    found = [null(name) for name, member in (("mailType", "MailType"), ("websiteURL", "WebsiteURL"))
             if params.get(member) is None]  # fmt: skip
    if params.get("MailType") is not None and params["MailType"] not in _MAIL_TYPES:
        found.append(not_in("mailType", _MAIL_TYPES))
    if params.get("WebsiteURL") == "":
        found.append(
            "Value at 'websiteURL' failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    for name, member, most in (("websiteURL", "WebsiteURL", 1000), ("useCaseDescription", "UseCaseDescription", 5000)):
        if len(params.get(member) or "") > most:
            found.append(too_long(name, most))
    if params.get("ContactLanguage") is not None and params["ContactLanguage"] not in _LANGUAGES:
        found.append(not_in("contactLanguage", _LANGUAGES))
    if len(params.get("AdditionalContactEmailAddresses") or ()) > 4:
        found.append(too_long("additionalContactEmailAddresses", 4))
    if found:
        raise violations(*found)
    for address in params.get("AdditionalContactEmailAddresses") or ():
        if not is_address(address):
            raise invalid(f"Invalid email address<{address}>.")


def put_sending(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutAccountSendingAttributes; an absent boolean is false."""
    return Outcome({}, (Put(replace(settings(ctx), sending_enabled=bool(params.get("SendingEnabled")))),))


def put_suppression(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutAccountSuppressionAttributes; no reasons at all switch the list off."""
    if params.get("ValidationAttributes"):
        raise not_supported("PutAccountSuppressionAttributes with ValidationAttributes")
    return Outcome({}, (Put(replace(settings(ctx), suppressed_reasons=reasons(params))),))


def reasons(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The member SuppressedReasons, checked."""
    given = tuple(dict.fromkeys(params.get("SuppressedReasons") or ()))
    if any(reason not in _REASONS for reason in given):
        raise violations(not_in("suppressedReasons", _REASONS))
    return given


def get_send_quota(ctx: Context, params: Mapping[str, Any]) -> Outcome:  # noqa: ARG001
    """SES v1 GetSendQuota."""
    return Outcome(_quota(ctx))


def get_send_statistics(ctx: Context, params: Mapping[str, Any]) -> Outcome:  # noqa: ARG001
    """SES v1 GetSendStatistics: quarters of an hour with activity over the last two weeks."""
    points = [
        {
            "Timestamp": point.at,
            "DeliveryAttempts": point.attempts,
            "Bounces": point.bounces,
            "Complaints": point.complaints,
            "Rejects": point.rejects,
        }
        for point in ctx.account.all(StatPoint)
        if point.at > ctx.now - TWO_WEEKS and (point.attempts or point.bounces or point.complaints or point.rejects)
    ]
    return Outcome({"SendDataPoints": points})


def get_sending_enabled(ctx: Context, params: Mapping[str, Any]) -> Outcome:  # noqa: ARG001
    """SES v1 GetAccountSendingEnabled."""
    return Outcome({"Enabled": settings(ctx).sending_enabled})


def update_sending_enabled(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SES v1 UpdateAccountSendingEnabled; the same switch as v2's, an absent boolean is false."""
    return Outcome({}, (Put(replace(settings(ctx), sending_enabled=bool(params.get("Enabled")))),))
