"""From the form to the list and nowhere else: one mail, one button, evidence, and silence where silence is due."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client
from sendwell.tests.integration.forms.conftest import World, release

from sendwell.contacts import service as contacts
from sendwell.contacts.models import ConsentEvent, Contact, Subscription
from sendwell.core.db import DjangoDb
from sendwell.core.installation import installation
from sendwell.forms import rules
from sendwell.forms.models import OptInMail, Signup
from sendwell.outbox.models import Message
from sendwell.suppression import service as suppression
from sendwell.suppression.service import SuppressionReason


def test_a_signup_is_a_wish_until_its_link_is_pressed(both: World) -> None:
    answer = both.post("Jane@Example.net")
    assert (answer.status_code, answer["Location"]) == (303, f"/f/{both.form.public_id}/thanks")
    assert not Contact.objects.exists()
    both.work()
    [mail] = both.mails()
    assert (mail.stream, mail.priority, mail.status, mail.address) == ("opt_in", 1, "queued", "Jane@example.net")
    both.deliver()
    both.later(minutes=3)
    page = both.visitor.get(both.link())
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert not Contact.objects.exists()
    assert "You are signed up" in both.press(both.link())
    assert both.standing("jane@example.net") == "ok"
    subscription = both.subscription("jane@example.net", both.news)
    assert subscription is not None
    assert subscription.basis == "double_opt_in"


def test_only_the_button_confirms(world: World) -> None:
    world.post("jane@example.net")
    world.work()
    link = world.link()
    for method in ("get", "head"):
        getattr(world.visitor, method)(link)
    world.visitor.post(link, {})
    world.visitor.post(link, {"List-Unsubscribe": "One-Click"})
    assert world.visitor.options(link).status_code == 405
    assert not Contact.objects.exists()


def test_pressing_twice_says_so_and_changes_nothing(world: World) -> None:
    world.sign_up("jane@example.net")
    assert "Already confirmed" in world.press(world.link())
    assert ConsentEvent.objects.count() == 1


def test_the_link_is_kept_as_a_hash_and_sealed(world: World) -> None:
    world.post("jane@example.net")
    world.work()
    token = world.link().rpartition("/")[2]
    assert len(token) >= 32
    mail = OptInMail.objects.get()
    assert mail.token_hash == rules.token_hash(token)
    assert token not in json.dumps(world.mails()[0].context)
    assert token not in str(list(Signup.objects.values()))


def test_one_mail_for_any_number_of_lists(world: World) -> None:
    form = world.new_form(world.news, world.tips)
    world.post("jane@example.net", form=form)
    world.work()
    [mail] = world.mails()
    assert mail.context["lists"] == "News, Tips"
    world.press(world.link())
    assert world.standing("jane@example.net", world.news) == world.standing("jane@example.net", world.tips) == "ok"


def test_visitors_choose_and_get_only_what_they_chose(world: World) -> None:
    form = world.new_form(world.news, world.tips, lets_choose=True)
    assert world.post("jane@example.net", form=form).status_code == 422
    assert "checked" not in world.visitor.get(f"/f/{form.public_id}").content.decode()
    world.sign_up("jane@example.net", form=form, lists=[str(world.tips.pk), "999"])
    assert world.standing("jane@example.net", world.tips) == "ok"
    assert world.subscription("jane@example.net", world.news) is None


def test_nothing_that_a_visitor_typed_stands_in_the_mail(world: World) -> None:
    form = world.new_form(world.news, ask_name="optional")
    world.post("jane@example.net", form=form, name="BUY NOW http://spam.example")
    world.work()
    assert "spam.example" not in json.dumps(world.mails()[0].context)
    world.press(world.link())
    assert Contact.objects.get().name == "BUY NOW http://spam.example"


def test_links_live_for_72_hours_from_when_the_mail_left(world: World) -> None:
    world.post("jane@example.net")
    world.work()
    world.later(days=5)  # held by the sandbox, say
    world.deliver()
    world.later(hours=71)
    assert "Do you want this mail?" in world.visitor.get(world.link()).content.decode()
    world.later(hours=2)
    assert "too old" in world.press(world.link())
    assert not Contact.objects.exists()


def test_damaged_links_say_so(world: World) -> None:
    for token in ("x", "a" * 32, "%00" * 10, "../../etc"):
        assert world.visitor.get(f"/confirm/{token}").status_code == 404


def test_the_answer_is_the_same_whoever_it_is(world: World) -> None:
    world.sign_up("known@example.net")
    left = Contact.objects.get(key="known@example.net")
    suppression.consider(
        DjangoDb(), world.connection.pk, "angry@example.net", SuppressionReason.COMPLAINT, {}, world.clock.at
    )
    contacts.unsubscribe(left.pk, None, "page", {}, world.clock.at)
    world.post("pending@example.net")
    world.work()
    answers = set()
    for who in ("new", "known", "pending", "angry"):
        world.later(minutes=20)
        answer = world.post(f"{who}@example.net")
        answers.add((answer.status_code, answer["Location"], answer.content))
    assert len(answers) == 1


def test_who_complained_is_not_mailed(world: World) -> None:
    suppression.consider(
        DjangoDb(), world.connection.pk, "angry@example.net", SuppressionReason.COMPLAINT, {}, world.clock.at
    )
    world.post("angry@example.net")
    world.work()
    assert world.mails() == []
    assert (Signup.objects.get().status, Signup.objects.get().reason) == ("dropped", "suppressed")


def test_sending_the_form_again_sends_at_most_two_more_mails(world: World) -> None:
    for minutes in (0, 1, 8, 3, 4, 20, 20, 300, 3000):
        world.later(minutes=minutes)
        world.post("jane@example.net")
        world.work()
        world.deliver()
    times = [mail.created_at for mail in world.mails() if "reminder" not in str(mail.idempotency_key)]
    kinds = list(OptInMail.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds.count("first") == 1
    assert kinds.count("again") == 2
    assert all(b - a >= timedelta(minutes=10) for a, b in pairwise(times))
    assert Signup.objects.get().requests == 9


def test_every_link_that_was_sent_confirms(world: World) -> None:
    world.post("jane@example.net")
    world.work()
    first = world.link()
    world.deliver()
    world.later(minutes=15)
    world.post("jane@example.net")
    world.work()
    assert world.link() != first
    assert "You are signed up" in world.press(first)


def test_another_form_asks_after_the_window(world: World) -> None:
    other = world.new_form(world.tips)
    world.post("jane@example.net")
    world.work()
    world.deliver()
    world.post("jane@example.net", form=other)
    world.work()
    assert len(world.mails()) == 1
    world.later(minutes=11)
    world.work()
    assert len(world.mails()) == 2
    world.press(world.link())
    assert world.standing("jane@example.net", world.tips) == "ok"
    assert world.subscription("jane@example.net", world.news) is None


def test_an_address_entered_on_many_forms_gets_two_mails_at_most(world: World) -> None:
    for form in [world.form, *(world.new_form(world.tips) for _ in range(9))]:
        world.post("victim@example.net", form=form)
        world.work()
        world.deliver()
    for _ in range(30):
        world.later(minutes=10)
        world.work()
        world.deliver()
    assert len(world.mails()) <= 3
    assert Signup.objects.filter(status="dropped", reason="too_many").count() >= 7


def test_one_reminder_a_day_after_the_mail_left(world: World) -> None:
    world.post("jane@example.net")
    world.work()
    world.later(hours=3)
    world.deliver()
    for _ in range(6):
        world.later(hours=12)
        world.work()
        world.deliver()
    assert list(OptInMail.objects.order_by("pk").values_list("kind", flat=True)) == ["first", "reminder"]
    assert "You are signed up" in world.press(world.link())


def test_nobody_is_reminded_who_confirmed(world: World) -> None:
    world.sign_up("jane@example.net")
    world.later(days=2)
    world.work()
    assert len(world.mails()) == 1


def test_a_welcome_once_if_the_form_has_one(world: World) -> None:
    form = world.new_form(world.news, welcomes=True)
    world.sign_up("jane@example.net", form=form)
    world.press(world.link())
    [welcome] = Message.objects.filter(stream="transactional")
    assert welcome.context == {"lists": "News"}


def test_the_sandbox_holds_and_the_grant_lets_go_what_is_young(both: World) -> None:
    both.post("old@example.net")
    both.work()
    both.later(days=5)
    both.post("young@example.net")
    both.work()
    Message.objects.update(status="held", reason="sandbox")
    both.later(days=3)
    release(both)
    found = {message.address: (message.status, message.reason) for message in both.mails()}
    assert found == {"old@example.net": ("cancelled", "too_old"), "young@example.net": ("queued", "")}


def test_a_confirmation_lifts_an_unsubscribe_from_these_lists_only(both: World) -> None:
    form = both.new_form(both.news, both.tips)
    both.sign_up("jane@example.net", form=form)
    contact = Contact.objects.get()
    both.later(hours=1)
    contacts.unsubscribe(contact.pk, None, "page", {}, both.clock.at)
    both.later(hours=1)
    both.sign_up("jane@example.net")  # a form for News alone
    assert both.standing("jane@example.net", both.news) == "ok"
    assert both.standing("jane@example.net", both.tips) == "unsubscribed"


def test_an_old_link_does_not_undo_a_later_unsubscribe(world: World) -> None:
    world.sign_up("jane@example.net")
    world.later(minutes=20)
    world.post("jane@example.net", form=world.new_form(world.news))
    world.work()
    link = world.link()
    world.later(minutes=1)
    contacts.unsubscribe(Contact.objects.get().pk, world.news.pk, "one-click", {}, world.clock.at)
    world.later(minutes=1)
    assert "You have left since" in world.press(link)
    assert world.standing("jane@example.net") == "unsubscribed"


def test_a_pause_stays_where_other_lists_would_begin_to_mail(world: World) -> None:
    world.sign_up("jane@example.net", form=world.new_form(world.tips))
    contact = Contact.objects.get()
    contacts.pause(contact.pk, world.clock.at + timedelta(days=30), "page", {}, world.clock.at)
    world.later(minutes=20)
    assert "You have paused all mail until" in world.sign_up("jane@example.net")
    assert world.standing("jane@example.net", world.tips) == "paused"


def test_the_evidence_stands_on_its_own(world: World, owner: Client) -> None:
    world.post("Jane@example.net", ip="203.0.113.9")
    world.work()
    world.later(minutes=1)
    world.deliver()
    world.later(minutes=1)
    world.press(world.link())
    event = ConsentEvent.objects.get()
    assert event.kind == "confirmed"
    kept = event.evidence
    assert kept["address_typed"] == "Jane@example.net"
    assert (kept["request_ip"], kept["confirm_ip"]) == ("203.0.113.0/24", "198.51.100.0/24")
    assert kept["request_user_agent"] == "Mozilla/5.0 (test)"
    assert kept["request_url"] == f"{installation().config.base_url}/f/{world.form.public_id}"
    assert kept["ses_message_id"] == "ses-1"
    assert kept["suspiciously_fast"] is False
    page = owner.get(f"/forms/proof/{Contact.objects.get().pk}").content.decode()
    for words in (world.form.consent.replace("'", "&#x27;"), "hash holds", kept["text_sha256"], "203.0.113.0/24"):
        assert words in page


def test_changed_words_are_a_new_version_and_old_copies_stay_known(world: World) -> None:
    html = world.page()
    digest = html.partition('name="text" value="')[2].partition('"')[0]
    world.form.consent = "Other words."
    from sendwell.forms import editing

    editing.save(world.form, [world.news], "", installation().ring, world.clock.at)
    world.post("jane@example.net", text=digest)
    world.post("john@example.net")
    assert list(Signup.objects.order_by("pk").values_list("text__version", flat=True)) == [1, 2]


def test_who_never_confirms_is_forgotten(world: World) -> None:
    from sendwell.forms import store

    world.post("jane@example.net")
    world.work()
    world.later(days=31)
    store.forget(world.clock.at, rules.PURGE_AFTER)
    assert not Signup.objects.exists()
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("gone", ["news", "form"])
def test_lists_and_forms_that_close_break_no_links(world: World, gone: str) -> None:
    world.post("jane@example.net")
    world.work()
    if gone == "form":
        type(world.form).objects.update(is_open=False)
        assert "You are signed up" in world.press(world.link())
    else:
        world.form.lists.clear()
        world.news.delete()
        assert "too old" in world.press(world.link())
