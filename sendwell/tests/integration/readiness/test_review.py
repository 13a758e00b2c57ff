"""The request against a real sesbox: sent once, followed through denial and reply to the grant; nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sendwell import worker
from sendwell.config import Config
from sendwell.contacts.models import Contact
from sendwell.content.models import Content
from sendwell.core.installation import Installation
from sendwell.core.jobs import JobContext
from sendwell.core.models import Job
from sendwell.outbox.models import Message, Pace
from sendwell.readiness import jobs, proving, rules, service
from sendwell.readiness.models import AccessRequest
from sendwell.readiness.service import Outcome


def test_what_ses_gets_is_what_was_shown(desk: Any):
    request = desk.draft()
    details = rules.account_details(service.as_draft(request))
    assert desk.submit(request).outcome is Outcome.SENT
    request.refresh_from_db()
    case = desk.case(request.case_id)
    case = case.get("case", case)
    assert case["description"] == details["UseCaseDescription"] == request.description_sent
    assert (case["website"], case["mail_type"]) == (details["WebsiteURL"], details["MailType"])
    held = desk.client.ses.get_account()["Details"]
    assert held["UseCaseDescription"] == details["UseCaseDescription"]
    assert held["ContactLanguage"] == "EN"


def test_a_sent_request_is_followed(desk: Any):
    request = desk.draft()
    desk.submit(request)
    request.refresh_from_db()
    assert (request.state, request.ses_status) == ("pending", "PENDING")
    assert request.case_id
    assert request.submitted_at is not None
    assert request.due_at == request.submitted_at + timedelta(seconds=5)
    job = Job.objects.get(kind="readiness.poll")
    assert job.payload == {"connection": desk.connection.pk}
    context = JobContext(desk.installation, request.submitted_at)
    assert jobs.poll(job.payload, context) == timedelta(seconds=2)
    desk.act(request.case_id, "grant", quota=40_000, rate=14)
    assert jobs.poll(job.payload, context) is None


def test_denied_answered_and_granted_less_than_asked(desk: Any):
    request = desk.draft()
    desk.submit(request)
    case_id = desk.poll().case_id
    desk.act(case_id, "deny", reasons=["Tell us how people sign up."])
    denied = desk.poll()
    assert (denied.state, denied.ses_status) == ("denied", "DENIED")
    assert denied.answered_at is not None
    assert service.editable(desk.connection, denied.created_at) is None
    desk.act(case_id, "reply", text="They confirm by a link that we mail them.")
    again = desk.poll()
    assert (again.state, again.answered_at) == ("pending", None)
    desk.act(case_id, "grant", quota=20_000, rate=10)
    granted = desk.poll()
    assert (granted.state, granted.granted_quota, granted.granted_rate) == ("granted", 20_000, 10)
    pace = Pace.objects.get(connection=desk.connection)
    assert (pace.quota_24h, pace.rate) == (20_000, 10)
    assert granted.pk == request.pk


def test_the_grant_releases_what_the_sandbox_held(desk: Any):
    request = desk.draft()
    desk.submit(request)
    content = Content.objects.create(
        workspace=desk.connection.workspace,
        message_class="transactional",
        from_address="a@example.org",
        subject="S",
        body="B",
        created_at=timezone.now(),
    )
    Message.objects.create(
        workspace=desk.connection.workspace,
        connection=desk.connection,
        stream="transactional",
        idempotency_key="k",
        content=content,
        address="b@example.net",
        address_key="b@example.net",
        status="held",
        reason="sandbox",
        due_at=request.created_at,
        created_at=request.created_at,
        updated_at=request.created_at,
    )
    assert desk.poll().state == "pending"
    assert Message.objects.get().status == "held"
    desk.act(desk.poll().case_id, "grant", quota=20_000, rate=10)
    desk.poll()
    assert Message.objects.get().status == "queued"
    assert not Contact.objects.exists()


def test_a_second_request_meets_the_conflict_and_keeps_the_draft(desk: Any):
    first = desk.draft()
    desk.submit(first)
    first.refresh_from_db()
    desk.act(first.case_id, "deny", reasons=["No."])
    AccessRequest.objects.all().delete()  # as if it had been asked for in AWS's console
    draft = desk.draft(use_case="Another text.")
    done = desk.submit(draft)
    assert done.outcome is Outcome.CONFLICT
    assert "reply in the existing support case" in done.text
    draft.refresh_from_db()
    assert (draft.state, draft.use_case, draft.submitted_at) == ("draft", "Another text.", None)
    desk.connection.refresh_from_db()
    assert desk.connection.review_status == "DENIED"


def test_a_request_whose_answer_got_lost_is_recognised_by_its_review(desk: Any):
    request = desk.draft()
    nowhere = Config(data_dir=desk.installation.config.data_dir, sesbox_port=1)
    lost = Installation(nowhere, desk.installation.clock, desk.installation.ring)
    digest = service.digest(service.as_draft(request))
    done = service.submit(request.pk, digest, lost, request.created_at)
    assert done.outcome is Outcome.UNCLEAR
    request.refresh_from_db()
    assert (request.state, request.use_case.startswith("A monthly")) == ("draft", True)
    assert desk.poll().state == "draft"  # SES has nothing: it stays a draft that can be sent again
    desk.client.ses.put_account_details(**rules.account_details(service.as_draft(request)))
    assert desk.poll().state == "pending"


def test_sending_again_after_a_lost_answer_is_no_error(desk: Any):
    request = desk.draft()
    AccessRequest.objects.update(submitted_at=request.created_at)
    desk.client.ses.put_account_details(**rules.account_details(service.as_draft(request)))
    assert desk.submit(request).outcome is Outcome.SENT
    request.refresh_from_db()
    assert request.state == "pending"


@pytest.mark.parametrize(
    "change", [{"website": ""}, {"requested_only": False}, {"handles_feedback": None}, {"use_case": "x" * 5000}]
)
def test_an_incomplete_request_never_reaches_ses(desk: Any, change: dict[str, Any]):
    assert desk.submit(desk.draft(**change)).outcome is Outcome.INCOMPLETE
    assert "Details" not in desk.client.ses.get_account()


def test_only_what_was_shown_can_be_confirmed(desk: Any):
    request = desk.draft()
    digest = service.digest(service.as_draft(request))
    AccessRequest.objects.update(use_case="Changed in another tab.")
    done = service.submit(request.pk, digest, desk.installation, request.created_at)
    assert done.outcome is Outcome.CHANGED
    assert "Details" not in desk.client.ses.get_account()


def test_wrong_keys_are_explained_and_nothing_is_lost(desk: Any):
    request = desk.draft()
    desk.connection.secret_access_key = desk.installation.ring.encrypt("wrong" * 8)
    desk.connection.save()
    request = AccessRequest.objects.get(pk=request.pk)
    done = desk.submit(request)
    assert done.outcome is Outcome.REFUSED
    assert "secret access key" in done.text
    request.refresh_from_db()
    assert (request.state, request.last_error, request.submitted_at) == ("draft", done.text, None)


def test_a_failed_request_is_taken_up_again(desk: Any):
    request = desk.draft(state="failed", submitted_at=desk.connection.created_at)
    service.take_up_again(request.pk)
    request.refresh_from_db()
    assert (request.state, request.submitted_at) == ("draft", None)
    assert service.editable(desk.connection, request.created_at) == request


def test_the_workers_own_look_at_the_account_is_followed(desk: Any):
    desk.submit(desk.draft())
    desk.act(desk.poll().case_id, "grant", quota=20_000, rate=10)
    worker.refresh_account(desk.connection, desk.installation)
    assert AccessRequest.objects.get().state == "granted"
    assert proving.proofs(desk.connection)["quota"].shown


def test_a_check_that_fails_is_noted_and_changes_nothing(desk: Any):
    desk.submit(desk.draft())
    desk.connection.secret_access_key = desk.installation.ring.encrypt("wrong" * 8)
    desk.connection.save()
    found = desk.poll()
    assert found.state == "pending"
    assert found.last_error.startswith("The last check failed:")


class TestThreeWays:
    def test_in_the_sandbox_none_is_shown_and_each_has_its_evidence(self, desk: Any):
        desk.submit(desk.draft())
        mine = "me@elsewhere.net"
        accepted = proving.prove_by_sending(
            desk.connection, desk.installation, "a@example.org", mine, desk.connection.created_at
        )
        assert accepted is False
        seen = proving.proofs(desk.connection)
        assert {way: proof.shown for way, proof in seen.items()} == {
            "case": False,
            "quota": False,
            "unverified_send": False,
        }
        assert seen["unverified_send"].evidence["answer"] == (
            "MessageRejected: Email address is not verified. The following identities failed the check in region "
            f"{desk.connection.region.upper()}: {mine}"
        )
        assert seen["quota"].evidence["max_24_hour_send"] == 200

    def test_after_the_grant_all_are(self, desk: Any):
        desk.submit(desk.draft())
        desk.act(desk.poll().case_id, "grant", quota=20_000, rate=10)
        desk.poll()
        assert proving.prove_by_sending(
            desk.connection, desk.installation, "a@example.org", "me@elsewhere.net", desk.connection.created_at
        )
        seen = proving.proofs(desk.connection)
        assert all(proof.shown for proof in seen.values())
        assert len(seen) == 3
        assert seen["unverified_send"].evidence["message_id"]
        assert seen["case"].evidence["status"] == "GRANTED"

    @pytest.mark.parametrize(
        ("sender", "to"),
        [
            ("a@example.org", "b@example.org"),
            ("a@example.org", "success@simulator.amazonses.com"),
            ("a@unverified.net", "me@elsewhere.net"),
        ],
    )
    def test_a_send_that_proves_nothing_is_refused(self, desk: Any, sender: str, to: str):
        with pytest.raises(proving.ProofRefusedError):
            proving.prove_by_sending(desk.connection, desk.installation, sender, to, desk.connection.created_at)
        assert proving.proofs(desk.connection) == {}
