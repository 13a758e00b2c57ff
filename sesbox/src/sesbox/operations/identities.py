"""Identities: addresses and domains one may send from.

Lives here: the identity operations of SES v2 and v1. Must not live here: proofs (operations/verifying.py),
inheritance (rules/identities.py).
Source: botocore's sesv2 and ses models; SES Developer Guide, "creating-identities".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sesbox.account import Change, Drop, Put
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.errors import not_found, not_supported
from sesbox.operations.records import ConfigurationSet, Identity
from sesbox.operations.state import identity_status, is_verified, need, page, pairs, tag_list
from sesbox.operations.verifying import drop_links, mail_link, schedule
from sesbox.rules import addresses, identities
from sesbox.rules.refusals import invalid
from sesbox.rules.verification import signing_zone

_KEY = "RSA_2048_BIT"


def make(ctx: Context, name: str, dkim: bool) -> tuple[Identity, list[Change]]:
    """A new identity of this canonical name and what creating it entails.

    Raises RefusedError if the name is neither an address nor a domain.
    """
    kind = identities.kind_of(name)
    if kind == "EMAIL_ADDRESS":
        if addresses.bare(name) != name:
            raise invalid(f"Invalid email address<{name}>.")
        status = "SUCCESS" if ctx.profile.every_identity_verified else "PENDING"
        identity = Identity(name, kind, ctx.now, status=status, pending_since=ctx.now)
        return identity, [Put(identity), *mail_link(ctx, name)]
    if not identities.is_domain(name):
        raise invalid(f"Invalid domain name {name}.")
    at_once = ctx.profile.verify_domains != "zone" or ctx.profile.every_identity_verified
    identity = Identity(
        name,
        kind,
        ctx.now,
        status="SUCCESS" if at_once else "PENDING",
        verified_at=ctx.now if at_once else None,
        checked_at=ctx.now if at_once else None,
        verification_token=ctx.ids.token(43) + "=",
        dkim_tokens=tuple(ctx.ids.token(32) for _ in range(3)),
        pending_since=ctx.now,
    )
    if dkim:
        identity = _with_dkim(ctx, identity)
    identity, changes = schedule(ctx, identity) if not at_once else (identity, [])
    return identity, [Put(identity), *changes]


def _with_dkim(ctx: Context, identity: Identity) -> Identity:
    at_once = ctx.profile.verify_domains != "zone" or ctx.profile.every_identity_verified
    status = "SUCCESS" if at_once else "PENDING"
    return replace(identity, dkim_enabled=True, dkim_status=status, dkim_since=ctx.now)


def _existing(ctx: Context, params: Mapping[str, Any]) -> Identity:
    need(params, "EmailIdentity")
    name = identities.canonical(params["EmailIdentity"])
    found = ctx.account.get(Identity, name)
    if found is None:
        raise not_found(f"Email identity {name} does not exist.")
    return found


def create_email_identity(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """CreateEmailIdentity: Easy DKIM for a domain, a verification mail for an address."""
    need(params, "EmailIdentity")
    name = identities.canonical(params["EmailIdentity"])
    signing = params.get("DkimSigningAttributes") or {}
    if signing.get("DomainSigningSelector") or signing.get("DomainSigningPrivateKey"):
        raise not_supported("CreateEmailIdentity with DomainSigningPrivateKey")
    if ctx.account.get(Identity, name) is not None:
        raise AwsError("AlreadyExistsException", f"Email identity {name} already exist.")
    default = params.get("ConfigurationSetName")
    _check_set(ctx, default)
    identity, changes = make(ctx, name, dkim=True)
    identity = replace(identity, configuration_set=default, tags=pairs(params.get("Tags")))
    response = {
        "IdentityType": identity.type,
        "VerifiedForSendingStatus": is_verified(identity),
        "DkimAttributes": _dkim(ctx, identity),
    }
    return Outcome(response, (*changes, Put(identity)))


def _check_set(ctx: Context, name: str | None) -> None:
    if name and ctx.account.get(ConfigurationSet, name) is None:
        raise not_found(f"Configuration set <{name}> does not exist.")


def _dkim(ctx: Context, identity: Identity) -> dict[str, Any]:
    body: dict[str, Any] = {"SigningEnabled": identity.dkim_enabled, "Status": identity.dkim_status}
    if identity.type != "DOMAIN" or identity.dkim_status == "NOT_STARTED":
        return body
    body.update(
        Tokens=list(identity.dkim_tokens),
        SigningHostedZone=signing_zone(ctx.account.region),
        SigningAttributesOrigin="AWS_SES",
        NextSigningKeyLength=_KEY,
        CurrentSigningKeyLength=_KEY,
        LastKeyGenerationTimestamp=identity.dkim_since,
    )
    return body


def get_email_identity(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """GetEmailIdentity."""
    identity = _existing(ctx, params)
    mail_from: dict[str, Any] = {"BehaviorOnMxFailure": identity.behavior_on_mx_failure}
    if identity.mail_from_domain:
        mail_from.update(MailFromDomain=identity.mail_from_domain, MailFromDomainStatus=identity.mail_from_status)
    info: dict[str, Any] = {}
    if identity.checked_at is not None:
        info["LastCheckedTimestamp"] = identity.checked_at
    if identity.verified_at is not None:
        info["LastSuccessTimestamp"] = identity.verified_at
    if identity.verification_error:
        info["ErrorType"] = identity.verification_error
    response = {
        "IdentityType": identity.type,
        "FeedbackForwardingStatus": identity.feedback_forwarding,
        "VerifiedForSendingStatus": is_verified(identity),
        "DkimAttributes": _dkim(ctx, identity),
        "MailFromAttributes": mail_from,
        "Policies": {},
        "Tags": tag_list(identity.tags),
        "VerificationStatus": identity_status(ctx, identity),
        "VerificationInfo": info,
    }
    if identity.configuration_set:
        response["ConfigurationSetName"] = identity.configuration_set
    return Outcome(response)


def list_email_identities(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListEmailIdentities, in the order of their names."""
    by_name = {identity.name: identity for identity in ctx.account.all(Identity)}
    size = params.get("PageSize")
    names, token = page(sorted(by_name), params.get("NextToken"), 1000 if size is None else int(size))
    listed = [
        {
            "IdentityType": by_name[name].type,
            "IdentityName": name,
            "SendingEnabled": is_verified(by_name[name]),
            "VerificationStatus": identity_status(ctx, by_name[name]),
        }
        for name in names
    ]
    return Outcome({"EmailIdentities": listed} | ({"NextToken": token} if token else {}))


