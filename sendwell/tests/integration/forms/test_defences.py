"""What a form holds against robots, floods and foreign sites, and what it says to people."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import altcha
import pytest
from django.conf import settings
from django.test import Client
from sendwell.tests.integration.forms.conftest import StandingClock, World

from sendwell.core.installation import installation
from sendwell.forms import mailboxes, proof, rules
from sendwell.forms.models import Signup, SignupForm, Tally


def solve(challenge: dict[str, Any]) -> str:
    """What the widget would post."""
    made = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(made)
    assert solution is not None
    whole = {"challenge": challenge, "solution": {"counter": solution.counter, "derivedKey": solution.derived_key}}
    return base64.b64encode(json.dumps(whole).encode()).decode()


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch, clock: StandingClock) -> None:
    """Proofs that tests can afford, on the day that the library takes from the machine."""
    clock.at = datetime.now(UTC)
    monkeypatch.setattr(proof, "COST", 10)


def work_form(world: World) -> SignupForm:
    return world.new_form(world.news, captcha="altcha")


def challenge_of(world: World, form: SignupForm) -> dict[str, Any]:
    return dict(world.visitor.get(f"/f/{form.public_id}/challenge").json())


def test_a_proof_of_work_counts_once_and_for_its_form(world: World, cheap: None) -> None:
    form, other = work_form(world), work_form(world)
    solved = solve(challenge_of(world, form))
    assert world.post("a@example.net", form=other, altcha=solved).status_code == 422
    assert world.post("a@example.net", form=form, altcha=solved).status_code == 303
    assert world.post("b@example.net", form=form, altcha=solved).status_code == 422
    assert Signup.objects.count() == 1


@pytest.mark.parametrize("harm", ["absent", "late", "easier", "unsigned", "rubbish"])
def test_other_proofs_do_not_pass(world: World, cheap: None, harm: str) -> None:
    form = work_form(world)
    challenge = challenge_of(world, form)
    if harm == "easier":
        challenge["parameters"]["cost"] = 1
    if harm == "unsigned":
        challenge["parameters"]["data"]["form"] = form.public_id[::-1]
    solved = {"absent": "", "rubbish": "bm9uc2Vuc2U="}.get(harm) or (solve(challenge) if harm != "absent" else "")
    if harm == "late":
        world.later(minutes=11)
    answer = world.post("a@example.net", form=form, altcha=solved)
    assert answer.status_code == 422
    assert "spam check" in answer.content.decode()
    assert not Signup.objects.exists()


@pytest.mark.parametrize(("wait", "words"), [(1, "faster than people type"), (43_300, "open for too long")])
def test_neither_at_once_nor_after_half_a_day(world: World, wait: float, words: str) -> None:
    answer = world.post("a@example.net", wait=wait)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_the_trap_catches_silently(world: World) -> None:
    assert world.post("robot@example.net", fax="555").status_code == 303
    assert not Signup.objects.exists()


def test_a_form_keeps_what_was_typed_and_names_the_remedy(world: World) -> None:
    form = world.new_form(world.news, ask_name="required")
    answer = world.post("not an address", form=form, consent=None)
    html = answer.content.decode()
    assert answer.status_code == 422
    for words in ("like jane@example.com", "Write your name", "Tick the box", 'value="not an address"'):
        assert words in html


@pytest.mark.parametrize("address", ["x@mailinator.com", "x@sub.mailinator.com", "abuse@example.net"])
def test_throw_away_and_report_mailboxes_are_refused(world: World, address: str) -> None:
    assert world.post(address).status_code == 422


def test_one_network_signs_up_five_people_in_ten_minutes(both: World) -> None:
    for n in range(5):
        assert both.post(f"p{n}@gmail.com", ip="2001:db8:1:2::1").status_code == 303
    answer = both.post("p6@gmail.com", ip="2001:db8:1:2:9::9")
    assert answer.status_code == 429
    assert both.post("p7@gmail.com", ip="2001:db8:1:3::1").status_code == 303
    assert not Tally.objects.filter(subject__contains="2001").exists()


def test_one_company_s_domain_gets_twenty_in_an_hour_and_freemail_more(world: World) -> None:
    found = [world.post(f"p{n}@example.net", wait=3).status_code for n in range(21)]
    assert found == [303] * 20 + [429]
    assert world.post("one@gmail.com").status_code == 303


def test_tags_and_dots_of_one_mailbox_count_together(world: World) -> None:
    for n in range(12):
        assert world.post(f"ja.ne+{n}@gmail.com").status_code == 303  # the answer never says so
    assert Signup.objects.count() == 10


def test_a_burst_closes_the_form_and_says_so_to_its_owner(world: World, owner: Client) -> None:
    for _ in range(61):
        from sendwell.forms import store

        store.count(rules.FORM_HOUR, str(world.form.pk), world.clock.at)
    answer = world.post("a@example.net")
    assert answer.status_code == 410
    page = owner.get(f"/forms/{world.form.pk}/").content.decode()
    assert "Far more requests than usual" in page
    assert world.visitor.get(f"/f/{world.form.public_id}").status_code == 410
    owner.post(f"/forms/{world.form.pk}/open", {"open": "yes"})
    assert world.visitor.get(f"/f/{world.form.public_id}").status_code == 200


def test_a_copy_without_the_signed_time_gets_one_more_step(world: World) -> None:
    given = {"email": "jane@example.net", "consent": "yes"}
    answer = world.visitor.post(f"/f/{world.form.public_id}", given, headers={"origin": "null"})
    html = answer.content.decode()
    assert "One more step" in html
    assert 'value="jane@example.net"' in html
    assert not Signup.objects.exists()


def test_a_copy_with_a_proof_of_work_needs_no_more_step(world: World, cheap: None) -> None:
    form = work_form(world)
    given = {"email": "jane@example.net", "consent": "yes", "altcha": solve(challenge_of(world, form))}
    answer = world.visitor.post(f"/f/{form.public_id}", given, headers={"referer": "https://shop.example/news"})
    assert answer.status_code == 303
    kept = Signup.objects.get().evidence
    assert (kept["channel"], kept["url"]) == ("copy", "https://shop.example/news")


def test_foreign_sites_may_not_post(world: World) -> None:
    html = world.page()
    stamp = re.search(r'name="t" value="([^"]+)"', html)
    assert stamp
    world.later(seconds=5)
    given = {"email": "a@example.net", "consent": "yes", "t": stamp[1]}
    for path in ("", "/json"):
        answer = world.visitor.post(
            f"/f/{world.form.public_id}{path}", given, headers={"origin": "https://evil.example"}
        )
        assert answer.status_code == 403


def test_json_has_the_same_defences_and_cors_for_named_sites_only(world: World) -> None:
    form = world.new_form(world.news, origins="https://shop.example")
    path = f"/f/{form.public_id}/json"
    shown = world.visitor.get(path, headers={"origin": "https://shop.example"})
    assert shown["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Origin" not in world.visitor.get(path, headers={"origin": "https://evil.example"})
    assert world.visitor.options(path, headers={"origin": "https://shop.example"}).status_code == 204

    def post(**body: Any) -> Any:
        return world.visitor.post(path, json.dumps(body), content_type="application/json")

    assert post(email="a@example.net", consent=True).status_code == 422
    assert post(email="a@example.net", consent=True, t=shown.json()["t"]).status_code == 422
    world.later(seconds=5)
    assert post(email="a@example.net", consent="true", t=shown.json()["t"]).json()["errors"].keys() == {"consent"}
    done = post(email="a@example.net", consent=True, t=shown.json()["t"])
    assert (done.status_code, done.json()["status"]) == (202, "accepted")
    for odd in ("[]", "null", "{", '"x"', '{"email": 7, "lists": "x"}'):
        assert world.visitor.post(path, odd, content_type="application/json").status_code in (400, 422)


def test_only_named_sites_may_frame_it(world: World) -> None:
    form = world.new_form(world.news, origins="https://shop.example")
    frame = world.visitor.get(f"/f/{form.public_id}/frame")
    assert "frame-ancestors 'self' https://shop.example" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    page = world.visitor.get(f"/f/{form.public_id}")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    answer = world.post("a@example.net", form=form, path="/frame")
    assert answer["Location"].endswith("/frame/thanks")


def test_public_pages_set_no_cookie(world: World) -> None:
    for path in ("", "/frame", "/thanks", "/theme.css", "/json"):
        assert not world.visitor.get(f"/f/{world.form.public_id}{path}").cookies


def test_a_redirect_goes_where_the_owner_says(world: World) -> None:
    form = world.new_form(world.news, redirect_url="https://shop.example/thanks")
    assert world.post("a@example.net", form=form)["Location"] == "https://shop.example/thanks"
    policy = world.visitor.get(f"/f/{form.public_id}")["Content-Security-Policy"]
    assert "form-action 'self' https://shop.example" in policy


@pytest.fixture
def real_world(world: World) -> Iterator[World]:
    """A form on a real connection, with a resolver."""
    before = settings.SENDWELL
    settings.SENDWELL = replace(before, config=before.config.model_copy(update={"dns_servers": "127.0.0.1:1"}))
    type(world.connection).objects.update(kind="aws")
    yield world
    settings.SENDWELL = before


@pytest.mark.parametrize(("takes", "mails", "status"), [(False, 0, "dropped"), (True, 1, "pending")])
def test_domains_without_mail_get_none(
    real_world: World, monkeypatch: pytest.MonkeyPatch, takes: bool, mails: int, status: str
) -> None:
    monkeypatch.setattr(mailboxes, "takes_mail", lambda domain, servers: takes)
    assert real_world.post("jane@no-mail.example").status_code == 303
    real_world.work()
    assert (len(real_world.mails()), Signup.objects.get().status) == (mails, status)


def test_the_limits_see_through_trusted_proxies_only(world: World) -> None:
    before = settings.SENDWELL
    settings.SENDWELL = replace(before, config=before.config.model_copy(update={"trusted_proxies": 1}))
    try:
        html = world.page()
        stamp = re.search(r'name="t" value="([^"]+)"', html)
        assert stamp
        world.later(seconds=5)
        statuses = []
        for n in range(7):
            given = {"email": f"p{n}@gmail.com", "consent": "yes", "t": stamp[1]}
            forwarded = f"6.6.6.{n}, 9.9.9.9"
            answer = world.visitor.post(f"/f/{world.form.public_id}", given, headers={"x-forwarded-for": forwarded})
            statuses.append(answer.status_code)
        assert statuses == [303] * 5 + [429] * 2
    finally:
        settings.SENDWELL = before
    assert installation() is before
