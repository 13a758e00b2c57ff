"""Events in the shapes that AWS documents and that were recorded from it, with example names; read whole."""

from __future__ import annotations

import json

import pytest

from sendwell.amazon.events import Kind, Reading, parse

MAIL = {
    "timestamp": "2026-01-02T03:04:04.000Z",
    "source": "Shop <shop@example.com>",
    "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    "sendingAccountId": "123456789012",
    "messageId": "0100018b9150141c-6d3f1c1f-0000-4000-8000-000000000000-000000",
    "destination": ["reader@example.org"],
    "headersTruncated": False,
    "headers": [{"name": "From", "value": "Shop <shop@example.com>"}, {"name": "Subject", "value": "Hi"}],
    "commonHeaders": {"from": ["Shop <shop@example.com>"], "to": ["reader@example.org"], "subject": "Hi"},
    "tags": {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": ["sendwell"],
        "ses:source-ip": ["192.0.2.1"],
        "ses:from-domain": ["example.com"],
        "ses:caller-identity": ["sendwell"],
        "sendwell": ["41.1"],
    },
}
FEEDBACK_MAIL = {
    "timestamp": "2018-10-08T14:05:45 +0000",
    "messageId": MAIL["messageId"],
    "source": "shop@example.com",
    "sourceIp": "192.0.2.1",
    "callerIdentity": "sendwell",
    "sendingAccountId": "123456789012",
    "destination": ["reader@example.org", "other@example.org"],
}
SAMPLES = [
    ({"eventType": "Send", "mail": MAIL, "send": {}}, [(Kind.SEND, "", "reader@example.org")]),
    (
        {
            "eventType": "Delivery",
            "mail": MAIL,
            "delivery": {
                "timestamp": "2026-01-02T03:04:05.546Z",
                "processingTimeMillis": 546,
                "recipients": ["reader@example.org"],
                "smtpResponse": "250 2.6.0 Message received",
                "remoteMtaIp": "192.0.2.9",
                "reportingMTA": "a8-70.smtp-out.amazonses.com",
            },
        },
        [(Kind.DELIVERY, "", "reader@example.org")],
    ),
    (
        {
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": "Permanent",
                "reportingMTA": "dns; email.example.com",
                "bouncedRecipients": [
                    {
                        "emailAddress": "reader@example.org",
                        "status": "5.1.1",
                        "action": "failed",
                        "diagnosticCode": "smtp; 550 5.1.1 <reader@example.org>... User",
                    },
                    {"emailAddress": "<other@example.org>", "status": "4.0.0", "action": "delayed"},
                ],
                "bounceSubType": "General",
                "timestamp": "2016-01-27T14:59:38.237Z",
                "feedbackId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
                "remoteMtaIp": "192.0.2.9",
            },
            "mail": FEEDBACK_MAIL,
        },
        [(Kind.BOUNCE_PERMANENT, "General", "reader@example.org"), (Kind.DELAY, "General", "other@example.org")],
    ),
    (
        {
            "eventType": "Bounce",
            "mail": MAIL,
            "bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "OnAccountSuppressionList",
                "bouncedRecipients": [
                    {
                        "emailAddress": "reader@example.org",
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnosticCode": "Amazon SES did not send the message to this address because it is on the "
                        "suppression list for your account.",
                    }
                ],
                "timestamp": "2026-01-02T03:04:05.000Z",
                "feedbackId": "fb",
                "reportingMTA": "dns; amazonses.com",
            },
        },
        [(Kind.BOUNCE_PERMANENT, "OnAccountSuppressionList", "reader@example.org")],
    ),
    (
        {
            "eventType": "Complaint",
            "mail": MAIL,
            "complaint": {
                "feedbackId": "fb",
                "complaintSubType": None,
                "complainedRecipients": [{"emailAddress": "reader@example.org"}],
                "timestamp": "2026-01-02T03:04:05.000Z",
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintFeedbackType": "abuse",
                "arrivalDate": "2026-01-02T03:04:05.000Z",
            },
        },
        [(Kind.COMPLAINT, "abuse", "reader@example.org")],
    ),
    (
        {"eventType": "Reject", "mail": MAIL, "reject": {"reason": "Bad content"}},
        [(Kind.REJECT, "", "reader@example.org")],
    ),
    (
        {
            "eventType": "DeliveryDelay",
            "mail": MAIL,
            "deliveryDelay": {
                "timestamp": "2026-01-02T03:24:05.000Z",
                "delayType": "TransientCommunicationFailure",
                "expirationTime": "2026-01-02T17:24:05.000Z",
                "delayedRecipients": [
                    {
                        "emailAddress": "reader@example.org",
                        "status": "4.4.1",
                        "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
                    }
                ],
            },
        },
        [(Kind.DELAY, "TransientCommunicationFailure", "reader@example.org")],
    ),
]


@pytest.mark.parametrize(("sample", "events"), SAMPLES)
def test_awss_events(sample, events):
    found = parse(json.dumps(sample))

    assert [(e.kind, e.subtype, e.recipient) for e in found.events] == events
    assert all(e.accepted_at is not None and e.occurred_at is not None for e in found.events)
    assert all(e.tag == ("41.1" if "eventType" in sample else "") for e in found.events)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Successfully validated SNS topic for Amazon SES event publishing.", Reading.IGNORED),
        (
            '{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have successfully subscribed your '
            "Amazon SNS topic 'arn:aws:sns:us-east-1:123456789012:t' to receive 'Bounce' notifications from Amazon SES "
            "for identity 'example.com'.\"}",
            Reading.IGNORED,
        ),
        (json.dumps({"eventType": "Open", "mail": MAIL, "open": {"ipAddress": "192.0.2.2"}}), Reading.IGNORED),
        (json.dumps({"eventType": "Click", "mail": MAIL, "click": {"link": "https://example.com/"}}), Reading.IGNORED),
        (
            json.dumps({"eventType": "Rendering Failure", "mail": MAIL, "failure": {"templateName": "T"}}),
            Reading.UNKNOWN,
        ),
    ],
)
def test_awss_other_messages(text, reading):
    assert parse(text).reading is reading
