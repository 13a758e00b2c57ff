"""The request's figures: the value to propose, the time an answer is due, the three ways to tell one is out. Pure.

Lives here: arithmetic and its words. Must not live here: what the request says (rules.py), AWS calls, the clock.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from sendwell.readiness.rules import ANSWER_WITHIN, SANDBOX_QUOTA, State

HEADROOM = 1.5
ROUND_TO = 1000
PEAK_HOURS = 1


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed limit and the arithmetic behind it, one line a step; `value` is None if nothing needs asking."""

    value: int | None
    steps: tuple[str, ...]


def propose(limit_kind: str, list_name: str, confirmed: int, sends_per_day: int) -> Proposal:
    """The limit for a peak day: everyone confirmed on the largest list, `sends_per_day` times, with half as much again.

    A daily quota is rounded up to the next thousand. A send rate is what hands that day's mail over within one hour.
    """
    if confirmed <= 0:
        return Proposal(None, ("No list has confirmed contacts yet, so there is nothing to calculate from.",))
    sends = max(1, sends_per_day)
    peak = ceil(confirmed * sends * HEADROOM)
    steps = [
        f"{confirmed:,} confirmed contacts on “{list_name}”, your largest list",
        f"× {sends} {'message' if sends == 1 else 'messages'} to each on a peak day = {confirmed * sends:,}",
        f"× {HEADROOM} headroom for growth and single messages = {peak:,} recipients per 24 hours",
    ]
    if limit_kind == "send_rate":
        return _propose_rate(peak, steps)
    value = ceil(peak / ROUND_TO) * ROUND_TO
    return Proposal(value, (*steps, f"rounded up to the next thousand: {value:,}"))


def _propose_rate(peak: int, steps: list[str]) -> Proposal:
    rate = ceil(peak / (PEAK_HOURS * 3600))
    steps.append(f"÷ 3,600 seconds, so that a peak day's mail goes out within an hour = {rate:,} per second")
    if rate <= 1:
        steps.append("The sandbox's 1 per second is enough for that: ask for a daily quota instead.")
        return Proposal(None, tuple(steps))
    return Proposal(rate, tuple(steps))


def answer_due(rehearsal: bool, sesbox_args: str) -> timedelta:
    """How long an answer may take: AWS says within 24 hours; the embedded sesbox what it was started with."""
    if not rehearsal:
        return ANSWER_WITHIN
    words = iter(shlex.split(sesbox_args))
    for word in words:
        name, _, value = word.partition("=")
        if name == "--review-delay":
            return _seconds(value or next(words, ""))
    return ANSWER_WITHIN


def _seconds(text: str) -> timedelta:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    try:
        return timedelta(seconds=float(number) * unit)
    except ValueError:
        return ANSWER_WITHIN


def poll_after(state: str, rehearsal: bool) -> timedelta | None:
    """When to ask SES again; None when nothing can change any more. Denied goes on: a reply may reopen the case."""
    if state not in (State.PENDING, State.DENIED):
        return None
    if rehearsal:
        return timedelta(seconds=2)
    return timedelta(minutes=15) if state == State.PENDING else timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was asked beside what was granted; `note` says how they differ in words."""

    label: str
    asked: int | None
    granted: float | None
    note: str


def compare(
    limit_kind: str, asked: int | None, quota: float | None, rate: float | None
) -> tuple[Comparison, Comparison]:
    """Daily quota and send rate, asked against granted. A quota of -1 is unlimited."""
    asked_quota = asked if limit_kind == "daily_quota" else None
    asked_rate = asked if limit_kind == "send_rate" else None
    return (
        Comparison("Recipients per 24 hours", asked_quota, quota, _difference(asked_quota, quota)),
        Comparison("Recipients per second", asked_rate, rate, _difference(asked_rate, rate)),
    )


def _difference(asked: int | None, granted: float | None) -> str:
    if granted is None:
        return "Not known yet"
    if asked is None:
        return "Not asked for; set by SES"
    if granted < 0:
        return "Unlimited"
    if granted == asked:
        return "Granted in full"
    return f"{abs(granted - asked):,.0f} {'more' if granted > asked else 'less'} than asked"


def quota_shows_production(max_24_hour_send: float | None) -> bool:
    """The third way: a quota above the sandbox's 200 recipients per 24 hours (-1: unlimited)."""
    return max_24_hour_send is not None and (max_24_hour_send > SANDBOX_QUOTA or max_24_hour_send < 0)
