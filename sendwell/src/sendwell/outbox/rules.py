"""What may become of a message: its states, what moves it between them, and what a send's outcome means.

Lives here: enums, the total transition table, decisions before and after a call, the rules of doubt. Must not live
here: SQL, time's source, SES's wire, pacing (pacing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum


class Stream(StrEnum):
    CAMPAIGN = "campaign"
    OPT_IN = "opt_in"
    TRANSACTIONAL = "transactional"


PRIORITIES: dict[Stream, int] = {Stream.OPT_IN: 1, Stream.TRANSACTIONAL: 2, Stream.CAMPAIGN: 5}


class Status(StrEnum):
    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({Status.QUEUED, Status.HELD, Status.SENDING, Status.IN_DOUBT})
"""States in which a message still waits for something: a slot, a release, an answer, evidence."""

STATUS_LABELS: dict[Status, str] = {
    Status.QUEUED: "Queued",
    Status.HELD: "Held",
    Status.SENDING: "Sending",
    Status.IN_DOUBT: "In doubt",
    Status.ACCEPTED: "Accepted by SES",
    Status.DELIVERED: "Delivered",
    Status.BOUNCED: "Bounced",
    Status.COMPLAINED: "Complained",
    Status.SKIPPED: "Skipped",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
}


class Reason(StrEnum):
    """Why a message is in its state. Skips, holds, doubts and failures always have one."""

    NONE = ""
    SANDBOX = "sandbox"
    PAUSED_CAMPAIGN = "paused_campaign"
    SUPPRESSED_BOUNCE = "suppressed_bounce"
    SUPPRESSED_COMPLAINT = "suppressed_complaint"
    SUPPRESSED_OTHER = "suppressed_other"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIRMED = "unconfirmed"
    CONTACT_PAUSED = "contact_paused"
    RENDER_ERROR = "render_error"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    SERVER_ERROR = "server_error"
    LEASE_EXPIRED = "lease_expired"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    REJECTED = "rejected"
    OWNER = "owner"
    TOO_OLD = "too_old"


REASON_LABELS: dict[Reason, str] = {
    Reason.NONE: "",
    Reason.SANDBOX: "The account is in the sandbox and this recipient is not verified",
    Reason.PAUSED_CAMPAIGN: "The campaign is paused",
    Reason.SUPPRESSED_BOUNCE: "An earlier mail bounced",
    Reason.SUPPRESSED_COMPLAINT: "An earlier mail was reported as spam",
    Reason.SUPPRESSED_OTHER: "On the suppression list",
    Reason.UNSUBSCRIBED: "Unsubscribed",
    Reason.UNCONFIRMED: "Never confirmed",
    Reason.CONTACT_PAUSED: "Asked for a pause",
    Reason.RENDER_ERROR: "The content could not be rendered for this contact",
    Reason.REFUSED: "SES refused the message",
    Reason.NO_ANSWER: "No complete answer from SES",
    Reason.SERVER_ERROR: "SES answered with a server error",
    Reason.LEASE_EXPIRED: "The worker stopped between calling SES and recording the answer",
    Reason.HARD_BOUNCE: "Permanent bounce",
    Reason.SOFT_BOUNCE: "Transient bounce",
    Reason.COMPLAINT: "Reported as spam",
    Reason.REJECTED: "SES found a virus",
    Reason.OWNER: "By the owner",
    Reason.TOO_OLD: "It waited for longer than 7 days to leave the sandbox",
}


class AttemptOutcome(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    THROTTLED = "throttled"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


OUTCOME_LABELS: dict[AttemptOutcome, str] = {
    AttemptOutcome.OPEN: "Call not answered yet",
    AttemptOutcome.ACCEPTED: "Accepted",
    AttemptOutcome.NOT_SENT: "Nothing left this machine",
    AttemptOutcome.THROTTLED: "Throttled",
    AttemptOutcome.REFUSED: "Refused",
    AttemptOutcome.IN_DOUBT: "In doubt",
}


class Event(StrEnum):
    """What can happen to a message. The first group is evidence that SES took it; the rest happens on our side."""

    ANSWER_ACCEPTED = "answer_accepted"
    SEND = "send"
    DELAY = "delay"
    DELIVERY = "delivery"
    BOUNCE_PERMANENT = "bounce_permanent"
    BOUNCE_TRANSIENT = "bounce_transient"
    BOUNCE_UNDETERMINED = "bounce_undetermined"
    COMPLAINT = "complaint"
    REJECT = "reject"

    CLAIM = "claim"
    NOT_SENT = "not_sent"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    REFUSED = "refused"
    UNVERIFIED = "unverified"
    RENDER_FAILED = "render_failed"
    NO_ANSWER = "no_answer"
    SERVER_ERROR = "server_error"
    LEASE_EXPIRED = "lease_expired"
    FORGOTTEN = "forgotten"
    SKIP = "skip"
    HOLD = "hold"
    RELEASE = "release"
    CANCEL = "cancel"
    SEND_AGAIN = "send_again"
    LEAVE = "leave"


class Standing(IntEnum):
    """How much evidence of SES a message's state carries. Evidence only ever raises it, in whatever order it comes.

    DELIVERED outranks SOFT: a transient bounce after a delivery is an auto-reply or a full mailbox behind an
    accepting server, and the two events may arrive in either order.
    """

    NONE = 0
    ACCEPTED = 1
    SOFT = 2
    REJECTED = 3
    DELIVERED = 4
    HARD = 5
    COMPLAINED = 6


_EVIDENCE: dict[Event, Standing] = {
    Event.ANSWER_ACCEPTED: Standing.ACCEPTED,
    Event.SEND: Standing.ACCEPTED,
    Event.DELAY: Standing.ACCEPTED,
    Event.BOUNCE_UNDETERMINED: Standing.ACCEPTED,
    Event.BOUNCE_TRANSIENT: Standing.SOFT,
    Event.REJECT: Standing.REJECTED,
    Event.DELIVERY: Standing.DELIVERED,
    Event.BOUNCE_PERMANENT: Standing.HARD,
    Event.COMPLAINT: Standing.COMPLAINED,
}
_STATES: dict[Standing, tuple[Status, Reason]] = {
    Standing.ACCEPTED: (Status.ACCEPTED, Reason.NONE),
    Standing.SOFT: (Status.BOUNCED, Reason.SOFT_BOUNCE),
    Standing.REJECTED: (Status.FAILED, Reason.REJECTED),
    Standing.DELIVERED: (Status.DELIVERED, Reason.NONE),
    Standing.HARD: (Status.BOUNCED, Reason.HARD_BOUNCE),
    Standing.COMPLAINED: (Status.COMPLAINED, Reason.COMPLAINT),
}
_STANDINGS = {state: standing for standing, state in _STATES.items()}

# One row per event of our own: from which states it moves a message, where to, and why. From any other state it
# changes nothing: what SES has said is never undone by what we say to ourselves.
_CALLING = (Status.SENDING, Status.IN_DOUBT)  # a late answer still settles what an expired lease put in doubt
_MOVES: dict[Event, tuple[tuple[Status, ...], Status, Reason]] = {
    Event.CLAIM: ((Status.QUEUED,), Status.SENDING, Reason.NONE),
    Event.NOT_SENT: (_CALLING, Status.QUEUED, Reason.NONE),
    Event.THROTTLED: (_CALLING, Status.QUEUED, Reason.NONE),
    Event.BLOCKED: (_CALLING, Status.QUEUED, Reason.NONE),
    Event.REFUSED: (_CALLING, Status.FAILED, Reason.REFUSED),
    Event.UNVERIFIED: (_CALLING, Status.HELD, Reason.SANDBOX),
    Event.RENDER_FAILED: (_CALLING, Status.FAILED, Reason.RENDER_ERROR),
    Event.NO_ANSWER: ((Status.SENDING,), Status.IN_DOUBT, Reason.NO_ANSWER),
    Event.SERVER_ERROR: ((Status.SENDING,), Status.IN_DOUBT, Reason.SERVER_ERROR),
    Event.LEASE_EXPIRED: ((Status.SENDING,), Status.IN_DOUBT, Reason.LEASE_EXPIRED),
    Event.FORGOTTEN: ((Status.QUEUED,), Status.IN_DOUBT, Reason.LEASE_EXPIRED),
    Event.SKIP: ((Status.QUEUED, Status.HELD), Status.SKIPPED, Reason.SUPPRESSED_OTHER),
    Event.HOLD: ((Status.QUEUED, Status.HELD), Status.HELD, Reason.PAUSED_CAMPAIGN),
    Event.RELEASE: ((Status.HELD,), Status.QUEUED, Reason.NONE),
    Event.CANCEL: ((Status.QUEUED, Status.HELD), Status.CANCELLED, Reason.OWNER),
    Event.SEND_AGAIN: ((Status.IN_DOUBT,), Status.QUEUED, Reason.NONE),
    Event.LEAVE: ((Status.IN_DOUBT,), Status.CANCELLED, Reason.OWNER),
}


@dataclass(frozen=True, slots=True)
class State:
    """A status and why."""

    status: Status
    reason: Reason


def standing(status: Status, reason: Reason) -> Standing:
    """What SES has told us of a message in this state; NONE before it was accepted."""
    return _STANDINGS.get((status, reason), Standing.NONE)


def transition(status: Status, reason: Reason, event: Event, because: Reason = Reason.NONE) -> State:
    """The state after `event`; total over every (status, event). `because` names the cause of a SKIP or HOLD.

    Evidence from SES wins over everything we believed, arrives in any order, and repeats harmlessly.
    """
    if event in _EVIDENCE:
        fresh = max(standing(status, reason), _EVIDENCE[event])
        return State(*_STATES[fresh])
    sources, target, cause = _MOVES[event]
    if status not in sources:
        return State(status, reason)
    return State(target, because or cause)


def set_back(next_slot: int, mark: int) -> bool:
    """Whether a connection's row is older than what this machine has sent over it: somebody restored a backup.

    A row that has never sent is a new database's, not an old one's.
    """
    return 0 < next_slot < mark


# --- before the call -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one recipient in the transaction that would mark the message `sending`.

    `suppressed` and `consent` are already reasons of ours (NONE: nothing stands against it).
    """

    suppressed: Reason = Reason.NONE
    consent: Reason = Reason.NONE
    campaign_paused: bool = False
    campaign_cancelled: bool = False
    reachable: bool = True
    """False: the account is in the sandbox and this recipient is not verified."""
    accepted_before: bool = False
    """An attempt was accepted, whatever the row says: never send it again."""
    forgotten: bool = False
    """Attempts exist that the row does not know of (a table restored or mended): what became of them is open."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`event` is None when the message may be sent now."""

    event: Event | None
    reason: Reason = Reason.NONE


