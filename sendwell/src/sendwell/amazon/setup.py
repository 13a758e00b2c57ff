"""The steps that let SES tell us what became of each mail. Each step looks first, and adopts what it finds.

Lives here: configuration set, topic, subscription, event destination; each idempotent and safe to repeat. Must not
live here: the order in which a wizard saves its progress (connections/setting_up.py), the confirmation's webhook.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sendwell.amazon import sns
from sendwell.amazon.client import AwsError, Client, call

CONFIGURATION_SET = "sendwell"
TOPIC = "sendwell-feedback"
EVENT_TYPES = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY")
STATEMENT = "sendwell-lets-ses-publish"
# SNS gives up after three tries 20 seconds apart; this asks for ten, backing off to five minutes, within its hour.
DELIVERY_POLICY = {
    "healthyRetryPolicy": {
        "numRetries": 10,
        "minDelayTarget": 5,
        "maxDelayTarget": 300,
        "backoffFunction": "exponential",
    }
}


class Outcome(str, Enum):
    """What a step found or did."""

    CREATED = "created"
    ADOPTED = "adopted"
    CHANGED = "changed"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the report."""

    step: str
    outcome: Outcome
    detail: str


def ensure_configuration_set(client: Client, name: str = CONFIGURATION_SET) -> Step:
    """The configuration set exists. Raises AwsError."""
    title = "Configuration set"
    try:
        call("ses:GetConfigurationSet", client.ses.get_configuration_set, ConfigurationSetName=name)
        return Step(title, Outcome.ADOPTED, f"{name} was there.")
    except AwsError as error:
        if error.code != "NotFoundException":
            raise
    try:
        call("ses:CreateConfigurationSet", client.ses.create_configuration_set, ConfigurationSetName=name)
    except AwsError as error:
        if error.code != "AlreadyExistsException":
            raise
    return Step(title, Outcome.CREATED, f"{name} was made.")


def ensure_topic(client: Client, name: str = TOPIC, configuration_set: str = CONFIGURATION_SET) -> tuple[str, Step]:
    """The topic exists, signs with SHA256, and lets this account's SES publish to it; its ARN. Raises AwsError."""
    arn = call("sns:CreateTopic", client.sns.create_topic, Name=name)["TopicArn"]
    found = call("sns:GetTopicAttributes", client.sns.get_topic_attributes, TopicArn=arn).get("Attributes", {})
    wanted = {"SignatureVersion": "2", "Policy": policy_for(arn, configuration_set, found.get("Policy", ""))}
    changed = [key for key, value in wanted.items() if not _same(found.get(key, ""), value)]
    for key in changed:
        call(
            "sns:SetTopicAttributes",
            client.sns.set_topic_attributes,
            TopicArn=arn,
            AttributeName=key,
            AttributeValue=wanted[key],
        )
    title = "Topic for feedback"
    if not changed:
        return arn, Step(title, Outcome.ADOPTED, f"{name} was there, with the right policy.")
    return arn, Step(
        title, Outcome.CREATED, f"{name} is there; SES of this account may publish, signatures are SHA256."
    )


def policy_for(topic_arn: str, configuration_set: str, present: str = "") -> str:
    """The topic's policy with our statement: only SES, only from this account and configuration set.

    Other statements of the policy stay. Source: SES Developer Guide, "Giving Amazon SES permission to publish".
    """
    region, account = sns.region_of(topic_arn), sns.account_of(topic_arn)
    partition = topic_arn.split(":")[1]
    statement = {
        "Sid": STATEMENT,
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "StringEquals": {
                "AWS:SourceAccount": account,
                "AWS:SourceArn": f"arn:{partition}:ses:{region}:{account}:configuration-set/{configuration_set}",
            }
        },
    }
    policy = _object(present)
    others = [item for item in policy.get("Statement", []) if isinstance(item, dict) and item.get("Sid") != STATEMENT]
    return json.dumps({"Version": "2012-10-17", **policy, "Statement": [*others, statement]}, sort_keys=True)


