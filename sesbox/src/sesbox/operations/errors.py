"""What an API calls a refusal: one table for SES v1 and SES v2.

Lives here: from rules/refusals.py to AwsError, and wrapping an operation in it. Must not live here: texts, rules.
Source: botocore's models; SES Developer Guide, "manage-sending-quotas-errors"; un-modelled v1 codes (Throttling,
InvalidParameterValue, ValidationError) as observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.operations.base import AwsError, Context, Operation, Outcome
from sesbox.rules.refusals import Reason, Refusal, RefusedError

V2: Mapping[Reason, str] = {
    Reason.RATE: "TooManyRequestsException",
    Reason.DAILY_QUOTA: "LimitExceededException",
    Reason.ACCOUNT_PAUSED: "SendingPausedException",
    Reason.ACCOUNT_SHUT_DOWN: "SendingPausedException",
    Reason.SET_MISSING: "NotFoundException",
    Reason.SET_PAUSED: "SendingPausedException",
    Reason.MAIL_FROM: "MailFromDomainNotVerifiedException",
    Reason.UNVERIFIED: "MessageRejected",
    Reason.INVALID: "BadRequestException",
    Reason.CONSTRAINT: "BadRequestException",
}
V1: Mapping[Reason, str] = {
    Reason.RATE: "Throttling",
    Reason.DAILY_QUOTA: "Throttling",
    Reason.ACCOUNT_PAUSED: "AccountSendingPausedException",
    Reason.ACCOUNT_SHUT_DOWN: "MessageRejected",
    Reason.SET_MISSING: "ConfigurationSetDoesNotExistException",
    Reason.SET_PAUSED: "ConfigurationSetSendingPausedException",
    Reason.MAIL_FROM: "MailFromDomainNotVerifiedException",
    Reason.UNVERIFIED: "MessageRejected",
    Reason.INVALID: "InvalidParameterValue",
    Reason.CONSTRAINT: "ValidationError",
}


def translated(refusal: Refusal, codes: Mapping[Reason, str]) -> AwsError:
    """The refusal as an error of the API whose codes are given."""
    status = 400 if codes is V1 else None
    return AwsError(codes[refusal.reason], refusal.text, status=status, hint=refusal.hint)


def speaking(codes: Mapping[Reason, str], operation: Operation) -> Operation:
    """The operation with its refusals in the words of one API."""

    def call(ctx: Context, params: Mapping[str, Any]) -> Outcome:
        try:
            return operation(ctx, params)
        except RefusedError as refused:
            raise translated(refused.refusal, codes) from None

    return call


def v2(operation: Operation) -> Operation:
    """An operation of SES v2."""
    return speaking(V2, operation)


def v1(operation: Operation) -> Operation:
    """An operation of SES v1."""
    return speaking(V1, operation)


def stop(refusal: Refusal | None) -> None:
    """Raise the refusal if there is one."""
    if refusal is not None:
        raise RefusedError(refusal)


def not_supported(what: str) -> AwsError:
    """The honest answer to what sesbox does not do yet."""
    return AwsError("NotImplemented", f"sesbox does not support {what} yet.", status=501)


def not_found(text: str) -> AwsError:
    """SES v2's and SNS's NotFoundException."""
    return AwsError("NotFoundException", text)
