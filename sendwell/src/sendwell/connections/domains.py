"""A sending domain's set-up: SES's side by calls, the owner's side as records to publish, and where it stands.

Lives here: the verbs behind the domain's page. Must not live here: records' names and styles (records.py), pages.
What SES says is kept in the identity's `detail`, next to the owner's two choices (MAIL FROM, address for reports).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sendwell.amazon import domain as ses
from sendwell.amazon.client import Client
from sendwell.amazon.domain import DomainFacts
from sendwell.amazon.setup import CONFIGURATION_SET, Step
from sendwell.connections import access, records
from sendwell.connections.models import Connection, Identity
from sendwell.connections.records import Record
from sendwell.core.installation import Installation

UNSETTLED = ("PENDING", "TEMPORARY_FAILURE")


class GoneError(LookupError):
    """SES does not know this domain any more."""


def set_up(identity: Identity, mail_from: str, report_to: str, installation: Installation, now: datetime) -> list[Step]:
    """Set the domain up at SES and remember the owner's choices. Raises AwsError, NoConnectionError, KeyRingError."""
    client = access.open_client(identity.connection, installation)
    steps = ses.set_up(client, identity.name, mail_from, _set_of(identity.connection))
    _choose(identity, mail_from, report_to)
    _look(client, identity, now)
    return steps


def start_anew(identity: Identity, installation: Installation, now: datetime) -> list[Step]:
    """Delete the domain at SES and create it again, since SES has stopped looking for its records.

    The row stays; its DKIM records are new ones. Raises ValueError unless SES gave up on it, else as `set_up`.
    """
    if not gave_up(identity):
        raise ValueError("SES still looks for this domain's records: there is nothing to start anew.")
    client = access.open_client(identity.connection, installation)
    steps = ses.start_anew(client, identity.name, mail_from(identity), _set_of(identity.connection))
    _look(client, identity, now, put_back=True)
    return steps


def look(identity: Identity, installation: Installation, now: datetime, *, asked: bool) -> None:
    """Ask SES how the domain stands; a page's own polling (not `asked`) waits its turn, several tabs together.

    Raises GoneError, and as `set_up`.
    """
    if asked or identity.checked_at is None or now - identity.checked_at >= every(identity.connection):
        _look(access.open_client(identity.connection, installation), identity, now)


def every(connection: Connection) -> timedelta:
    """How often a page that is being looked at may ask SES: its control plane answers one call a second in all."""
    return timedelta(seconds=2 if connection.is_rehearsal else 10)


def _look(client: Client, identity: Identity, now: datetime, *, put_back: bool = False) -> None:
    """`put_back`: the row comes back if a worker dropped it while SES did not know the domain."""
    found = ses.read_domain(client, identity.name)
    if found is None:
        raise GoneError(f"SES does not know {identity.name} any more. Add it again on the connection's page.")
    identity.status, identity.verified, identity.checked_at = found.status[:30], found.verified, now
    identity.detail = {**_detail(identity), **_facts(found)}
    if put_back:
        identity.save()
        return
    Identity.objects.filter(pk=identity.pk).update(  # no error if it was removed meanwhile
        status=identity.status, verified=identity.verified, checked_at=now, detail=identity.detail
    )


def _facts(found: DomainFacts) -> dict[str, Any]:
    return {
        "tokens": list(found.tokens),
        "zone": found.hosted_zone,
        "dkim": found.dkim_status,
        "dkim_enabled": found.dkim_enabled,
        "key_length": found.key_length,
        "mail_from": found.mail_from,
        "mail_from_status": found.mail_from_status,
        "configuration_set": found.configuration_set,
        "error": found.error,
    }


def _choose(identity: Identity, wanted: str, report_to: str) -> None:
    identity.detail = {**_detail(identity), "wanted_mail_from": wanted, "report_to": report_to}
    identity.save(update_fields=["detail"])


def _detail(identity: Identity) -> Mapping[str, Any]:
    return identity.detail if isinstance(identity.detail, dict) else {}


def _set_of(connection: Connection) -> str:
    return connection.configuration_set or CONFIGURATION_SET


def dkim_status(identity: Identity) -> str:
    """SES's word for DKIM, "" if it was never asked."""
    return str(_detail(identity).get("dkim") or "")


def mail_from(identity: Identity) -> str:
    """The custom MAIL FROM as SES knows it or as the owner wanted it; "" if there is none yet."""
    detail = _detail(identity)
    return str(detail.get("mail_from") or detail.get("wanted_mail_from") or "")


def report_to(identity: Identity) -> str:
    """Where DMARC reports go: the owner's choice, or an address in the domain's zone."""
    return str(_detail(identity).get("report_to") or f"dmarc@{records.likely_zone(identity.name)}")


def to_publish(identity: Identity) -> list[Record]:
    """Every record that the domain's owner should publish."""
    detail = _detail(identity)
    return records.records(
        identity.name,
        [str(token) for token in detail.get("tokens") or ()],
        str(detail.get("zone") or ""),
        str(detail.get("mail_from") or ""),
        identity.connection.region,
        report_to(identity),
    )


def gave_up(identity: Identity) -> bool:
    """SES has stopped looking for the domain's records; only creating it anew helps."""
    return "FAILED" in (identity.status, dkim_status(identity))


def unsettled(identity: Identity) -> bool:
    """SES may still change its mind about something: the page asks again by itself."""
    detail = _detail(identity)
    searching = any(detail.get(key) in UNSETTLED for key in ("dkim", "mail_from_status"))
    return searching or not (identity.verified or gave_up(identity))
