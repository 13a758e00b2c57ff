"""The account and the way out of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import botocore.session
import pytest

from sesbox.account import Account, Put
from sesbox.operations.base import AwsError
from sesbox.operations.records import Case
from sesbox.operations.reviewing import deny, grant, letters_of, reply
from sesbox.operations.state import settings

GOOD = (
    "Desired daily sending quota: 40,000\nDesired maximum send rate: 20\n"
    "I have a process to handle bounces and complaints: Yes\n"
    "We run a bookshop in Ghent and write to readers who signed up on our page with double opt-in. A newsletter goes "
    "out on Fridays to some 1,200 people; every mail carries an unsubscribe link. Bounces and complaints are taken "
    "off the list at once."
)
SITE = "https://bookshop.test"


def refusal(call: Callable[[], Any]) -> tuple[str, str | None]:
    with pytest.raises(AwsError) as caught:
        call()
    return caught.value.code, caught.value.message


def ask(world: Any, text: str = GOOD, website: str = SITE, **params: Any) -> str:
    world.v2(
        "PutAccountDetails",
        **{
            "MailType": "MARKETING",
            "WebsiteURL": website,
            "UseCaseDescription": text,
            "ProductionAccessEnabled": True,
        }
        | params,
    )
    return str(world.v2("GetAccount")["Details"]["ReviewDetails"]["CaseId"])


def test_a_new_account(sandbox: Any) -> None:
    assert sandbox.v2("GetAccount") == {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": False,
        "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0},
        "SendingEnabled": True,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def test_asked_reviewed_and_granted_after_a_day(sandbox: Any) -> None:
    case_id = ask(sandbox)
    sandbox.wait(86_399)
    assert sandbox.v2("GetAccount")["Details"]["ReviewDetails"] == {"Status": "PENDING", "CaseId": case_id}
    assert refusal(lambda: ask(sandbox))[0] == "ConflictException"
    sandbox.wait(2)
    account = sandbox.restarted().v2("GetAccount")
    assert account["ProductionAccessEnabled"] is True
    assert account["SendQuota"] == {"Max24HourSend": 40_000.0, "MaxSendRate": 20.0, "SentLast24Hours": 0.0}
    assert account["Details"]["ReviewDetails"]["Status"] == "GRANTED"
    assert account["Details"]["UseCaseDescription"] == GOOD
    sandbox.send("stranger@x.test")
    letters = letters_of(sandbox.ctx, case_id)
    assert [letter.author for letter in letters] == ["customer", "ses", "ses"]
    assert "40,000 messages per 24 hours" in letters[-1].text


def test_less_is_granted_than_asked_without_an_argument(sandbox: Any) -> None:
    case_id = ask(sandbox, GOOD.replace("40,000", "90,000"))
    sandbox.wait(86_400)
    assert sandbox.v1("GetSendQuota")["Max24HourSend"] == 50_000.0
    assert "You asked for 90,000" in letters_of(sandbox.ctx, case_id)[-1].text


def test_denied_answered_in_the_case_and_granted(sandbox: Any) -> None:
    case_id = ask(sandbox, "We want to send mail to our customers.")
    sandbox.wait(86_400)
    assert sandbox.v2("GetAccount")["Details"]["ReviewDetails"]["Status"] == "DENIED"
    assert refusal(lambda: ask(sandbox)) == ("ConflictException", None)
    assert "bounces and complaints" in letters_of(sandbox.ctx, case_id)[-1].text
    sandbox.apply(reply(sandbox.ctx, case_id, GOOD))
    assert sandbox.v2("GetAccount")["Details"]["ReviewDetails"]["Status"] == "PENDING"
    sandbox.wait(86_400)
    assert sandbox.v2("GetAccount")["SendQuota"]["Max24HourSend"] == 40_000.0
    assert [letter.author for letter in letters_of(sandbox.ctx, case_id)] == (
        ["customer", "ses", "ses", "customer", "ses", "ses"]
    )


def test_a_better_website_may_come_by_reply(sandbox: Any) -> None:
    case_id = ask(sandbox, website="https://www.example.com")
    sandbox.wait(86_400)
    assert "example.com" in sandbox.account.get(Case, case_id).reasons[0]
    sandbox.apply(reply(sandbox.ctx, case_id, "Sorry, it is https://bookshop.test."))
    sandbox.wait(86_400)
    assert sandbox.account.get(Case, case_id).status == "GRANTED"


def test_a_review_made_due_before_a_denial_by_hand_does_nothing(sandbox: Any) -> None:
    case_id = ask(sandbox)
    sandbox.apply(deny(sandbox.ctx, case_id, ["No."]))
    sandbox.wait(43_200)
    sandbox.apply(reply(sandbox.ctx, case_id, "Please look again."))
    sandbox.wait(43_200)
    assert sandbox.account.get(Case, case_id).status == "PENDING"
    sandbox.wait(43_200)
    assert sandbox.account.get(Case, case_id).status == "GRANTED"


def test_a_person_at_the_desk_decides(make_world: Any) -> None:
    world = make_world(reviewer="desk")
    case_id = ask(world)
    world.wait(30 * 86_400)
    assert world.account.get(Case, case_id).status == "PENDING"
    assert refusal(lambda: grant(world.ctx, case_id, 0.0, 5.0))[0] == "BadRequestException"
    world.apply(grant(world.ctx, case_id, 1000.0, 5.0))
    assert world.v2("GetAccount")["SendQuota"]["Max24HourSend"] == 1000.0
    assert world.v2("GetAccount")["SendQuota"]["MaxSendRate"] == 5.0
    assert refusal(lambda: grant(world.ctx, case_id))[0] == "ConflictException"
    assert refusal(lambda: deny(world.ctx, "1", []))[0] == "NotFoundException"
    assert refusal(lambda: reply(world.ctx, case_id, "Thanks"))[0] == "ConflictException"


def test_granting_keeps_what_was_sent_and_ends_the_debt(sandbox: Any) -> None:
    sandbox.send([f"r{n}@y.test" for n in range(50)])
    case_id = ask(sandbox)
    sandbox.apply(grant(sandbox.ctx, case_id, 60.0, 5.0))
    assert sandbox.v1("GetSendQuota") == {"Max24HourSend": 60.0, "MaxSendRate": 5.0, "SentLast24Hours": 50.0}
    sandbox.send("stranger@x.test")


def test_details_without_a_request_open_no_case(sandbox: Any) -> None:
    sandbox.v2("PutAccountDetails", MailType="TRANSACTIONAL", WebsiteURL=SITE)
    assert sandbox.v2("GetAccount")["Details"] == {"MailType": "TRANSACTIONAL", "WebsiteURL": SITE}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {},
            "2 validation errors detected: Value at 'mailType' failed to satisfy constraint: Member must not be null; "
            "Value at 'websiteURL' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"MailType": "PROMOTIONAL", "WebsiteURL": SITE},
            "1 validation error detected: Value at 'mailType' failed to satisfy constraint: Member must satisfy enum "
            "value set: [MARKETING, TRANSACTIONAL]",
        ),
        (
            {"MailType": "MARKETING", "WebsiteURL": SITE, "UseCaseDescription": "x" * 5001},
            "1 validation error detected: Value at 'useCaseDescription' failed to satisfy constraint: Member must "
            "have length less than or equal to 5000",
        ),
    ],
)
def test_bad_details(sandbox: Any, params: dict[str, Any], text: str) -> None:
    assert refusal(lambda: sandbox.v2("PutAccountDetails", **params)) == ("BadRequestException", text)


def test_adding_to_the_suppression_list_needs_production(sandbox: Any) -> None:
    params = {"EmailAddress": "r@x.test", "Reason": "BOUNCE"}
    assert refusal(lambda: sandbox.v2("PutSuppressedDestination", **params))[0] == "BadRequestException"


def test_the_suppression_list(production: Any) -> None:
    for n, reason in enumerate(("BOUNCE", "COMPLAINT", "BOUNCE")):
        production.v2("PutSuppressedDestination", EmailAddress=f" r{n}@X.test", Reason=reason)
        production.wait(10)
    listed = production.v2("ListSuppressedDestinations", PageSize=2)
    assert [item["EmailAddress"] for item in listed["SuppressedDestinationSummaries"]] == ["r0@x.test", "r1@x.test"]
    rest = production.v2("ListSuppressedDestinations", PageSize=2, NextToken=listed["NextToken"])
    assert [item["EmailAddress"] for item in rest["SuppressedDestinationSummaries"]] == ["r2@x.test"]
    assert "NextToken" not in rest
    late = production.v2("ListSuppressedDestinations", Reasons=["BOUNCE"], StartDate=production.now - 15)
    assert [item["EmailAddress"] for item in late["SuppressedDestinationSummaries"]] == ["r2@x.test"]
    production.v2("DeleteSuppressedDestination", EmailAddress="r1@X.TEST")
    for operation in ("GetSuppressedDestination", "DeleteSuppressedDestination"):
        assert refusal(lambda op=operation: production.v2(op, EmailAddress="r1@x.test")) == (  # type: ignore[misc]
            "NotFoundException",
            "Email address r1@x.test does not exist on your suppression list.",
        )
    bad = refusal(lambda: production.v2("ListSuppressedDestinations", NextToken="zzz"))
    assert bad[0] == "InvalidNextTokenException"


def test_a_clock_set_back_to_real_time_leaves_no_debt_and_no_future_in_the_quota(make_world: Any) -> None:
    world = make_world(max_24_hour_send=3.0)
    world.verify("y.test")
    real = world.now
    world.now += 400 * 86_400
    for _ in range(3):
        world.send("r@y.test")
        world.now += 60
    world.now = real
    assert world.v1("GetSendQuota")["SentLast24Hours"] == 0
    world.send("r@y.test")
    assert world.v1("GetSendQuota")["SentLast24Hours"] == 1


def test_an_hour_back_forgets_the_hour_and_keeps_what_was_before(make_world: Any) -> None:
    world = make_world(max_24_hour_send=3.0)
    world.verify("y.test")
    world.send("r@y.test")
    real = world.now + 60
    world.now += 3_600
    world.send("r@y.test")
    world.now = real
    assert world.v1("GetSendQuota")["SentLast24Hours"] == 1
    world.send("r@y.test")
    assert world.v1("GetSendQuota")["SentLast24Hours"] == 2


def test_cases_of_one_second_differ_between_regions(make_world: Any) -> None:
    ids = set()
    regions = """us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-west-3
        eu-north-1 eu-central-1 eu-central-2 eu-south-1 ap-south-1 ap-south-2 ap-northeast-1
        ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2 ap-southeast-3 sa-east-1 ca-central-1
        il-central-1 me-central-1 me-south-1 af-south-1 us-gov-west-1 us-gov-east-1"""
    for region in regions.split():
        world = make_world()
        world.account.region = region
        world.v2("PutAccountDetails", MailType="MARKETING", WebsiteURL="https://a.test", ProductionAccessEnabled=True)
        ids.add(world.v2("GetAccount")["Details"]["ReviewDetails"]["CaseId"])
    assert len(ids) == len(regions.split())
    assert all(len(one) == 15 and one.isdigit() for one in ids)


def test_the_automatic_reviewer_keeps_out_when_a_person_was_put_at_the_desk(make_world: Any) -> None:
    world = make_world()
    world.v2("PutAccountDetails", MailType="MARKETING", WebsiteURL="https://a.test", ProductionAccessEnabled=True)
    world.profile = type(world.profile)(reviewer="desk")
    world.wait(3 * 86_400)
    assert world.v2("GetAccount")["Details"]["ReviewDetails"]["Status"] == "PENDING"


def test_regions_that_open_cases_in_the_same_second_open_different_ones(sandbox: Any) -> None:
    regions = [
        region
        for partition in botocore.session.Session().get_available_partitions()
        for region in botocore.session.Session().get_available_regions("ec2", partition)
    ]
    opened = []
    for region in regions:
        sandbox.account = Account("123456789012", region)
        for _ in range(3):
            opened.append(ask(sandbox))
            sandbox.apply(grant(sandbox.ctx, opened[-1]))
            sandbox.account.apply(
                (Put(replace(settings(sandbox.ctx), production=False, review_status="", case_id="")),)
            )
    assert len(set(opened)) == 3 * len(regions) > 90
