"""Reading the account as rules want it, and the small records every send touches.

Lives here: defaults from the profile, the window and bucket moved to now, statistics, pages of lists.
Must not live here: decisions (rules/), operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sesbox.account import Change, Drop, Put
from sesbox.operations.base import AwsError, Context
from sesbox.operations.records import Identity, MinuteCount, Sending, Settings, StatPoint
from sesbox.rules import identities, quota
from sesbox.rules.refusals import null, violations

QUARTER = 900
TWO_WEEKS = 14 * 86_400


def settings(ctx: Context) -> Settings:
    """The account's settings, or what the profile starts it with."""
    found = ctx.account.get(Settings, "settings")
    if found is not None:
        return found
    profile = ctx.profile
    return Settings(
        production=profile.production,
        max_24_hour_send=profile.max_24_hour_send,
        max_send_rate=profile.max_send_rate,
    )


def sending_now(ctx: Context, rate: float) -> tuple[Sending, list[Change]]:
    """Window and bucket moved to now, and the drops of minutes that left the window; nothing is committed yet."""
    account = ctx.account
    found = account.get(Sending, "sending")
    if found is None:
        return Sending(quota.capacity(rate), ctx.now, 0, quota.oldest_minute(ctx.now)), []
    if quota.went_back(found.level_at, ctx.now):
        counters = {counted.minute: counted.recipients for counted in account.all(MinuteCount)}
        total, gone = quota.recount(counters, ctx.now)
        fresh = Sending(quota.capacity(rate), ctx.now, total, quota.oldest_minute(ctx.now))
        return fresh, [Drop(MinuteCount.kind, str(minute)) for minute in gone]

    def count_of(minute: int) -> int:
        counted = account.get(MinuteCount, str(minute))
        return counted.recipients if counted else 0

    def known() -> Iterable[int]:
        return (counted.minute for counted in account.all(MinuteCount))

    total, begins, gone = quota.expire(found.window_total, found.window_from, ctx.now, count_of, known)
    level = quota.level_now(found.level, found.level_at, rate, ctx.now)
    drops: list[Change] = [Drop(MinuteCount.kind, str(minute)) for minute in gone]
    return Sending(level, ctx.now, total, begins), drops


def charge(ctx: Context, state: Sending, recipients: int, counted: int) -> list[Change]:
    """The changes of accepting: `recipients` are taken from the bucket, `counted` of them count for the quota."""
    if not counted:
        return [Put(replace(state, level=state.level - recipients))]
    minute = quota.minute_of(ctx.now)
    before = ctx.account.get(MinuteCount, str(minute))
    return [
        Put(MinuteCount(minute, counted + (before.recipients if before else 0))),
        Put(
            Sending(
                state.level - recipients, state.level_at, state.window_total + counted, min(state.window_from, minute)
            )
        ),
    ]


def statistics(ctx: Context, attempts: int = 0, bounces: int = 0, complaints: int = 0) -> list[Change]:
    """Add to the current quarter of an hour; a new one drops those older than two weeks."""
    at = int(ctx.now // QUARTER) * QUARTER
    point = ctx.account.get(StatPoint, str(at))
    changes: list[Change] = []
    if point is None:
        point = StatPoint(at)
        changes = [Drop(StatPoint.kind, old.key) for old in ctx.account.all(StatPoint) if old.at < ctx.now - TWO_WEEKS]
    added = replace(
        point,
        attempts=point.attempts + attempts,
        bounces=point.bounces + bounces,
        complaints=point.complaints + complaints,
    )
    return [*changes, Put(added)]


def identity_status(ctx: Context, identity: Identity) -> str:
    """The verification status to report at this moment (a search that took too long has failed)."""
    return identities.status_now(identity.type, identity.status, identity.pending_since, ctx.now)


def is_verified(identity: Identity) -> bool:
    """Whether mail may be sent from it; a domain whose DNS went missing lately still may."""
    return identity.status in ("SUCCESS", "TEMPORARY_FAILURE")


def need(params: Mapping[str, Any], *members: str) -> None:
    """Raise RefusedError in Smithy's wording for required members that are absent, all in one message."""
    absent = [member for member in members if params.get(member) is None]
    if absent:
        raise violations(*(null(member[:1].lower() + member[1:]) for member in absent))


def page(
    items: Sequence[str], token: str | None, size: int, error: str = "BadRequestException"
) -> tuple[list[str], str | None]:
    """One page of a sorted list of names and the token of the next. A token is the last name given, in hex.

    Raises AwsError with `error` for a token that never was one.
    """
    start = 0
    if token:
        try:
            last = bytes.fromhex(token).decode()
        except ValueError:
            raise AwsError(error, "The specified next token is invalid or expired.") from None
        start = sum(1 for item in items if item <= last)
    chosen = list(items[start : start + size])
    more = start + size < len(items) and bool(chosen)
    return chosen, chosen[-1].encode().hex() if more else None


def pairs(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """A list of {Key, Value} as a dict."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The inverse of `pairs`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
