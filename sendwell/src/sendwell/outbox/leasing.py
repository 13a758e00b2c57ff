"""The sender's two transactions: claim (lease slots, ask everything right before the call) and record (write results).

Lives here: what happens inside them, on a plain connection. Must not live here: SQL, asyncio, calls to SES.
Locks are taken in one order everywhere: messages (claims skip locked ones), then pace, then minute counters.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sendwell.connections import service as connections
from sendwell.contacts import service as contacts
from sendwell.core.db import Db, PlainDb
from sendwell.core.store import database_time
from sendwell.outbox import pacing, reasons, store
from sendwell.outbox.records import Candidate, PaceRow, StateRow
from sendwell.outbox.rules import (
    PRIORITIES,
    AttemptOutcome,
    Decision,
    Event,
    Facts,
    Outcome,
    PaceEffect,
    Reason,
    State,
    Status,
    Stream,
    Verdict,
    after_send,
    may_send,
    set_back,
    transition,
)
from sendwell.suppression import service as suppression

LEASE = timedelta(seconds=90)
"""How long a row may stay `sending` by the database's clock: slot, time limit of the call and recording fit twice."""

LONGEST_WAIT = 5.0
MOST_LOOKED_AT = 2000
_ANSWERS = {Outcome.ACCEPTED, Outcome.THROTTLED_RATE, Outcome.THROTTLED_DAILY, Outcome.REFUSED, Outcome.UNVERIFIED}
_RESTS = {PaceEffect.BLOCK: "blocked", PaceEffect.DOUBT: "no_answer", PaceEffect.BACK_OFF: "no_connection"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """A row marked `sending`, with the attempt to make and when: `slot` in microseconds of database time.

    `minute` is where it was counted into the 24-hour window; None for recipients that do not count.
    """

    row: Candidate
    n: int
    slot: int
    minute: int | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What to send, and how many seconds until it is worth asking again (0: not before somebody enqueues).

    `database_us` and `monotonic` are one moment on two clocks. `fields`: merge fields by contact id.
    """

    items: list[Item] = field(default_factory=list)
    wait: float = 0.0
    database_us: int = 0
    monotonic: float = 0.0
    rate: float = 1.0
    in_sandbox: bool | None = None
    fields: dict[int, dict[str, Any]] = field(default_factory=dict)
    next_slot: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What one call came to. `code` and `text` are SES's words or ours, kept on the attempt."""

    item: Item
    outcome: Outcome
    ses_message_id: str = ""
    code: str = ""
    text: str = ""


# --- claim -------------------------------------------------------------------------------------------------------


def claim(
    db: PlainDb, connection_id: int, worker: str, limit: int, offset: timedelta, lease: timedelta = LEASE, mark: int = 0
) -> Claim:
    """Lease slots and mark up to `limit` rows `sending`, committed before any call.

    `offset` is the rehearsal clock's: it moves the quota's window and due times, never slots and leases. Suppression,
    consent, campaign stops and the sandbox are asked here; rows that fail get their state and reason, and no slot.
    `mark` is how far this machine has sent: nothing is claimed from a database that is older.
    """
    with db.transaction():
        pace = store.pace(db, connection_id)
        real = database_time(db)
        monotonic = time.monotonic()
        now = real + offset
        if pace is None or set_back(pace.next_slot, mark):
            return Claim(wait=LONGEST_WAIT)
        if (resting := _resting(pace, now)) > 0:
            return Claim(wait=resting)
        rate = pace.rate * pacing.factor_at(pace.slow_factor, pace.slowed_at, now)
        slots = pacing.lease(pace.next_slot, _us(real), rate, limit)
        if not slots.count:
            ahead = (slots.start - pacing.HORIZON_US - _us(real)) / pacing.SECOND
            return Claim(wait=min(LONGEST_WAIT, max(0.005, ahead)))
        in_sandbox = _in_sandbox(db, connection_id)
        picked, wait = _pick(db, connection_id, pace, slots.count, in_sandbox, now)
        items = _take(db, connection_id, worker, picked, slots, real, offset, lease)
    wanted = {item.row.contact_id for item in items if item.row.contact_id is not None}
    fields = contacts.merge_fields(db, wanted) if wanted else {}
    return Claim(items, wait, _us(real), monotonic, rate, in_sandbox, fields, slots.next_slot(len(items)))


def _resting(pace: PaceRow, now: datetime) -> float:
    """Seconds this connection still rests, at most LONGEST_WAIT, so that a changed mind is noticed soon."""
    until = max((at for at in (pace.backoff_until, pace.quota_paused_until) if at is not None), default=now)
    return min(LONGEST_WAIT, (until - now).total_seconds())


def _take(
    db: Db,
    connection_id: int,
    worker: str,
    picked: list[Candidate],
    slots: pacing.Lease,
    real: datetime,
    offset: timedelta,
    lease: timedelta,
) -> list[Item]:
    if not picked:
        return []
    now = real + offset
    minute = pacing.epoch_minute(now)
    items = [
        Item(row, row.attempts + 1, slot, None if connections.is_simulator(row.address_key) else minute)
        for row, slot in zip(picked, slots.slots(len(picked)), strict=True)
    ]
    store.mark_sending(db, [row.id for row in picked], worker, real + lease, now)
    counted = sum(item.minute is not None for item in items)
    store.use_slots(db, connection_id, slots.next_slot(len(items)), minute, counted)
    return items


def _pick(
    db: Db, connection_id: int, pace: PaceRow, wanted: int, in_sandbox: bool | None, now: datetime
) -> tuple[list[Candidate], float]:
    """Rows that may be sent now, most urgent first, and the seconds to wait if the quota keeps the rest back."""
    window = pace.window(store.minutes(db, connection_id, now), now)
    chosen: list[Candidate] = []
    wait = 0.0
    for stream, priority in sorted(PRIORITIES.items(), key=lambda pair: pair[1]):
        left = window.left(stream is Stream.CAMPAIGN)
        room = min(wanted, left) - len(chosen)
        if room > 0:
            found, more = _pick_stream(db, connection_id, priority, room, in_sandbox, now)
            chosen += found
            wait = 0.001 if more else wait
        elif left == 0:
            wait = wait or LONGEST_WAIT
    _note_quota(db, connection_id, pace, window, now)
    return chosen, wait


def _note_quota(db: Db, connection_id: int, pace: PaceRow, window: pacing.Window, now: datetime) -> None:
    """Write down when an exhausted quota has room again, so that all workers rest and pages can say so."""
    until = window.resumes_at(campaign=False, now=now)
    if until != pace.quota_paused_until:
        store.pause_quota(db, connection_id, until)


def _pick_stream(
    db: Db, connection_id: int, priority: int, room: int, in_sandbox: bool | None, now: datetime
) -> tuple[list[Candidate], bool]:
    """Rows of one priority that may be sent now, and whether there is more to look at: refused rows use no slot."""
    chosen: list[Candidate] = []
    looked_at, ask = 0, room
    while len(chosen) < room and looked_at < MOST_LOOKED_AT:
        found = store.candidates(db, connection_id, priority, ask, now)
        looked_at += len(found)
        refused: dict[State, list[int]] = {}
        for row, verdict in _judge(db, connection_id, found, in_sandbox, now):
            if verdict.event is None:
                chosen.append(row)
            else:
                state = transition(Status.QUEUED, Reason.NONE, verdict.event, verdict.reason)
                refused.setdefault(state, []).append(row.id)
        for state, ids in refused.items():
            store.set_status(db, ids, state.status, state.reason, now)
            if state.status in (Status.ACCEPTED, Status.IN_DOUBT):
                store.catch_up(db, ids)
        if len(found) < ask or not refused:
            return chosen[:room], False
        if len(chosen) < room and looked_at < MOST_LOOKED_AT:
            chosen, ask = [], min(500, ask * 4)  # the ones that passed are still first in the queue
    return chosen[:room], True


def _judge(
    db: Db, connection_id: int, rows: Sequence[Candidate], in_sandbox: bool | None, now: datetime
) -> list[tuple[Candidate, Verdict]]:
    """What stands against each row, asked batch-wise of those who know."""
    if not rows:
        return []
    suppressed = suppression.suppressed(db, connection_id, {row.address_key for row in rows})
    stops = store.stops(db, {row.campaign_id for row in rows if row.campaign_id is not None})
    verified = connections.verified_recipients(db, connection_id) if in_sandbox else None
    by_list: dict[int, list[int]] = {}
    for row in rows:
        if row.list_id is not None and row.contact_id is not None:
            by_list.setdefault(row.list_id, []).append(row.contact_id)
    attempted = store.attempted(db, [row.id for row in rows])
    consent = {list_id: contacts.consent(db, list_id, ids, now) for list_id, ids in by_list.items()}
    judged = []
    for row in rows:
        said = consent.get(row.list_id or 0, {}).get(row.contact_id or 0)
        stopped = stops.get(row.campaign_id or 0)
        facts = Facts(
            suppressed=reasons.of_suppression(suppressed.get(row.address_key)),
            consent=reasons.of_consent(said),
            campaign_paused=stopped is False,
            campaign_cancelled=stopped is True,
            reachable=verified is None or verified.covers(row.address),
            accepted_before=attempted.get(row.id, (0, False))[1],
            forgotten=attempted.get(row.id, (0, False))[0] > row.attempts,
        )
        judged.append((row, may_send(row.stream, facts)))
    return judged


def _in_sandbox(db: Db, connection_id: int) -> bool | None:
    facts = (fact for fact in connections.sending_facts(db) if fact.connection_id == connection_id)
    return next((fact.in_sandbox for fact in facts), None)


# --- record ------------------------------------------------------------------------------------------------------


def record(
    db: PlainDb, connection_id: int, results: Sequence[Result], in_sandbox: bool | None, offset: timedelta
) -> None:
    """Write what calls came to, in one transaction; writing the same results again changes nothing more.

    A late answer to an attempt that is no longer the newest changes the message only if it says "accepted".
    """
    with db.transaction():
        states = store.states(db, {result.item.row.id for result in results})
        now = database_time(db) + offset
        fresh: list[dict[str, Any]] = []
        attempts: list[dict[str, Any]] = []
        back: dict[int, int] = {}
        effects: dict[PaceEffect, Result] = {}
        for result in results:
            decision = after_send(result.outcome, random.random(), in_sandbox is not False)  # noqa: S311
            effects.setdefault(decision.effect, result)
            attempts.append(_attempt(result, decision.outcome))
            change = _change(states.get(result.item.row.id), result, decision, now)
            if change is None:
                continue
            fresh.append(change)
            if not decision.counts and result.item.minute is not None:
                back[result.item.minute] = back.get(result.item.minute, 0) + 1
        store.write_states(db, fresh, now)
        store.write_attempts(db, attempts, now)
        answered = any(result.outcome in _ANSWERS for result in results)
        _apply_effects(db, connection_id, effects, answered, now)
        store.uncount(db, connection_id, back)


def _attempt(result: Result, outcome: AttemptOutcome) -> dict[str, Any]:
    return {
        "id": result.item.row.id,
        "n": result.item.n,
        "outcome": outcome.value,
        "ses_message_id": result.ses_message_id,
        "error_code": result.code[:100],
        "error_text": result.text[:500],
    }


def _change(state: StateRow | None, result: Result, decision: Decision, now: datetime) -> dict[str, Any] | None:
    if state is None or (state.attempts != result.item.n and decision.event is not Event.ANSWER_ACCEPTED):
        return None
    fresh = transition(state.status, state.reason, decision.event)
    accepted = decision.event is Event.ANSWER_ACCEPTED
    if not accepted and (fresh.status, fresh.reason) == (state.status, state.reason):
        return None
    return {
        "id": state.id,
        "status": fresh.status.value,
        "reason": fresh.reason.value,
        "due_at": now + decision.delay if decision.delay else None,
        "ses_message_id": result.ses_message_id if accepted else "",
    }


def _apply_effects(
    db: Db, connection_id: int, effects: dict[PaceEffect, Result], answered: bool, now: datetime
) -> None:
    """What a batch means for its whole connection; a storm of the same trouble counts once."""
    trouble = effects.keys() - {PaceEffect.NONE}
    if answered and not trouble & _RESTS.keys() and store.works_again(db, connection_id):
        connections.clear_problem(db, connection_id)
    if not trouble:
        return
    pace = store.pace(db, connection_id)
    if pace is None:
        return
    if PaceEffect.SLOW_DOWN in trouble:
        factor = pacing.slowed(pace.slow_factor, pace.slowed_at, now)
        if factor is not None:
            store.slow_down(db, connection_id, factor, now)
    if PaceEffect.DAILY_PAUSE in trouble:
        window = pace.window(store.minutes(db, connection_id, now), now)
        until = window.resumes_at(campaign=False, now=now) or now + pacing.DAILY_RETRY
        store.pause_quota(db, connection_id, until)
    rests = [effect for effect in _RESTS if effect in trouble]
    if rests and (pace.backoff_until is None or pace.backoff_until <= now):
        _rest(db, connection_id, pace, rests[0], effects[rests[0]], now)


def _rest(db: Db, connection_id: int, pace: PaceRow, effect: PaceEffect, result: Result, now: datetime) -> None:
    blocked = effect is PaceEffect.BLOCK
    longest = 300.0 if blocked else 60.0
    until = now + pacing.backoff(pace.backoff_count + (4 if blocked else 1), longest)
    said = f"{result.code}: {result.text}".strip(": ")
    store.back_off(db, connection_id, until, _RESTS[effect], said)
    if blocked:
        connections.note_problem(db, connection_id, said, now)


def _us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
