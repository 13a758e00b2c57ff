"""From an event to what has to be posted: the handler of the task "publish".

Lives here: matching event destinations, topic policies and subscriptions; making the data of a "post".
Must not live here: the event's JSON (events/shape.py), the envelope and its signature (events/envelope.py), POSTs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sesbox.account import Change, Due
from sesbox.events.envelope import NOTIFICATION, Post
from sesbox.events.shape import SUBJECT
from sesbox.operations.base import Context, Outcome
from sesbox.operations.records import EventDestination, Subscription, Topic
from sesbox.rules import policies


def listening(ctx: Context, configuration_set: str | None, event_type: str) -> list[EventDestination]:
    """The enabled event destinations of a configuration set that want this type of event."""
    if not configuration_set:
        return []
    return [
        destination
        for destination in ctx.account.all(EventDestination)
        if destination.configuration_set == configuration_set
        and destination.enabled
        and event_type in destination.event_types
    ]


def ses_may_publish(ctx: Context, topic: Topic, configuration_set: str) -> bool:
    """Whether the topic's policy lets SES publish for this configuration set; without a policy it does not.

    SNS's default policy allows the owner's principals only, so as on AWS SES needs a statement of its own.
    """
    account = ctx.account
    keys = {
        "aws:SourceAccount": account.account_id,
        "aws:SourceArn": f"arn:aws:ses:{account.region}:{account.account_id}:configuration-set/{configuration_set}",
    }
    policy = topic.attributes.get("Policy", "")
    return policies.service_may(policy, policies.SES, policies.PUBLISH, topic.arn, keys)


def posts(ctx: Context, topic: Topic, message: str, subject: str | None) -> tuple[str, list[Change]]:
    """Publish a text to a topic: the SNS message id, and one Due("post") for each confirmed subscription."""
    message_id = ctx.ids.uuid()
    due: list[Change] = []
    for subscription in ctx.account.all(Subscription):
        if subscription.topic_arn != topic.arn or not subscription.confirmed:
            continue
        post = Post(
            type=NOTIFICATION,
            message_id=message_id,
            topic_arn=topic.arn,
            endpoint=subscription.endpoint,
            message=message,
            timestamp=ctx.now,
            subscription_arn=subscription.arn,
            subject=subject,
            raw=subscription.attributes.get("RawMessageDelivery") == "true",
            signature_version=topic.attributes.get("SignatureVersion", "1"),
        )
        due.append(Due(ctx.now, "post", post.to_data()))
    return message_id, due


def fan_out(ctx: Context, data: Mapping[str, Any]) -> Outcome:
    """One Due("post") for each confirmed HTTP(S) subscription of each matching, permitted destination's topic.

    Data of Due("publish"): {"configuration_set": str, "event_type": "SEND"|..., "event": {...}}. Response:
    {"topics": [arn, ...]} that were published to. A topic that is gone or forbids it gets nothing, as on AWS.
    """
    name, changes, reached = str(data["configuration_set"]), [], []
    text = json.dumps(data["event"], separators=(",", ":"), ensure_ascii=False)
    for destination in listening(ctx, name, str(data["event_type"])):
        topic = ctx.account.get(Topic, destination.topic_arn)
        if topic is None or not ses_may_publish(ctx, topic, name):
            continue
        changes += posts(ctx, topic, text, SUBJECT)[1]
        reached.append(topic.arn)
    return Outcome({"topics": reached}, tuple(changes))


def event_changes(
    ctx: Context, configuration_set: str | None, event_type: str, event: Mapping[str, Any]
) -> list[Change]:
    """Due("publish") for an event if some destination wants it, else nothing."""
    if not listening(ctx, configuration_set, event_type):
        return []
    data = {"configuration_set": configuration_set, "event_type": event_type, "event": event}
    return [Due(ctx.now, "publish", data)]
