"""Reading what SES says: total over junk, one event a recipient, nothing invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.amazon.events import BadEventError, Kind, Reading, parse, parse_time

MAIL = {
    "timestamp": "2026-06-01T12:00:00.000Z",
    "messageId": "0100018b9150141c-4a1e-0000",
    "source": "News <news@example.com>",
    "destination": ["reader@example.org"],
    "tags": {"sendwell": ["7.2"], "ses:operation": ["SendEmail"]},
}


def event(kind: str, block: str, content: dict, **mail) -> str:
    return json.dumps({"eventType": kind, "mail": {**MAIL, **mail}, block: content})


def bounce(recipients: list[dict], **more) -> str:
    content = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": recipients,
        "timestamp": "2026-06-01T12:00:01.500Z",
        "feedbackId": "0100-fb",
        **more,
    }
    return event("Bounce", "bounce", content)


def test_one_event_a_recipient():
    found = parse(bounce([{"emailAddress": "a@x.test", "status": "5.1.1"}, {"emailAddress": "b@x.test"}]))

    assert found.reading is Reading.EVENTS
    assert [(e.kind, e.recipient, e.feedback_id) for e in found.events] == [
        (Kind.BOUNCE_PERMANENT, "a@x.test", "0100-fb"),
        (Kind.BOUNCE_PERMANENT, "b@x.test", "0100-fb"),
    ]
    assert found.events[0].tag == "7.2"
    assert found.events[0].occurred_at == datetime(2026, 6, 1, 12, 0, 1, 500_000, UTC)
    assert found.events[0].accepted_at == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert found.events[0].detail["status"] == "5.1.1"


def test_bounced_recipients_count_not_the_destination():
    text = event(
        "Bounce",
        "bounce",
        {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "a@x.test"}]},
        destination=["a@x.test", "fine@x.test"],
    )

    assert [e.recipient for e in parse(text).events] == ["a@x.test"]


def test_a_delayed_recipient_of_a_permanent_bounce_is_not_at_fault():
    found = parse(
        bounce([{"emailAddress": "a@x.test", "action": "failed"}, {"emailAddress": "b@x.test", "action": "delayed"}])
    )

    assert [e.kind for e in found.events] == [Kind.BOUNCE_PERMANENT, Kind.DELAY]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Permanent", Kind.BOUNCE_PERMANENT),
        ("Transient", Kind.BOUNCE_TRANSIENT),
        ("Undetermined", Kind.BOUNCE_UNDETERMINED),
        ("Brand-new", Kind.BOUNCE_UNDETERMINED),
        (None, Kind.BOUNCE_UNDETERMINED),
    ],
)
def test_kinds_of_bounces(written, kind):
    assert parse(bounce([{"emailAddress": "a@x.test"}], bounceType=written)).events[0].kind is kind


@pytest.mark.parametrize(
    ("content", "subtype"),
    [
        ({"complaintFeedbackType": "abuse"}, "abuse"),
        ({"complaintFeedbackType": "not-spam"}, "not-spam"),
        ({"complaintSubType": "OnAccountSuppressionList", "complaintFeedbackType": None}, "OnAccountSuppressionList"),
        ({}, ""),
    ],
)
def test_complaints_name_their_type(content, subtype):
    text = event("Complaint", "complaint", {"complainedRecipients": [{"emailAddress": "a@x.test"}], **content})

    assert (parse(text).events[0].kind, parse(text).events[0].subtype) == (Kind.COMPLAINT, subtype)


def test_both_dialects_read_the_same():
    text = bounce([{"emailAddress": "a@x.test"}])

    assert parse(text.replace("eventType", "notificationType")) == parse(text)


def test_without_tags_there_is_no_tag():
    found = json.loads(bounce([{"emailAddress": "a@x.test"}]))
    del found["mail"]["tags"]

    assert parse(json.dumps(found)).events[0].tag == ""


@pytest.mark.parametrize("kind", ["Open", "Click", "Subscription"])
def test_known_events_without_effect_are_ignored(kind):
    assert parse(json.dumps({"eventType": kind, "mail": MAIL})).reading is Reading.IGNORED


def test_sess_own_notes_are_ignored():
    assert parse("Successfully validated SNS topic for Amazon SES event publishing.").reading is Reading.IGNORED
    note = {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have successfully subscribed"}
    assert parse(json.dumps(note)).reading is Reading.IGNORED


@pytest.mark.parametrize("text", ["", "hello", "[]", "{}", '{"eventType":5}', '{"eventType":"Teleported","mail":{}}'])
def test_unknown_things_are_kept_as_unknown(text):
    assert parse(text).reading is Reading.UNKNOWN


@pytest.mark.parametrize(
    "found",
    [
        {"eventType": "Bounce"},
        {"eventType": "Bounce", "mail": MAIL},
        {"eventType": "Bounce", "mail": MAIL, "bounce": {"bouncedRecipients": []}},
        {"eventType": "Bounce", "mail": {}, "bounce": {"bouncedRecipients": [{"emailAddress": "a@x.test"}]}},
        {"eventType": "Bounce", "mail": MAIL, "bounce": {"bouncedRecipients": [{"emailAddress": ""}]}},
        {"eventType": "Send", "mail": {**MAIL, "destination": []}},
    ],
)
def test_known_types_that_lack_their_core_are_bad(found):
    with pytest.raises(BadEventError):
        parse(json.dumps(found))


def test_text_that_a_database_cannot_hold_is_replaced():
    found = parse(bounce([{"emailAddress": "a@x.test", "diagnosticCode": "smtp\u0000; 550"}]))

    assert "\u0000" not in json.dumps(found.events[0].detail, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-06-01T12:00:00.123Z", datetime(2026, 6, 1, 12, 0, 0, 123_000, UTC)),
        ("2018-10-08T14:05:45 +0000", datetime(2018, 10, 8, 14, 5, 45, tzinfo=UTC)),
        ("2018-10-08T16:05:45+02:00", datetime(2018, 10, 8, 14, 5, 45, tzinfo=UTC)),
        ("2018-10-08T14:05:45", datetime(2018, 10, 8, 14, 5, 45, tzinfo=UTC)),
        ("never", None),
        (None, None),
        (5, None),
    ],
)
def test_times(text, time):
    assert parse_time(text) == time


KEYS = [
    "messageId",
    "emailAddress",
    "timestamp",
    "tags",
    "sendwell",
    "destination",
    "recipients",
    "bounceType",
    "action",
]
PEOPLE = ["bouncedRecipients", "complainedRecipients", "delayedRecipients"]
JUNK = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda s: st.lists(s, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, *PEOPLE]), s, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(["Send", "Delivery", "Bounce", "Complaint", "Reject", "DeliveryDelay", "Open", "X"]),
    st.dictionaries(st.sampled_from(["mail", "bounce", "complaint", "delivery", "reject", "deliveryDelay"]), JUNK),
    st.text(max_size=20),
)
def test_reading_is_total(kind, rest, text):
    parse(text)
    try:
        found = parse(json.dumps({"eventType": kind, **rest}))
    except BadEventError:
        return
    assert (found.reading is Reading.EVENTS) == bool(found.events)
    assert all(e.recipient and e.ses_message_id for e in found.events)
