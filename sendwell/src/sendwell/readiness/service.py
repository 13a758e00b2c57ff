"""The request for production access, followed from draft to grant: the only way in for other features.

Lives here: saving, submitting, following the review, the three proofs. Must not live here: what the request says
(rules.py), figures (arithmetic.py), pages, AWS's wire (amazon/).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from sendwell.amazon.account import request_production
from sendwell.amazon.client import AwsError
from sendwell.connections import service as connections
from sendwell.connections.models import Connection
from sendwell.contacts import service as contacts
from sendwell.contacts.models import List
from sendwell.core import jobs
from sendwell.core.db import DjangoDb
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRingError
from sendwell.outbox import service as outbox
from sendwell.readiness import arithmetic, rules, store
from sendwell.readiness.models import AccessRequest, RequestState
from sendwell.readiness.proving import prove_by_account
from sendwell.readiness.rules import Draft, Event, State

POLL = "readiness.poll"
TROUBLE = (AwsError, connections.NoConnectionError, KeyRingError)


class Outcome(StrEnum):
    """What became of pressing Submit."""

    SENT = "sent"
    INCOMPLETE = "incomplete"
    CHANGED = "changed"  # the draft is not the one that was shown for confirmation
    CONFLICT = "conflict"
    UNCLEAR = "unclear"  # no complete answer: SES may have it
    REFUSED = "refused"


@dataclass(frozen=True)
class Submission:
    """The outcome, and for a failure the words to show: what SES said and what to do."""

    outcome: Outcome
    text: str = ""


def as_draft(request: AccessRequest) -> Draft:
    """The request's answers as the rules take them."""
    return Draft(
        region=request.connection.region,
        limit_kind=request.limit_kind,
        limit_value=request.limit_value,
        mail_type=request.mail_type,
        other_type=request.other_type,
        website=request.website,
        complies=request.complies,
        requested_only=request.requested_only,
        handles_feedback=request.handles_feedback,
        use_case=request.use_case,
    )


def current(connection: Connection) -> AccessRequest | None:
    """The newest request of the connection, in whatever state."""
    return store.latest(connection)


def earlier(connection: Connection, than: AccessRequest | None) -> list[AccessRequest]:
    """Sent requests before the given one, newest first."""
    return store.earlier(connection, than)


def editable(connection: Connection, now: datetime) -> AccessRequest | None:
    """The draft to edit, unsaved if there is none yet; None while a review holds its place or nothing is needed."""
    found = store.latest(connection)
    if connection.in_sandbox is False:
        return None
    if found is None or found.state in (RequestState.GRANTED, RequestState.SUPERSEDED):
        website = connection.workspace.website
        return AccessRequest(connection=connection, website=website, created_at=now)
    return found if found.state == RequestState.DRAFT else None


def take_up_again(request_id: int) -> None:
    """Turn a request that SES never received (FAILED) into a draft again, with all its answers."""
    with transaction.atomic():
        request = store.locked(request_id)
        request.state = rules.after(request.state, Event.EDIT)
        if request.state == State.DRAFT:
            request.submitted_at = request.answered_at = request.due_at = None
            request.save()


def propose(connection: Connection, limit_kind: str, sends_per_day: int) -> arithmetic.Proposal:
    """A limit calculated from the workspace's largest list."""
    sizes = contacts.list_sizes(connection.workspace)
    largest = max(sizes, key=lambda pk: sizes[pk]["confirmed"], default=None)
    if largest is None:
        return arithmetic.propose(limit_kind, "", 0, sends_per_day)
    name = List.objects.get(pk=largest).name
    return arithmetic.propose(limit_kind, name, sizes[largest]["confirmed"], sends_per_day)


def digest(draft: Draft) -> str:
    """Names exactly what would be sent, so that only what was shown can be confirmed."""
    whole = "\x1f".join((rules.description(draft), draft.website, draft.mail_type, draft.other_type, draft.region))
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def submit(request_id: int, confirmed: str, installation: Installation, now: datetime) -> Submission:
    """Send a complete draft to SES by PutAccountDetails. Nothing typed is ever lost, whatever SES answers.

    `confirmed` is the `digest` of what the owner saw. The attempt is recorded before the call, so that a request whose
    answer got lost is recognised when its review shows up.
    """
    with transaction.atomic():
        request = store.locked(request_id)
        draft = as_draft(request)
        refused = _not_now(request, draft, confirmed)
        if refused:
            return refused
        unclear_before = request.submitted_at is not None
        request.description_sent, request.submitted_at = rules.description(draft), now
        request.save(update_fields=["description_sent", "submitted_at"])
    try:
        client = connections.open_client(request.connection, installation)
        details = rules.account_details(draft)
        request_production(
            client,
            details["MailType"],
            details["WebsiteURL"],
            details["UseCaseDescription"],
            details["ContactLanguage"],
        )
    except TROUBLE as error:
        return _not_sent(request, error, unclear_before, installation, now)
    _sent(request, Event.SENT, installation, now)
    poll(request.connection, installation, now)
    return Submission(Outcome.SENT)