def find_subscription(client: Client, topic_arn: str, endpoint: str) -> str | None:
    """The ARN of the confirmed subscription of `endpoint`; "" if one waits for confirmation, None if there is none."""
    waiting = None
    for page in _subscription_pages(client, topic_arn):
        for item in page:
            if item.get("Endpoint") == endpoint:
                arn = str(item.get("SubscriptionArn", ""))
                if arn.startswith("arn:"):
                    return arn
                waiting = ""
    return waiting


def _subscription_pages(client: Client, topic_arn: str) -> list[list[Mapping[str, Any]]]:
    pages: list[list[Mapping[str, Any]]] = []
    token = ""
    while len(pages) < 50:
        more = {"NextToken": token} if token else {}
        page = call(
            "sns:ListSubscriptionsByTopic",
            client.sns.list_subscriptions_by_topic,
            TopicArn=topic_arn,
            **more,
        )
        pages.append(list(page.get("Subscriptions", [])))
        token = page.get("NextToken") or ""
        if not token:
            break
    return pages


def subscribe(client: Client, topic_arn: str, endpoint: str) -> None:
    """Ask SNS to deliver to `endpoint`, which makes it POST a confirmation there (again, if one waits).

    Raises AwsError. Save that a confirmation is expected before calling this: it may arrive before this returns.
    """
    call(
        "sns:Subscribe",
        client.sns.subscribe,
        TopicArn=topic_arn,
        Protocol="https" if endpoint.startswith("https://") else "http",
        Endpoint=endpoint,
        Attributes={"DeliveryPolicy": json.dumps(DELIVERY_POLICY)},
        ReturnSubscriptionArn=True,
    )


def confirm(client: Client, topic_arn: str, token: str) -> str:
    """ConfirmSubscription, so that only the account can end it (AuthenticateOnUnsubscribe); the subscription's ARN."""
    answer = call(
        "sns:ConfirmSubscription",
        client.sns.confirm_subscription,
        TopicArn=topic_arn,
        Token=token,
        AuthenticateOnUnsubscribe="true",
    )
    return answer["SubscriptionArn"]


def unsubscribe(client: Client, subscription_arn: str) -> None:
    """End a subscription. Raises AwsError."""
    call("sns:Unsubscribe", client.sns.unsubscribe, SubscriptionArn=subscription_arn)


def ensure_event_destination(client: Client, topic_arn: str, name: str = CONFIGURATION_SET) -> Step:
    """The configuration set publishes all events that we use to the topic. Raises AwsError."""
    title = "Event destination"
    wanted: Any = {
        "Enabled": True,
        "MatchingEventTypes": list(EVENT_TYPES),
        "SnsDestination": {"TopicArn": topic_arn},
    }
    found = call(
        "ses:GetConfigurationSetEventDestinations",
        client.ses.get_configuration_set_event_destinations,
        ConfigurationSetName=name,
    ).get("EventDestinations", [])
    ours = next((item for item in found if item.get("Name") == CONFIGURATION_SET), None)
    if ours is None:
        call(
            "ses:CreateConfigurationSetEventDestination",
            client.ses.create_configuration_set_event_destination,
            ConfigurationSetName=name,
            EventDestinationName=CONFIGURATION_SET,
            EventDestination=wanted,
        )
        return Step(title, Outcome.CREATED, "SES publishes sends, deliveries, bounces, complaints, rejects and delays.")
    if _publishes(ours, topic_arn):
        return Step(title, Outcome.ADOPTED, "It was there, with all event types.")
    call(
        "ses:UpdateConfigurationSetEventDestination",
        client.ses.update_configuration_set_event_destination,
        ConfigurationSetName=name,
        EventDestinationName=CONFIGURATION_SET,
        EventDestination=wanted,
    )
    return Step(title, Outcome.CHANGED, "It was there, but disabled, incomplete or for another topic.")


def _publishes(destination: Mapping[str, Any], topic_arn: str) -> bool:
    return (
        bool(destination.get("Enabled"))
        and set(EVENT_TYPES) <= set(destination.get("MatchingEventTypes", []))
        and (destination.get("SnsDestination") or {}).get("TopicArn") == topic_arn
    )


def _same(present: str, wanted: str) -> bool:
    return present == wanted or (wanted.startswith("{") and _object(present) == json.loads(wanted))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