_SEND = Verdict(None)


def may_send(stream: Stream, facts: Facts) -> Verdict:
    """Whether a message may be sent now. Opt-in and transactional mail asks no list's consent; suppression binds all.

    Final reasons come before passing ones, so a suppressed recipient does not sit in a hold.
    """
    if facts.accepted_before:
        return Verdict(Event.ANSWER_ACCEPTED)
    if facts.forgotten:
        return Verdict(Event.FORGOTTEN)
    if facts.campaign_cancelled:
        return Verdict(Event.CANCEL, Reason.OWNER)
    if facts.suppressed is not Reason.NONE:
        return Verdict(Event.SKIP, facts.suppressed)
    if stream is Stream.CAMPAIGN and facts.consent is not Reason.NONE:
        return Verdict(Event.SKIP, facts.consent)
    if facts.campaign_paused:
        return Verdict(Event.HOLD, Reason.PAUSED_CAMPAIGN)
    if not facts.reachable:
        return Verdict(Event.HOLD, Reason.SANDBOX)
    return _SEND


# --- after the call --------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What one call to SES came to, in the outbox's words (sender.py translates the amazon package's)."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    NO_CONNECTION = "no_connection"
    THROTTLED_RATE = "throttled_rate"
    THROTTLED_DAILY = "throttled_daily"
    REFUSED = "refused"
    UNVERIFIED = "unverified"
    BLOCKED = "blocked"
    RENDER_FAILED = "render_failed"
    NO_ANSWER = "no_answer"
    SERVER_ERROR = "server_error"


