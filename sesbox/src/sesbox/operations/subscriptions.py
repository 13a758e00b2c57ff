"""SNS subscriptions of HTTP(S) endpoints.

Lives here: the subscription operations of SNS. Must not live here: envelopes (events/envelope.py), POSTs.
Source: botocore's sns model; SNS Developer Guide, "SendMessageToHttp".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sesbox.account import Change, Drop, Due, Put
from sesbox.events.envelope import SUBSCRIPTION_CONFIRMATION, UNSUBSCRIBE_CONFIRMATION, Post
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.errors import not_supported
from sesbox.operations.records import Subscription, Topic
from sesbox.operations.state import page
from sesbox.operations.topics import PAGE, bad_parameter, topic_of

TOKEN_SECONDS = 2 * 86_400
_LONGEST_ENDPOINT = 2_048
_VISIBLE = re.compile(r"[!-~]+")
PENDING = "pending confirmation"
_KNOWN = frozenset(["sqs", "sms", "email", "email-json", "lambda", "application", "firehose"])
_SETTABLE = ("RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "DeliveryPolicy", "RedrivePolicy")


def subscribe(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """Subscribe an http or https endpoint: a confirmation is posted, nothing else before it is confirmed.

    An endpoint that is subscribed already gives its subscription; a pending one is sent a new confirmation.
    """
    topic = topic_of(ctx, params)
    protocol, endpoint = str(params.get("Protocol") or ""), str(params.get("Endpoint") or "")
    _check_endpoint(protocol, endpoint)
    attributes = {name: _checked(name, value) for name, value in (params.get("Attributes") or {}).items()}
    found = next(
        (s for s in ctx.account.all(Subscription) if s.topic_arn == topic.arn and s.endpoint == endpoint), None
    )
    if found is not None and found.confirmed:
        return Outcome({"SubscriptionArn": found.arn})
    made = Subscription(
        arn=found.arn if found else f"{topic.arn}:{ctx.ids.uuid()}",
        topic_arn=topic.arn,
        protocol=protocol,
        endpoint=endpoint,
        created_at=ctx.now,
        token=ctx.ids.token(128),
        token_expires_at=ctx.now + TOKEN_SECONDS,
        attributes=attributes or (found.attributes if found else {}),
    )
    shown = made.arn if params.get("ReturnSubscriptionArn") else PENDING
    return Outcome({"SubscriptionArn": shown}, (Put(made), _confirmation(ctx, topic, made, SUBSCRIPTION_CONFIRMATION)))


def _check_endpoint(protocol: str, endpoint: str) -> None:
    if protocol in _KNOWN:
        raise not_supported(f"subscriptions of protocol {protocol}")
    if protocol not in ("http", "https"):
        raise bad_parameter(f"Amazon SNS does not support this protocol string: {protocol}")
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise bad_parameter("Endpoint") from None
    if len(endpoint) > _LONGEST_ENDPOINT or not _VISIBLE.fullmatch(endpoint):
        raise bad_parameter("Endpoint")
    if parts.scheme != protocol:
        raise bad_parameter("Endpoint must match the specified protocol")
    if not host:
        raise bad_parameter("Endpoint")


def _checked(name: str, value: str) -> str:
    if name not in _SETTABLE:
        raise bad_parameter("AttributeName")
    if name == "RawMessageDelivery":
        if value.lower() not in ("true", "false"):
            raise bad_parameter("RawMessageDelivery: Invalid value. Valid values are 'true' and 'false'.")
        return value.lower()
    if value:
        try:
            json.loads(value)
        except ValueError:
            raise bad_parameter(f"{name}: failed to parse JSON.") from None
    return value


def _confirmation(ctx: Context, topic: Topic, subscription: Subscription, kind: str) -> Change:
    verb = "confirm the subscription" if kind == SUBSCRIPTION_CONFIRMATION else "re-subscribe"
    chosen = "subscribe to" if kind == SUBSCRIPTION_CONFIRMATION else "deactivate subscription"
    subject = f"the topic {topic.arn}" if kind == SUBSCRIPTION_CONFIRMATION else subscription.arn
    post = Post(
        type=kind,
        message_id=ctx.ids.uuid(),
        topic_arn=topic.arn,
        endpoint=subscription.endpoint,
        message=f"You have chosen to {chosen} {subject}.\nTo {verb}, visit the SubscribeURL included in this message.",
        timestamp=ctx.now,
        subscription_arn=None if kind == SUBSCRIPTION_CONFIRMATION else subscription.arn,
        token=subscription.token,
        signature_version=topic.attributes.get("SignatureVersion", "1"),
    )
    return Due(ctx.now, "post", post.to_data())


def confirm_subscription(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ConfirmSubscription {TopicArn, Token, AuthenticateOnUnsubscribe}; also reached by GET of a SubscribeURL.

    A token is good for two days; confirming twice is fine.
    """
    topic = topic_of(ctx, params)
    token = params.get("Token")
    found = next(
        (s for s in ctx.account.all(Subscription) if s.topic_arn == topic.arn and token and s.token == token), None
    )
    if found is None or (not found.confirmed and ctx.now >= found.token_expires_at):
        raise bad_parameter("Token")
    if found.confirmed:
        return Outcome({"SubscriptionArn": found.arn})
    authenticated = str(params.get("AuthenticateOnUnsubscribe") or "").lower() == "true"
    return Outcome({"SubscriptionArn": found.arn}, (Put(replace(found, confirmed=True, authenticated=authenticated)),))


