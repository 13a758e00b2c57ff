"""What captcha services are asked and what their answers mean: only a clear yes is one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.forms.captchas import SERVICES, judge, question
from sendwell.forms.rules import Captcha

HOSTS = {"mail.example.com"}
YES: dict[Captcha, dict[str, Any]] = {
    Captcha.TURNSTILE: {"success": True, "hostname": "mail.example.com", "action": "signup", "error-codes": []},
    Captcha.HCAPTCHA: {"success": True, "hostname": "mail.example.com", "credit": False},
    Captcha.RECAPTCHA_V2: {"success": True, "hostname": "mail.example.com", "challenge_ts": "2026-11-22T12:00:00Z"},
    Captcha.RECAPTCHA_V3: {"success": True, "hostname": "mail.example.com", "action": "signup", "score": 0.9},
    Captcha.FRIENDLY: {"success": True, "data": {"challenge": {"origin": "https://mail.example.com"}}},
}


@pytest.mark.parametrize("kind", SERVICES)
def test_a_clear_yes_passes(kind: Captcha) -> None:
    assert judge(kind, 200, YES[kind], HOSTS).passed


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("status", [199, 302, 400, 401, 500])
def test_another_status_never_passes(kind: Captcha, status: int) -> None:
    assert not judge(kind, status, YES[kind], HOSTS).passed


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("success", [False, None, 1, "true", "yes", {}])
def test_success_must_be_true_itself(kind: Captcha, success: object) -> None:
    assert not judge(kind, 200, {**YES[kind], "success": success}, HOSTS).passed


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (Captcha.TURNSTILE, {"hostname": "evil.example"}),
        (Captcha.TURNSTILE, {"action": "login"}),
        (Captcha.RECAPTCHA_V3, {"score": 0.4}),
        (Captcha.RECAPTCHA_V3, {"score": True}),
        (Captcha.RECAPTCHA_V3, {"score": None}),
        (Captcha.RECAPTCHA_V3, {"action": "other"}),
        (Captcha.RECAPTCHA_V2, {"hostname": "evil.example"}),
    ],
)
def test_tokens_from_elsewhere_do_not_pass(kind: Captcha, changed: dict[str, Any]) -> None:
    assert not judge(kind, 200, {**YES[kind], **changed}, HOSTS).passed


@given(
    st.sampled_from(list(SERVICES)),
    st.integers(100, 599),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    ),
)
def test_no_odd_answer_passes_or_breaks(kind: Captcha, status: int, body: object) -> None:
    verdict = judge(kind, status, body, HOSTS)
    assert not verdict.passed or (isinstance(body, dict) and body.get("success") is True and status == 200)


def test_the_secret_being_wrong_is_our_trouble() -> None:
    assert judge(Captcha.TURNSTILE, 200, {"success": False, "error-codes": ["invalid-input-secret"]}, HOSTS).broken
    assert not judge(Captcha.TURNSTILE, 200, {"success": False, "error-codes": ["timeout-or-duplicate"]}, HOSTS).broken


def test_forms_are_posted_as_each_service_wants_them() -> None:
    asked = question(Captcha.HCAPTCHA, "token", "s3cret", "site", "192.0.2.1")
    assert parse_qs(asked.body.decode()) == {
        "secret": ["s3cret"],
        "response": ["token"],
        "remoteip": ["192.0.2.1"],
        "sitekey": ["site"],
    }
    friendly = question(Captcha.FRIENDLY, "token", "s3cret", "site", "192.0.2.1")
    assert friendly.headers["X-API-Key"] == "s3cret"
    assert json.loads(friendly.body) == {"response": "token", "sitekey": "site"}
