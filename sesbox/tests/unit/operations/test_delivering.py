"""What becomes of accepted mail: simulator, scripts, suppression, statistics and the events of it all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sesbox.operations.base import AwsError
from sesbox.operations.mailboxes import script
from sesbox.operations.records import Suppressed

ALL = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT")


def told(world: Any) -> list[dict[str, Any]]:
    """What the subscriber is posted about mail."""
    events = [json.loads(post["message"]) for post in world.posts if post["message"].startswith("{")]
    world.posts.clear()
    return events


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["eventType"] for event in events]


@pytest.mark.parametrize(
    ("mailbox", "expected", "detail"),
    [
        ("success", ["Send", "Delivery"], None),
        ("bounce", ["Send", "Bounce"], ("Permanent", "General")),
        ("bounce+label1", ["Send", "Bounce"], ("Permanent", "General")),
        ("complaint", ["Send", "Delivery", "Complaint"], None),
        ("ooto", ["Send", "Delivery", "Bounce"], ("Transient", "General")),
        ("suppressionlist+a", ["Send", "Bounce"], ("Permanent", "Suppressed")),
    ],
)
def test_the_simulator(production: Any, mailbox: str, expected: list[str], detail: tuple[str, str] | None) -> None:
    production.listen(*ALL)
    address = f"{mailbox}@simulator.amazonses.com"
    production.send(address, ConfigurationSetName="cs", EmailTags=[{"Name": "campaign", "Value": "a"}])
    production.wait(1)
    events = told(production)
    assert kinds(events) == expected
    if detail:
        bounce = events[-1]["bounce"]
        assert (bounce["bounceType"], bounce["bounceSubType"]) == detail
        assert [entry["emailAddress"] for entry in bounce["bouncedRecipients"]] == [address]
    assert all(event["mail"]["tags"]["campaign"] == ["a"] for event in events)
    assert production.account.all(Suppressed) == []


def test_simulated_bounces_of_one_message_are_one_notification(production: Any) -> None:
    production.listen("BOUNCE")
    to = [f"bounce+{n}@simulator.amazonses.com" for n in range(3)]
    production.send([*to, "r@x.test"], ConfigurationSetName="cs")
    production.wait(1)
    [event] = told(production)
    assert [entry["emailAddress"] for entry in event["bounce"]["bouncedRecipients"]] == to


def test_a_hard_bounce_fills_the_list_and_the_next_mail_is_not_tried(production: Any) -> None:
    production.listen(*ALL)
    production.apply(script(production.ctx, {"address": "Gone@X.test", "behaviour": "hard-bounce"}))
    first = production.send("Gone@x.test", ConfigurationSetName="cs")
    production.wait(1)
    [_, bounce] = told(production)
    entry = production.v2("GetSuppressedDestination", EmailAddress="Gone@X.TEST")["SuppressedDestination"]
    assert (entry["EmailAddress"], entry["Reason"]) == ("Gone@x.test", "BOUNCE")
    assert entry["Attributes"] == {"MessageId": first, "FeedbackId": bounce["bounce"]["feedbackId"]}
    production.send(["Gone@x.test", "r@x.test"], ConfigurationSetName="cs")
    production.wait(1)
    events = told(production)
    assert kinds(events) == ["Send", "Delivery", "Bounce"]
    assert events[1]["delivery"]["recipients"] == ["r@x.test"]
    assert events[2]["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert production.v1("GetSendQuota")["SentLast24Hours"] == 3.0
    [point] = production.v1("GetSendStatistics")["SendDataPoints"]
    assert (point["DeliveryAttempts"], point["Bounces"]) == (2, 1)


def test_complaints_and_soft_bounces_of_scripted_mailboxes(production: Any) -> None:
    production.listen(*ALL)
    for address, behaviour in (("c@x.test", "complain"), ("full@x.test", "soft-bounce")):
        production.apply(script(production.ctx, {"address": address, "behaviour": behaviour}))
    production.send(["c@x.test", "full@x.test"], ConfigurationSetName="cs")
    production.wait(1)
    events = told(production)
    assert kinds(events) == ["Send", "Delivery", "Bounce", "Complaint"]
    assert (events[2]["bounce"]["bounceType"], events[2]["bounce"]["bounceSubType"]) == ("Transient", "MailboxFull")
    assert [entry.address for entry in production.account.all(Suppressed)] == ["c@x.test"]
    production.send("c@x.test", ConfigurationSetName="cs")
    production.wait(1)
    events = told(production)
    assert kinds(events) == ["Send", "Complaint"]
    assert events[1]["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    production.apply(script(production.ctx, {"address": "full@x.test", "behaviour": "deliver"}))
    production.send("full@x.test", ConfigurationSetName="cs")
    production.wait(1)
    assert kinds(told(production)) == ["Send", "Delivery"]


@pytest.mark.parametrize(
    ("account", "override", "suppressed"),
    [
        (["BOUNCE", "COMPLAINT"], None, True),
        (["BOUNCE", "COMPLAINT"], [], False),
        (["COMPLAINT"], None, False),
        (["COMPLAINT"], ["BOUNCE"], True),
        ([], None, False),
    ],
)
def test_whether_the_list_applies(production: Any, account: list[str], override: Any, suppressed: bool) -> None:
    production.listen("BOUNCE", "DELIVERY")
    production.v2("PutSuppressedDestination", EmailAddress="r@x.test", Reason="BOUNCE")
    production.v2("PutAccountSuppressionAttributes", SuppressedReasons=account)
    if override is not None:
        production.v2("PutConfigurationSetSuppressionOptions", ConfigurationSetName="cs", SuppressedReasons=override)
    production.send("r@x.test", ConfigurationSetName="cs")
    production.wait(1)
    assert kinds(told(production)) == (["Bounce"] if suppressed else ["Delivery"])


def test_without_a_destination_events_are_in_the_history_only(production: Any) -> None:
    production.send("bounce@simulator.amazonses.com")
    production.wait(1)
    assert kinds(production.events) == ["Bounce"] and production.posts == []


def test_only_matching_enabled_destinations_hear(production: Any) -> None:
    arn = production.listen("BOUNCE")
    production.posts.clear()
    production.send("r@x.test", ConfigurationSetName="cs")
    production.wait(1)
    assert told(production) == []
    production.v2(
        "UpdateConfigurationSetEventDestination",
        ConfigurationSetName="cs",
        EventDestinationName="to-sns",
        EventDestination={"MatchingEventTypes": list(ALL), "SnsDestination": {"TopicArn": arn}},
    )
    production.send("r@x.test", ConfigurationSetName="cs")
    production.wait(1)
    assert told(production) == []


def test_a_topic_that_forbids_it_later_gets_nothing(production: Any) -> None:
    arn = production.listen(*ALL)
    policy = json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]})
    production.sns("SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    production.send("r@x.test", ConfigurationSetName="cs")
    production.wait(1)
    assert told(production) == []
    assert kinds(production.events) == ["Send", "Delivery"]


def test_posts_carry_what_the_envelope_needs(production: Any) -> None:
    arn = production.listen("SEND")
    production.sns("SetTopicAttributes", TopicArn=arn, AttributeName="SignatureVersion", AttributeValue="2")
    [subscription] = production.sns("ListSubscriptions")["Subscriptions"]
    production.wait()
    production.posts.clear()
    production.send("r@x.test", ConfigurationSetName="cs")
    production.wait(1)
    [post] = production.posts
    assert post["subject"] == "Amazon SES Email Event Notification"
    assert post["subscription_arn"] == subscription["SubscriptionArn"]
    assert (post["type"], post["endpoint"]) == ("Notification", "http://hook.test/sns")
    assert (post["topic_arn"], post["signature_version"]) == (arn, "2")
    production.sns(
        "SetSubscriptionAttributes",
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="RawMessageDelivery",
        AttributeValue="true",
    )
    production.send("r@x.test", ConfigurationSetName="cs")
    production.wait(1)
    assert production.posts[-1]["raw"] is True


@pytest.mark.parametrize(
    "params",
    [
        {"address": "nobody", "behaviour": "deliver"},
        {"address": "a@x.test", "behaviour": "explode"},
        {"address": "bounce@simulator.amazonses.com", "behaviour": "deliver"},
        {},
    ],
)
def test_bad_scripts(production: Any, params: dict[str, str]) -> None:
    with pytest.raises(AwsError):
        script(production.ctx, params)


def test_statistics_come_in_quarters_of_an_hour_and_last_two_weeks(production: Any) -> None:
    for _ in range(2):
        production.send("r@x.test")
        production.send("complaint@simulator.amazonses.com")
        production.wait(900)
    points = production.v1("GetSendStatistics")["SendDataPoints"]
    assert [point["DeliveryAttempts"] for point in points] == [2, 2]
    assert [point["Complaints"] for point in points] == [1, 1]
    assert points[1]["Timestamp"] - points[0]["Timestamp"] == 900
    production.wait(15 * 86_400)
    assert production.v1("GetSendStatistics")["SendDataPoints"] == []
