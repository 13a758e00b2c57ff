"""SNS topics and subscriptions, and SES's destinations on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sesbox.operations.base import AwsError

HOOK = "http://hook.test/sns"


def refusal(call: Callable[[], Any]) -> tuple[str, str | None]:
    with pytest.raises(AwsError) as caught:
        call()
    return caught.value.code, caught.value.message


def topic(world: Any, **params: Any) -> str:
    return str(world.sns("CreateTopic", Name="events", **params)["TopicArn"])


def subscribe(world: Any, arn: str) -> str:
    world.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint=HOOK)
    world.wait()
    token = world.posts[-1]["token"]
    return str(world.sns("ConfirmSubscription", TopicArn=arn, Token=token)["SubscriptionArn"])


def test_a_topic_is_made_once(sandbox: Any) -> None:
    arn = topic(sandbox, Attributes={"DisplayName": "Events"})
    assert arn == "arn:aws:sns:us-east-1:123456789012:events" == topic(sandbox)
    attributes = sandbox.sns("GetTopicAttributes", TopicArn=arn)["Attributes"]
    assert (attributes["DisplayName"], attributes["Owner"]) == ("Events", "123456789012")
    assert "AWS:SourceOwner" in attributes["Policy"]
    assert sandbox.sns("ListTopics") == {"Topics": [{"TopicArn": arn}]}
    sandbox.sns("DeleteTopic", TopicArn=arn)
    sandbox.sns("DeleteTopic", TopicArn=arn)
    assert refusal(lambda: sandbox.sns("GetTopicAttributes", TopicArn=arn)) == (
        "NotFoundException",
        "Topic does not exist",
    )


def test_topics_are_listed_by_the_hundred(sandbox: Any) -> None:
    for n in range(130):
        sandbox.sns("CreateTopic", Name=f"t{n:03d}")
    first = sandbox.sns("ListTopics")
    assert len(first["Topics"]) == 100
    assert len(sandbox.sns("ListTopics", NextToken=first["NextToken"])["Topics"]) == 30


def test_nothing_but_the_confirmation_before_it_is_confirmed(sandbox: Any) -> None:
    arn = topic(sandbox)
    made = sandbox.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint=HOOK)
    assert made == {"SubscriptionArn": "pending confirmation"}
    sandbox.sns("Publish", TopicArn=arn, Message="early")
    sandbox.wait()
    [confirmation] = sandbox.posts
    assert confirmation["type"] == "SubscriptionConfirmation" and "subscription_arn" not in confirmation
    assert confirmation["message"].startswith(f"You have chosen to subscribe to the topic {arn}.\nTo confirm")
    [pending] = sandbox.sns("ListSubscriptionsByTopic", TopicArn=arn)["Subscriptions"]
    assert pending["SubscriptionArn"] == "PendingConfirmation"
    confirmed = sandbox.sns(
        "ConfirmSubscription", TopicArn=arn, Token=confirmation["token"], AuthenticateOnUnsubscribe="true"
    )["SubscriptionArn"]
    attributes = sandbox.sns("GetSubscriptionAttributes", SubscriptionArn=confirmed)["Attributes"]
    assert (attributes["PendingConfirmation"], attributes["ConfirmationWasAuthenticated"]) == ("false", "true")
    again = sandbox.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint=HOOK)
    assert again == {"SubscriptionArn": confirmed}
    message_id = sandbox.sns("Publish", TopicArn=arn, Message="hello", Subject="S")["MessageId"]
    sandbox.wait()
    post = sandbox.posts[-1]
    assert (post["message"], post["subject"], post["message_id"]) == ("hello", "S", message_id)


def test_a_token_is_good_for_two_days(sandbox: Any) -> None:
    arn = topic(sandbox)
    sandbox.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint=HOOK)
    sandbox.wait(2 * 86_400)
    token = sandbox.posts[0]["token"]
    for bad in (token, "guess", None):
        assert refusal(lambda t=bad: sandbox.sns("ConfirmSubscription", TopicArn=arn, Token=t)) == (  # type: ignore[misc]
            "InvalidParameterException",
            "Invalid parameter: Token",
        )
    sandbox.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint=HOOK)
    sandbox.wait()
    assert sandbox.posts[-1]["token"] != token
    assert sandbox.sns("ConfirmSubscription", TopicArn=arn, Token=sandbox.posts[-1]["token"])
    assert len(sandbox.sns("ListSubscriptions")["Subscriptions"]) == 1


def test_the_unsubscribe_link_and_the_owner(sandbox: Any) -> None:
    arn = topic(sandbox)
    sandbox.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint=HOOK)
    sandbox.wait()
    token = sandbox.posts[-1]["token"]
    made = sandbox.sns("ConfirmSubscription", TopicArn=arn, Token=token, AuthenticateOnUnsubscribe="true")
    owner = sandbox.caller
    sandbox.caller = replace(owner, access_key_id="")
    assert refusal(lambda: sandbox.sns("Unsubscribe", **made))[0] == "AuthorizationErrorException"
    sandbox.caller = owner
    sandbox.sns("Unsubscribe", **made)
    sandbox.sns("Unsubscribe", **made)
    sandbox.wait()
    assert sandbox.posts[-1]["type"] == "UnsubscribeConfirmation"
    assert sandbox.sns("ListSubscriptions") == {"Subscriptions": []}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"Protocol": "https", "Endpoint": HOOK}, "Invalid parameter: Endpoint must match the specified protocol"),
        (
            {"Protocol": "carrier-pigeon", "Endpoint": HOOK},
            "Invalid parameter: Amazon SNS does not support this protocol string: carrier-pigeon",
        ),
        ({"Protocol": "http", "Endpoint": "http://"}, "Invalid parameter: Endpoint"),
        (
            {"Protocol": "http", "Endpoint": HOOK, "Attributes": {"RawMessageDelivery": "maybe"}},
            "Invalid parameter: RawMessageDelivery: Invalid value. Valid values are 'true' and 'false'.",
        ),
    ],
)
def test_bad_subscriptions(sandbox: Any, params: dict[str, Any], text: str) -> None:
    arn = topic(sandbox)
    assert refusal(lambda: sandbox.sns("Subscribe", TopicArn=arn, **params)) == ("InvalidParameterException", text)


def test_a_queue_is_not_supported_and_says_so(sandbox: Any) -> None:
    arn = topic(sandbox)
    with pytest.raises(AwsError) as caught:
        sandbox.sns("Subscribe", TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:1:q")
    assert caught.value.status == 501


def destination(arn: str, *types: str) -> dict[str, Any]:
    return {"Enabled": True, "MatchingEventTypes": list(types or ("SEND",)), "SnsDestination": {"TopicArn": arn}}


def create(world: Any, arn: str, name: str = "d", **changes: Any) -> None:
    world.v2(
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName="cs",
        EventDestinationName=name,
        EventDestination=destination(arn) | changes,
    )


def test_a_destination_needs_a_topic_that_lets_ses_publish(sandbox: Any) -> None:
    sandbox.v2("CreateConfigurationSet", ConfigurationSetName="cs")
    arn = "arn:aws:sns:us-east-1:123456789012:events"
    assert refusal(lambda: create(sandbox, arn)) == ("BadRequestException", f"SNS topic <{arn}> not found.")
    topic(sandbox)
    assert refusal(lambda: create(sandbox, arn)) == (
        "BadRequestException",
        f"Could not publish to SNS topic <{arn}>.",
    )
    sandbox.allow(arn)
    subscribe(sandbox, arn)
    create(sandbox, arn)
    sandbox.wait()
    assert sandbox.posts[-1]["message"] == "Successfully validated SNS topic for Amazon SES event publishing."
    assert "subject" not in sandbox.posts[-1]
    assert refusal(lambda: create(sandbox, arn))[0] == "AlreadyExistsException"
    for n in range(9):
        create(sandbox, arn, name=f"d{n}")
    assert refusal(lambda: create(sandbox, arn, name="d10"))[0] == "LimitExceededException"
    listed = sandbox.v2("GetConfigurationSetEventDestinations", ConfigurationSetName="cs")["EventDestinations"]
    assert listed[0] == {"Name": "d", **destination(arn)}
    named = {"ConfigurationSetName": "cs", "EventDestinationName": "d"}
    sandbox.v2("DeleteConfigurationSetEventDestination", **named)
    assert refusal(lambda: sandbox.v2("DeleteConfigurationSetEventDestination", **named)) == (
        "NotFoundException",
        "An event destination with name d does not exist for configuration set cs.",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"MatchingEventTypes": []},
        {"MatchingEventTypes": ["SENT"]},
        {"SnsDestination": None},
    ],
)
def test_bad_destinations(sandbox: Any, changes: dict[str, Any]) -> None:
    sandbox.v2("CreateConfigurationSet", ConfigurationSetName="cs")
    arn = topic(sandbox)
    sandbox.allow(arn)
    assert refusal(lambda: create(sandbox, arn, **changes))[0] == "BadRequestException"


def test_configuration_sets(sandbox: Any) -> None:
    sandbox.v2(
        "CreateConfigurationSet",
        ConfigurationSetName="cs",
        SuppressionOptions={"SuppressedReasons": []},
        DeliveryOptions={"TlsPolicy": "REQUIRE"},
    )
    found = sandbox.v2("GetConfigurationSet", ConfigurationSetName="cs")
    assert found == {
        "ConfigurationSetName": "cs",
        "ReputationOptions": {"ReputationMetricsEnabled": False},
        "SendingOptions": {"SendingEnabled": True},
        "SuppressionOptions": {"SuppressedReasons": []},
        "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
        "Tags": [],
    }
    sandbox.v2("PutConfigurationSetSuppressionOptions", ConfigurationSetName="cs")
    sandbox.v2("PutConfigurationSetReputationOptions", ConfigurationSetName="cs", ReputationMetricsEnabled=True)
    sandbox.v2("PutConfigurationSetSendingOptions", ConfigurationSetName="cs")
    sandbox.v2("PutConfigurationSetSendingOptions", ConfigurationSetName="cs", SendingEnabled=True)
    found = sandbox.v2("GetConfigurationSet", ConfigurationSetName="cs")
    assert "SuppressionOptions" not in found
    assert found["ReputationOptions"] == {"ReputationMetricsEnabled": True, "LastFreshStart": sandbox.now}
    assert refusal(lambda: sandbox.v2("CreateConfigurationSet", ConfigurationSetName="cs")) == (
        "AlreadyExistsException",
        "Configuration set <cs> already exists.",
    )
    bad = refusal(lambda: sandbox.v2("CreateConfigurationSet", ConfigurationSetName="c s"))
    assert bad[0] == "BadRequestException"
    assert sandbox.v2("ListConfigurationSets") == {"ConfigurationSets": ["cs"]}
    sandbox.v2("DeleteConfigurationSet", ConfigurationSetName="cs")
    assert refusal(lambda: sandbox.v2("GetConfigurationSet", ConfigurationSetName="cs")) == (
        "NotFoundException",
        "Configuration set <cs> does not exist.",
    )


def test_deleting_a_set_takes_its_destinations_along(sandbox: Any) -> None:
    sandbox.listen("SEND")
    sandbox.v2("DeleteConfigurationSet", ConfigurationSetName="cs")
    sandbox.v2("CreateConfigurationSet", ConfigurationSetName="cs")
    assert sandbox.v2("GetConfigurationSetEventDestinations", ConfigurationSetName="cs") == {"EventDestinations": []}


def test_a_policy_must_be_one(sandbox: Any) -> None:
    arn = topic(sandbox)
    for bad in ("{", "[]", json.dumps({"Statement": []})):
        code, _ = refusal(
            lambda bad=bad: sandbox.sns(  # type: ignore[misc]
                "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=bad
            )
        )
        assert code == "InvalidParameterException"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://a:99999/",
        "http://a:x/",
        "http://a/\r\nX: y",
        "http://a/b c",
        "http://ü.test/",
        "http://" + "a" * 3_000,
        "http://",
        "http://[::1",
    ],
)
def test_an_endpoint_nobody_could_post_to_is_refused_at_once(production: Any, endpoint: str) -> None:
    arn = production.sns("CreateTopic", Name="t")["TopicArn"]
    with pytest.raises(AwsError) as caught:
        production.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint=endpoint)
    assert (caught.value.code, caught.value.message) == ("InvalidParameterException", "Invalid parameter: Endpoint")