def _not_now(request: AccessRequest, draft: Draft, confirmed: str) -> Submission | None:
    if request.state != RequestState.DRAFT:
        return Submission(Outcome.CHANGED, "This request has been sent already.")
    if rules.problems(draft):
        return Submission(Outcome.INCOMPLETE, "The request is not complete yet.")
    if digest(draft) != confirmed:
        return Submission(Outcome.CHANGED, "The draft has changed since you saw it. Look at it again, then confirm.")
    return None


def _sent(request: AccessRequest, event: Event, installation: Installation, now: datetime) -> None:
    with transaction.atomic():
        request = store.locked(request.pk)
        _open_review(request, event, installation, now)
        request.last_error = ""
        request.save()


def _open_review(request: AccessRequest, event: Event, installation: Installation, now: datetime) -> None:
    request.state = rules.after(request.state, event)
    due = arithmetic.answer_due(request.connection.is_rehearsal, installation.config.sesbox_args)
    request.due_at = (request.submitted_at or now) + due
    _follow(request, now)


def _follow(request: AccessRequest, now: datetime) -> None:
    pause = arithmetic.poll_after(request.state, request.connection.is_rehearsal)
    if pause is not None:
        jobs.enqueue(POLL, str(request.connection_id), {"connection": request.connection_id}, now + pause)


def _not_sent(
    request: AccessRequest, error: Exception, unclear_before: bool, installation: Installation, now: datetime
) -> Submission:
    """Keep the draft and say what SES said; a conflict means that SES holds a review already, perhaps this one's."""
    outcome, text = _judge(error)
    maybe_there = outcome is Outcome.UNCLEAR or (outcome is Outcome.CONFLICT and unclear_before)
    mine = AccessRequest.objects.filter(pk=request.pk, state=RequestState.DRAFT)
    mine.update(last_error=text, submitted_at=request.submitted_at if maybe_there else None)
    if outcome is Outcome.CONFLICT:
        poll(request.connection, installation, now)
        if not mine.exists():
            return Submission(Outcome.SENT)
    return Submission(outcome, text)


def _judge(error: Exception) -> tuple[Outcome, str]:
    if not isinstance(error, AwsError):
        return Outcome.REFUSED, str(error)
    if error.code == "ConflictException":
        return Outcome.CONFLICT, CONFLICT_TEXT
    if error.code == "no_answer":
        return (
            Outcome.UNCLEAR,
            f"{error.text} Press “Check now”: if SES has the request, its review shows here.",
        )
    return Outcome.REFUSED, str(error)


CONFLICT_TEXT = (
    "SES answered ConflictException: a request for this account and region is already under review, or was denied. "
    "SES takes no second one. The way on is a reply in the existing support case. Your draft is kept."
)


def poll(connection: Connection, installation: Installation, now: datetime) -> AccessRequest | None:
    """Ask SES for the account and let the newest request, the limits and two of the proofs follow what it says.

    A grant raises the limits and releases mail that the sandbox held. An error of SES is kept on the request and shown;
    nothing else changes then.
    """
    error = check(connection, installation, now)
    found = store.latest(connection)
    if error and found is not None:
        found.last_error = f"The last check failed: {error}"
        found.save(update_fields=["last_error"])
    return found


def check(connection: Connection, installation: Installation, now: datetime) -> str:
    """As `poll`, but answers SES's error as words to show; empty if all went well."""
    try:
        connections.refresh_account(connection, installation, now)
    except TROUBLE as error:
        return str(error)
    connection.refresh_from_db()
    with transaction.atomic():
        _take_limits(connection, now)
        follow(connection, installation, now)
    return ""


def follow(connection: Connection, installation: Installation, now: datetime) -> None:
    """Let the newest request and two of the proofs follow the connection's snapshot of the account, just taken."""
    with transaction.atomic():
        prove_by_account(connection, now)
        _take_answer(connection, installation, now)


def _take_limits(connection: Connection, now: datetime) -> None:
    db, rate, quota = DjangoDb(), connection.max_send_rate, connection.max_24_hour_send
    if rate is not None and quota is not None:
        outbox.set_limits(db, connection.pk, rate, quota, connection.sent_last_24_hours or 0.0, now)
    if connection.in_sandbox is False:
        outbox.release_sandbox(db, connection.pk, now)


def _take_answer(connection: Connection, installation: Installation, now: datetime) -> None:
    newest = store.latest(connection)
    if newest is None:
        return
    request = store.locked(newest.pk)
    event = rules.said(connection.review_status, connection.in_sandbox is False)
    if request.state == RequestState.DRAFT:
        if request.submitted_at is None or event is Event.SAYS_OTHER:
            return
        _open_review(request, Event.FOUND, installation, now)
    before, request.state = request.state, rules.after(request.state, event)
    request.ses_status, request.checked_at, request.last_error = connection.review_status, now, ""
    request.case_id = connection.review_case_id or request.case_id
    if request.state != before:
        request.answered_at = None if request.state == State.PENDING else now
    if request.state == State.GRANTED and before != State.GRANTED:
        request.granted_quota, request.granted_rate = connection.max_24_hour_send, connection.max_send_rate
    request.save()
