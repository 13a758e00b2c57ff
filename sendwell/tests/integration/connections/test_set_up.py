"""One click against a real sesbox: everything is made, confirmed and proved by an event; repeated, it is adopted."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sendwell.amazon.client import AwsError
from sendwell.amazon.signing import Credentials
from sendwell.connections import service
from sendwell.connections.models import Connection, SetupState
from sendwell.core.db import DjangoDb
from sendwell.feedback.models import Feedback, Refusal
from sendwell.feedback.service import apply_pending


def outcomes(connection) -> dict[str, str]:
    return {row["step"]: row["outcome"] for row in connection.setup_report}


def test_one_click_from_nothing_to_feedback(world):
    waiting = world.set_up("news@example.com")
    assert waiting.setup_state == SetupState.WAITING
    assert outcomes(waiting) == {
        "Account": "adopted",
        "Sender": "waiting",
        "Configuration set": "created",
        "Topic for feedback": "created",
        "Event destination": "created",
        "Feedback to this installation": "waiting",
    }

    assert world.postbox.deliver().status_code == 200
    ready = world.fresh()
    assert (ready.setup_state, ready.in_sandbox, ready.max_24_hour_send) == (SetupState.READY, True, 200.0)
    assert ready.signing_certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert ready.signing_certificate_url.startswith(world.box.endpoint + "/")
    assert ready.subscription_arn.startswith(ready.topic_arn + ":")
    said = world.client("sns").get_subscription_attributes(SubscriptionArn=ready.subscription_arn)["Attributes"]
    assert said["ConfirmationWasAuthenticated"] == "true", "a link in a notification must not end the subscription"

    world.open_link("news@example.com")
    service.refresh_account(ready, world.installation, world.now)
    assert ready.identities.get(name="news@example.com").verified

    world.client("sesv2").send_email(
        FromEmailAddress="news@example.com",
        Destination={"ToAddresses": ["bounce@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hi"}}}},
        ConfigurationSetName=ready.configuration_set,
    )
    assert [world.postbox.deliver().status_code for _ in range(2)] == [200, 200]
    apply_pending(world.now)
    assert set(Feedback.objects.values_list("kind", flat=True)) == {"send", "bounce_permanent"}


def confirmed(world, sender: str = "") -> Connection:
    world.set_up(sender)
    while world.fresh().setup_state != SetupState.READY:
        world.postbox.deliver()
    return world.connection


def test_a_second_click_adopts_what_it_finds(world):
    before = confirmed(world, "example.com")

    after = world.set_up("example.com")

    assert after.setup_state == SetupState.READY
    assert set(outcomes(after).values()) == {"adopted"}
    assert after.subscription_arn == before.subscription_arn
    assert len(world.client("sns").list_subscriptions()["Subscriptions"]) == 1
    assert len(world.client("sns").list_topics()["Topics"]) == 1
    assert len(world.client("sesv2").list_configuration_sets()["ConfigurationSets"]) == 1


def test_what_was_switched_off_is_put_right(world):
    connection = confirmed(world)
    ses, sns = world.client("sesv2"), world.client("sns")
    ses.update_configuration_set_event_destination(
        ConfigurationSetName="sendwell",
        EventDestinationName="sendwell",
        EventDestination={
            "Enabled": False,
            "MatchingEventTypes": ["BOUNCE"],
            "SnsDestination": {"TopicArn": connection.topic_arn},
        },
    )
    sns.set_topic_attributes(TopicArn=connection.topic_arn, AttributeName="SignatureVersion", AttributeValue="1")

    after = world.set_up()

    assert outcomes(after)["Event destination"] == "changed"
    attributes = sns.get_topic_attributes(TopicArn=connection.topic_arn)["Attributes"]
    assert attributes["SignatureVersion"] == "2"
    assert json.loads(attributes["Policy"])["Statement"][-1]["Sid"] == "sendwell-lets-ses-publish"
    found = ses.get_configuration_set_event_destinations(ConfigurationSetName="sendwell")["EventDestinations"][0]
    assert found["Enabled"]
    assert "DELIVERY" in found["MatchingEventTypes"]


def test_after_sesbox_lost_its_state_one_click_brings_all_back(world):
    confirmed(world, "news@example.com")
    world.reset_sesbox()

    assert confirmed(world, "news@example.com").setup_state == SetupState.READY
    assert world.connection.subscription_arn


def test_a_stranger_who_signs_like_sesbox_is_not_believed_before_the_set_up(world):
    connection = world.connection
    connection.topic_arn = "arn:aws:sns:us-east-1:123456789012:sendwell-feedback"
    connection.save()
    world.client("sns").create_topic(Name="sendwell-feedback")
    world.client("sns").subscribe(
        TopicArn=connection.topic_arn, Protocol="http", Endpoint=service.hook_url(connection, world.installation.config)
    )

    assert world.postbox.deliver().status_code == 403
    assert Refusal.objects.get().cause == "not_pinned"


def test_wrong_keys_end_in_the_report_not_in_an_exception(world):
    world.connection.secret_access_key = world.installation.ring.encrypt("wrong")
    world.connection.save()

    broken = world.set_up()

    assert broken.setup_state == SetupState.BROKEN
    assert "secret access key does not belong" in broken.setup_report[-1]["detail"]


def test_a_real_connection_needs_a_public_address(world, monkeypatch):
    connection = world.connection
    Connection.objects.filter(pk=connection.pk).update(kind="aws")
    monkeypatch.setattr("sendwell.connections.access.custom_endpoint", lambda *_: world.box.endpoint)
    monkeypatch.setattr(
        "sendwell.connections.setting_up.rules.why_unreachable", lambda *_: "Amazon needs a public https address."
    )

    after = world.set_up()

    assert after.setup_state == SetupState.BROKEN
    assert "only tests can be sent" in after.setup_report[-1]["detail"]
    assert after.configuration_set == "sendwell"
    assert world.client("sns").list_topics()["Topics"] == []


def test_keys_are_tried_before_they_are_stored(world, monkeypatch):
    monkeypatch.setattr(
        "sendwell.connections.service.custom_endpoint", lambda kind, config: world.box.endpoint if kind else ""
    )
    ready = world.box.ready
    workspace, parts = world.connection.workspace, world.installation

    def attempt(key: str, secret: str) -> Connection:
        return service.connect(workspace, "aws", "us-east-1", Credentials(key, secret), parts, world.now)

    with pytest.raises(AwsError, match="secret access key"):
        attempt(ready["access_key_id"], "wrong")
    with pytest.raises(AwsError, match="access key ID"):
        attempt("AKIAUNKNOWNUNKNOWN00", "wrong")
    world.installation.clock.advance(timedelta(hours=24))
    with pytest.raises(service.NoConnectionError, match="sendwell clock reset"):
        attempt(ready["access_key_id"], ready["secret_access_key"])
    world.installation.clock.reset()
    assert Connection.objects.count() == 1

    made = attempt(ready["access_key_id"], ready["secret_access_key"])
    again = attempt(ready["access_key_id"], ready["secret_access_key"])
    assert made.pk == again.pk
    assert made.in_sandbox
    assert ready["secret_access_key"] not in made.secret_access_key


def test_the_embedded_connection_follows_its_ready_file(world):
    connection = world.connection
    ready = {**world.box.ready, "secret_access_key": "changed"}

    same = service.ensure_embedded(connection.workspace, ready, world.installation.ring, world.now)

    assert same.pk == connection.pk
    access = service.sender_credentials(DjangoDb(), connection.pk, world.installation.ring, world.installation.config)
    assert access.credentials.secret_access_key == "changed"
    assert access.endpoint.url == world.box.endpoint


def test_rotated_keys_open_all_secrets(world):
    ring = world.installation.ring.rotated()

    assert service.reencrypt_secrets(ring) == 1
    assert ring.decrypt(world.fresh().secret_access_key) == world.box.ready["secret_access_key"]


def test_verified_recipients_and_when_to_look_again(world):
    connection = world.connection
    verified = service.verified_recipients(DjangoDb(), connection.pk)
    assert not verified.covers("a@example.org")
    connection.identities.create(
        name="a@example.org", kind="email", status="SUCCESS", verified=True, purpose="recipient"
    )
    connection.identities.create(name="example.net", kind="domain", status="SUCCESS", verified=True)
    assert service.look_again_after(connection) > timedelta(seconds=30)
    connection.identities.create(name="b@example.org", kind="email", status="PENDING", verified=False)
    assert service.look_again_after(connection) < timedelta(seconds=30)

    verified = service.verified_recipients(DjangoDb(), connection.pk)

    assert [verified.covers(a) for a in ("a@example.org", "b@example.org", "x@example.net")] == [True, False, True]
    assert service.senders(connection) == ["example.net"]
