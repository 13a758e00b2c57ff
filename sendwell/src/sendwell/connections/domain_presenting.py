"""What the domain's page shows: words and shapes for its templates, no HTTP, no change of anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sendwell.amazon.setup import Outcome, Step
from sendwell.connections import domains, records
from sendwell.connections.models import Identity
from sendwell.connections.records import Style

_STATES = {
    "SUCCESS": ("verified", "Found"),
    "PENDING": ("pending", "Searching"),
    "NOT_STARTED": ("unknown", "Not set up"),
    "TEMPORARY_FAILURE": ("warning", "Lost"),
    "FAILED": ("failed", "Gave up"),
}
_KEYS = {"RSA_2048_BIT": "2048 bits", "RSA_1024_BIT": "1024 bits"}


def standing(identity: Identity) -> dict[str, Any]:
    """The live part: one line for each thing SES checks, and what to do where it gave up."""
    detail = identity.detail
    failed = domains.gave_up(identity)
    mail_from_status = str(detail.get("mail_from_status") or "")
    return {
        "identity": identity,
        "connection": identity.connection,
        "lines": [_dkim(identity), _mail_from(identity), _configuration_set(identity)],
        "failed": failed,
        "mail_from_failed": mail_from_status == "FAILED",
        "lost": "TEMPORARY_FAILURE" in (domains.dkim_status(identity), mail_from_status),
        "complete": identity.verified and mail_from_status == "SUCCESS" and bool(detail.get("configuration_set")),
        "poll": int(domains.every(identity.connection).total_seconds()) + 1 if domains.unsettled(identity) else 0,
        "never_set_up": not detail.get("mail_from"),
        "trouble": "",
    }


def _line(title: str, status: str, text: str) -> dict[str, str]:
    word, label = _STATES.get(status, ("unknown", status.replace("_", " ").capitalize() or "Not set up"))
    return {"title": title, "word": word, "label": label, "text": text}


def _dkim(identity: Identity) -> dict[str, str]:
    status = domains.dkim_status(identity) or identity.status
    size = _KEYS.get(str(identity.detail.get("key_length") or ""), "")
    text = {
        "SUCCESS": f"Mail is signed as {identity.name}{f' with {size}' if size else ''}.",
        "FAILED": "SES looked for 72 hours and did not find the three CNAME records.",
        "TEMPORARY_FAILURE": "The three CNAME records were there and are gone. SES goes on looking for 72 hours.",
    }.get(status, _wrong_value(identity) or "SES looks for the three CNAME records, for 72 hours from the start.")
    if status == "SUCCESS" and not identity.detail.get("dkim_enabled", True):
        return {**_line("DKIM", status, "The records are there, but signing is switched off."), "word": "warning"}
    return _line("DKIM", status, text)


def _wrong_value(identity: Identity) -> str:
    if identity.detail.get("error") != "INVALID_VALUE":
        return ""
    return "SES finds a record under one of the names, but not the value it wants. Compare them letter by letter."


def _mail_from(identity: Identity) -> dict[str, str]:
    name, status = str(identity.detail.get("mail_from") or ""), str(identity.detail.get("mail_from_status") or "")
    if not name:
        return _line("MAIL FROM", "NOT_STARTED", "Without it, SPF counts for amazonses.com and not for your domain.")
    text = {
        "SUCCESS": f"Bounces go to {name}, and SPF counts for your domain.",
        "FAILED": f"SES looked for 72 hours and did not find exactly one MX record at {name}.",
        "TEMPORARY_FAILURE": f"The MX record of {name} was there and is gone. SES uses its own domain meanwhile.",
    }.get(status, f"SES looks for the MX record of {name}, for 72 hours. Until then it uses its own domain.")
    return _line("MAIL FROM", status, text)


def _configuration_set(identity: Identity) -> dict[str, str]:
    name = str(identity.detail.get("configuration_set") or "")
    if name:
        text = f"Whatever is sent from this domain reports through {name}."
        return {"title": "Configuration set", "word": "ok", "label": "Set", "text": text}
    return _line("Configuration set", "NOT_STARTED", "Mail sent past sendwell would tell nobody of its bounces.")


def publishing(identity: Identity, style: Style, zone: str) -> dict[str, Any]:
    """The records as the chosen style wants them, relative to the chosen zone."""
    possible = records.zones(identity.name)
    chosen = zone if zone in possible else records.likely_zone(identity.name)
    found = domains.to_publish(identity)
    return {
        "styles": records.STYLES,
        "style": style,
        "zones": possible if len(possible) > 1 else [],
        "zone": chosen,
        "rows": records.rows(found, style, chosen),
        "elsewhere": records.reports_elsewhere(identity.name, domains.report_to(identity)),
    }


def told(steps: Sequence[Step]) -> str:
    """What a set-up did, in one line."""
    done = [step.detail for step in steps if step.outcome in (Outcome.CREATED, Outcome.CHANGED)]
    return " ".join(done) if done else "Everything was set up at SES already."
