"""Accepting mail: order of questions, literal texts, counters, what is stored and made due."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from typing import Any

import pytest

from sesbox.operations.base import AwsError
from sesbox.operations.records import ConfigurationSet, Settings

SIMPLE = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hello"}}}
RAW = b"From: S <s@y.test>\r\nTo: r@y.test\r\nSubject: Hi\r\n\r\nHello\r\n"


def refusal(call: Callable[[], Any]) -> tuple[str, str | None]:
    with pytest.raises(AwsError) as caught:
        call()
    return caught.value.code, caught.value.message


def test_a_message_is_stored_as_sent_and_its_delivery_is_due(sandbox: Any) -> None:
    message_id = sandbox.send(["A <a@y.test>", "b@y.test"])
    message = sandbox.messages[message_id]
    assert message.destinations == ("a@y.test", "b@y.test")
    assert (message.source, message.subject) == ("s@y.test", "Hi")
    parsed = email.message_from_bytes(message.raw, policy=email.policy.default)
    assert parsed["Message-ID"] == f"<{message_id}@email.amazonses.com>"
    assert parsed["Date"] == "Sun, 15 Jun 2025 15:06:40 +0000"
    assert parsed["To"] == "A <a@y.test>, b@y.test"
    assert parsed.get_content().strip() == "Hello"
    assert [(due.task, due.at - sandbox.now) for due in sandbox.due] == [("deliver", pytest.approx(0.2))]


def test_all_failing_identities_are_named_as_supplied_in_one_message(sandbox: Any) -> None:
    code, text = refusal(
        lambda: sandbox.send(
            ["R <r@x.test>", "ok@y.test", "success@simulator.amazonses.com"],
            source="Boss <boss@z.test>",
            FeedbackForwardingEmailAddress="f@z.test",
            Destination={
                "ToAddresses": ["R <r@x.test>", "ok@y.test", "success@simulator.amazonses.com"],
                "CcAddresses": ["c@x.test"],
                "BccAddresses": ["b@x.test"],
            },
        )
    )
    assert code == "MessageRejected"
    assert text == (
        "Email address is not verified. The following identities failed the check in region US-EAST-1: "
        "Boss <boss@z.test>, f@z.test, R <r@x.test>, c@x.test, b@x.test"
    )


def test_out_of_the_sandbox_only_senders_are_checked(production: Any) -> None:
    production.send("stranger@x.test")
    assert refusal(lambda: production.send("stranger@x.test", source="x@other.test"))[0] == "MessageRejected"


@pytest.mark.parametrize("source", ["s@y.test", "s@a.b.y.test", "S <s+label@Y.TEST>", "me@z.test", "me+1@z.test"])
def test_a_domain_speaks_for_its_subdomains_and_an_address_for_its_labels(sandbox: Any, source: str) -> None:
    sandbox.verify("me@z.test")
    sandbox.send("success@simulator.amazonses.com", source=source)


@pytest.mark.parametrize("source", ["other@z.test", "s@noty.test", "me@Z.test", "Me@z.test", "s@test"])
def test_others_stay_unverified(sandbox: Any, source: str) -> None:
    sandbox.verify("me@z.test")
    assert refusal(lambda: sandbox.send("success@simulator.amazonses.com", source=source))[0] == "MessageRejected"


def test_the_first_refusal_by_the_sandbox_names_the_flag_for_the_log(sandbox: Any) -> None:
    with pytest.raises(AwsError) as caught:
        sandbox.send("r@x.test")
    assert "--profile production" in (caught.value.hint or "")


def put(world: Any, **members: Any) -> None:
    found = world.account.get(Settings, "settings")
    values = {"production": False, "max_24_hour_send": 200.0, "max_send_rate": 1.0} | members
    assert found is None
    from sesbox.account import Put

    world.account.apply([Put(Settings(**values))])


def test_the_order_of_questions(sandbox: Any) -> None:
    """Each refusal hides all that come later."""
    from sesbox.account import Put

    put(sandbox, sending_enabled=False, max_24_hour_send=0.0)
    bad: dict[str, Any] = {"source": "x@z.test", "ConfigurationSetName": "gone", "Destination": {}}
    assert refusal(lambda: sandbox.send([], **bad))[0] == "SendingPausedException"
    sandbox.v2("PutAccountSendingAttributes", SendingEnabled=True)
    assert refusal(lambda: sandbox.send([], **bad)) == (
        "NotFoundException",
        "Configuration set <gone> does not exist.",
    )
    sandbox.account.apply([Put(ConfigurationSet("gone", 0.0, sending_enabled=False))])
    assert refusal(lambda: sandbox.send([], **bad))[0] == "SendingPausedException"
    sandbox.account.apply([Put(ConfigurationSet("gone", 0.0))])
    assert refusal(lambda: sandbox.send([], **bad))[1] == "There are no recipients specified."
    bad["Destination"] = {"ToAddresses": ["nobody"]}
    assert refusal(lambda: sandbox.send([], **bad)) == ("BadRequestException", "Missing final '@domain'")
    bad["Destination"] = {"ToAddresses": ["r@y.test"]}
    assert refusal(lambda: sandbox.send([], **bad))[0] == "MessageRejected"
    bad["source"] = "s@y.test"
    assert refusal(lambda: sandbox.send([], **bad)) == ("LimitExceededException", "Daily message quota exceeded.")


def test_mail_from_that_fails_rejects_only_if_told_to(make_world: Any) -> None:
    world = make_world(verify_domains="zone")
    world.verify("me@y.test")
    world.v2("PutEmailIdentityMailFromAttributes", EmailIdentity="me@y.test", MailFromDomain="bounce.y.test")
    from dataclasses import replace

    from sesbox.account import Put
    from sesbox.operations.records import Identity

    identity = world.account.get(Identity, "me@y.test")
    world.account.apply([Put(replace(identity, mail_from_status="PENDING"))])
    world.send("success@simulator.amazonses.com", source="me@y.test")
    world.account.apply([Put(replace(identity, mail_from_status="FAILED", behavior_on_mx_failure="REJECT_MESSAGE"))])
    world.wait(5)
    assert refusal(lambda: world.send("success@simulator.amazonses.com", source="me@y.test")) == (
        "MailFromDomainNotVerifiedException",
        "DNS setup for MAIL FROM domain is invalid.",
    )


def test_rate_goes_into_debt_and_then_refuses(sandbox: Any) -> None:
    sandbox.send([f"r{n}@y.test" for n in range(5)])
    assert refusal(lambda: sandbox.send("r@y.test")) == ("TooManyRequestsException", "Maximum sending rate exceeded.")
    sandbox.wait(3.9)
    assert refusal(lambda: sandbox.send("r@y.test"))[0] == "TooManyRequestsException"
    sandbox.wait(0.2)
    sandbox.send("r@y.test")


def test_the_simulator_counts_for_the_rate_but_not_for_the_quota(sandbox: Any) -> None:
    sandbox.send([f"success+{n}@simulator.amazonses.com" for n in range(5)])
    assert sandbox.v1("GetSendQuota")["SentLast24Hours"] == 0.0
    assert refusal(lambda: sandbox.send("r@y.test"))[0] == "TooManyRequestsException"


def test_the_daily_quota_rolls(sandbox: Any) -> None:
    for _ in range(4):
        sandbox.send([f"r{n}@y.test" for n in range(50)])
        sandbox.wait(60)
    assert sandbox.v2("GetAccount")["SendQuota"] == {
        "Max24HourSend": 200.0,
        "MaxSendRate": 1.0,
        "SentLast24Hours": 200.0,
    }
    assert refusal(lambda: sandbox.send("r@y.test"))[1] == "Daily message quota exceeded."
    sandbox.send("success@simulator.amazonses.com")
    sandbox.wait(86_400 - 240 + 61)
    assert sandbox.v1("GetSendQuota")["SentLast24Hours"] == 150.0
    sandbox.send([f"r{n}@y.test" for n in range(50)])
    sandbox.wait(400 * 86_400)
    assert sandbox.v1("GetSendQuota")["SentLast24Hours"] == 0.0
    sandbox.send("r@y.test")
    assert sandbox.restarted().v1("GetSendQuota")["SentLast24Hours"] == 1.0


def test_a_refused_message_leaves_nothing(sandbox: Any) -> None:
    refusal(lambda: sandbox.send("stranger@x.test"))
    assert sandbox.messages == {} and sandbox.due == [] and sandbox.v1("GetSendQuota")["SentLast24Hours"] == 0.0


V1 = {"Source": "s@y.test", "Destination": {"ToAddresses": ["r@y.test"]}, "Message": SIMPLE}


def test_v1_and_v2_share_counters_and_differ_in_words(sandbox: Any) -> None:
    assert sandbox.v1("SendEmail", **V1)["MessageId"]
    sandbox.wait(1.0)
    sandbox.send("r@y.test")
    assert refusal(lambda: sandbox.v1("SendEmail", **V1)) == ("Throttling", "Maximum sending rate exceeded.")
    missing = {**V1, "ConfigurationSetName": "no"}
    assert refusal(lambda: sandbox.v1("SendEmail", **missing)) == (
        "ConfigurationSetDoesNotExistException",
        "Configuration set <no> does not exist.",
    )
    sandbox.v1("UpdateAccountSendingEnabled")
    assert sandbox.v1("GetAccountSendingEnabled") == {"Enabled": False}
    assert refusal(lambda: sandbox.v1("SendEmail", **V1))[0] == "AccountSendingPausedException"


def test_v1_checks_the_return_path(sandbox: Any) -> None:
    code, text = refusal(lambda: sandbox.v1("SendEmail", **V1, ReturnPath="bounces@z.test"))
    assert (code, (text or "").rsplit(": ")[-1]) == ("MessageRejected", "bounces@z.test")


def test_raw_mail_reads_headers_and_loses_the_secret_ones(sandbox: Any) -> None:
    sandbox.v2("CreateConfigurationSet", ConfigurationSetName="cs")
    data = (
        b'From: S <s@y.test>\r\nTo: r@y.test,\r\n "B, C" <c@y.test>\r\n'
        b"Bcc: hidden@y.test\r\nSubject: =?utf-8?q?H=C3=A9?=\r\n"
        b"Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <own@y.test>\r\nX-SES-CONFIGURATION-SET: cs\r\n"
        b"X-SES-MESSAGE-TAGS: k=v,\r\n k2=v2\r\n\r\nHello\r\n"
    )
    message_id = sandbox.v1("SendRawEmail", RawMessage={"Data": data})["MessageId"]
    message = sandbox.messages[message_id]
    assert message.destinations == ("r@y.test", "c@y.test", "hidden@y.test")
    assert (message.configuration_set, message.meta["tags"]) == ("cs", {"k": "v", "k2": "v2"})
    assert message.subject == "Hé"
    assert message.meta["own"] == [["Date", "Thu, 1 Jan 1970 00:00:00 +0000"], ["Message-ID", "<own@y.test>"]]
    raw = message.raw.decode()
    assert "hidden" not in raw and "X-SES" not in raw and "own@y.test" not in raw and "k2=v2" not in raw
    assert raw.endswith("\r\n\r\nHello\r\n")


def test_parameters_beat_headers_and_tags_are_not_merged(sandbox: Any) -> None:
    sandbox.v2("CreateConfigurationSet", ConfigurationSetName="cs")
    data = b"From: s@y.test\nTo: r@y.test\nX-SES-CONFIGURATION-SET: other\nX-SES-MESSAGE-TAGS: a=1\n\nHello\n"
    message_id = sandbox.v2(
        "SendEmail",
        Content={"Raw": {"Data": data}},
        Destination={"ToAddresses": ["x@y.test"]},
        ConfigurationSetName="cs",
        EmailTags=[{"Name": "b", "Value": "2"}],
    )["MessageId"]
    message = sandbox.messages[message_id]
    assert (message.configuration_set, message.meta["tags"]) == ("cs", {"b": "2"})
    assert message.destinations == ("x@y.test",)
    assert b"\r\n\r\nHello\r\n" in message.raw


@pytest.mark.parametrize(
    ("header", "failing"),
    [
        (b"Sender: boss@z.test\r\n", "boss@z.test"),
        (b"Return-Path: <back@z.test>\r\n", "<back@z.test>"),
    ],
)
def test_raw_mail_checks_sender_and_return_path(sandbox: Any, header: bytes, failing: str) -> None:
    code, text = refusal(lambda: sandbox.v1("SendRawEmail", RawMessage={"Data": header + RAW}))
    assert (code, (text or "").rsplit(": ")[-1]) == ("MessageRejected", failing)


def tags(name: str, value: str) -> dict[str, Any]:
    return {"EmailTags": [{"Name": name, "Value": value}]}


def content(**members: Any) -> dict[str, Any]:
    return {"Content": {"Simple": SIMPLE | members}}


def raw(data: bytes) -> dict[str, Any]:
    return {"Content": {"Raw": {"Data": data}}}


NAME_TEXT = "Invalid tag name <%s>: only alphanumeric ASCII characters, '_',  '-' are allowed."
VALUE_TEXT = "Invalid tag value <%s>: only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (tags("a b", "v"), NAME_TEXT % "a b"),
        (tags("a.b", "ü"), NAME_TEXT % "a.b"),
        (tags("a", "v w"), VALUE_TEXT % "v w"),
        (tags("n" * 256, "v"), "Tag name cannot exceed 255 characters."),
        (tags("n", "v" * 256), "Tag value cannot exceed 255 characters."),
        (tags("", ""), "The tag name must be specified."),
        (tags("n", ""), "The tag value must be specified."),
        ({"Destination": {"ToAddresses": ["nobody"]}}, "Missing final '@domain'"),
        ({"Destination": {"ToAddresses": ["jürgen@y.test"]}}, "Local address contains control or whitespace"),
        ({"Destination": {"ToAddresses": ["a b@y.test"]}}, "Local address contains control or whitespace"),
        ({"Destination": {"ToAddresses": ["a@y .test"]}}, "Domain contains control or whitespace"),
        ({"Destination": {"ToAddresses": ["a@"]}}, "Missing final '@domain'"),
        ({"Destination": {"ToAddresses": [" "]}}, "Email address not specified."),
        ({"Destination": {"ToAddresses": ["a@y.test>"]}}, "Invalid email address<a@y.test>>."),
        ({"Destination": {"ToAddresses": ["r@y.test"] * 51}}, "Recipient count exceeds 50."),
        ({"Destination": {}}, "There are no recipients specified."),
        ({"FromEmailAddress": None}, None),
        (raw(b"To: r@y.test\r\n\r\nHi"), "Missing required header 'From'."),
        (raw(b"DKIM-Signature: a\r\nDKIM-Signature: b\r\n" + RAW), "Duplicate header 'DKIM-Signature'."),
        (content(Headers=[{"Name": "Subject", "Value": "x"}]), "Duplicate header 'Subject'."),
        (
            content(Headers=[{"Name": f"X-{n}", "Value": "x"} for n in range(16)]),
            "1 validation error detected: Value at 'content.simple.headers' failed to satisfy constraint: "
            "Member must have length less than or equal to 15",
        ),
        (content(Attachments=[{"RawContent": b"x", "FileName": "run.EXE"}]), "Illegal filename 'run.EXE'."),
        (content(Subject={"Data": "a\r\nBcc: x@y.test"}), "Header 'Subject' contains control characters."),
        (
            {"Content": None},
            "1 validation error detected: Value at 'content' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_literal_texts_of_bad_requests(sandbox: Any, params: dict[str, Any], text: str | None) -> None:
    assert refusal(lambda: sandbox.send("r@y.test", **params)) == ("BadRequestException", text)


def test_the_same_texts_are_invalid_parameter_value_in_v1(sandbox: Any) -> None:
    params = {**V1, "Tags": [{"Name": "a b", "Value": "v"}]}
    assert refusal(lambda: sandbox.v1("SendEmail", **params)) == ("InvalidParameterValue", NAME_TEXT % "a b")
    assert refusal(lambda: sandbox.v1("SendEmail", Source="s@y.test")) == (
        "ValidationError",
        "2 validation errors detected: Value at 'destination' failed to satisfy constraint: Member must not be null; "
        "Value at 'message' failed to satisfy constraint: Member must not be null",
    )
    big = RAW + b"x" * (10 * 1024 * 1024)
    assert refusal(lambda: sandbox.v1("SendRawEmail", RawMessage={"Data": big})) == (
        "InvalidParameterValue",
        f"Message length is more than 10485760 bytes long: '{len(big)}'.",
    )


def test_templates_are_not_supported_and_say_so(sandbox: Any) -> None:
    with pytest.raises(AwsError) as caught:
        sandbox.send("r@y.test", Content={"Template": {"TemplateName": "T"}})
    assert caught.value.status == 501


def test_the_identitys_configuration_set_is_the_default(production: Any) -> None:
    production.v2("CreateConfigurationSet", ConfigurationSetName="mine")
    production.v2("CreateConfigurationSet", ConfigurationSetName="other")
    production.v2("PutEmailIdentityConfigurationSetAttributes", EmailIdentity="y.test", ConfigurationSetName="mine")
    assert production.messages[production.send("r@x.test")].configuration_set == "mine"
    chosen = production.send("r@x.test", ConfigurationSetName="other")
    assert production.messages[chosen].configuration_set == "other"
    production.v2("PutEmailIdentityConfigurationSetAttributes", EmailIdentity="y.test")
    assert production.messages[production.send("r@x.test")].configuration_set is None


def test_permissive_takes_any_sender(make_world: Any) -> None:
    world = make_world(production=True, every_identity_verified=True, max_24_hour_send=-1.0, max_send_rate=1000.0)
    world.send([f"r{n}@x.test" for n in range(50)], source="anyone@anywhere.test")
