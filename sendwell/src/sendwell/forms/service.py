"""The verbs of forms for the features above: the only way in for them.

Visitors and owners come in through this feature's own views.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sendwell.forms import presenting
from sendwell.forms.editing import reencrypt_secrets
from sendwell.forms.models import SignupForm
from sendwell.forms.rules import Captcha
from sendwell.workspaces.models import Workspace

__all__ = ["reencrypt_secrets"]


@dataclass(frozen=True, slots=True)
class Practice:
    """How a workspace gathers consent by forms, as evidence: counts of the last 90 days."""

    forms: int
    with_captcha: int
    mailed: int
    confirmed: int


def practice(workspace: Workspace, now: datetime) -> Practice:
    """What can be shown about signups: open forms, how many have a captcha, how many people confirmed."""
    found = list(SignupForm.objects.filter(workspace=workspace))
    numbers = presenting.figures(found, now).values()
    is_open = [form for form in found if form.is_open]
    return Practice(
        forms=len(is_open),
        with_captcha=sum(form.captcha != Captcha.NONE for form in is_open),
        mailed=sum(one.mailed for one in numbers),
        confirmed=sum(one.confirmed for one in numbers),
    )
