"""Requests for production access: what opens, answers and closes a case.

Lives here: opening a case and the verbs on it (automatic review, grant, deny, reply). Must not live here: the criteria
and letters (rules/review.py), the page (console/).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sesbox.account import Change, Due, Put
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.records import Case, Letter, Sending
from sesbox.operations.state import sending_now, settings
from sesbox.rules import quota as arithmetic
from sesbox.rules import review

OPEN_TEXT = "There is already an ongoing account details update under review."


def open_case(ctx: Context, params: Mapping[str, Any]) -> tuple[Case, list[Change]]:
    """A new pending case from PutAccountDetails' members, its first letters and, if automatic, its review."""
    description = params.get("UseCaseDescription") or ""
    number = zlib.crc32(ctx.account.region.encode()) + len(ctx.account.all(Case))
    case = Case(
        case_id=f"{int(ctx.now):010d}{number % 100_000:05d}",  # regions share one desk, so an id tells them apart
        status="PENDING",
        opened_at=ctx.now,
        updated_at=ctx.now,
        mail_type=params["MailType"],
        website=params["WebsiteURL"],
        description=description,
        language=params.get("ContactLanguage") or "EN",
        contacts=tuple(params.get("AdditionalContactEmailAddresses") or ()),
        asked_quota=review.asked_quota(description),
        asked_rate=review.asked_rate(description),
    )
    first = review.opened_letter(case.mail_type, case.website, description)
    letters = _letters(ctx, case, ("customer", first), ("ses", review.received_letter(ctx.account.region)))
    case, due = _to_be_reviewed(ctx, case)
    return case, [Put(case), *letters, *due]


def _to_be_reviewed(ctx: Context, case: Case) -> tuple[Case, list[Change]]:
    if ctx.profile.reviewer != "auto":
        return replace(case, review_at=None), []
    at = ctx.now + ctx.profile.review_delay
    return replace(case, review_at=at), [Due(at, "review", {"case_id": case.case_id})]


def take_over(ctx: Context) -> Outcome:
    """Hand pending cases to the reviewer of this start: the automatic one, or the person at the desk."""
    automatic = ctx.profile.reviewer == "auto"
    changes: list[Change] = []
    for case in ctx.account.all(Case):
        if case.status == "PENDING" and automatic == (case.review_at is None):
            handed, due = _to_be_reviewed(ctx, case)
            changes += [Put(handed), *due]
    return Outcome({}, tuple(changes))


def _letters(ctx: Context, case: Case, *written: tuple[str, str]) -> list[Change]:
    start = len(letters_of(ctx, case.case_id))
    return [
        Put(Letter(case.case_id, start + number, ctx.now, author, text))
        for number, (author, text) in enumerate(written, 1)
    ]


def letters_of(ctx: Context, case_id: str) -> list[Letter]:
    """The correspondence of a case in its order."""
    found = [letter for letter in ctx.account.all(Letter) if letter.case_id == case_id]
    return sorted(found, key=lambda letter: letter.number)


def _case(ctx: Context, case_id: str) -> Case:
    found = ctx.account.get(Case, case_id)
    if found is None:
        raise AwsError("NotFoundException", f"There is no case {case_id}.", status=404)
    return found


def _pending(ctx: Context, case_id: str) -> Case:
    case = _case(ctx, case_id)
    if case.status != "PENDING":
        raise AwsError("ConflictException", f"Case {case_id} is {case.status}.", status=409)
    return case


def auto_review(ctx: Context, data: Mapping[str, Any] | None = None) -> Outcome:
    """Judge the pending cases whose time has come; nothing to do is an empty outcome. Task "review".

    `data` {"case_id"} tells which case made the task due; a task that comes too early (a reply has moved the
    review) finds nothing, and so does one from before a person was put at the desk.
    """
    if ctx.profile.reviewer != "auto":
        return Outcome({})
    only = (data or {}).get("case_id")
    for case in ctx.account.all(Case):
        if case.status != "PENDING" or case.review_at is None or ctx.now < case.review_at:
            continue
        if only is None or case.case_id == only:
            return _judged(ctx, case)
    return Outcome({})


def _judged(ctx: Context, case: Case) -> Outcome:
    replies = [letter.text for letter in letters_of(ctx, case.case_id) if letter.author == "customer"][1:]
    text = "\n\n".join([case.description, *replies])
    request = review.Request(_website(case, replies), text, case.asked_quota, case.asked_rate)
    verdict = review.judge(request, ctx.profile.grant_rate)
    if not verdict.granted:
        return _denied(ctx, case, verdict.reasons)
    return _granted(ctx, case, verdict.quota, verdict.rate)


