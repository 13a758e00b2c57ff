"""What the pages say about an account: plain values read between two changes.

Lives here: functions `(Context) -> values` for `Writer.read`, and for lines of the history. Must not live here:
templates, routes, changes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sesbox.operations.base import AwsError, Context
from sesbox.operations.records import (
    Case,
    ConfigurationSet,
    EventDestination,
    Identity,
    Letter,
    ScriptedMailbox,
    Settings,
    Subscription,
    Suppressed,
    Topic,
)
from sesbox.operations.state import identity_status, sending_now, settings
from sesbox.rules import verification
from sesbox.storage import DueRow, Line

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record the owner of a domain has to publish."""

    name: str
    type: str
    value: str
    purpose: str


def account_view(ctx: Context) -> Values:
    """Standing, quota, identities, suppression list of one region."""
    now: Settings = settings(ctx)
    used, _ = sending_now(ctx, now.max_send_rate)
    most = now.max_24_hour_send
    return {
        "settings": now,
        "used": used.window_total,
        "share": 0 if most <= 0 else min(100, round(100 * used.window_total / most)),
        "identities": [_identity(ctx, identity) for identity in ctx.account.all(Identity)],
        "suppressed": sorted(ctx.account.all(Suppressed), key=lambda one: -one.updated_at),
        "every_identity_verified": ctx.profile.every_identity_verified,
    }


def _identity(ctx: Context, identity: Identity) -> Values:
    return {
        "name": identity.name,
        "domain": identity.type == "DOMAIN",
        "status": identity_status(ctx, identity),
        "dkim_status": identity.dkim_status,
        "mail_from_domain": identity.mail_from_domain,
        "mail_from_status": identity.mail_from_status,
        "problem": identity.verification_error,
        "records": dns_records(ctx, identity),
    }


def dns_records(ctx: Context, identity: Identity) -> list[DnsRecord]:
    """What a domain's owner has to publish for DKIM and MAIL FROM, and should for DMARC."""
    if identity.type != "DOMAIN":
        return []
    region = ctx.account.region
    zone = verification.signing_zone(region)
    wanted = verification.dkim_records(identity.name, identity.dkim_tokens, zone)
    records = [DnsRecord(name, "CNAME", value, "DKIM") for name, value in wanted.items()]
    if identity.mail_from_domain:
        mx, txt = verification.mail_from_records(region)
        records.append(DnsRecord(identity.mail_from_domain, "MX", mx, "MAIL FROM"))
        records.append(DnsRecord(identity.mail_from_domain, "TXT", f'"{txt}"', "MAIL FROM"))
    records.append(DnsRecord(f"_dmarc.{identity.name}", "TXT", '"v=DMARC1; p=none;"', "DMARC, advised"))
    return records


def pending_domains(ctx: Context) -> list[str]:
    """The domains a check may still change."""
    return [identity.name for identity in ctx.account.all(Identity) if identity.type == "DOMAIN"]


def cases_view(ctx: Context) -> list[Values]:
    """The region's cases, the latest first."""
    found = sorted(ctx.account.all(Case), key=lambda case: -case.opened_at)
    return [{"case": case, "region": ctx.account.region} for case in found]


def case_view(ctx: Context, case_id: str) -> Values | None:
    """One case with its correspondence, or None."""
    case = ctx.account.get(Case, case_id)
    if case is None:
        return None
    letters = [letter for letter in ctx.account.all(Letter) if letter.case_id == case_id]
    return {
        "case": case,
        "region": ctx.account.region,
        "letters": sorted(letters, key=lambda letter: letter.number),
    }


def require_case(ctx: Context, case_id: str) -> Values:
    """As `case_view`. Raises AwsError NotFoundException."""
    found = case_view(ctx, case_id)
    if found is None:
        raise AwsError("NotFoundException", f"There is no case {case_id}.", status=404)
    return found


def topics_view(ctx: Context) -> Values:
    """Topics with their subscriptions, and the event destinations that feed them."""
    subscriptions = ctx.account.all(Subscription)
    destinations = ctx.account.all(EventDestination)
    return {
        "region": ctx.account.region,
        "topics": [
            {
                "topic": topic,
                "subscriptions": [one for one in subscriptions if one.topic_arn == topic.arn],
                "destinations": [one for one in destinations if one.topic_arn == topic.arn],
            }
            for topic in ctx.account.all(Topic)
        ],
        "configuration_sets": [one.name for one in ctx.account.all(ConfigurationSet)],
    }


def mailboxes_view(ctx: Context) -> list[ScriptedMailbox]:
    """The scripted mailboxes of one region."""
    return sorted(ctx.account.all(ScriptedMailbox), key=lambda one: one.address)


def notifications(lines: Sequence[Line], waiting: Sequence[DueRow]) -> list[Values]:
    """Tries to post, newest first, put together by notification and endpoint: the last try tells how it stands."""
    grouped: dict[tuple[Any, Any], list[Line]] = {}
    for line in lines:
        grouped.setdefault((line.log.data.get("sns_message_id"), line.log.data.get("endpoint")), []).append(line)
    next_at = {(row.data.get("message_id"), row.data.get("endpoint")): row.at for row in waiting if row.task == "post"}
    return [
        {"last": tries[0].log, "tries": [line.log for line in reversed(tries)], "next_at": next_at.get(which)}
        for which, tries in grouped.items()
    ]


def never_tried(waiting: Sequence[DueRow]) -> int:
    """How many posts wait for their first try."""
    return sum(1 for row in waiting if row.task == "post" and not row.data.get("attempt"))


def events(lines: Sequence[Line]) -> list[Values]:
    """The events of one message, oldest first."""
    return [
        {
            "at": line.log.at,
            "type": str(line.log.data.get("event_type", "")),
            "event": line.log.data.get("event", {}),
            "configuration_set": line.log.data.get("configuration_set"),
        }
        for line in reversed(lines)
    ]


def event_types(lines: Sequence[Line]) -> list[str]:
    """The types of some events, in SESv2's words."""
    return [str(line.log.data.get("event_type", "")) for line in lines]


def as_json(value: Any) -> Any:
    """Frozen records and tuples as JSON values."""
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
