"""Configuration sets and their options.

Lives here: the operations on the sets. Must not live here: their event destinations (event_destinations.py).
Source: botocore's sesv2 model; SES Developer Guide, "sending-email-suppression-list-config-level".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sesbox.account import Drop, Put
from sesbox.operations.account_settings import reasons
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.errors import not_found
from sesbox.operations.records import ConfigurationSet, EventDestination
from sesbox.operations.state import need, page, pairs, tag_list
from sesbox.rules.refusals import invalid

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STORED = ("TrackingOptions", "DeliveryOptions", "VdmOptions", "ArchivingOptions")


def existing(ctx: Context, params: Mapping[str, Any]) -> ConfigurationSet:
    """The set a call names. Raises AwsError NotFoundException."""
    need(params, "ConfigurationSetName")
    found = ctx.account.get(ConfigurationSet, params["ConfigurationSetName"])
    if found is None:
        raise not_found(f"Configuration set <{params['ConfigurationSetName']}> does not exist.")
    return found


def create(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """CreateConfigurationSet."""
    need(params, "ConfigurationSetName")
    name = params["ConfigurationSetName"]
    if not _NAME.fullmatch(name):
        raise invalid(
            f"Invalid configuration set name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed."
        )
    if ctx.account.get(ConfigurationSet, name) is not None:
        raise AwsError("AlreadyExistsException", f"Configuration set <{name}> already exists.")
    suppression = params.get("SuppressionOptions") or {}
    sending = params.get("SendingOptions") or {}
    made = ConfigurationSet(
        name,
        ctx.now,
        sending_enabled=sending.get("SendingEnabled", True),
        reputation_metrics=bool((params.get("ReputationOptions") or {}).get("ReputationMetricsEnabled")),
        suppressed_reasons=reasons(suppression) if suppression.get("SuppressedReasons") is not None else None,
        options={member: params[member] for member in _STORED if params.get(member)},
        tags=pairs(params.get("Tags")),
    )
    return Outcome({}, (Put(made),))


def get(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """GetConfigurationSet; SuppressionOptions is absent where the account's setting holds."""
    found = existing(ctx, params)
    reputation: dict[str, Any] = {"ReputationMetricsEnabled": found.reputation_metrics}
    if found.fresh_start is not None:
        reputation["LastFreshStart"] = found.fresh_start
    response: dict[str, Any] = {
        "ConfigurationSetName": found.name,
        "ReputationOptions": reputation,
        "SendingOptions": {"SendingEnabled": found.sending_enabled},
        "Tags": tag_list(found.tags),
        **found.options,
    }
    if found.suppressed_reasons is not None:
        response["SuppressionOptions"] = {"SuppressedReasons": list(found.suppressed_reasons)}
    return Outcome(response)


def list_all(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListConfigurationSets, in the order of their names."""
    names = sorted(found.name for found in ctx.account.all(ConfigurationSet))
    size = params.get("PageSize")
    listed, token = page(names, params.get("NextToken"), 1000 if size is None else int(size))
    return Outcome({"ConfigurationSets": listed} | ({"NextToken": token} if token else {}))


def delete(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """DeleteConfigurationSet and its event destinations."""
    found = existing(ctx, params)
    destinations = [item for item in ctx.account.all(EventDestination) if item.configuration_set == found.name]
    drops = (Drop(EventDestination.kind, item.key) for item in destinations)
    return Outcome({}, (Drop(ConfigurationSet.kind, found.key), *drops))


def put_sending(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutConfigurationSetSendingOptions; switching a set on again is a fresh start for its reputation."""
    found = existing(ctx, params)
    enabled = bool(params.get("SendingEnabled"))
    fresh = ctx.now if enabled and not found.sending_enabled else found.fresh_start
    return Outcome({}, (Put(replace(found, sending_enabled=enabled, fresh_start=fresh)),))


def put_suppression(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutConfigurationSetSuppressionOptions; without the member the account's setting holds, [] is no suppression."""
    found = existing(ctx, params)
    override = reasons(params) if params.get("SuppressedReasons") is not None else None
    return Outcome({}, (Put(replace(found, suppressed_reasons=override)),))


def put_reputation(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """PutConfigurationSetReputationOptions."""
    found = existing(ctx, params)
    return Outcome({}, (Put(replace(found, reputation_metrics=bool(params.get("ReputationMetricsEnabled")))),))
