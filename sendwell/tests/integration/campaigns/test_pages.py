"""The pages of campaigns, as an owner uses them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sendwell.campaigns import service
from sendwell.campaigns.models import Campaign
from sendwell.config import Config
from sendwell.connections.models import Connection, Identity
from sendwell.contacts.models import List
from sendwell.core.installation import Installation
from sendwell.outbox.models import Message
from sendwell.workspaces.models import Membership, Workspace

DRAFT = {
    "name": "July",
    "from_name": "Example",
    "from_address": "news@example.org",
    "reply_to": "",
    "subject": "Hello {{ name | default: 'you' }}",
    "body_format": "markdown",
    "body": "Hello **{{ name | default: 'you' }}**.",
}


def url(campaign: Campaign, page: str = "") -> str:
    return f"/campaigns/{campaign.pk}/{page}"


def started(world: Any) -> Campaign:
    now = world.workspace.created_at
    service.start(world.campaign, "owner", now, "https://mail.example.com")
    while service.expand_next_batch(world.campaign.pk, now):
        pass
    return Campaign.objects.get(pk=world.campaign.pk)


def test_an_empty_list_teaches_and_offers_the_first(client: Client, page_world: Any):
    page_world.campaign.delete()
    text = client.get("/campaigns/").content.decode()
    assert "No campaign yet" in text
    assert "/campaigns/new/" in text


def test_without_a_list_or_connection_it_says_what_comes_first(client: Client, page_world: Any):
    page_world.campaign.delete()
    List.objects.all().delete()
    assert "First, a list" in client.get("/campaigns/new/").content.decode()
    Identity.objects.all().delete()
    Connection.objects.all().delete()
    assert "First, a connection" in client.get("/campaigns/new/").content.decode()


def test_a_draft_is_written_and_previewed(client: Client, page_world: Any):
    page_world.subscribe("ann", name="Ann")
    assert "news" not in client.get("/campaigns/new/").content.decode().partition("<form")[0]
    given = {**DRAFT, "list": page_world.list.pk, "connection": page_world.connection.pk, "preview": "yes"}
    answer = client.post("/campaigns/new/", given)
    made = Campaign.objects.get(name="July")
    assert answer.headers["Location"] == url(made, "preview/")
    contact = made.list.subscriptions.get().contact_id
    page = client.get(url(made, f"preview/?contact={contact}")).content.decode()
    assert "Hello Ann" in page
    assert "List-Unsubscribe-Post" in page
    assert 'sandbox title="The mail as HTML"' in page


def test_the_mail_is_shown_without_scripts_in_a_frame_of_our_own_only(client: Client, page_world: Any):
    Campaign.objects.update(body="<script>alert(1)</script><p>Hi</p>", body_format="html")
    answer = client.get(url(page_world.campaign, "preview/mail/"))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_bad_addresses_are_refused_by_field(client: Client, page_world: Any):
    given = {**DRAFT, "list": page_world.list.pk, "connection": page_world.connection.pk, "from_address": "news@"}
    answer = client.post("/campaigns/new/", given)
    assert answer.status_code == 400
    assert "from_address" in answer.context["form"].errors


def test_lists_and_connections_of_others_cannot_be_chosen(client: Client, page_world: Any):
    other = Workspace.objects.create(name="Other", created_at=page_world.workspace.created_at)
    theirs = List.objects.create(workspace=other, name="Theirs", created_at=other.created_at)
    answer = client.post("/campaigns/new/", {**DRAFT, "list": theirs.pk, "connection": page_world.connection.pk})
    assert answer.status_code == 400
    assert "list" in answer.context["form"].errors


@pytest.mark.parametrize(
    "page", ["", "edit/", "preview/", "preview/mail/", "live/", "messages/"], ids=lambda page: page or "campaign"
)
def test_other_workspaces_see_nothing(client: Client, page_world: Any, page: str):
    stranger = User.objects.create_user("stranger@example.org")
    other = Workspace.objects.create(name="Other", created_at=page_world.workspace.created_at)
    Membership.objects.create(user=stranger, workspace=other, role="owner")
    client.force_login(stranger)
    assert client.get(url(page_world.campaign, page)).status_code == 404


@pytest.mark.parametrize("verb", ["start", "pause", "resume", "cancel", "copy", "discard", "test"])
def test_no_get_changes_anything(client: Client, page_world: Any, verb: str):
    assert client.get(url(page_world.campaign, f"{verb}/")).status_code == 405


@pytest.mark.parametrize("verb", ["start", "pause", "copy", "discard", "test"])
def test_viewers_change_nothing(client: Client, page_world: Any, verb: str):
    Membership.objects.update(role="viewer")
    assert client.post(url(page_world.campaign, f"{verb}/")).status_code == 403


def test_before_start_the_page_counts_who_gets_it_and_who_does_not(client: Client, page_world: Any):
    Connection.objects.update(in_sandbox=True)
    page_world.subscribe("stranger", "success@simulator.amazonses.com")
    page_world.subscribe("new", status="unconfirmed")
    found = client.get(url(page_world.campaign)).context
    assert (found["summary"].total, found["summary"].now, found["summary"].held) == (3, 1, 1)
    assert found["left_out"] == [("Never confirmed", 1)]
    assert found["problems"] == []
    assert found["duration"] == "1 second"


def test_start_needs_the_tick_and_then_runs(client: Client, page_world: Any):
    page_world.subscribe("ann")
    client.post(url(page_world.campaign, "start/"))
    page_world.campaign.refresh_from_db()
    assert page_world.campaign.status == "draft"
    client.post(url(page_world.campaign, "start/"), {"confirm": "yes"})
    page_world.campaign.refresh_from_db()
    assert (page_world.campaign.status, page_world.campaign.started_by) == ("running", "owner@example.org")
    answer = client.get(url(page_world.campaign, "edit/"))
    assert answer.headers["Location"] == url(page_world.campaign)


def test_a_blocked_start_shows_each_problem(client: Client, page_world: Any):
    Connection.objects.update(setup_state="new")
    answer = client.post(url(page_world.campaign, "start/"), {"confirm": "yes"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert 'data-problem="connection_not_ready"' in text
    assert 'data-problem="no_audience"' in text


def test_the_report_adds_up_and_names_reasons(client: Client, page_world: Any):
    page_world.subscribe("a", "b")
    page_world.subscribe("c", status="unsubscribed")
    found = client.get(url(started(page_world)))
    assert found.context["total"] == sum(row.count for row in found.context["funnel"]) == 3
    assert [(part.status, part.label, part.count) for part in found.context["parts"]] == [
        ("skipped", "Unsubscribed", 1)
    ]
    assert "hx-get" in client.get(url(page_world.campaign, "live/")).content.decode()
    listed = client.get(url(page_world.campaign, "messages/?status=skipped&reason=unsubscribed")).content.decode()
    assert "c@example.net" in listed
    assert "a@example.net" not in listed


def test_a_finished_report_stops_asking(client: Client, page_world: Any):
    page_world.subscribe("a")
    campaign = started(page_world)
    Message.objects.update(status="delivered")
    service.finish_if_done(campaign.pk, page_world.workspace.created_at)
    assert "hx-get" not in client.get(url(campaign, "live/")).content.decode()


def test_pause_resume_cancel_by_post(client: Client, page_world: Any):
    page_world.subscribe("a")
    campaign = started(page_world)
    for verb, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert client.post(url(campaign, f"{verb}/")).headers["Location"] == url(campaign)
        campaign.refresh_from_db()
        assert campaign.status == status
    text = client.post(url(campaign, "resume/"), follow=True).content.decode()
    assert "This campaign is over" in text


def test_a_campaign_stopped_while_it_was_being_prepared_says_so(client: Client, page_world: Any):
    page_world.subscribe("a")
    campaign = page_world.campaign
    service.start(campaign, "owner", page_world.workspace.created_at, "https://mail.example.com")
    assert "The worker is taking the list in" in client.get(url(campaign)).content.decode()
    client.post(url(campaign, "pause/"))
    text = client.get(url(campaign)).content.decode()
    assert "Paused before anyone was taken in" in text and "The worker is taking the list in" not in text
    client.post(url(campaign, "cancel/"))
    text = client.get(url(campaign)).content.decode()
    assert "Nobody was taken in" in text and "The worker is taking the list in" not in text


def test_doubts_wait_for_the_owners_word(client: Client, page_world: Any):
    page_world.subscribe("a", "b")
    campaign = started(page_world)
    Message.objects.update(status="in_doubt", reason="no_answer")
    assert "2 messages are in doubt" in client.get(url(campaign)).content.decode()
    client.post(url(campaign, "doubts/"))
    assert set(Message.objects.values_list("status", flat=True)) == {"in_doubt"}
    client.post(url(campaign, "doubts/"), {"do": "send_again"})
    assert set(Message.objects.values_list("status", flat=True)) == {"queued"}


def test_a_copy_is_a_new_draft_and_a_draft_can_be_discarded(client: Client, page_world: Any):
    client.post(url(page_world.campaign, "copy/"))
    copied = Campaign.objects.get(name="June (copy)")
    client.post(url(copied, "discard/"))
    assert not Campaign.objects.filter(pk=copied.pk).exists()


class TestTestMail:
    def post(self, client: Client, world: Any, address: str, nonce: str = "n1", contact: str = "") -> Any:
        given = {"address": address, "nonce": nonce, "contact": contact}
        return client.post(url(world.campaign, "test/"), given)

    def test_it_is_the_campaigns_own_mail_to_no_contact(self, client: Client, page_world: Any):
        (ann,) = page_world.subscribe("ann", name="Ann", attributes={"city": "Bath"})
        self.post(client, page_world, "me@example.org", contact=str(ann.pk))
        message = Message.objects.select_related("content").get()
        assert (message.stream, message.contact_id, message.address) == ("transactional", None, "me@example.org")
        assert message.content.message_class == "marketing"
        assert message.context["name"] == "Ann"
        assert message.context["attributes"] == {"city": "Bath"}

    def test_pressing_twice_sends_once(self, client: Client, page_world: Any):
        self.post(client, page_world, "me@example.org")
        self.post(client, page_world, "me@example.org")
        assert Message.objects.count() == 1
        self.post(client, page_world, "me@example.org", nonce="n2")
        assert Message.objects.count() == 2

    def test_the_sandboxs_rule_is_explained(self, client: Client, page_world: Any):
        Connection.objects.update(in_sandbox=True)
        answer = self.post(client, page_world, "me@elsewhere.net")
        assert answer.status_code == 400
        assert "only to verified addresses" in answer.content.decode()
        assert not Message.objects.exists()
        self.post(client, page_world, "success@simulator.amazonses.com")
        assert Message.objects.count() == 1

    def test_outside_the_sandbox_anybody_may_get_a_test(self, client: Client, page_world: Any):
        Connection.objects.update(in_sandbox=False)
        self.post(client, page_world, "me@elsewhere.net")
        assert Message.objects.get().address == "me@elsewhere.net"

    def test_a_draft_with_faults_says_so_instead(self, client: Client, page_world: Any):
        Campaign.objects.update(body="{{ name")
        assert self.post(client, page_world, "me@example.org").status_code == 400
        Campaign.objects.update(body="Hi", from_address="news@elsewhere.org")
        assert "not verified" in self.post(client, page_world, "me@example.org").content.decode()
        assert not Message.objects.exists()


def test_a_private_address_starts_no_real_campaign(
    client: Client, page_world: Any, settings: Any, installation: Installation
):
    page_world.subscribe("ann")
    Connection.objects.update(kind="aws")
    config = Config(data_dir=installation.config.data_dir, public_url="http://192.168.0.2")
    settings.SENDWELL = Installation(config, installation.clock, installation.ring)
    assert 'data-problem="no_public_url"' in client.get(url(page_world.campaign)).content.decode()
