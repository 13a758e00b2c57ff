"""Background work of forms: asking back, reminding, forgetting. The table of handlers is in worker.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sendwell.core.jobs import Handler, JobContext
from sendwell.forms import asking, mailing, rules, store

FORGET = "forms.forget"


def mail(payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Send the mail that asks to confirm."""
    return mailing.ask_back(int(payload["signup"]), context.installation, context.now)


def remind(payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Remind once."""
    return mailing.remind(int(payload["signup"]), context.installation, context.now)


def forget(_payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Drop what nobody confirmed within 30 days, and counters that are over; once a day."""
    store.forget(context.now, rules.PURGE_AFTER)
    return timedelta(days=1)


HANDLERS: dict[str, Handler] = {asking.MAIL: mail, mailing.REMIND: remind, FORGET: forget}
