"""SNS topics: making, describing and publishing to them.

Lives here: the topic operations of SNS. Must not live here: subscriptions (operations/subscriptions.py), envelopes
(events/envelope.py), POSTs.
Source: botocore's sns model; Amazon SNS API reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sesbox.account import Drop, Put
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.errors import not_supported
from sesbox.operations.publishing import posts
from sesbox.operations.records import Subscription, Topic
from sesbox.operations.state import page, pairs
from sesbox.rules import policies

PAGE = 100
MOST_BYTES = 262_144
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SETTABLE = frozenset(
    [
        "Policy",
        "DisplayName",
        "DeliveryPolicy",
        "SignatureVersion",
        "TracingConfig",
        "KmsMasterKeyId",
        "HTTPSuccessFeedbackRoleArn",
        "HTTPSuccessFeedbackSampleRate",
        "HTTPFailureFeedbackRoleArn",
        "DataProtectionPolicy",
    ]
)


def bad_parameter(text: str) -> AwsError:
    """SNS's InvalidParameter, which begins every text alike."""
    return AwsError("InvalidParameterException", f"Invalid parameter: {text}")


def topic_of(ctx: Context, params: Mapping[str, Any], member: str = "TopicArn") -> Topic:
    """The topic a call names. Raises AwsError InvalidParameterException or NotFoundException."""
    arn = params.get(member)
    if not arn or not str(arn).startswith("arn:") or len(str(arn).split(":")) != 6:
        raise bad_parameter(
            f"{member} Reason: An ARN must have at least 6 elements, not {len(str(arn or '').split(':'))}"
        )
    found = ctx.account.get(Topic, str(arn))
    if found is None:
        raise AwsError("NotFoundException", "Topic does not exist")
    return found


def default_policy(arn: str, account_id: str) -> str:
    """The policy SNS gives a new topic: its owner's principals, nobody else."""
    actions = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
               "Subscribe", "ListSubscriptionsByTopic", "Publish")  # fmt: skip
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account_id}},
    }
    document = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    return json.dumps(document, separators=(",", ":"))


def create_topic(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """CreateTopic; the name of an existing topic gives that topic."""
    name = params.get("Name") or ""
    if name.endswith(".fifo"):
        raise not_supported("FIFO topics")
    if not _NAME.fullmatch(name):
        raise bad_parameter("Topic Name")
    arn = f"arn:aws:sns:{ctx.account.region}:{ctx.account.account_id}:{name}"
    if ctx.account.get(Topic, arn) is not None:
        return Outcome({"TopicArn": arn})
    attributes = {"Policy": default_policy(arn, ctx.account.account_id)}
    for key, value in (params.get("Attributes") or {}).items():
        attributes[key] = _checked(key, value, arn)
    return Outcome({"TopicArn": arn}, (Put(Topic(arn, ctx.now, attributes, pairs(params.get("Tags")))),))


def _checked(name: str, value: str, arn: str) -> str:
    if name not in _SETTABLE:
        raise bad_parameter("AttributeName")
    if name == "SignatureVersion" and value not in ("1", "2"):
        raise bad_parameter("SignatureVersion: Invalid value")
    if name == "Policy" and policies.parse(value) is None:
        raise bad_parameter(f"Policy Error: the policy of {arn} is not a policy document")
    return value


def delete_topic(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """DeleteTopic and its subscriptions; an absent topic is no error."""
    arn = str(params.get("TopicArn") or "")
    gone = [item for item in ctx.account.all(Subscription) if item.topic_arn == arn]
    return Outcome({}, (Drop(Topic.kind, arn), *(Drop(Subscription.kind, item.key) for item in gone)))


def list_topics(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListTopics, in the order of their ARNs."""
    arns = sorted(topic.arn for topic in ctx.account.all(Topic))
    listed, token = page(arns, params.get("NextToken"), PAGE, "InvalidParameterException")
    return Outcome({"Topics": [{"TopicArn": arn} for arn in listed]} | ({"NextToken": token} if token else {}))


def get_topic_attributes(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """GetTopicAttributes."""
    topic = topic_of(ctx, params)
    subscriptions = [item for item in ctx.account.all(Subscription) if item.topic_arn == topic.arn]
    confirmed = sum(1 for item in subscriptions if item.confirmed)
    attributes = {
        "TopicArn": topic.arn,
        "Owner": ctx.account.account_id,
        "DisplayName": "",
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": str(len(subscriptions) - confirmed),
        "SubscriptionsDeleted": "0",
        **topic.attributes,
    }
    return Outcome({"Attributes": attributes})


def set_topic_attributes(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SetTopicAttributes: Policy, DisplayName, SignatureVersion, DeliveryPolicy (stored) and others (stored)."""
    topic = topic_of(ctx, params)
    name, value = str(params.get("AttributeName") or ""), str(params.get("AttributeValue") or "")
    attributes = {**topic.attributes, name: _checked(name, value, topic.arn)}
    return Outcome({}, (Put(replace(topic, attributes=attributes)),))


def publish(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """Publish to a topic: one Due("post") for each confirmed subscription."""
    if params.get("PhoneNumber") or params.get("MessageStructure") or params.get("MessageAttributes"):
        raise not_supported("Publish with PhoneNumber, MessageStructure or MessageAttributes")
    topic = topic_of(ctx, params, "TopicArn" if params.get("TopicArn") else "TargetArn")
    message = params.get("Message") or ""
    if not message:
        raise bad_parameter("Empty message")
    if len(message.encode()) > MOST_BYTES:
        raise bad_parameter("Message too long")
    subject = params.get("Subject")
    if subject is not None and not (0 < len(subject) <= 100 and subject.isascii() and subject.isprintable()):
        raise bad_parameter("Subject")
    message_id, due = posts(ctx, topic, message, subject)
    return Outcome({"MessageId": message_id}, tuple(due))
