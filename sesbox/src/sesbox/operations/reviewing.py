"""Requests for production access: what opens, answers and closes a case.

Lives here: the verbs on a case (automatic review, grant, deny, reply). Must not live here: the criteria
(rules/review.py), the page (console/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sesbox.operations.base import AwsError, Context, Outcome


def auto_review(ctx: Context, data: Mapping[str, Any] | None = None) -> Outcome:
    """Judge the pending case whose time has come; nothing to do is an empty outcome. Task "review"."""
    raise AwsError("NotImplemented", "auto_review", status=501)


def grant(ctx: Context, case_id: str, quota: float | None = None, rate: float | None = None) -> Outcome:
    """Grant production access. `quota` is recipients per 24 hours, `rate` recipients a second; None: as asked.

    Raises AwsError NotFoundException for an unknown case.
    """
    raise AwsError("NotImplemented", "grant", status=501)


def deny(ctx: Context, case_id: str, reasons: Sequence[str]) -> Outcome:
    """Deny a pending case, naming the reasons. Raises AwsError NotFoundException, ConflictException."""
    raise AwsError("NotImplemented", "deny", status=501)


def reply(ctx: Context, case_id: str, text: str) -> Outcome:
    """The customer answers in the case: a DENIED one is PENDING again and will be judged again."""
    raise AwsError("NotImplemented", "reply", status=501)