class PaceEffect(StrEnum):
    """What an outcome does to the whole connection. DOUBT rests it, so that an ailing SES does not cost a campaign."""

    NONE = "none"
    SLOW_DOWN = "slow_down"
    DAILY_PAUSE = "daily_pause"
    BACK_OFF = "back_off"
    DOUBT = "doubt"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write after a call. `delay` postpones a requeued message; `counts` keeps it in the 24-hour window."""

    event: Event
    outcome: AttemptOutcome
    effect: PaceEffect = PaceEffect.NONE
    delay: timedelta = timedelta(0)
    counts: bool = False


THROTTLE_DELAY = timedelta(seconds=1)
_AFTER: dict[Outcome, Decision] = {
    Outcome.ACCEPTED: Decision(Event.ANSWER_ACCEPTED, AttemptOutcome.ACCEPTED, counts=True),
    Outcome.NOT_SENT: Decision(Event.NOT_SENT, AttemptOutcome.NOT_SENT),
    Outcome.NO_CONNECTION: Decision(Event.NOT_SENT, AttemptOutcome.NOT_SENT, PaceEffect.BACK_OFF),
    Outcome.THROTTLED_RATE: Decision(
        Event.THROTTLED, AttemptOutcome.THROTTLED, PaceEffect.SLOW_DOWN, delay=THROTTLE_DELAY
    ),
    Outcome.THROTTLED_DAILY: Decision(Event.THROTTLED, AttemptOutcome.THROTTLED, PaceEffect.DAILY_PAUSE),
    Outcome.REFUSED: Decision(Event.REFUSED, AttemptOutcome.REFUSED),
    Outcome.UNVERIFIED: Decision(Event.UNVERIFIED, AttemptOutcome.REFUSED),
    Outcome.BLOCKED: Decision(Event.BLOCKED, AttemptOutcome.REFUSED, PaceEffect.BLOCK),
    Outcome.RENDER_FAILED: Decision(Event.RENDER_FAILED, AttemptOutcome.NOT_SENT),
    Outcome.NO_ANSWER: Decision(Event.NO_ANSWER, AttemptOutcome.IN_DOUBT, PaceEffect.DOUBT, counts=True),
    Outcome.SERVER_ERROR: Decision(Event.SERVER_ERROR, AttemptOutcome.IN_DOUBT, PaceEffect.DOUBT, counts=True),
}


def after_send(outcome: Outcome, jitter: float, in_sandbox: bool = True) -> Decision:
    """What a call's outcome means for its message and its connection. `jitter` in 0-1 spreads throttled retries.

    A throttle is never a failure. UNVERIFIED outside the sandbox speaks of the sender's identity, which no grant
    cures: there it is a refusal.
    """
    if outcome is Outcome.UNVERIFIED and not in_sandbox:
        outcome = Outcome.REFUSED
    decision = _AFTER[outcome]
    if not decision.delay:
        return decision
    return Decision(decision.event, decision.outcome, decision.effect, decision.delay * (0.5 + jitter), decision.counts)


# --- doubt -----------------------------------------------------------------------------------------------------

OPT_IN_HELD_AT_MOST = timedelta(days=7)
"""How long the sandbox may hold opt-in mail and it still leaves: after that nobody remembers having asked."""

GRACE = timedelta(minutes=10)
"""How long SES's Send event may take once the feedback path is known to work; they come within seconds."""


SENT_AGAIN = frozenset({Stream.OPT_IN, Stream.TRANSACTIONAL})
"""Whose doubt ends by sending again without the owner, once the path was proven for GRACE. Unproven: nobody's."""
