"""Who may send and, in the sandbox, who may receive: a mirror of SES's identities.

Lives here: adding, mirroring and removing identities. Must not live here: DNS look-ups, pages.
"""

from __future__ import annotations

from datetime import datetime

from sendwell.amazon import account
from sendwell.amazon.account import IdentityFacts
from sendwell.amazon.client import AwsError, Client
from sendwell.connections import rules
from sendwell.connections.models import Connection, Identity, IdentityKind

MOST_READS = 20


def ensure(client: Client, connection: Connection, name: str, purpose: str, now: datetime) -> tuple[Identity, bool]:
    """The identity exists at SES and here; whether this made it. `purpose` is sender or recipient.

    Creating an address makes SES mail it a link; creating a domain gives the records to publish. Raises AwsError, and
    ValueError if the name is neither.
    """
    name = rules.identity_name(name)
    if not name:
        raise ValueError("Enter an e-mail address, or a domain such as example.com.")
    found, created = account.read_identity(client, name), False
    if found is None:
        found, created = _create(client, name)
    return _keep(connection, found, now, purpose), created


def _create(client: Client, name: str) -> tuple[IdentityFacts, bool]:
    try:
        created = account.create_identity(client, name)
    except AwsError as error:
        if error.code != "AlreadyExistsException":
            raise
        found = account.read_identity(client, name)
        if found is None:
            raise
        return found, False
    # CreateEmailIdentity does not say the status, and a policy may verify at once.
    return account.read_identity(client, name) or created, True


def mirror(client: Client, connection: Connection, now: datetime) -> None:
    """Take over what SES says of every identity; those gone there go here. Raises AwsError.

    One call for up to 1,000 identities, and one for each new domain whose records must be shown, at most 20 a time:
    Amazon answers one such call a second.
    """
    listed = account.list_identities(client)
    known = {identity.name: identity for identity in connection.identities.all()}
    reads = MOST_READS
    for facts in listed:
        before = known.get(facts.name)
        if facts.is_domain and not facts.verified and not (before and before.detail.get("tokens")) and reads:
            reads -= 1
            facts = account.read_identity(client, facts.name) or facts
        elif before and (before.status, before.verified) == (facts.status, facts.verified):
            continue
        _keep(connection, facts, now, before.purpose if before else "sender")
    if len(listed) < account.MOST_IDENTITIES:
        connection.identities.exclude(name__in=[facts.name for facts in listed]).delete()


def send_link_again(client: Client, identity: Identity, now: datetime) -> None:
    """Make SES mail the verification link again. Raises AwsError, ValueError if there is nothing to verify."""
    if identity.kind != IdentityKind.EMAIL or identity.verified:
        raise ValueError("Only an address that is not verified yet can get the link again.")
    _keep(identity.connection, account.send_link_again(client, identity.name), now, identity.purpose)


def remove(client: Client, identity: Identity) -> None:
    """Delete the identity at SES and here: nothing can be sent from it any more. Raises AwsError."""
    account.delete_identity(client, identity.name)
    identity.delete()


def _keep(connection: Connection, facts: IdentityFacts, now: datetime, purpose: str) -> Identity:
    known = Identity.objects.filter(connection=connection, name=facts.name).first()
    said = {
        "kind": IdentityKind.DOMAIN if facts.is_domain else IdentityKind.EMAIL,
        "status": facts.status[:30],
        "verified": facts.verified,
        "checked_at": now,
    }
    if facts.dkim_tokens:
        detail = {"tokens": list(facts.dkim_tokens), "zone": facts.hosted_zone, "dkim": facts.dkim_status}
        said["detail"] = {**(known.detail if known else {}), **detail}  # what the domain's page keeps there stays
    identity, created = Identity.objects.update_or_create(
        connection=connection, name=facts.name, defaults=said, create_defaults={**said, "purpose": purpose}
    )
    if not created and purpose == "sender" and identity.purpose != "sender":
        identity.purpose = "sender"  # a tester who becomes a sender stays covered as a recipient
        identity.save(update_fields=["purpose"])
    return identity


def waiting(connection: Connection) -> bool:
    """Whether an identity may still become verified; SES gives up on some, and those are not waited for."""
    return connection.identities.filter(verified=False).exclude(status="FAILED").exists()
