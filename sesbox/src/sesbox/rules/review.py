"""How a request for production access is judged by the automatic reviewer.

Lives here: reading a use case, the criteria, and the reviewer's letters. Must not live here: cases as records.
The criteria are sesbox's own (AWS does not publish its criteria), drawn from what its guide asks people to tell:
SES Developer Guide, "request-production-access". They look for the subject being spoken of, not for truth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

UNARGUED_QUOTA = 50_000.0
LEAST_CHARACTERS = 150
CHARACTERS_FOR_MORE = 500

_NUMBER = r"(\d{1,3}(?:[,.' ]\d{3})+|\d+(?:\.\d+)?)\s*(k|thousand|million)?"
_PER = r"\s*(?:\w+\s+){0,3}(?:(?:per|an?|each|every)\s+|\w*\s*/\s*)"
_QUOTA = (
    re.compile(r"(?:daily|24[ -]?hours?|per day)[^\n:]{0,40}:\s*" + _NUMBER, re.IGNORECASE),
    re.compile(_NUMBER + _PER + r"(?:day|24[ -]?hours?)", re.IGNORECASE),
)
_RATE = (
    re.compile(r"(?:send(?:ing)? rate|per second)[^\n:]{0,40}:\s*" + _NUMBER, re.IGNORECASE),
    re.compile(_NUMBER + _PER + r"(?:second|sec\b|s\b)", re.IGNORECASE),
)
_NEW_VALUE = re.compile(r"new (?:limit )?value[^\n:]{0,40}:\s*" + _NUMBER, re.IGNORECASE)
_ABOUT_RATE = re.compile(r"limit[^\n:]{0,40}:[^\n]*send(?:ing)? rate", re.IGNORECASE)
_ANSWER = re.compile(r"^(?P<question>[^\n:?]{3,250})[:?]\s*(?P<answer>yes|no)\b\.?\s*$", re.IGNORECASE | re.MULTILINE)
_MUST_BE_YES = re.compile(r"compl(?:y|ies)|requested|asked|consent|process|handle|opt", re.IGNORECASE)
_MUST_BE_NO = re.compile(r"purchas|bought|buy|rent|scrap|third part", re.IGNORECASE)
_FEEDBACK = re.compile(r"bounce|complain|spam report|undeliver|feedback loop", re.IGNORECASE)
_CONSENT = re.compile(
    r"opt(?:ed|s|ing)?[ -]?in|subscri|sign(?:ed|s|ing)?[ -]?up|unsubscri|opt(?:ed|s|ing)?[ -]?out|consent|register"
    r"|requested|customers?\b[^.\n]{0,60}\b(?:ask|agree|order|purchase)",
    re.IGNORECASE,
)
_FORM_LINE = re.compile(
    r"[^:]{1,120}[:?]\s*\S{0,40}|(?:desired|website|mail type|region|limit|new limit value)\b[^:\n]{0,60}:.*",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"(?:^|\.)example\.(?:com|org|net)$|^localhost$|^(?:test|website|yourdomain)\.com$")


@dataclass(frozen=True, slots=True)
class Request:
    """What the reviewer reads. `text` is the use case, with the customer's replies added to it.

    `quota` and `rate` are what is asked for, if anything; None: what the text asks for.
    """

    website: str
    text: str
    quota: float | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Granted with quota (recipients per 24 hours) and rate (a second), or denied with reasons."""

    granted: bool
    quota: float = 0.0
    rate: float = 0.0
    reasons: tuple[str, ...] = ()


def asked_quota(text: str) -> float | None:
    """Recipients per 24 hours the text asks for, or None: "Desired daily sending quota: 50,000", "5k emails a day"."""
    found = _first(_QUOTA, text)
    return found if found or _ABOUT_RATE.search(text) else _first((_NEW_VALUE,), text)


def asked_rate(text: str) -> float | None:
    """Recipients a second the text asks for, or None: "Desired maximum send rate: 14", "20 messages per second"."""
    found = _first(_RATE, text)
    return found if found or not _ABOUT_RATE.search(text) else _first((_NEW_VALUE,), text)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> float | None:
    for pattern in patterns:
        found = pattern.search(text)
        if found:
            number = float(re.sub(r"(?<=\d)[,' .](?=\d{3}(?:\D|$))", "", found.group(1)))
            factor = {"k": 1e3, "thousand": 1e3, "million": 1e6}.get((found.group(2) or "").lower(), 1.0)
            return number * factor if number > 0 else None
    return None


