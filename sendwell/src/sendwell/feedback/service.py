"""The verbs of feedback: receiving what SNS posts, applying what is stored, and what pages ask.

Lives here: the way in for the worker, views and other features. Must not live here: checks (trust.py), effects
(applying.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, QuerySet, Sum

from sendwell.feedback import store
from sendwell.feedback.applying import apply_pending
from sendwell.feedback.models import Feedback, Notification, NotificationState, Refusal
from sendwell.feedback.trust import Desk, Verdict, receive
from sendwell.workspaces.models import Workspace

__all__ = ["Desk", "Verdict", "apply_pending", "receive"]


def notifications(workspace: Workspace, connection_id: int | None, state: str) -> QuerySet[Notification]:
    """Stored notifications of a workspace for a page, newest first; `state` empty is all."""
    return store.notifications(workspace.pk, connection_id, state)


class Row(NamedTuple):
    """A notification as a list shows it."""

    notification: Notification
    label: str
    about: str


_LABELS = {
    NotificationState.PENDING: "Waiting",
    NotificationState.APPLIED: "Applied",
    NotificationState.IGNORED: "No effect",
    NotificationState.UNKNOWN: "Unknown",
    NotificationState.FAILED: "Failed",
}


def rows(found: Iterable[Notification]) -> list[Row]:
    """Notifications with a line each that says what happened to whom."""
    listed = list(found)
    events = Feedback.objects.filter(notification__in=listed).order_by("id")
    said: dict[int, list[str]] = {}
    for event in events:
        said.setdefault(event.notification_id, []).append(f"{event.get_kind_display()}: {event.recipient}")
    return [Row(n, _LABELS[NotificationState(n.state)], _about(n, said.get(n.pk, []))) for n in listed]


def _about(notification: Notification, said: list[str]) -> str:
    if said:
        return ", ".join(said[:3]) + (f" and {len(said) - 3} more" if len(said) > 3 else "")
    if notification.error:
        return notification.error[:1].upper() + notification.error[1:200]
    return "Repeats what was known" if notification.state == NotificationState.APPLIED else "–"


def counts(workspace: Workspace) -> dict[str, int]:
    """{state: notifications} of a workspace; states without any are absent."""
    found = Notification.objects.filter(connection__workspace=workspace)
    return dict(found.values_list("state").annotate(n=Count("pk")).order_by())


def refusals(workspace: Workspace) -> list[tuple[str, int]]:
    """Posts that were not believed, by cause, most first: forgeries, or a set-up that does not fit any more."""
    found = Refusal.objects.filter(connection__workspace=workspace)
    return list(found.values_list("cause").annotate(n=Sum("count")).order_by("-n"))


def replay(notification: Notification) -> bool:
    """Let the worker try again to apply a notification that failed or was unknown. False if it is neither."""
    again = (NotificationState.FAILED, NotificationState.UNKNOWN)
    waiting = Notification.objects.filter(pk=notification.pk, state__in=again)
    return waiting.update(state=NotificationState.PENDING, error="") == 1
