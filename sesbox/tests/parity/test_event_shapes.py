"""The events we make against the field sets of real ones.

The samples are the compact shapes of Amazon's documented and recorded events (SES Developer Guide, "notification
contents" and "event publishing examples"), not made by our code.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sesbox.account import Message
from sesbox.events import shape
from sesbox.rules import simulator

ID = "0100018b9150141c-00000001-0000-4000-8000-000000000000-000000"
HEADERS = [
    ("From", "S <s@y.test>"),
    ("To", "r@x.test"),
    ("Subject", "Hi"),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=UTF-8"),
    ("Content-Transfer-Encoding", "7bit"),
]

SEND = json.loads(
    """{"eventType":"Send","mail":{"timestamp":"2023-11-02T18:33:46.012Z","source":"S <s@y.test>",
    "sourceArn":"arn:aws:ses:us-east-1:123456789012:identity/y.test","sendingAccountId":"123456789012",
    "messageId":"0100018b9150141c-00000001-0000-4000-8000-000000000000-000000","destination":["r@x.test"],
    "headersTruncated":false,"headers":[{"name":"From","value":"S <s@y.test>"},{"name":"To","value":"r@x.test"},
    {"name":"Subject","value":"Hi"},{"name":"MIME-Version","value":"1.0"},
    {"name":"Content-Type","value":"text/plain; charset=UTF-8"},{"name":"Content-Transfer-Encoding","value":"7bit"}],
    "commonHeaders":{"from":["S <s@y.test>"],"to":["r@x.test"],
    "messageId":"0100018b9150141c-00000001-0000-4000-8000-000000000000-000000","subject":"Hi"},
    "tags":{"ses:operation":["SendEmail"],"ses:configuration-set":["cs"],"ses:source-ip":["192.0.2.1"],
    "ses:from-domain":["y.test"],"ses:caller-identity":["user"],"campaign":["a"]}},"send":{}}"""
)
BOUNCE = json.loads(
    """{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"r@x.test",
    "action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}],
    "timestamp":"2026-01-02T03:04:05.678Z","feedbackId":"<id>","reportingMTA":"dns; mta.x.test"}"""
)
COMPLAINT = json.loads(
    """{"complainedRecipients":[{"emailAddress":"r@x.test"}],"timestamp":"..","feedbackId":"<id>",
    "complaintSubType":null,"userAgent":"FBL/1","complaintFeedbackType":"abuse","arrivalDate":".."}"""
)
DELIVERY = json.loads(
    """{"timestamp":"..","processingTimeMillis":546,"recipients":["r@x.test"],"smtpResponse":"250 ok",
    "reportingMTA":"a8-70.smtp-out.amazonses.com","remoteMtaIp":"192.0.2.9"}"""
)


def message(**changes: Any) -> Message:
    meta = {
        "operation": "SendEmail",
        "identity": "y.test",
        "caller": "user",
        "source_ip": "192.0.2.1",
        "tags": {"campaign": "a"},
    }
    values: dict[str, Any] = {
        "message_id": ID,
        "accepted_at": 1698950026.012,
        "source": "S <s@y.test>",
        "destinations": ("r@x.test",),
        "subject": "Hi",
        "raw": b"",
        "configuration_set": "cs",
        "meta": meta | changes.pop("meta", {}),
    }
    return Message(**(values | changes))


def about(left: bool = False, **changes: Any) -> dict[str, Any]:
    headers = changes.pop("headers", HEADERS)
    return shape.mail(message(**changes), headers, "123456789012", "us-east-1", left)


def same_shape(ours: Any, theirs: Any) -> None:
    """The same fields with values of the same types, all the way down."""
    assert type(ours) is type(theirs)
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for name, value in theirs.items():
            same_shape(ours[name], value)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for mine, value in zip(ours, theirs, strict=True):
            same_shape(mine, value)


def test_send_is_equal_to_the_recorded_one() -> None:
    assert shape.send(about()) == SEND
    assert list(shape.send(about())["mail"]) == list(SEND["mail"])


def test_bounce() -> None:
    event = shape.bounce(about(True), ["r@x.test"], simulator.HARD, 1.0, ID, "us-east-1")
    assert set(event) == {"eventType", "mail", "bounce"} and event["eventType"] == "Bounce"
    same_shape(event["bounce"], BOUNCE)
    assert event["bounce"]["bouncedRecipients"] == BOUNCE["bouncedRecipients"]


def test_complaint() -> None:
    event = shape.complaint(about(True), ["r@x.test"], None, 1.0, ID)
    assert set(event) == {"eventType", "mail", "complaint"} and event["eventType"] == "Complaint"
    same_shape(event["complaint"], COMPLAINT)


def test_complaint_of_a_listed_address_has_no_report() -> None:
    body = shape.complaint(about(True), ["r@x.test"], "OnAccountSuppressionList", 1.0, ID)["complaint"]
    assert set(body) == {"complainedRecipients", "timestamp", "feedbackId", "complaintSubType"}


def test_delivery() -> None:
    event = shape.delivery(about(True), ["r@x.test"], 1698950026.558, 1698950026.012, "us-east-1")
    assert set(event) == {"eventType", "mail", "delivery"} and event["eventType"] == "Delivery"
    same_shape(event["delivery"], DELIVERY)
    assert event["delivery"]["processingTimeMillis"] in (545, 546)


def test_the_outgoing_ip_is_known_once_the_mail_has_left() -> None:
    assert "ses:outgoing-ip" not in about()["tags"]
    assert set(about(True)["tags"]) == set(SEND["mail"]["tags"]) | {"ses:outgoing-ip"}


def test_raw_mail_has_no_source_arn_and_its_own_message_id() -> None:
    own = [["Date", "Thu, 1 Jan 1970 00:00:00 +0000"], ["Message-ID", "<own@y.test>"]]
    mail = about(meta={"operation": "SendRawEmail", "raw": True, "own": own})
    assert "sourceArn" not in mail
    assert mail["commonHeaders"]["messageId"] == "<own@y.test>"
    assert mail["commonHeaders"]["date"] == "Thu, 1 Jan 1970 00:00:00 +0000"
    assert mail["messageId"] == ID


def test_many_headers_are_truncated() -> None:
    mail = about(headers=[*HEADERS, *((f"X-{n}", "v" * 900) for n in range(20))])
    assert mail["headersTruncated"] is True and len(mail["headers"]) < 20


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1767323045.678, "2026-01-02T03:04:05.678Z"),
        (1767323045.9996, "2026-01-02T03:04:06.000Z"),
    ],
)
def test_times(at: float, text: str) -> None:
    assert shape.timestamp(at) == text


def test_regions_other_than_the_first_name_themselves() -> None:
    event = shape.delivery(about(True), ["r@x.test"], 1.0, 1.0, "eu-west-1")
    assert event["delivery"]["reportingMTA"] == "a8-70.smtp-out.eu-west-1.amazonses.com"
