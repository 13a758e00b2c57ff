"""Every operation of the table exists in botocore's models, and answers what its model says."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import botocore.validate
import pytest

from sesbox.operations import TABLE
from sesbox.operations.base import AwsError

SERVICES = {"ses": "ses", "sesv2": "sesv2", "sns": "sns"}
SIMPLE = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hello"}}}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    session = botocore.session.Session()
    return {service: session.get_service_model(service) for service in SERVICES}


def scenario(world: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """One successful call of every operation, in an order in which each one finds what it needs."""
    me, cs, d = {"EmailIdentity": "y.test"}, {"ConfigurationSetName": "cs"}, {"EventDestinationName": "d"}
    arn = "arn:aws:sns:us-east-1:123456789012:events"
    topic, address = {"TopicArn": arn}, {"EmailAddress": "r@x.test"}
    statement = {"Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "*", "Resource": "*"}
    policy = {"AttributeName": "Policy", "AttributeValue": json.dumps({"Statement": [statement]})}
    destination = {"EventDestination": {"MatchingEventTypes": ["SEND"], "SnsDestination": topic}}
    resource = {"ResourceArn": "arn:aws:ses:us-east-1:123456789012:identity/y.test"}
    to = {"ToAddresses": ["r@x.test"]}
    return [
        ("sns", "CreateTopic", {"Name": "events"}),
        ("sns", "SetTopicAttributes", topic | policy),
        ("sns", "GetTopicAttributes", topic),
        ("sns", "ListTopics", {}),
        ("sns", "Subscribe", topic | {"Protocol": "http", "Endpoint": "http://hook.test"}),
        ("sns", "ConfirmSubscription", topic | {"Token": "?"}),
        ("sns", "ListSubscriptions", {}),
        ("sns", "ListSubscriptionsByTopic", topic),
        ("sns", "GetSubscriptionAttributes", {"SubscriptionArn": "?"}),
        ("sns", "SetSubscriptionAttributes", {"SubscriptionArn": "?", "AttributeName": "RawMessageDelivery",
                                              "AttributeValue": "true"}),
        ("sns", "Publish", topic | {"Message": "m"}),
        ("sns", "Unsubscribe", {"SubscriptionArn": "?"}),
        ("sesv2", "CreateEmailIdentity", {"EmailIdentity": "me@z.test"}),
        ("sesv2", "GetEmailIdentity", me),
        ("sesv2", "ListEmailIdentities", {}),
        ("sesv2", "DeleteEmailIdentity", {"EmailIdentity": "me@z.test"}),
        ("sesv2", "PutEmailIdentityDkimAttributes", me | {"SigningEnabled": True}),
        ("sesv2", "PutEmailIdentityFeedbackAttributes", me | {"EmailForwardingEnabled": True}),
        ("sesv2", "PutEmailIdentityMailFromAttributes", me | {"MailFromDomain": "b.y.test"}),
        ("sesv2", "GetEmailIdentity", me),
        ("sesv2", "CreateConfigurationSet", cs),
        ("sesv2", "PutEmailIdentityConfigurationSetAttributes", me | cs),
        ("sesv2", "GetConfigurationSet", cs),
        ("sesv2", "ListConfigurationSets", {}),
        ("sesv2", "PutConfigurationSetReputationOptions", cs),
        ("sesv2", "PutConfigurationSetSendingOptions", cs | {"SendingEnabled": True}),
        ("sesv2", "PutConfigurationSetSuppressionOptions", cs | {"SuppressedReasons": ["BOUNCE"]}),
        ("sesv2", "GetConfigurationSet", cs),
        ("sesv2", "CreateConfigurationSetEventDestination", cs | d | destination),
        ("sesv2", "GetConfigurationSetEventDestinations", cs),
        ("sesv2", "UpdateConfigurationSetEventDestination", cs | d | destination),
        ("sesv2", "TagResource", resource | {"Tags": [{"Key": "k", "Value": "v"}]}),
        ("sesv2", "ListTagsForResource", resource),
        ("sesv2", "UntagResource", resource | {"TagKeys": ["k"]}),
        ("sesv2", "PutSuppressedDestination", address | {"Reason": "BOUNCE"}),
        ("sesv2", "GetSuppressedDestination", address),
        ("sesv2", "ListSuppressedDestinations", {}),
        ("sesv2", "DeleteSuppressedDestination", address),
        ("sesv2", "PutAccountSuppressionAttributes", {"SuppressedReasons": []}),
        ("sesv2", "PutAccountSendingAttributes", {"SendingEnabled": True}),
        ("sesv2", "PutAccountDetails", {"MailType": "MARKETING", "WebsiteURL": "https://b.test"}),
        ("sesv2", "GetAccount", {}),
        ("sesv2", "SendEmail", {"FromEmailAddress": "s@y.test", "Destination": to, "Content": {"Simple": SIMPLE}}),
        ("ses", "SendEmail", {"Source": "s@y.test", "Destination": to, "Message": SIMPLE}),
        ("ses", "SendRawEmail", {"RawMessage": {"Data": b"From: s@y.test\nTo: r@x.test\n\nHi"}}),
        ("ses", "GetSendQuota", {}),
        ("ses", "GetSendStatistics", {}),
        ("ses", "GetAccountSendingEnabled", {}),
        ("ses", "UpdateAccountSendingEnabled", {"Enabled": True}),
        ("ses", "VerifyEmailIdentity", {"EmailAddress": "me@z.test"}),
        ("ses", "VerifyDomainIdentity", {"Domain": "z.test"}),
        ("ses", "VerifyDomainDkim", {"Domain": "z.test"}),
        ("ses", "GetIdentityVerificationAttributes", {"Identities": ["z.test"]}),
        ("ses", "ListIdentities", {}),
        ("ses", "DeleteIdentity", {"Identity": "z.test"}),
        ("sesv2", "DeleteConfigurationSetEventDestination", cs | d),
        ("sesv2", "DeleteConfigurationSet", cs),
        ("sns", "DeleteTopic", topic),
    ]  # fmt: skip


def filled(world: Any, params: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
    values = {"Token": lambda: world.posts[-1]["token"], "SubscriptionArn": lambda: seen["SubscriptionArn"]}
    return {name: values[name]() if value == "?" else value for name, value in params.items()}


def test_every_answer_fits_its_model(production: Any, models: dict[str, Any]) -> None:
    called, seen = set(), {}
    for service, operation, params in scenario(production):
        params = filled(production, params, seen)
        model = models[SERVICES[service]].operation_model(operation)
        if model.input_shape is not None:
            assert not botocore.validate.ParamValidator().validate(params, model.input_shape).has_errors()
        response = dict(production.call(service, operation, **params))
        production.wait(1)
        called.add((service, operation))
        seen |= response if operation == "ConfirmSubscription" else {}
        if model.output_shape is None:
            assert response == {}
            continue
        report = botocore.validate.ParamValidator().validate(response, model.output_shape)
        if operation != "GetEmailIdentity":  # SES leaves out required members of MailFromAttributes, and so do we
            assert not report.has_errors(), (operation, report.generate_report())
    assert called == set(TABLE)
    production.restarted()


def test_every_code_raised_is_of_the_model_or_known_not_to_be(production: Any, models: dict[str, Any]) -> None:
    unmodelled = {"Throttling", "InvalidParameterValue", "ValidationError"}
    for service, operation, params in scenario(production):
        codes = {shape.name for shape in models[SERVICES[service]].operation_model(operation).error_shapes}
        for broken in ({}, {name: "no@where.test" for name, value in params.items() if isinstance(value, str)}):
            try:
                production.call(service, operation, **broken)
            except AwsError as error:
                assert error.code in codes | unmodelled, (operation, error.code, error.message)
