"""SNS topics and their subscriptions.

Lives here: the SNS operations. Must not live here: envelopes and signatures (events/envelope.py), POSTs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.operations.base import AwsError, Context, Outcome


def confirm_subscription(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ConfirmSubscription {TopicArn, Token, AuthenticateOnUnsubscribe}; also reached by GET of a SubscribeURL."""
    raise AwsError("NotImplemented", "ConfirmSubscription", status=501)


def unsubscribe(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """Unsubscribe {SubscriptionArn}; also reached by GET of an UnsubscribeURL, then without a caller."""
    raise AwsError("NotImplemented", "Unsubscribe", status=501)
