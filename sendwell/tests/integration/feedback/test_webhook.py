"""What the webhook believes: SNS's own posts, and none of the forgeries."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from sendwell.amazon.client import AwsError
from sendwell.connections.models import SetupState
from sendwell.feedback import store, trust
from sendwell.feedback.models import Notification, NotificationState, Refusal

TOPIC = "arn:aws:sns:us-east-1:123456789012:sendwell-feedback"
URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
EVENT = json.dumps({"eventType": "Send", "mail": {}})


def stored() -> int:
    return Notification.objects.count()


def test_what_sns_posts_is_stored_raw_once(connection, topic, post):
    fields = topic.sign(topic.envelope(EVENT, Subject="Amazon SES Email Event Notification"))

    assert post(fields).status_code == 200
    assert post(fields).status_code == 200  # SNS repeats itself with the same MessageId

    kept = Notification.objects.get()
    assert (kept.body, kept.state, kept.sns_message_id) == (EVENT, NotificationState.PENDING, fields["MessageId"])
    assert topic.fetched == [URL]


def test_a_path_that_names_no_connection_is_not_found(connection, topic, post):
    answer = post(topic.sign(topic.envelope(EVENT)), hook="guessed")

    assert (answer.status_code, stored(), topic.fetched) == (404, 0, [])


def test_only_posts_are_answered(connection, client):
    assert client.get("/hooks/sns/hook-key-of-the-test").status_code == 405


FORGERIES = {
    "altered": lambda t: {**t.sign(t.envelope(EVENT)), "Message": EVENT + " "},
    "unsigned": lambda t: t.envelope(EVENT, Signature=""),
    "other topic": lambda t: t.sign(t.envelope(EVENT, TopicArn="arn:aws:sns:us-east-1:999999999999:sendwell-feedback")),
    "other region": lambda t: t.sign(t.envelope(EVENT, TopicArn=TOPIC.replace("us-east-1", "eu-west-1"))),
    "version 1 on our topic": lambda t: t.sign(t.envelope(EVENT, SignatureVersion="1")),
    "http certificate": lambda t: t.sign(t.envelope(EVENT, SigningCertURL=URL.replace("https", "http"))),
    "substring host": lambda t: t.sign(
        t.envelope(
            EVENT, SigningCertURL=URL.replace("sns.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com.evil.com")
        )
    ),
    "evil port": lambda t: t.sign(t.envelope(EVENT, SigningCertURL=URL.replace(".com/", ".com:8080/"))),
    "query": lambda t: t.sign(t.envelope(EVENT, SigningCertURL=URL + "?x=.pem")),
    "user info": lambda t: t.sign(t.envelope(EVENT, SigningCertURL=URL.replace("sns.", "a@sns."))),
    "local certificate": lambda t: t.sign(t.envelope(EVENT, SigningCertURL="http://127.0.0.1:8000/x.pem")),
    "unknown type": lambda t: {**t.sign(t.envelope(EVENT)), "Type": "Surprise"},
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_forgeries_are_refused_counted_and_not_stored(connection, topic, post, forge):
    answer = post(forge(topic))

    assert (answer.status_code, stored()) == (403, 0)
    assert Refusal.objects.get(connection=connection).count == 1
    assert set(topic.fetched) <= {URL}


def test_raw_delivery_is_refused(connection, topic, post):
    answer = post(json.loads(EVENT) | {"Type": "Notification"}, **{"x-amz-sns-rawdelivery": "true"})

    assert answer.status_code == 403
    assert Refusal.objects.get().cause == "raw_delivery"


def test_the_header_must_name_the_bodys_type(connection, topic, post):
    fields = topic.sign(topic.envelope(EVENT))

    assert post(fields, **{"x-amz-sns-message-type": "SubscriptionConfirmation"}).status_code == 403
    assert Refusal.objects.get().cause == "type_header"


def test_junk_is_refused(connection, post):
    for body in (b"", b"{", b"[]", b"\x00" * 100, b"x" * (trust.MAX_BODY + 10)):
        assert post(body).status_code == 403
    assert {r.cause: r.count for r in Refusal.objects.all()} == {"not_json": 3, "not_an_envelope": 1, "too_large": 1}


def test_our_own_trouble_asks_sns_to_come_again(connection, topic, post, monkeypatch):
    fields = topic.sign(topic.envelope(EVENT))
    pem = topic.offered.pop(URL)
    assert post(fields).status_code == 503
    topic.offered[URL] = pem

    def broken(*_: object) -> None:
        raise OperationalError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(store, "keep", broken)
        assert post(fields).status_code == 503
    assert post(fields).status_code == 200
    assert stored() == 1


def test_a_stranger_cannot_make_us_fetch_without_end(connection, topic, post):
    topic.offered.clear()
    for number in range(40):
        url = f"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{number:032x}.pem"
        assert post(topic.sign(topic.envelope(EVENT, SigningCertURL=url))).status_code == 503

    assert len(topic.fetched) == 12


# --- confirmation -----------------------------------------------------------------------------------------------


@pytest.fixture
def confirmed(monkeypatch):
    """ConfirmSubscription at SNS, recorded."""
    calls: list[tuple[str, str]] = []

    def confirm(_client, topic_arn, token):
        calls.append((topic_arn, token))
        return topic_arn + ":subscription"

    monkeypatch.setattr("sendwell.connections.setting_up.setup.confirm", confirm)
    monkeypatch.setattr("sendwell.connections.access.open_client", lambda *_: None)
    return calls


def test_a_confirmation_is_confirmed_by_api_while_one_is_expected(db, topic, post, confirmed, make_connection):
    connection = make_connection(setup_state=SetupState.WAITING, subscription_arn="")

    assert post(topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation"))).status_code == 200

    connection.refresh_from_db()
    assert confirmed == [(TOPIC, "token-1")]
    assert (connection.setup_state, connection.subscription_arn) == (SetupState.READY, TOPIC + ":subscription")
    assert connection.setup_report[-1]["outcome"] == "created"
    assert topic.fetched == [URL]  # the SubscribeURL is never fetched


def test_a_confirmation_that_nobody_waits_for_is_not_confirmed(connection, topic, post, confirmed):
    assert post(topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation"))).status_code == 200

    assert confirmed == []
    assert Notification.objects.get().state == NotificationState.IGNORED


def test_a_forged_confirmation_is_neither_confirmed_nor_fetched(db, topic, post, confirmed, make_connection):
    make_connection(setup_state=SetupState.WAITING)
    fields = topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation"))

    assert post({**fields, "SubscribeURL": "http://169.254.169.254/"}).status_code == 403
    assert post({**fields, "Token": "mine"}).status_code == 403

    assert confirmed == []
    assert topic.fetched == [URL]


def test_an_old_confirmation_is_refused(db, topic, post, confirmed, make_connection):
    make_connection(setup_state=SetupState.WAITING)
    old = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    assert post(topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation", Timestamp=old))).status_code == 403
    assert confirmed == []


def test_sns_is_asked_again_if_the_confirmation_fails(db, topic, post, confirmed, monkeypatch, make_connection):
    connection = make_connection(setup_state=SetupState.WAITING)

    def refuse(*_: object) -> str:
        raise AwsError("sns:ConfirmSubscription", "AuthorizationError", "Missing permission sns:ConfirmSubscription.")

    monkeypatch.setattr("sendwell.connections.setting_up.setup.confirm", refuse)
    assert post(topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation"))).status_code == 503

    connection.refresh_from_db()
    assert connection.setup_state == SetupState.WAITING
    assert "sns:ConfirmSubscription" in connection.problem


def test_an_ended_subscription_is_recorded_and_shown(connection, topic, post, monkeypatch):
    monkeypatch.setattr("sendwell.connections.setting_up.setup.find_subscription", lambda *_: None)
    monkeypatch.setattr("sendwell.connections.access.open_client", lambda *_: None)

    assert post(topic.sign(topic.envelope("Ended", "UnsubscribeConfirmation"))).status_code == 200

    connection.refresh_from_db()
    assert connection.setup_state == SetupState.BROKEN
    assert "ended at SNS" in connection.setup_report[-1]["detail"]
    assert Notification.objects.get().state == NotificationState.IGNORED


# --- custom endpoints ---------------------------------------------------------------------------------------------

LOCAL = "http://127.0.0.1:4580/SimpleNotificationService-00ff.pem"


@pytest.fixture
def local(db, topic, make_connection):
    topic.url, topic.offered = LOCAL, {LOCAL: topic.pem}
    return make_connection(kind="embedded", setup_state=SetupState.WAITING, subscription_arn="")


def test_a_custom_endpoints_certificate_is_pinned_at_the_confirmation(local, topic, post, confirmed):
    assert post(topic.sign(topic.envelope(EVENT))).status_code == 403  # nothing is pinned yet
    assert topic.fetched == []

    assert post(topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation"))).status_code == 200
    local.refresh_from_db()
    assert (local.signing_certificate.encode(), local.signing_certificate_url) == (topic.pem, LOCAL)
    assert topic.fetched == [LOCAL]

    topic.offered.clear()
    assert post(topic.sign(topic.envelope(EVENT))).status_code == 200
    assert topic.fetched == [LOCAL]  # and never fetched again


def test_after_pinning_no_other_certificate_counts(local, topic, post, confirmed):
    post(topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation")))
    other = LOCAL.replace("00ff", "00fe")
    topic.offered[other] = topic.pem

    assert post(topic.sign(topic.envelope(EVENT, SigningCertURL=other))).status_code == 403
    assert topic.fetched == [LOCAL]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:45800/SimpleNotificationService-00ff.pem", "http://169.254.169.254/latest/meta-data", URL]
)
def test_only_the_deployments_endpoint_is_asked_for_a_certificate(local, topic, post, confirmed, url):
    topic.offered[url] = topic.pem

    assert (
        post(topic.sign(topic.envelope("Confirm", "SubscriptionConfirmation", SigningCertURL=url))).status_code == 403
    )
    assert (topic.fetched, confirmed) == ([], [])
