"""Counters, spent proofs and reads of signups. No decisions: those are in rules.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from sendwell.core.db import DjangoDb, queries
from sendwell.forms.models import OptInMail, Signup, SpentChallenge, Tally
from sendwell.forms.rules import Limit

_PACKAGE = "sendwell.forms"


KEEP = timedelta(days=8)
KEEP_FIGURES = timedelta(days=400)


def count(limit: Limit, subject: str, now: datetime, keep: timedelta = KEEP) -> int:
    """One more of a sort in the span that `now` lies in; how many that makes."""
    db = DjangoDb()
    span = int(now.timestamp()) // limit.seconds
    values = {
        "sort": limit.sort,
        "subject": subject,
        "span": span,
        "expires_at": datetime.fromtimestamp((span + 1) * limit.seconds, UTC) + keep,
    }
    return int(db.query(queries(db, _PACKAGE)["tally"], values)[0][0])


def counted(limit: Limit, subject: str, now: datetime) -> int:
    """How many there are in the span that `now` lies in."""
    span = int(now.timestamp()) // limit.seconds
    found = Tally.objects.filter(sort=limit.sort, subject=subject, span=span)
    return found.values_list("number", flat=True).first() or 0


def earlier(limit: Limit, subject: str, now: datetime, spans: int) -> list[int]:
    """The numbers of the spans before the one that `now` lies in; spans with none are absent."""
    this = int(now.timestamp()) // limit.seconds
    found = Tally.objects.filter(sort=limit.sort, subject=subject, span__gte=this - spans, span__lt=this)
    return list(found.values_list("number", flat=True))


def figures(sort: str, since: datetime) -> dict[str, int]:
    """Sums by subject of a daily sort since then."""
    found = Tally.objects.filter(sort=sort, span__gte=int(since.timestamp()) // 86_400)
    return dict(found.values_list("subject").annotate(total=Sum("number")).order_by())


def spend(nonce: str, until: datetime) -> bool:
    """Use a proof up; False if it was used before."""
    db = DjangoDb()
    given = {"nonce": nonce, "expires_at": until + timedelta(days=1)}
    return db.execute(queries(db, _PACKAGE)["spend"], given) == 1


def mails_to(workspace_id: int, key: str, since: datetime) -> list[tuple[int, int, datetime]]:
    """(signup, message, created) of all opt-in mails to an address since then, newest first."""
    found = OptInMail.objects.filter(workspace_id=workspace_id, key=key, created_at__gte=since).order_by("-created_at")
    return list(found.values_list("signup_id", "message_id", "created_at"))


def forms_asked(workspace_id: int, key: str, since: datetime) -> int:
    """On how many forms the address was entered since then."""
    found = Signup.objects.filter(workspace_id=workspace_id, key=key, asked_again_at__gte=since)
    return found.values("form_id").distinct().count()


def forget(now: datetime, purge_after: timedelta) -> None:
    """Drop counters and proofs that are over, and wishes that nobody confirmed."""
    Tally.objects.filter(expires_at__lt=now).delete()
    SpentChallenge.objects.filter(expires_at__lt=now).delete()
    Signup.objects.exclude(status="confirmed").filter(asked_again_at__lt=now - purge_after).delete()
