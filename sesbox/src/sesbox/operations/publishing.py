"""From an event to what has to be posted: the handler of the task "publish".

Lives here: matching event destinations, topic policies and subscriptions; the data of a "post".
Must not live here: the event's JSON (events/shape.py), the envelope and its signature (events/envelope.py), POSTs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sesbox.operations.base import AwsError, Context, Outcome


@dataclass(frozen=True, slots=True)
class Post:
    """The data of Due("post"): everything an SNS envelope needs, whatever becomes of topic or subscription.

    `type` is Notification, SubscriptionConfirmation or UnsubscribeConfirmation; `message` the text to deliver
    (already JSON text for SES events); `message_id` stays the same over retries; `timestamp` is when it was
    published (seconds since the epoch); `token` is set for confirmations only; with `raw` the body is `message`
    itself (RawMessageDelivery); `attempt` counts tries already made.
    """

    type: str
    topic_arn: str
    subscription_arn: str
    endpoint: str
    message_id: str
    message: str
    timestamp: float
    signature_version: str = "1"
    subject: str | None = None
    token: str | None = None
    raw: bool = False
    attempt: int = 0

    def data(self) -> dict[str, Any]:
        """As JSON values for Due("post", ...)."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Post:
        """The inverse of `data`."""
        return cls(**data)


def fan_out(ctx: Context, data: Mapping[str, Any]) -> Outcome:
    """One Due("post") for each confirmed HTTP(S) subscription of each matching, permitted destination's topic.

    Data of Due("publish"): {"configuration_set": str, "event_type": "SEND"|..., "event": {...}}.
    """
    raise AwsError("NotImplemented", "fan_out", status=501)
