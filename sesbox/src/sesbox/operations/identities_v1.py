"""Reading and deleting identities in the words of SES v1.

Lives here: GetIdentityVerificationAttributes, ListIdentities, DeleteIdentity. Must not live here: making identities
(operations/identities.py). Source: botocore's ses model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.account import Drop
from sesbox.operations.base import Context, Outcome
from sesbox.operations.records import Identity
from sesbox.operations.state import identity_status, need, page
from sesbox.operations.verifying import drop_links
from sesbox.rules import identities

_V1_STATUS = {
    "PENDING": "Pending",
    "SUCCESS": "Success",
    "FAILED": "Failed",
    "TEMPORARY_FAILURE": "TemporaryFailure",
    "NOT_STARTED": "NotStarted",
}


def verification_attributes(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """GetIdentityVerificationAttributes; an identity that does not exist is left out."""
    need(params, "Identities")
    found: dict[str, Any] = {}
    for name in params["Identities"]:
        identity = ctx.account.get(Identity, identities.canonical(name))
        if identity is None:
            continue
        found[name] = {"VerificationStatus": _V1_STATUS[identity_status(ctx, identity)]}
        if identity.verification_token:
            found[name]["VerificationToken"] = identity.verification_token
    return Outcome({"VerificationAttributes": found})


def list_identities(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListIdentities, in the order of their names."""
    kinds = {"EmailAddress": ("EMAIL_ADDRESS",), "Domain": ("DOMAIN",)}
    wanted = kinds.get(params.get("IdentityType") or "", ("EMAIL_ADDRESS", "DOMAIN"))
    names = sorted(identity.name for identity in ctx.account.all(Identity) if identity.type in wanted)
    listed, token = page(names, params.get("NextToken"), int(params.get("MaxItems") or 1000), "InvalidParameterValue")
    return Outcome({"Identities": listed} | ({"NextToken": token} if token else {}))


def delete_identity(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """DeleteIdentity; an absent one is no error."""
    need(params, "Identity")
    name = identities.canonical(params["Identity"])
    return Outcome({}, (Drop(Identity.kind, name), *drop_links(ctx, name)))
