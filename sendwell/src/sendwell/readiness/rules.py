"""The request for production access: what it says, when it may be sent, how its review moves. Pure.

Lives here: the five mail types, the description as sent, what blocks submit, what is only advised, the transition
table, the times. Must not live here: AWS calls, the database, the clock.
Sources: SES Developer Guide "request-production-access"; the SES v2 model of PutAccountDetails (lengths, enums).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal, TypedDict
from urllib.parse import urlsplit

DESCRIPTION_LIMIT = 5000  # PutAccountDetails.UseCaseDescription, in characters
WEBSITE_LIMIT = 1000  # PutAccountDetails.WebsiteURL
SANDBOX_QUOTA = 200.0  # recipients per rolling 24 hours
ANSWER_WITHIN = timedelta(hours=24)  # the guide: "provides an initial response within 24 hours"

MARKETING, TRANSACTIONAL = "MARKETING", "TRANSACTIONAL"
API_MAIL_TYPE: Mapping[str, str] = {
    "transactional": TRANSACTIONAL,
    "system": TRANSACTIONAL,
    "subscription": MARKETING,
    "marketing": MARKETING,
}
MAIL_TYPE_LABELS: Mapping[str, str] = {
    "transactional": "Transactional",
    "system": "System Notifications",
    "subscription": "Subscription",
    "marketing": "Marketing",
    "other": "Other",
}

# (field, the question as the SES form words it, what to do first when the honest answer is No).
QUESTIONS: tuple[tuple[str, str, str], ...] = (
    (
        "complies",
        "My email-sending complies with the AWS Service Terms and AWS Acceptable Use Policy (AUP)",
        "Read both, change what does not comply, and then answer Yes.",
    ),
    (
        "requested_only",
        "I only send to recipients who have specifically requested my mail",
        "Take everyone off your lists who did not ask for your mail (bought or scraped addresses, old customers "
        "who were never asked), or ask them first. Unconfirmed contacts are never mailed by a campaign here.",
    ),
    (
        "handles_feedback",
        "I have a process to handle bounces and complaints",
        "Run the set-up of this connection until it says Ready: bounces and complaints then come back here and "
        "suppress the address by themselves.",
    ),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's answers, as the owner gave them. Answers to questions are None until given."""

    region: str
    limit_kind: str
    limit_value: int | None
    mail_type: str
    other_type: str
    website: str
    complies: bool | None
    requested_only: bool | None
    handles_feedback: bool | None
    use_case: str

    def answer(self, field: str) -> bool | None:
        """The answer to one of QUESTIONS by its field name."""
        return {
            "complies": self.complies,
            "requested_only": self.requested_only,
            "handles_feedback": self.handles_feedback,
        }[field]


def api_mail_type(mail_type: str, other_type: str) -> str | None:
    """SES's word for the form's mail type. `Other` is what the owner says it is; None while that is open."""
    if mail_type in API_MAIL_TYPE:
        return API_MAIL_TYPE[mail_type]
    return other_type if other_type in (MARKETING, TRANSACTIONAL) else None


def normalise(text: str) -> str:
    """Line ends as one character each and no blanks around: browsers send CRLF, SES counts characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def description(draft: Draft) -> str:
    """The whole UseCaseDescription as sent: labelled lines for what the API has no member for, then the text."""
    lines = [_limit_line(draft)] if draft.limit_value else []
    lines.append(f"Mail type: {_mail_type_words(draft)}")
    if draft.website.strip():
        lines.append(f"Website: {draft.website.strip()}")
    for field, question, _ in QUESTIONS:
        answer = draft.answer(field)
        if answer is not None:
            lines.append(f"{question}: {'Yes' if answer else 'No'}")
    text = normalise(draft.use_case)
    return "\n".join(lines) + (f"\n\nUse case: {text}" if text else "")


def _limit_line(draft: Draft) -> str:
    if draft.limit_kind == "send_rate":
        return f"Desired maximum send rate: {draft.limit_value} messages per second (region {draft.region})"
    return f"Desired daily sending quota: {draft.limit_value} recipients per 24 hours (region {draft.region})"


def _mail_type_words(draft: Draft) -> str:
    label = MAIL_TYPE_LABELS.get(draft.mail_type, draft.mail_type)
    if draft.mail_type == "other" and draft.other_type:
        return f"{label} (closest to {draft.other_type.capitalize()})"
    return label


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that blocks submit: the form's field, what is wrong, what to do first."""

    field: str
    text: str
    remedy: str


