"""Tags of identities and configuration sets.

Lives here: TagResource, UntagResource, ListTagsForResource of SES v2. Must not live here: message tags (rules/tags.py).
Source: botocore's sesv2 model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sesbox.account import Put
from sesbox.operations.base import Context, Outcome
from sesbox.operations.errors import not_found
from sesbox.operations.records import ConfigurationSet, Identity
from sesbox.operations.state import need, pairs, tag_list
from sesbox.rules.refusals import invalid


def _resource(ctx: Context, params: Mapping[str, Any]) -> Identity | ConfigurationSet:
    need(params, "ResourceArn")
    arn = str(params["ResourceArn"])
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "ses":
        raise invalid(f"Invalid resource ARN {arn}.")
    kind, _, name = parts[5].partition("/")
    if kind == "identity":
        identity = ctx.account.get(Identity, name)
        if identity is None:
            raise not_found(f"No EmailIdentity present with name: {name}")
        return identity
    if kind == "configuration-set":
        used = ctx.account.get(ConfigurationSet, name)
        if used is None:
            raise not_found(f"No ConfigurationSet present with name: {name}")
        return used
    raise invalid(f"Invalid resource ARN {arn}.")


def tag_resource(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """TagResource: adds to the tags there are; a key that exists gets the new value."""
    found = _resource(ctx, params)
    need(params, "Tags")
    return Outcome({}, (Put(replace(found, tags={**found.tags, **pairs(params["Tags"])})),))


def untag_resource(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """UntagResource; keys that are not there are no error."""
    found = _resource(ctx, params)
    need(params, "TagKeys")
    gone = set(params["TagKeys"])
    return Outcome({}, (Put(replace(found, tags={k: v for k, v in found.tags.items() if k not in gone})),))


def list_tags(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """ListTagsForResource."""
    return Outcome({"Tags": tag_list(_resource(ctx, params).tags)})
