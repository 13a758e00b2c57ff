"""Proof that an identity is the caller's: the link in the verification mail, and the DNS records of a domain.

Lives here: the verification mail, confirming a link, what to ask DNS about a domain, and judging what DNS answered.
Must not live here: DNS itself, pages, the identity operations (operations/identities.py).
Source: SES Developer Guide, "creating-identities", "send-email-authentication-dkim", "mail-from".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sesbox.account import Change, Drop, Due, Message, Put, Store
from sesbox.operations import mime
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.records import Identity, VerificationLink
from sesbox.rules import identities, verification

LINK_SECONDS = 24 * 3600
CHECK_EVERY = 60.0
SENDER = "no-reply-aws@amazon.com"


@dataclass(frozen=True, slots=True)
class DnsFindings:
    """What DNS answered, by question name. Names are lower case without the final dot.

    `cname`: name -> target; `mx`: name -> ("10 host", ...); `txt`: name -> (joined character strings, ...).
    A name that has no such record is absent.
    """

    cname: Mapping[str, str] = field(default_factory=dict)
    mx: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    txt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def mail_link(ctx: Context, address: str) -> list[Change]:
    """The verification mail for an address, as a message of the inbox, and the link it holds."""
    token = ctx.ids.token(48)
    message_id = ctx.ids.message_id(ctx.account.region, ctx.now)
    region = ctx.account.region
    subject = f"Amazon Web Services - Email Address Verification Request in region {region}"
    text = (
        "Dear Amazon Web Services Customer,\n\n"
        "We have received a request to authorize this email address for use with Amazon SES in region "
        f"{region}. If you requested this verification, please go to the following URL to confirm that you are "
        f"authorized to use this email address:\n\n{ctx.profile.base_url}/_sesbox/verify?token={token}\n\n"
        "Your request will not be processed unless you confirm the address using this URL. This link expires 24 hours "
        "after your original verification request.\n\n"
        "If you did NOT request to verify this email address, do not click on the link.\n"
    )
    content = mime.Simple(f"Amazon Web Services <{SENDER}>", (address,), (), (), subject, text, None)
    raw = mime.stamp(message_id, region, ctx.now) + mime.build(content, message_id)
    meta = {"operation": "Verification", "identity": address}
    stale = (
        Drop(VerificationLink.kind, link.key)
        for link in ctx.account.all(VerificationLink)
        if link.identity == address and ctx.now >= link.expires_at
    )
    return [
        *stale,
        Put(VerificationLink(token, address, ctx.now + LINK_SECONDS)),
        Store(Message(message_id, ctx.now, SENDER, (address,), subject, raw, None, meta)),
    ]


def confirm(ctx: Context, token: str) -> Outcome:
    """Somebody opened the link of a verification mail (route `GET /_sesbox/verify?token=...`).

    Response: {"identity": str}. Opening it twice is fine. Raises AwsError NotFoundException for an unknown or
    expired token (24 hours), or if the identity is gone.
    """
    link = ctx.account.get(VerificationLink, token)
    identity = ctx.account.get(Identity, link.identity) if link else None
    if link is None or identity is None:
        raise AwsError("NotFoundException", "This verification link is unknown.", status=404)
    if identity.status == "SUCCESS":
        return Outcome({"identity": identity.name})
    if ctx.now >= link.expires_at:
        raise AwsError("NotFoundException", "This verification link has expired.", status=404)
    verified = replace(identity, status="SUCCESS", verified_at=ctx.now, checked_at=ctx.now)
    return Outcome({"identity": identity.name}, (Put(verified),))


def drop_links(ctx: Context, name: str) -> list[Change]:
    """Forget the links of an identity that is deleted."""
    return [
        Drop(VerificationLink.kind, link.key) for link in ctx.account.all(VerificationLink) if link.identity == name
    ]


def schedule(ctx: Context, identity: Identity) -> tuple[Identity, list[Change]]:
    """Have DNS asked about a domain or a MAIL FROM now, if domains are verified by a zone; the identity to put."""
    if ctx.profile.verify_domains != "zone" or not (identity.type == "DOMAIN" or identity.mail_from_domain):
        return identity, []
    due = Due(ctx.now, "check_domain", {"domain": identity.name})
    if identity.next_check_at <= ctx.now:
        identity = replace(identity, next_check_at=ctx.now)
    return identity, [due]


def questions(ctx: Context, domain: str) -> tuple[tuple[str, str], ...]:
    """The (name, record type) pairs that `check_domain` wants to know about; empty for an unknown domain."""
    identity = _identity(ctx, domain)
    if identity is None:
        return ()
    asked = [(verification.txt_name(identity.name), "TXT")] if identity.type == "DOMAIN" else []
    asked += [(name, "CNAME") for name in _wanted(ctx, identity)]
    if identity.mail_from_domain:
        asked += [(identity.mail_from_domain.lower(), "MX"), (identity.mail_from_domain.lower(), "TXT")]
    return tuple(asked)


def _identity(ctx: Context, name: str) -> Identity | None:
    return ctx.account.get(Identity, identities.canonical(name))


def _wanted(ctx: Context, identity: Identity) -> dict[str, str]:
    zone = verification.signing_zone(ctx.account.region)
    return verification.dkim_records(identity.name, identity.dkim_tokens, zone)


def check_domain(ctx: Context, domain: str, found: DnsFindings) -> Outcome:
    """Set the domain's, DKIM's and MAIL FROM's status by what DNS answered. The handler of Due("check_domain").

    With --verify-domains zone, Due("check_domain", {"domain": name}) is made when a domain or a MAIL FROM is set
    up, and again by each check that leaves something unsettled. An unknown domain is an empty outcome. An address
    may have a MAIL FROM too: then `domain` is the address.
    """
    identity = _identity(ctx, domain)
    if identity is None:
        return Outcome({})
    checked = _with_domain(ctx, identity, found) if identity.type == "DOMAIN" else identity
    checked = _with_mail_from(ctx, checked, found)
    if ctx.now < identity.next_check_at or not _unsettled(checked):
        return Outcome({}, (Put(checked),))
    again = replace(checked, next_check_at=ctx.now + CHECK_EVERY)
    return Outcome({}, (Put(again), Due(again.next_check_at, "check_domain", {"domain": identity.name})))


def _with_domain(ctx: Context, identity: Identity, found: DnsFindings) -> Identity:
    wanted = _wanted(ctx, identity)
    signed = identity.dkim_status != "NOT_STARTED" and verification.has_dkim(wanted, found.cname)
    token = identity.verification_token in found.txt.get(verification.txt_name(identity.name), ())
    dkim = verification.search(identity.dkim_status, signed, identity.dkim_since, ctx.now)
    status = verification.search(identity.status, signed or token, identity.pending_since, ctx.now)
    return replace(
        identity,
        dkim_status=dkim,
        dkim_since=_since(identity.dkim_status, dkim, identity.dkim_since, ctx.now),
        status=status,
        pending_since=_since(identity.status, status, identity.pending_since, ctx.now),
        checked_at=ctx.now,
        verified_at=ctx.now if status == "SUCCESS" else identity.verified_at,
        verification_error=None if status == "SUCCESS" else verification.missing(found.cname, wanted),
    )


def _with_mail_from(ctx: Context, identity: Identity, found: DnsFindings) -> Identity:
    if not identity.mail_from_domain or identity.mail_from_status is None:
        return identity
    right = verification.has_mail_from(identity.mail_from_domain, ctx.account.region, found.mx)
    status = verification.search(identity.mail_from_status, right, identity.mail_from_since, ctx.now)
    since = _since(identity.mail_from_status, status, identity.mail_from_since, ctx.now)
    return replace(identity, mail_from_status=status, mail_from_since=since)


def _since(before: str, after: str, since: float, now: float) -> float:
    """When the search began: a success that got lost is searched for anew."""
    return now if (before, after) == ("SUCCESS", "TEMPORARY_FAILURE") else since


def _unsettled(identity: Identity) -> bool:
    own = (identity.status, identity.dkim_status) if identity.type == "DOMAIN" else ()
    return any(state in ("PENDING", "TEMPORARY_FAILURE") for state in (*own, identity.mail_from_status))
