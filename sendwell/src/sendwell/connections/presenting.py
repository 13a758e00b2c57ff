"""What the connection pages show: words and shapes for templates, no HTTP, no change of anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sendwell.config import Config
from sendwell.connections import access, public_url, rules
from sendwell.connections.models import Connection, Identity, IdentityKind, SetupState

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "ses:GetAccount",
                    "ses:PutAccountDetails",
                    "ses:SendEmail",
                    "ses:CreateEmailIdentity",
                    "ses:GetEmailIdentity",
                    "ses:ListEmailIdentities",
                    "ses:DeleteEmailIdentity",
                    "ses:PutEmailIdentityDkimAttributes",
                    "ses:PutEmailIdentityDkimSigningAttributes",
                    "ses:PutEmailIdentityMailFromAttributes",
                    "ses:PutEmailIdentityConfigurationSetAttributes",
                    "ses:CreateConfigurationSet",
                    "ses:GetConfigurationSet",
                    "ses:CreateConfigurationSetEventDestination",
                    "ses:GetConfigurationSetEventDestinations",
                    "ses:UpdateConfigurationSetEventDestination",
                ],
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Action": [
                    "sns:CreateTopic",
                    "sns:GetTopicAttributes",
                    "sns:SetTopicAttributes",
                    "sns:ListSubscriptionsByTopic",
                    "sns:Subscribe",
                    "sns:ConfirmSubscription",
                    "sns:Unsubscribe",
                ],
                "Resource": "arn:aws:sns:*:*:sendwell-feedback*",
            },
        ],
    },
    indent=2,
)

_OUTCOMES = {
    "created": ("Done", "ok"),
    "adopted": ("Found", "ok"),
    "changed": ("Changed", "updated"),
    "waiting": ("Waiting", "waiting"),
    "failed": ("Failed", "failed"),
}


def summary(connection: Connection) -> dict[str, Any]:
    """One row of the list."""
    return {"connection": connection, "place": place(connection), "quota": quota(connection)}


def place(connection: Connection) -> tuple[str, str]:
    """(machine word, label) of where the account stands."""
    if connection.in_sandbox is None:
        return "unknown", "Not asked yet"
    return ("sandbox", "Sandbox") if connection.in_sandbox else ("granted", "Production")


def quota(connection: Connection) -> dict[str, Any] | None:
    """Sent and allowed recipients of the last 24 hours; `percent` is None without a limit."""
    limit, sent = connection.max_24_hour_send, connection.sent_last_24_hours or 0.0
    if limit is None:
        return None
    percent = None if limit < 0 else min(100, round(100 * sent / limit)) if limit else 100
    return {"sent": int(sent), "limit": None if limit < 0 else int(limit), "percent": percent}


def page(connection: Connection, config: Config) -> Mapping[str, Any]:
    """Everything that the connection's page and its live parts show."""
    known = list(connection.identities.order_by("name"))
    pending = _is_pending(connection, known)
    return {
        "connection": connection,
        "place": place(connection),
        "quota": quota(connection),
        "steps": [_step(row, {i.name for i in known if i.verified}) for row in connection.setup_report],
        "setup_running": connection.setup_state == SetupState.RUNNING
        or (connection.setup_state == SetupState.READY and not connection.setup_report),
        "senders": [_identity(i) for i in known if i.purpose == "sender"],
        "testers": [_identity(i) for i in known if i.purpose != "sender"],
        "verified_domains": [i.name for i in known if i.verified and i.kind == IdentityKind.DOMAIN],
        "pending": pending,
        "unreachable": rules.why_unreachable(connection.kind, config.base_url),
        "url_trouble": public_url.trouble(connection.kind, config.base_url),
        "hook_url": access.hook_url(connection, config),
        "inbox_url": _inbox(connection, config),
        "enforcement_bad": connection.enforcement_status not in ("", "HEALTHY"),
    }


def _is_pending(connection: Connection, known: list[Identity]) -> bool:
    busy = connection.setup_state in (SetupState.RUNNING, SetupState.WAITING)
    checking = connection.setup_state == SetupState.READY and not connection.setup_report
    return (
        busy
        or checking
        or connection.review_status == "PENDING"
        or any(not i.verified and i.status != "FAILED" for i in known)
    )


def _step(row: Mapping[str, Any], verified: set[str]) -> dict[str, Any]:
    if row.get("identity") in verified:
        row = {**row, "outcome": "adopted", "detail": f"{row['identity']} is verified."}
    label, word = _OUTCOMES.get(str(row.get("outcome")), (str(row.get("outcome")), "unknown"))
    return {"step": row.get("step"), "detail": row.get("detail"), "label": label, "word": word}


def _identity(identity: Identity) -> dict[str, Any]:
    word, label = ("verified", "Verified") if identity.verified else _waiting(identity.status)
    return {
        "identity": identity,
        "is_domain": identity.kind == IdentityKind.DOMAIN,
        "word": word,
        "label": label,
    }


def _waiting(status: str) -> tuple[str, str]:
    known = {
        "PENDING": ("pending", "Waiting"),
        "NOT_STARTED": ("pending", "Waiting"),
        "FAILED": ("failed", "Failed"),
        "TEMPORARY_FAILURE": ("failed", "DNS trouble"),
    }
    return known.get(status, ("pending", status.replace("_", " ").capitalize()))


def _inbox(connection: Connection, config: Config) -> str:
    if not connection.is_rehearsal:
        return ""
    return access.custom_endpoint(connection.kind, config) + "/"


def unreachable(config: Config) -> str:
    """Why a real account could not report to this installation, or ""."""
    return rules.why_unreachable("aws", config.base_url)


def added(identity: Identity, created: bool) -> str:
    """What to do after an identity was added, in one line."""
    if identity.verified:
        return f"{identity.name} is verified."
    if identity.kind == IdentityKind.DOMAIN:
        return f"{identity.name} was added. Open it for the DNS records that verify it."
    if created:
        return f"SES mailed a link to {identity.name}. It counts as verified once the link is opened, within 24 hours."
    return f"{identity.name} is known to SES and waits for its link to be opened."


def field_of(error: Exception) -> str | None:
    """The field of the keys' form that an error speaks of; None for the form as a whole."""
    code = getattr(error, "code", "")
    if code in ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"):
        return "access_key_id"
    if code in ("InvalidSignatureException", "SignatureDoesNotMatch"):
        return "secret_access_key"
    return None