def unsubscribe(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """Unsubscribe {SubscriptionArn}; also reached by GET of an UnsubscribeURL, then without a caller.

    Without a signature (`caller.access_key_id` is empty) a subscription confirmed with AuthenticateOnUnsubscribe
    stays. An absent one is no error; the endpoint of one that goes is told.
    """
    found = _find(ctx, params)
    if found is None:
        return Outcome({})
    if found.authenticated and not ctx.caller.access_key_id:
        raise AwsError("AuthorizationErrorException", "This subscription can be removed by its owner only.", status=403)
    topic = ctx.account.get(Topic, found.topic_arn)
    told = [_confirmation(ctx, topic, found, UNSUBSCRIBE_CONFIRMATION)] if topic and found.confirmed else []
    return Outcome({}, (Drop(Subscription.kind, found.key), *told))


def _find(ctx: Context, params: Mapping[str, Any]) -> Subscription | None:
    arn = str(params.get("SubscriptionArn") or "")
    if len(arn.split(":")) != 7:
        raise bad_parameter(f"SubscriptionArn Reason: An ARN must have at least 7 elements, not {len(arn.split(':'))}")
    return ctx.account.get(Subscription, arn)


def _existing(ctx: Context, params: Mapping[str, Any]) -> Subscription:
    found = _find(ctx, params)
    if found is None:
        raise AwsError("NotFoundException", "Subscription does not exist")
    return found


def _listing(ctx: Context, params: Mapping[str, Any], topic_arn: str | None) -> Outcome:
    by_arn = {s.arn: s for s in ctx.account.all(Subscription) if topic_arn is None or s.topic_arn == topic_arn}
    arns, token = page(sorted(by_arn), params.get("NextToken"), PAGE, "InvalidParameterException")
    listed = [
        {
            "SubscriptionArn": arn if by_arn[arn].confirmed else "PendingConfirmation",
            "Owner": ctx.account.account_id,
            "Protocol": by_arn[arn].protocol,
            "Endpoint": by_arn[arn].endpoint,
            "TopicArn": by_arn[arn].topic_arn,
        }
        for arn in arns
    ]
    return Outcome({"Subscriptions": listed} | ({"NextToken": token} if token else {}))


def list_subscriptions(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListSubscriptions; unconfirmed ones show PendingConfirmation for an ARN."""
    return _listing(ctx, params, None)


def list_subscriptions_by_topic(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListSubscriptionsByTopic."""
    return _listing(ctx, params, topic_of(ctx, params).arn)


def get_subscription_attributes(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """GetSubscriptionAttributes."""
    found = _existing(ctx, params)
    attributes = {
        "SubscriptionArn": found.arn,
        "TopicArn": found.topic_arn,
        "Owner": ctx.account.account_id,
        "Protocol": found.protocol,
        "Endpoint": found.endpoint,
        "PendingConfirmation": "false" if found.confirmed else "true",
        "ConfirmationWasAuthenticated": "true" if found.authenticated else "false",
        "RawMessageDelivery": "false",
        "SubscriptionPrincipal": f"arn:aws:iam::{ctx.account.account_id}:{ctx.caller.name}",
        **found.attributes,
    }
    return Outcome({"Attributes": attributes})


def set_subscription_attributes(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SetSubscriptionAttributes: RawMessageDelivery is honoured, the others are stored."""
    found = _existing(ctx, params)
    name, value = str(params.get("AttributeName") or ""), str(params.get("AttributeValue") or "")
    return Outcome({}, (Put(replace(found, attributes={**found.attributes, name: _checked(name, value)})),))
