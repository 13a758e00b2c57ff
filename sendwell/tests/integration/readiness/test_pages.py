"""The pages of "Leave the sandbox", as an owner uses them, against a real sesbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sendwell.connections.models import Connection
from sendwell.contacts.models import Contact, List, Subscription
from sendwell.readiness.models import AccessRequest
from sendwell.workspaces.models import Membership, Workspace

FORM = {
    "limit_kind": "daily_quota",
    "limit_value": "40000",
    "sends_per_day": "1",
    "mail_type": "subscription",
    "other_type": "",
    "website": "https://bakery.example.eu/letter",
    "complies": "yes",
    "requested_only": "yes",
    "handles_feedback": "yes",
    "use_case": "A monthly letter.",
}


@pytest.fixture
def client(desk: Any) -> Client:
    user = User.objects.create_user("owner@example.org", "owner@example.org")
    Membership.objects.create(user=user, workspace=desk.connection.workspace, role="owner")
    made = Client()
    made.force_login(user)
    return made


def url(desk: Any, page: str = "") -> str:
    return f"/leave-the-sandbox/{desk.connection.pk}/{page}"


def test_without_a_connection_it_leads_to_one(client: Client, desk: Any):
    desk.connection.identities.all().delete()
    Connection.objects.all().delete()
    text = client.get("/leave-the-sandbox/").content.decode()
    assert "First, a connection" in text
    assert "/connections/" in text


def test_a_gapless_draft_is_not_needed_to_save(client: Client, desk: Any):
    answer = client.post(url(desk, "request/"), {"limit_kind": "daily_quota", "mail_type": "marketing", "save": "yes"})
    assert answer.status_code == 302
    saved = AccessRequest.objects.get()
    assert (saved.state, saved.limit_value, saved.website, saved.complies) == ("draft", None, "", None)
    client.post(url(desk, "request/"), {**FORM, "complies": "no"})
    assert AccessRequest.objects.get().complies is False


def test_the_proposed_value_comes_from_the_largest_list(client: Client, desk: Any):
    workspace, now = desk.connection.workspace, desk.connection.created_at
    for size, name in ((1, "Small"), (3, "Large")):
        found = List.objects.create(workspace=workspace, name=name, created_at=now)
        for n in range(size):
            key = f"{name}{n}@example.net".lower()
            contact = Contact.objects.create(workspace=workspace, address=key, key=key, created_at=now, updated_at=now)
            Subscription.objects.create(contact=contact, list=found, status="confirmed", changed_at=now)
    page = client.get(url(desk, "request/"))
    assert page.context["form"].instance.limit_value == page.context["proposal"].value == 1000
    assert "3 confirmed contacts on “Large”" in page.content.decode()
    part = client.get(url(desk, "request/proposal/"), {"limit_kind": "daily_quota", "sends_per_day": "24"})
    assert "× 24 messages" in part.content.decode()
    for odd in ("", "-1", "x", "9" * 30):
        asked = {"limit_kind": "daily_quota", "sends_per_day": odd}
        assert client.get(url(desk, "request/proposal/"), asked).status_code == 200


def test_the_count_is_of_the_whole_description_as_sent(client: Client, desk: Any):
    part = client.post(url(desk, "request/preview/"), {**FORM, "use_case": "é\r\nb"})
    text = part.context["description"]
    assert text.endswith("Use case: é\nb")
    assert part.context["length"] == len(text)
    assert f'<strong id="description-length">{len(text)}</strong>' in part.content.decode()
    long = client.post(url(desk, "request/preview/"), {**FORM, "use_case": "x" * 6000}).content.decode()
    assert "too long" in long
    assert not AccessRequest.objects.exists()


def test_a_preview_survives_what_does_not_fit(client: Client, desk: Any):
    odd = {**FORM, "limit_value": "many", "mail_type": "?", "website": "x" * 2000}
    assert client.post(url(desk, "request/preview/"), odd).status_code == 200


def test_the_review_shows_what_is_sent_and_needs_the_tick(client: Client, desk: Any):
    answer = client.post(url(desk, "request/"), {**FORM, "review": "yes"})
    assert answer.headers["Location"] == url(desk, "request/review/")
    page = client.get(url(desk, "request/review/"))
    text = page.content.decode()
    for shown in (
        "MARKETING",
        "https://bakery.example.eu/letter",
        "ProductionAccessEnabled",
        "Mail type: Subscription",
    ):
        assert shown in text
    digest = page.context["digest"]
    refused = client.post(url(desk, "request/review/"), {"digest": digest})
    assert refused.status_code == 400
    assert "Details" not in desk.client.ses.get_account()
    sent = client.post(url(desk, "request/review/"), {"digest": digest, "confirm": "yes"}, follow=True)
    text = sent.content.decode()
    assert "In review" in text
    assert f"{desk.box.endpoint}/_sesbox/ui/cases/" in text
    assert "Answer due by" in text


def test_the_review_of_a_one_line_case_gives_advice_and_stays_open(client: Client, desk: Any):
    client.post(url(desk, "request/"), {**FORM, "use_case": "We mail people; they can unsubscribe."})
    text = client.get(url(desk, "request/review/")).content.decode()
    assert "What a reviewer asks about" in text
    assert text.count("Not found:") == 5
    assert "Not found: opt-in, confirm, consent" in text and "Not found: unsubscribe" not in text
    assert "Send to the reviewer" in text


def test_a_no_blocks_and_says_what_to_do_first(client: Client, desk: Any):
    client.post(url(desk, "request/"), {**FORM, "handles_feedback": "no", "website": ""})
    text = client.get(url(desk, "request/review/")).content.decode()
    assert "2 things to mend" in text
    assert "Run the set-up of this connection" in text
    assert "API refuses a request without it" in text
    assert "Send to the reviewer" not in text


def test_the_page_follows_denial_and_grant(client: Client, desk: Any):
    desk.submit(desk.draft())
    case_id = desk.poll().case_id
    desk.act(case_id, "deny", reasons=["No."])
    client.post(url(desk, "check/"))
    text = client.get(url(desk, "live/")).content.decode()
    assert "reply in the support case" in text
    assert client.get(url(desk, "request/")).headers["Location"] == url(desk)
    desk.act(case_id, "reply", text="We changed it.")
    desk.act(case_id, "grant", quota=20_000, rate=10)
    client.post(url(desk, "check/"))
    text = client.get(url(desk)).content.decode()
    assert "20,000 less than asked" in text
    assert "SES says 20,000 recipients per 24 hours." in text
    assert "hx-get" not in text


def test_a_real_connection_is_sent_to_the_support_center(client: Client, desk: Any):
    Connection.objects.update(kind="aws")
    desk.draft(state="denied", case_id="17 5", submitted_at=desk.connection.created_at)
    text = client.get(url(desk)).content.decode()
    assert "https://console.aws.amazon.com/support/home#/case/?displayId=17%205" in text
    assert "Reply in AWS Support Center" in text


def test_a_review_asked_for_elsewhere_is_shown(client: Client, desk: Any):
    Connection.objects.update(review_status="PENDING", review_case_id="123")
    text = client.get(url(desk)).content.decode()
    assert "not asked for here" in text
    assert "case 123" in text


def test_outside_the_sandbox_nothing_is_asked_for(client: Client, desk: Any):
    Connection.objects.update(in_sandbox=False)
    assert "out of the sandbox in" in client.get(url(desk)).content.decode()
    assert client.get(url(desk, "request/")).status_code == 302


def test_the_proof_by_sending_shows_sess_words(client: Client, desk: Any):
    given = {"from_address": "a@example.org", "to_address": "me@elsewhere.net", "owned": "on"}
    text = client.post(url(desk, "proof/"), given, follow=True).content.decode()
    assert "still in the sandbox" in text
    assert "MessageRejected: Email address is not verified." in text
    refused = client.post(url(desk, "proof/"), {**given, "to_address": "b@example.org"})
    assert refused.status_code == 400
    assert "accepts it even in the sandbox" in refused.content.decode()
    assert client.post(url(desk, "proof/"), {**given, "owned": ""}).status_code == 400


@pytest.mark.parametrize("page", ["request/preview/", "request/again/", "check/", "proof/"])
def test_changes_are_posts(client: Client, desk: Any, page: str):
    assert client.get(url(desk, page)).status_code == 405


@pytest.mark.parametrize("page", ["request/", "request/review/", "request/again/", "check/", "proof/"])
def test_viewers_change_nothing(client: Client, desk: Any, page: str):
    Membership.objects.update(role="viewer")
    assert client.post(url(desk, page)).status_code == 403


@pytest.mark.parametrize("page", ["", "live/", "request/", "request/review/"])
def test_other_workspaces_see_nothing(client: Client, desk: Any, page: str):
    other = Workspace.objects.create(name="Other", created_at=desk.connection.created_at)
    Membership.objects.update(workspace=other)
    assert client.get(url(desk, page)).status_code == 404