def problems(draft: Draft) -> list[Problem]:
    """What must be mended before the request can be sent, in the form's order. A draft is saved all the same."""
    found = [*_value_problems(draft), *_type_problems(draft), *_website_problems(draft), *_answer_problems(draft)]
    return [*found, *_text_problems(draft)]


def _value_problems(draft: Draft) -> list[Problem]:
    if draft.limit_value is None:
        return [Problem("limit_value", "The new limit value is empty.", "Enter the amount that you will need.")]
    if draft.limit_kind == "daily_quota" and draft.limit_value <= SANDBOX_QUOTA:
        return [
            Problem(
                "limit_value",
                f"{draft.limit_value} per 24 hours is not more than the sandbox's 200.",
                "Enter the most recipients you will mail within 24 hours.",
            )
        ]
    if draft.limit_kind == "send_rate" and draft.limit_value <= 1:
        return [
            Problem(
                "limit_value",
                "1 per second is what the sandbox has.",
                "Ask for a daily sending quota instead: any grant ends the sandbox.",
            )
        ]
    return []


def _type_problems(draft: Draft) -> list[Problem]:
    if api_mail_type(draft.mail_type, draft.other_type):
        return []
    return [
        Problem(
            "other_type",
            "SES's API knows only Marketing and Transactional.",
            "Say which of the two your mail is closer to.",
        )
    ]


def _website_problems(draft: Draft) -> list[Problem]:
    website = draft.website.strip()
    if not website:
        return [
            Problem(
                "website",
                "The website is empty. The form calls it optional, but SES's API refuses a request without it.",
                "Enter the site that your recipients know you by, best the page where they sign up.",
            )
        ]
    if len(website) > WEBSITE_LIMIT:
        return [Problem("website", f"The address is {len(website)} characters long; SES takes 1,000.", "Shorten it.")]
    try:
        parts = urlsplit(website)
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "")
    except ValueError:
        good = False
    if good:
        return []
    return [Problem("website", f"{website} is not a web address.", "Start it with https:// and a host name.")]


def _answer_problems(draft: Draft) -> list[Problem]:
    found = []
    for field, question, remedy in QUESTIONS:
        answer = draft.answer(field)
        if answer is None:
            found.append(Problem(field, f"Not answered: {question}.", "Answer Yes or No."))
        elif not answer:
            found.append(Problem(field, f"You answered No: {question}.", remedy))
    return found


def _text_problems(draft: Draft) -> list[Problem]:
    if not normalise(draft.use_case):
        return [
            Problem(
                "use_case",
                "The use case description is empty.",
                "Say what you send, to whom, how they signed up, how often, and how they can leave.",
            )
        ]
    over = len(description(draft)) - DESCRIPTION_LIMIT
    if over > 0:
        return [
            Problem(
                "use_case",
                f"The description is {over:,} characters longer than the 5,000 that SES takes.",
                "Shorten it; the labelled lines above it count as well.",
            )
        ]
    return []


@dataclass(frozen=True, slots=True)
class Topic:
    """Something a reviewer asks about: what to say, words that tell of it, and whether the text has one of them."""

    name: str
    question: str
    words: str
    found: bool


# (name, what to say, words to name, pattern). The topics are those that AWS's form and its first reply ask about.
_TOPICS = (
    (
        "Addresses",
        "How you get the addresses.",
        "sign up, form, customers",
        r"\b(sign(s|ed|ing)?[- ]?ups?\b|signups?\b|forms?\b|customers?\b|subscri|regist|check-?out\b|purchas)",
    ),
    (
        "Opt-in",
        "How they agree to be mailed, and how you confirm that.",
        "opt-in, confirm, consent",
        r"\b(opt(s|ed|ing)?[- ]?in\b|confirm|consent|agree|permission)",
    ),
    ("Bounces", "What happens after a bounce.", "bounce", r"\bbounc"),
    ("Complaints", "What happens after a complaint.", "complaint", r"\bcomplain"),
    (
        "Leaving",
        "How people leave, and how fast that works.",
        "unsubscribe, opt-out",
        r"\b(unsubscri|opt(s|ed|ing)?[- ]?out\b|leave)",
    ),
    (
        "Volume",
        "How much you send, on a usual and on a peak day.",
        "per day, weekly, 4,000 e-mails",
        r"\b(volume|(per|an?|each|every) (hour|day|week|month)\b|daily|weekly|monthly"
        r"|\d[\d,. ]{0,12}(e-?mails?|mails?|messages?|recipients?|letters?|people|subscribers?|contacts?)\b)",
    ),
)


