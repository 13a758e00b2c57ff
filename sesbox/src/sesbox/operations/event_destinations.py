"""Event destinations of configuration sets: SNS topics.

Lives here: the operations on them. Must not live here: sending events there (operations/publishing.py).
Source: botocore's sesv2 model; SES Developer Guide, "event-publishing-add-event-destination-sns".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.account import Change, Drop, Put
from sesbox.operations import publishing
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.configuration_sets import existing
from sesbox.operations.errors import not_found, not_supported
from sesbox.operations.records import EventDestination, Topic
from sesbox.operations.state import need
from sesbox.rules.refusals import Reason, Refusal, RefusedError, invalid, not_in, violations

VALIDATION_TEXT = "Successfully validated SNS topic for Amazon SES event publishing."
MOST = 10
_HINT = "as on AWS, the topic's policy must allow the service ses.amazonaws.com the action sns:Publish"
_TYPES = (
    "SEND",
    "REJECT",
    "BOUNCE",
    "COMPLAINT",
    "DELIVERY",
    "OPEN",
    "CLICK",
    "RENDERING_FAILURE",
    "DELIVERY_DELAY",
    "SUBSCRIPTION",
)
_OTHER_KINDS = (
    "KinesisFirehoseDestination",
    "CloudWatchDestination",
    "EventBridgeDestination",
    "PinpointDestination",
)


def _read(configuration_set: str, name: str, definition: Mapping[str, Any]) -> EventDestination:
    for kind in _OTHER_KINDS:
        if definition.get(kind):
            raise not_supported(f"event destinations of kind {kind}")
    arn = (definition.get("SnsDestination") or {}).get("TopicArn")
    if not arn:
        raise invalid("Exactly one destination must be specified in EventDestination.")
    types = tuple(dict.fromkeys(definition.get("MatchingEventTypes") or ()))
    if not types:
        raise invalid("MatchingEventTypes must not be empty.")
    if any(kind not in _TYPES for kind in types):
        raise violations(not_in("eventDestination.matchingEventTypes", _TYPES))
    return EventDestination(configuration_set, name, bool(definition.get("Enabled")), types, arn)


def _validated(ctx: Context, destination: EventDestination) -> list[Change]:
    """The topic must exist and let SES publish; SES proves it by publishing a plain text."""
    topic = ctx.account.get(Topic, destination.topic_arn)
    if topic is None:
        raise invalid(f"SNS topic <{destination.topic_arn}> not found.")
    if not publishing.ses_may_publish(ctx, topic, destination.configuration_set):
        text = f"Could not publish to SNS topic <{destination.topic_arn}>."
        raise RefusedError(Refusal(Reason.INVALID, text, _HINT))
    return publishing.posts(ctx, topic, VALIDATION_TEXT, None)[1]


def _found(ctx: Context, params: Mapping[str, Any]) -> EventDestination:
    used = existing(ctx, params)
    need(params, "EventDestinationName")
    name = params["EventDestinationName"]
    found = ctx.account.get(EventDestination, f"{used.name}/{name}")
    if found is None:
        raise not_found(f"An event destination with name {name} does not exist for configuration set {used.name}.")
    return found


def create(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """CreateConfigurationSetEventDestination."""
    used = existing(ctx, params)
    need(params, "EventDestinationName", "EventDestination")
    name = params["EventDestinationName"]
    if ctx.account.get(EventDestination, f"{used.name}/{name}") is not None:
        raise AwsError(
            "AlreadyExistsException",
            f"An event destination with name {name} already exists for configuration set {used.name}.",
        )
    if sum(1 for item in ctx.account.all(EventDestination) if item.configuration_set == used.name) >= MOST:
        raise AwsError("LimitExceededException", f"A configuration set holds at most {MOST} event destinations.")
    made = _read(used.name, name, params["EventDestination"])
    return Outcome({}, (Put(made), *_validated(ctx, made)))


def get_all(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """GetConfigurationSetEventDestinations."""
    used = existing(ctx, params)
    listed = [
        {
            "Name": item.name,
            "Enabled": item.enabled,
            "MatchingEventTypes": list(item.event_types),
            "SnsDestination": {"TopicArn": item.topic_arn},
        }
        for item in ctx.account.all(EventDestination)
        if item.configuration_set == used.name
    ]
    return Outcome({"EventDestinations": listed})


def update(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """UpdateConfigurationSetEventDestination; another topic is validated like a new one."""
    found = _found(ctx, params)
    need(params, "EventDestination")
    changed = _read(found.configuration_set, found.name, params["EventDestination"])
    proof = _validated(ctx, changed) if changed.topic_arn != found.topic_arn else []
    return Outcome({}, (Put(changed), *proof))


def delete(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """DeleteConfigurationSetEventDestination."""
    return Outcome({}, (Drop(EventDestination.kind, _found(ctx, params).key),))
