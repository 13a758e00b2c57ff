"""What the pages of readiness show, gathered: links, words by state, evidence.

Lives here: values for templates. Must not live here: decisions, changes of any kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sendwell.connections.models import Connection
from sendwell.connections.service import NoConnectionError, custom_endpoint
from sendwell.core.installation import Installation
from sendwell.readiness import arithmetic, proving, rules, service
from sendwell.readiness.models import AccessRequest, ProductionProof
from sendwell.readiness.rules import State

UI_CASES = "/_sesbox/ui/cases"


def standing(connection: Connection, installation: Installation) -> dict[str, Any]:
    """Everything that the page says about one connection's way out of the sandbox."""
    now = installation.clock.now()
    found = service.current(connection)
    moving = found is not None and found.state in (State.PENDING, State.DENIED)
    return {
        "connection": connection,
        "access": found,
        "earlier": service.earlier(connection, found),
        "case_url": case_url(connection, found, installation),
        "comparison": _comparison(found),
        "overdue": bool(found and found.state == State.PENDING and found.due_at and found.due_at < now),
        "moving": moving,
        "ways": _ways(connection),
        "foreign_review": _foreign_review(connection, found),
        "may_edit": service.editable(connection, now) is not None,
    }


def text_as_sent(draft: rules.Draft) -> dict[str, Any]:
    """The description, how long it is, and what is missing."""
    text = rules.description(draft)
    return {
        "description": text,
        "length": len(text),
        "limit": rules.DESCRIPTION_LIMIT,
        "left": rules.DESCRIPTION_LIMIT - len(text),
        "problems": rules.problems(draft),
        "api_mail_type": rules.api_mail_type(draft.mail_type, draft.other_type),
    }


def case_url(connection: Connection, found: AccessRequest | None, installation: Installation) -> str:
    """Where the case's correspondence is: AWS's Support Center, or sesbox's own page."""
    case_id = (found.case_id if found else "") or connection.review_case_id
    if connection.kind != "aws":
        try:
            cases = custom_endpoint(connection.kind, installation.config) + UI_CASES
        except NoConnectionError:
            return ""
        return f"{cases}/{quote(case_id, safe='')}" if case_id else cases
    host = "console.amazonaws.cn" if connection.region.startswith("cn-") else "console.aws.amazon.com"
    return f"https://{host}/support/home#/case/" + (f"?displayId={quote(case_id)}" if case_id else "history")


def _comparison(found: AccessRequest | None) -> tuple[arithmetic.Comparison, ...]:
    if found is None or found.state != State.GRANTED:
        return ()
    return arithmetic.compare(found.limit_kind, found.limit_value, found.granted_quota, found.granted_rate)


def _foreign_review(connection: Connection, found: AccessRequest | None) -> str:
    """SES's word for a review that was not asked for here (in AWS's console, say)."""
    if connection.review_status and (found is None or (found.state == State.DRAFT and not found.submitted_at)):
        return connection.review_status
    return ""


@dataclass(frozen=True)
class WayShown:
    """One of the three ways: its question, what was seen (None: not looked yet), and when."""

    key: str
    title: str
    shown: bool | None
    evidence: str
    checked_at: datetime | None


_TITLES = {
    proving.Way.CASE: "The case says that the request was granted",
    proving.Way.SEND: "Mail to an unverified address of yours is accepted",
    proving.Way.QUOTA: "The quota is above 200 per 24 hours",
}


def _ways(connection: Connection) -> list[WayShown]:
    seen = proving.proofs(connection)
    return [
        WayShown(
            way.value,
            title,
            seen[way].shown if way in seen else None,
            _evidence(seen[way]) if way in seen else "Not looked at yet.",
            seen[way].checked_at if way in seen else None,
        )
        for way, title in _TITLES.items()
    ]


def _evidence(proof: ProductionProof) -> str:
    seen = proof.evidence
    if proof.way == proving.Way.CASE:
        if not seen.get("status"):
            return "SES names no case for this account and region."
        case = f", case {seen['case_id']}" if seen.get("case_id") else ""
        return f"SES says {seen['status']}{case}."
    if proof.way == proving.Way.QUOTA:
        quota = seen.get("max_24_hour_send")
        if quota is None:
            return "SES named no quota."
        return "SES says unlimited." if quota < 0 else f"SES says {quota:,.0f} recipients per 24 hours."
    if proof.shown:
        return f"Accepted from {seen['from']} to {seen['to']}, message id {seen['message_id']}."
    return f"Rejected from {seen['from']} to {seen['to']}. SES's answer: {seen['answer']}"