def advice(use_case: str) -> tuple[Topic, ...]:
    """What a reviewer asks about, and what of it the owner's text seems to leave open. It looks for words and can be
    wrong, so it blocks nothing."""
    text = " ".join(use_case.split())
    return tuple(
        Topic(name, question, words, re.search(pattern, text, re.IGNORECASE) is not None)
        for name, question, words, pattern in _TOPICS
    )


class AccountDetails(TypedDict):
    """PutAccountDetails's parameters, by SES's names."""

    MailType: Literal["MARKETING", "TRANSACTIONAL"]
    WebsiteURL: str
    ContactLanguage: Literal["EN"]
    UseCaseDescription: str
    ProductionAccessEnabled: Literal[True]


def account_details(draft: Draft) -> AccountDetails:
    """Exactly what is sent, shown and signed for; optional members that would be empty are left out.

    Raises ValueError if `problems` is not empty.
    """
    mail_type = api_mail_type(draft.mail_type, draft.other_type)
    if mail_type is None or problems(draft):
        raise ValueError("The request is not complete.")
    return {
        "MailType": "MARKETING" if mail_type == MARKETING else "TRANSACTIONAL",
        "WebsiteURL": draft.website.strip(),
        "ContactLanguage": "EN",
        "UseCaseDescription": description(draft),
        "ProductionAccessEnabled": True,
    }


class State(StrEnum):
    """A request's own state; `models.RequestState` has the same values (a test compares them)."""

    DRAFT = "draft"
    PENDING = "pending"
    GRANTED = "granted"
    DENIED = "denied"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Event(StrEnum):
    """What happens to a request: our own steps, then what GetAccount says of the review."""

    SENT = "sent"  # PutAccountDetails answered 200
    FOUND = "found"  # a request whose answer got lost is recognised by its review
    EDIT = "edit"  # the owner takes it up again
    SAYS_PENDING = "says_pending"
    SAYS_GRANTED = "says_granted"
    SAYS_DENIED = "says_denied"
    SAYS_FAILED = "says_failed"
    SAYS_OTHER = "says_other"  # an unknown word, or none


_STAYS: dict[Event, State | None] = dict.fromkeys(Event)
# Every (state, event) pair has an answer; None is "stay". A review said to be denied may come back to pending or
# granted: the owner replied in the support case, and the case went on.
_OPEN_REVIEW = {
    Event.SAYS_PENDING: State.PENDING,
    Event.SAYS_GRANTED: State.GRANTED,
    Event.SAYS_DENIED: State.DENIED,
    Event.SAYS_FAILED: State.FAILED,
}
TRANSITIONS: Mapping[State, Mapping[Event, State | None]] = {
    # What GetAccount says of another request (made in AWS's console, say) does not touch a draft.
    State.DRAFT: {**_STAYS, Event.SENT: State.PENDING, Event.FOUND: State.PENDING},
    State.PENDING: {**_STAYS, **_OPEN_REVIEW, Event.SAYS_PENDING: None},
    State.DENIED: {**_STAYS, **_OPEN_REVIEW, Event.SAYS_DENIED: None, Event.SAYS_FAILED: None},
    State.GRANTED: dict(_STAYS),
    State.FAILED: {**_STAYS, Event.EDIT: State.DRAFT},
    State.SUPERSEDED: dict(_STAYS),
}


def after(state: str, event: Event) -> State:
    """The state after the event. Total over both enums."""
    now = State(state)
    return TRANSITIONS[now][event] or now


_WORDS = {
    "PENDING": Event.SAYS_PENDING,
    "GRANTED": Event.SAYS_GRANTED,
    "DENIED": Event.SAYS_DENIED,
    "FAILED": Event.SAYS_FAILED,
}


def said(word: str, production_access: bool | None) -> Event:
    """What GetAccount's review status means. A word we do not know is no error; production access outweighs it."""
    found = _WORDS.get(word.strip().upper(), Event.SAYS_OTHER)
    if found is Event.SAYS_OTHER and production_access:
        return Event.SAYS_GRANTED
    return found
