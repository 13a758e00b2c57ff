"""A newcomer's first hour: from the printed sign-in link to a delivered campaign, out of the sandbox on the way.

Everything is done by what a person sees (roles, labels, texts); every page is looked at closely (visitor.py).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from story import steps

from browser.visitor import LIVE, Visitor

pytestmark = pytest.mark.browser

READERS = Path(__file__).parent / "readers.csv"
TAKEN_IN, CONFIRMED, SIMULATOR = 27, 26, 3
STRANGERS = CONFIRMED - SIMULATOR
SUBJECT = "News from the harbour"
BODY = "# Hello {{ name | default: 'reader' }}\n\nNew books have landed. [See them](https://harbor.test/new)."


def test_from_the_first_page_to_a_delivered_campaign(visitor: Visitor) -> None:
    signs_in(visitor)
    says_who_sends(visitor)
    sets_ses_up(visitor)
    makes_a_list(visitor)
    imports_readers(visitor)
    writes_a_campaign(visitor)
    looks_at_it_and_sends_a_test(visitor)
    starts_it(visitor)
    sees_strangers_held(visitor)
    asks_to_leave_the_sandbox(visitor)
    is_denied_and_answers_in_the_case(visitor)
    is_granted(visitor)
    sees_it_delivered(visitor)
    sees_the_bounce_suppressed(visitor)
    reader = opens_a_mail_and_unsubscribes(visitor)
    sees_who_left(visitor, reader)
    looks_into_the_other_pages(visitor)
    visitor.has_no_complaints()


def signs_in(visitor: Visitor) -> None:
    """By the link that the start printed; with the keyboard alone on the large screen."""
    page = visitor.page
    [link] = re.findall(r"http\S+/sign-in/\S+", visitor.installation.output())
    page.goto(link)
    visitor.arrive("Welcome")
    button = page.get_by_role("button", name="Sign in")
    if visitor.is_small:
        button.click()
    else:
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
    visitor.arrive("Home")
    expect(page.get_by_role("region", name="Next steps")).to_contain_text("1 of 7 done")
    expect(page.get_by_role("note")).to_contain_text("Nothing leaves this machine")


def says_who_sends(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Say who sends").click()
    visitor.arrive("Settings")
    page.get_by_label("Workspace name").fill("Harbor Books")
    page.get_by_label("Legal name of the sender").fill("Harbor Books Ltd")
    page.get_by_label("Postal address").fill("1 Quay Street\n10115 Berlin")
    page.get_by_label("Website").fill("https://harbor.test")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_be_visible()
    visitor.look(part="saved")


def sets_ses_up(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("Home")
    visitor.arrive("Home")
    page.get_by_role("link", name="Set SES up").click()
    visitor.arrive(re.compile("sesbox|rehearsal", re.IGNORECASE))
    page.get_by_label("Send from").fill("harbor.test")
    page.get_by_role("button", name="Set up SES").click()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible(timeout=LIVE)
    expect(page.locator("#senders")).to_contain_text("harbor.test")
    expect(page.locator("#feedback")).to_contain_text("sendwell-feedback")
    visitor.look(part="ready")
    page.get_by_role("link", name="Go on to the next step").click()
    visitor.arrive("Home")


def makes_a_list(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.get_by_role("region", name="Next steps")).to_contain_text("4 of 7 done")
    page.get_by_role("link", name="Bring your contacts").click()
    visitor.arrive("Lists")
    page.get_by_role("link", name="Make your first list").click()
    visitor.arrive("New list")
    page.get_by_label("Name").fill("Harbour news")
    page.get_by_label("Description").fill("New books and readings, once a month.")
    page.get_by_role("button", name="Make the list").click()
    visitor.arrive("Harbour news")


def imports_readers(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Import a file").first.click()
    visitor.arrive("Import a file")
    page.get_by_label("File").set_input_files(READERS)
    page.get_by_label("Where do these addresses come from").fill(
        "Sign-up form on harbor.test and the list on the shop's counter"
    )
    page.get_by_text("Signed up", exact=True).click()
    page.get_by_label("say that this is true").check()
    page.get_by_role("button", name="Next: look at the columns").click()
    visitor.arrive("What is in the file?")
    page.get_by_label("signed up is taken as").select_option(label="Consent of each row")
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("heading", name="Line by line")).to_be_visible(timeout=LIVE)
    visitor.arrive("Import report")
    for figure in ("26 Added", "1 Added", "1 Skipped"):
        expect(page.get_by_role("link", name=figure).first).to_be_visible()
    page.get_by_role("link", name="To the list").click()
    visitor.arrive("Harbour news")
    expect(page.get_by_role("main")).to_contain_text(re.compile(rf"May be mailed\s*{CONFIRMED}"))


def writes_a_campaign(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("Campaigns")
    visitor.arrive("Campaigns")
    page.get_by_role("link", name="Write the first one").click()
    visitor.arrive("New campaign")
    page.get_by_label("Name", exact=True).fill("June news")
    page.get_by_label("Subject").fill(SUBJECT)
    page.get_by_label("Body").fill(BODY)
    page.get_by_label("From name").fill("Harbor Books")
    page.get_by_label("From address").fill(steps.SENDER)
    page.get_by_role("button", name="Save and preview").click()


def looks_at_it_and_sends_a_test(visitor: Visitor) -> None:
    page = visitor.page
    visitor.arrive("Preview")
    mail = page.frame_locator("iframe[title='The mail as HTML']")
    expect(mail.get_by_role("heading", level=1)).to_contain_text("Hello")
    expect(mail.get_by_text("1 Quay Street")).to_be_visible()
    page.get_by_label("Contact").select_option(label="chloe@reader3.test")
    visitor.press(page.get_by_role("button", name="Show"))
    expect(mail.get_by_role("heading", name="Hello Chloé Dubois")).to_be_visible()
    visitor.press(page.get_by_text("Mobile", exact=True))
    page.get_by_label("Send a test to").fill("success@simulator.amazonses.com")
    visitor.press(page.get_by_role("button", name="Send a test"))
    expect(page.get_by_role("status").first).to_contain_text("success@simulator.amazonses.com")
    visitor.look(part="tested")
    visitor.press(page.get_by_role("link", name="Go on"))


def starts_it(visitor: Visitor) -> None:
    """With the keyboard alone on the large screen."""
    page = visitor.page
    visitor.arrive("June news")
    main = page.get_by_role("main")
    expect(main).to_contain_text(f"Send it to {CONFIRMED} people: {SIMULATOR} now, {STRANGERS} once")
    agree, start = page.get_by_label("Send it to"), page.get_by_role("button", name="Start")
    if visitor.is_small:
        agree.check()
        start.click()
    else:
        visitor.tab_to(agree)
        page.keyboard.press("Space")
        visitor.tab_to(start)
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def sees_strangers_held(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.get_by_text(f"{STRANGERS} messages wait")).to_be_visible(timeout=LIVE)
    expect(figure(page, "bounced")).to_have_text(re.compile(r"^1\b"), timeout=LIVE)
    expect(figure(page, "complained")).to_have_text(re.compile(r"^1\b"), timeout=LIVE)
    expect(figure(page, "delivered")).to_have_text(re.compile(r"^1\b"), timeout=LIVE)
    visitor.look(part="held")
    page.get_by_role("link", name="Held").filter(has_text="sandbox").click()
    visitor.arrive("Messages")
    expect(page.get_by_role("row")).to_have_count(STRANGERS + 1)
    page.go_back()


def asks_to_leave_the_sandbox(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("main").get_by_role("link", name="Leave the sandbox").click()
    visitor.arrive("Leave the sandbox")
    page.get_by_role("link", name="Write the request").click()
    visitor.arrive("Request production access")
    page.get_by_label("Desired Daily Sending Quota").check()
    page.get_by_label("New limit value").fill("20000")
    page.get_by_label("Subscription").check()
    expect(page.get_by_label("Website URL")).to_have_value("https://harbor.test")
    for question in ("complies with", "specifically requested", "handle bounces and complaints"):
        page.get_by_role("group", name=question).get_by_label("Yes").check()
    page.get_by_label("Use case description").fill(steps.USE_CASE_THIN)
    expect(page.locator("#as-sent")).to_contain_text("20000")
    expect(page.locator("#as-sent")).to_contain_text("Complete.")
    visitor.look(part="filled")
    page.get_by_role("button", name="Save and review").click()
    visitor.arrive("Review the request")
    expect(page.get_by_role("main")).to_contain_text(steps.USE_CASE_THIN)
    page.get_by_label("I have read it").check()
    page.get_by_role("button", name="Send to the reviewer").click()


def is_denied_and_answers_in_the_case(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.get_by_text("Denied, and not the end of it")).to_be_visible(timeout=LIVE)
    visitor.look(part="denied")
    case = visitor.popup(page.get_by_role("link", name="Reply in the case"))
    visitor.arrive(re.compile("Production access in"), case)
    why = case.get_by_role("region", name="Why it was denied")
    expect(why).to_contain_text("too short to be judged")
    expect(why).to_contain_text("bounces and complaints")
    case.get_by_label("Your reply").fill(steps.USE_CASE)
    case.get_by_role("button", name="Send reply").click()
    expect(case.get_by_role("status")).to_contain_text("The reply is in the case")
    visitor.look(case, part="answered")
    case.close()


def is_granted(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.locator("#live").get_by_text("Granted", exact=True).first).to_be_visible(timeout=LIVE)
    expect(page.locator("#live")).to_contain_text("Asked 20,000")
    expect(page.locator("#facts")).to_contain_text("Production", timeout=LIVE)
    visitor.look(part="granted")


def sees_it_delivered(visitor: Visitor) -> None:
    """Every contact of the list is in exactly one row, and the rows add up."""
    page = visitor.page
    visitor.go("Campaigns")
    visitor.arrive("Campaigns")
    page.get_by_role("link", name="June news").click()
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=LIVE)
    expect(figure(page, "delivered")).to_have_text(re.compile(rf"^{STRANGERS + 1}\b"), timeout=LIVE)
    expect(figure(page, "skipped")).to_have_text(re.compile(r"^1\b"))
    expect(page.get_by_role("heading", name=f"{TAKEN_IN} contacts")).to_be_visible()
    table = page.get_by_role("table").first
    shown = [int(text.split()[0].replace(",", "")) for text in table.locator("td.count").all_inner_texts()]
    assert sum(shown[:-1]) == shown[-1] == TAKEN_IN
    visitor.look(part="finished")


def sees_the_bounce_suppressed(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("Suppression")
    visitor.arrive("Suppression")
    row = page.get_by_role("row").filter(has_text="bounce@simulator.amazonses.com")
    expect(row).to_contain_text("Hard bounce")
    expect(page.get_by_role("row").filter(has_text="complaint@simulator.amazonses.com")).to_contain_text("Complaint")


def opens_a_mail_and_unsubscribes(visitor: Visitor) -> str:
    """In sesbox's inbox, by the link that stands in the mail; the address that left."""
    reader = "zoe@reader3.test"
    inbox = visitor.popup(visitor.page.get_by_role("link", name="sesbox inbox"))
    visitor.arrive("Inbox", inbox)
    inbox.get_by_role("searchbox").fill(reader)
    inbox.get_by_role("searchbox").press("Enter")
    inbox.get_by_role("link", name=SUBJECT).click()
    visitor.arrive(SUBJECT, inbox)
    mail = inbox.frame_locator("iframe[title='The HTML of this message']")
    expect(mail.get_by_role("heading", level=1)).to_have_text("Hello Zoë Martin")
    leaving = visitor.popup(mail.get_by_role("link", name="Unsubscribe"))
    visitor.arrive("Unsubscribe?", leaving)
    leaving.get_by_role("button", name="Leave “Harbour news”").click()
    visitor.arrive("You left “Harbour news”", leaving)
    leaving.close()
    inbox.close()
    return reader


def sees_who_left(visitor: Visitor, reader: str) -> None:
    page = visitor.page
    visitor.go("Contacts")
    visitor.arrive("Contacts")
    page.get_by_role("searchbox").fill(reader)
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name=reader).click()
    visitor.arrive(reader)
    expect(page.get_by_role("row").filter(has_text="Harbour news")).to_contain_text("Unsubscribed")


def looks_into_the_other_pages(visitor: Visitor) -> None:
    """What the way did not lead through but the side bar offers."""
    visitor.go("Home")
    visitor.arrive("Home")
    visitor.go("Messages")
    visitor.arrive("Messages")
    visitor.go("Connections")
    visitor.arrive("Connections")
    visitor.page.get_by_role("link", name="Feedback").click()
    visitor.arrive("Feedback from SES")


def figure(page: Page, status: str) -> Locator:
    """The number of a row of the report's table."""
    return page.locator(f"tr[data-status='{status}'] td.count")
