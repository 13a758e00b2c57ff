"""The captcha services that check an answer by key: how each is asked and what its answer means.

Lives here: one line of a table for each service, pure: a request to make, a verdict on what came back. Must not live
here: sockets (remote.py), ALTCHA (proof.py), Django. Every verdict but a clear yes is a no.
Sources: the services' own references, read in 2026: Cloudflare Turnstile siteverify, hCaptcha siteverify, Google
reCAPTCHA verify and v3 scores, Friendly Captcha v2 siteverify.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sendwell.forms.rules import Captcha

ACTION = "signup"
"""reCAPTCHA v3 and Turnstile repeat the action that the widget was given; another one means another page's token."""
LEAST_SCORE = 0.5
LONGEST_ANSWER = 8192


@dataclass(frozen=True, slots=True)
class Service:
    """One captcha service. `field` is what its widget posts; `sources` are the hosts that the widget loads from."""

    label: str
    field: str
    verify_url: str
    script: str
    widget_class: str
    sources: tuple[str, ...]
    as_json: bool = False
    has_action: bool = False
    has_score: bool = False


_GOOGLE = ("https://www.google.com", "https://www.gstatic.com", "https://www.recaptcha.net")
SERVICES: dict[Captcha, Service] = {
    Captcha.TURNSTILE: Service(
        "Cloudflare Turnstile",
        "cf-turnstile-response",
        "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        "https://challenges.cloudflare.com/turnstile/v0/api.js",
        "cf-turnstile",
        ("https://challenges.cloudflare.com",),
        has_action=True,
    ),
    Captcha.HCAPTCHA: Service(
        "hCaptcha",
        "h-captcha-response",
        "https://api.hcaptcha.com/siteverify",
        "https://js.hcaptcha.com/1/api.js",
        "h-captcha",
        ("https://hcaptcha.com", "https://*.hcaptcha.com"),
    ),
    Captcha.RECAPTCHA_V2: Service(
        "Google reCAPTCHA v2",
        "g-recaptcha-response",
        "https://www.google.com/recaptcha/api/siteverify",
        "https://www.google.com/recaptcha/api.js",
        "g-recaptcha",
        _GOOGLE,
    ),
    Captcha.RECAPTCHA_V3: Service(
        "Google reCAPTCHA v3",
        "g-recaptcha-response",
        "https://www.google.com/recaptcha/api/siteverify",
        "https://www.google.com/recaptcha/api.js?render=",
        "",
        _GOOGLE,
        has_action=True,
        has_score=True,
    ),
    Captcha.FRIENDLY: Service(
        "Friendly Captcha",
        "frc-captcha-response",
        "https://global.frcapi.com/api/v2/captcha/siteverify",
        "https://cdn.jsdelivr.net/npm/@friendlycaptcha/sdk@0.1.36/site.min.js",
        "frc-captcha",
        ("https://cdn.jsdelivr.net", "https://global.frcapi.com", "https://*.frcapi.com"),
        as_json=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """The POST that asks a service."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def question(kind: Captcha, answer: str, secret: str, site_key: str, ip: str) -> Question:
    """What to ask. The visitor's address goes along where the service wants it. Raises KeyError for NONE and ALTCHA."""
    service = SERVICES[kind]
    if service.as_json:  # Friendly Captcha: the key is a header, so that it stands in no body that gets logged
        headers = {"Content-Type": "application/json", "X-API-Key": secret}
        return Question(service.verify_url, headers, json.dumps({"response": answer, "sitekey": site_key}).encode())
    fields = {"secret": secret, "response": answer}
    if ip:
        fields["remoteip"] = ip
    if kind is Captcha.HCAPTCHA:
        fields["sitekey"] = site_key
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Question(service.verify_url, headers, urlencode(fields).encode())


@dataclass(frozen=True, slots=True)
class Verdict:
    """`passed`, and why not in the service's words; `broken` where the service itself is the trouble, not the visitor.

    A broken service fails closed as well.
    """

    passed: bool
    detail: str = ""
    broken: bool = False


def judge(kind: Captcha, status: int, body: Any, hosts: Collection[str]) -> Verdict:
    """What the service's answer means. `hosts` are those a widget of ours may stand on; a token from elsewhere is a
    no, where the service names the host."""
    service = SERVICES[kind]
    if not isinstance(body, dict):
        return Verdict(False, f"no JSON object, HTTP {status}", broken=True)
    if status != 200 or body.get("success") is not True:
        words = _words(body) or f"HTTP {status}"
        return Verdict(False, words, broken=status >= 500 or "secret" in words or "api_key" in words)
    host = body.get("hostname")
    if isinstance(host, str) and host and host.lower() not in hosts:
        return Verdict(False, f"solved on {host[:100]}")
    if service.has_action and body.get("action") != ACTION:
        return Verdict(False, "solved for another action")
    if service.has_score:
        score = body.get("score")
        if isinstance(score, bool) or not isinstance(score, int | float) or score < LEAST_SCORE:
            return Verdict(False, f"score {score!r}"[:40])
    return Verdict(True)


def _words(body: Mapping[str, Any]) -> str:
    codes = body.get("error-codes")
    if isinstance(codes, list):
        return ", ".join(str(code) for code in codes)[:200]
    error = body.get("error")
    return str(error.get("error_code", ""))[:200] if isinstance(error, dict) else ""