def _website(case: Case, replies: Sequence[str]) -> str:
    """The website of the request, or a better one given in a reply."""
    if review.website_problem(case.website) is None:
        return case.website
    return next(
        (url for text in reversed(replies) for url in review.links(text) if not review.website_problem(url)),
        case.website,
    )


def grant(ctx: Context, case_id: str, quota: float | None = None, rate: float | None = None) -> Outcome:
    """Grant production access. `quota` is recipients per 24 hours, `rate` recipients a second; None: as asked.

    Raises AwsError NotFoundException for an unknown case, ConflictException for one that is not pending,
    BadRequestException for a quota or rate that is not above zero.
    """
    case = _pending(ctx, case_id)
    given_quota = quota if quota is not None else case.asked_quota or review.UNARGUED_QUOTA
    given_rate = rate if rate is not None else case.asked_rate or ctx.profile.grant_rate
    if not (given_quota > 0 or given_quota == arithmetic.UNLIMITED) or given_rate <= 0:
        raise AwsError("BadRequestException", "Quota and rate are numbers above zero.", status=400)
    return _granted(ctx, case, float(given_quota), float(given_rate))


def _granted(ctx: Context, case: Case, quota: float, rate: float) -> Outcome:
    before = settings(ctx)
    state, drops = sending_now(ctx, before.max_send_rate)
    letter = review.granted_letter(ctx.account.region, quota, rate, case.asked_quota)
    closed = replace(case, status="GRANTED", updated_at=ctx.now, granted_quota=quota, granted_rate=rate, review_at=None)
    after = replace(
        before,
        production=True,
        max_24_hour_send=quota,
        max_send_rate=rate,
        case_id=case.case_id,
        review_status="GRANTED",
    )
    fresh = Sending(arithmetic.capacity(rate), ctx.now, state.window_total, state.window_from)
    changes = (Put(closed), Put(after), *drops, Put(fresh), *_letters(ctx, case, ("ses", letter)))
    return Outcome({"case_id": case.case_id, "status": "GRANTED"}, changes)


def deny(ctx: Context, case_id: str, reasons: Sequence[str]) -> Outcome:
    """Deny a pending case, naming the reasons. Raises AwsError NotFoundException, ConflictException."""
    return _denied(ctx, _pending(ctx, case_id), tuple(reasons) or ("We cannot give more detail.",))


def _denied(ctx: Context, case: Case, reasons: tuple[str, ...]) -> Outcome:
    letter = review.denied_letter(reasons)
    closed = replace(case, status="DENIED", updated_at=ctx.now, reasons=reasons, review_at=None)
    after = replace(settings(ctx), case_id=case.case_id, review_status="DENIED")
    changes = (Put(closed), Put(after), *_letters(ctx, case, ("ses", letter)))
    return Outcome({"case_id": case.case_id, "status": "DENIED"}, changes)


def reply(ctx: Context, case_id: str, text: str) -> Outcome:
    """The customer answers in the case: a DENIED one is PENDING again and will be judged with what was added.

    In a pending case the reply is added and read with the rest. Raises AwsError NotFoundException,
    ConflictException (the case is granted), BadRequestException (an empty reply).
    """
    case = _case(ctx, case_id)
    if case.status == "GRANTED":
        raise AwsError("ConflictException", f"Case {case_id} is GRANTED.", status=409)
    if not text.strip():
        raise AwsError("BadRequestException", "A reply needs a text.", status=400)
    letters = [("customer", text.strip())]
    if case.status == "PENDING":
        read = replace(case, updated_at=ctx.now)
        return Outcome({"case_id": case_id, "status": "PENDING"}, (Put(read), *_letters(ctx, case, *letters)))
    reopened, due = _to_be_reviewed(ctx, replace(case, status="PENDING", updated_at=ctx.now, reasons=()))
    reopened = replace(
        reopened,
        asked_quota=review.asked_quota(text) or case.asked_quota,
        asked_rate=review.asked_rate(text) or case.asked_rate,
    )
    letters.append(("ses", review.received_letter(ctx.account.region)))
    after = replace(settings(ctx), case_id=case_id, review_status="PENDING")
    changes = (Put(reopened), Put(after), *_letters(ctx, case, *letters), *due)
    return Outcome({"case_id": case_id, "status": "PENDING"}, changes)