def delete_email_identity(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """DeleteEmailIdentity."""
    identity = _existing(ctx, params)
    return Outcome({}, (Drop(Identity.kind, identity.key), *drop_links(ctx, identity.name)))


def put_dkim(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutEmailIdentityDkimAttributes: the switch never changes the verification status."""
    identity = _existing(ctx, params)
    return Outcome({}, (Put(replace(identity, dkim_enabled=bool(params.get("SigningEnabled")))),))


def put_feedback(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutEmailIdentityFeedbackAttributes."""
    identity = _existing(ctx, params)
    return Outcome({}, (Put(replace(identity, feedback_forwarding=bool(params.get("EmailForwardingEnabled")))),))


def put_configuration_set(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutEmailIdentityConfigurationSetAttributes; an absent or empty name clears the default."""
    identity = _existing(ctx, params)
    name = params.get("ConfigurationSetName") or None
    _check_set(ctx, name)
    return Outcome({}, (Put(replace(identity, configuration_set=name)),))


def put_mail_from(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutEmailIdentityMailFromAttributes; an absent or empty domain clears it."""
    identity = _existing(ctx, params)
    domain = params.get("MailFromDomain") or None
    behavior = params.get("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"
    if domain is None:
        cleared = replace(identity, mail_from_domain=None, mail_from_status=None, behavior_on_mx_failure=behavior)
        return Outcome({}, (Put(cleared),))
    parent = identity.name.rpartition("@")[2]
    if not identities.is_domain(domain) or not identities.covers_mail_from(parent, domain):
        raise invalid(
            f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{parent}>."
        )
    at_once = ctx.profile.verify_domains != "zone"
    changed = replace(
        identity,
        mail_from_domain=domain.lower(),
        mail_from_status="SUCCESS" if at_once else "PENDING",
        mail_from_since=ctx.now,
        behavior_on_mx_failure=behavior,
    )
    changed, due = schedule(ctx, changed)
    return Outcome({}, (Put(changed), *due))


def verify_email_identity(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SES v1 VerifyEmailIdentity: a new identity, or another mail for one that is not verified yet."""
    need(params, "EmailAddress")
    name = params["EmailAddress"]
    if "@" not in name:
        raise invalid("Missing final '@domain'")
    found = ctx.account.get(Identity, name)
    if found is None:
        return Outcome({}, tuple(make(ctx, name, dkim=False)[1]))
    if found.status == "SUCCESS":
        return Outcome({}, tuple(mail_link(ctx, name)))
    return Outcome({}, (Put(replace(found, status="PENDING", pending_since=ctx.now)), *mail_link(ctx, name)))


def _domain_identity(ctx: Context, params: Mapping[str, Any], dkim: bool) -> tuple[Identity, tuple[Change, ...]]:
    need(params, "Domain")
    name = identities.canonical(params["Domain"])
    if "@" in name:
        raise invalid(f"Invalid domain name {name}.")
    found = ctx.account.get(Identity, name)
    if found is None:
        identity, changes = make(ctx, name, dkim)
        return identity, tuple(changes)
    if not dkim or found.dkim_status != "NOT_STARTED":
        return found, ()
    identity, due = schedule(ctx, _with_dkim(ctx, found))
    return identity, (Put(identity), *due)


def verify_domain_identity(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SES v1 VerifyDomainIdentity: the token to publish as TXT of `_amazonses.<domain>`."""
    identity, changes = _domain_identity(ctx, params, dkim=False)
    return Outcome({"VerificationToken": identity.verification_token}, changes)


def verify_domain_dkim(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """SES v1 VerifyDomainDkim: the three tokens, the same ones on every call; it adds the identity."""
    identity, changes = _domain_identity(ctx, params, dkim=True)
    return Outcome({"DkimTokens": list(identity.dkim_tokens)}, changes)