def website_problem(url: str) -> str | None:
    """Why a website tells the reviewer nothing, or None."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host:
        return "The website URL is not a web address we can open. Please give one that starts with https://."
    if _PLACEHOLDER.search(host):
        return f"The website URL names {host}, which is a placeholder and not a website of yours."
    return None


def judge(request: Request, usual_rate: float) -> Verdict:
    """Grant as asked, grant less than asked, or deny and say what is missing.

    More than 50,000 a day needs 500 characters of description; `usual_rate` is granted where no rate is asked.
    """
    reasons = _reasons(request)
    if reasons:
        return Verdict(False, reasons=tuple(reasons))
    wanted = request.quota or asked_quota(request.text) or UNARGUED_QUOTA
    argued = len(_prose(request.text)) >= CHARACTERS_FOR_MORE
    quota = wanted if argued else min(wanted, UNARGUED_QUOTA)
    return Verdict(True, quota, request.rate or asked_rate(request.text) or usual_rate)


def _reasons(request: Request) -> list[str]:
    reasons = []
    problem = website_problem(request.website)
    if problem:
        reasons.append(problem)
    reasons += [
        f'You answered "No" to: {question}. If that has changed, answer "{question}: Yes".'
        for question in _still_no(request.text)
    ]
    prose = _prose(request.text)
    if len(prose) < LEAST_CHARACTERS:
        reasons.append(
            "The use case is too short to be judged. Please tell us what you send, how often, and how you obtain the "
            "addresses you send to."
        )
    if not _FEEDBACK.search(prose):
        reasons.append("The use case does not say how you handle bounces and complaints.")
    if not _CONSENT.search(prose):
        reasons.append("The use case does not say how recipients asked for your mail and how they unsubscribe.")
    return reasons


def _still_no(text: str) -> list[str]:
    """The questions that need a Yes and whose last answer is No."""
    answers: dict[str, str] = {}
    for found in _ANSWER.finditer(text):
        question = found["question"].strip()
        if _MUST_BE_YES.search(question) and not _MUST_BE_NO.search(question):
            answers[question] = found["answer"].lower()
    return [question for question, answer in answers.items() if answer == "no"]


def links(text: str) -> list[str]:
    """The web addresses in a text."""
    return [found.rstrip(".,;:!?)>\"'") for found in re.findall(r"https?://[^\s<>]+", text)]


def _prose(text: str) -> str:
    """The text without a form's lines (a label with a short value, or a label the form has): they describe nothing."""
    lines = (line.strip() for line in text.splitlines())
    return " ".join(line for line in lines if line and not _FORM_LINE.fullmatch(line))


def granted_letter(region: str, quota: float, rate: float, asked: float | None) -> str:
    """The letter of a grant; it says so if less was granted than asked."""
    less = ""
    if asked is not None and quota < asked:
        less = (
            f"\n\nYou asked for {asked:,.0f} messages per 24 hours. With what we know of your sending we begin "
            "lower; once you regularly send close to this limit you can ask for more, and tell us more about it."
        )
    return (
        f"Hello,\n\nThank you for your request. Your account has been moved out of the sandbox in region {region}. "
        f"Your sending quota is now {quota:,.0f} messages per 24 hours, and your maximum send rate is {rate:,.4g} "
        "messages per second. Recipients no longer have to be verified; senders still do."
        f"{less}\n\nPlease keep bounces below 5 % and complaints below 0.1 %."
    )


def denied_letter(reasons: tuple[str, ...]) -> str:
    """The letter of a denial: the reasons by name and the way on."""
    listed = "\n".join(f"- {reason}" for reason in reasons)
    return (
        "Hello,\n\nThank you for your request. We have reviewed it and cannot grant it as it stands:\n\n"
        f"{listed}\n\nIf you can add to this, please reply in this case; we will look at your request again."
    )


def opened_letter(mail_type: str, website: str, description: str) -> str:
    """The customer's first letter, as the case shows it."""
    return f"Mail type: {mail_type}\nWebsite: {website}\n\n{description}".strip()


def received_letter(region: str) -> str:
    """The answer to a new request or a reply."""
    return (
        f"Hello,\n\nWe have received your request for production access to Amazon SES in region {region}. "
        "We answer within 24 hours."
    )
