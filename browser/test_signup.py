"""Signing up in a real browser: the ALTCHA widget does its work under our policy, and the page works by keyboard."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright
from story import steps
from story.harness import Console, Installation, wait_for

CHROMIUM = os.environ.get("SENDWELL_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)
HARBOR = "jane@harbor.test"  # on the verified domain, so that the sandbox lets the mail through

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: set SENDWELL_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(tmp_path_factory.mktemp("signup") / "data").start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def console(installation: Installation) -> Console:
    signed_in = installation.sign_in()
    steps.prepare(installation, signed_in)
    return signed_in


@pytest.fixture(scope="module")
def public(console: Console) -> str:
    list_id = steps.make_list(console)
    values = {"name": "Website", "lists": [str(list_id)], "from_address": steps.SENDER}
    answer = console.submit("/forms/new", values, button="Make the form")
    return re.search(r'id="public-url" href="([^"]+)"', answer.text)[1]  # type: ignore[index]


def page_of(browser: Browser, troubles: list[str]) -> Page:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return page


@pytest.mark.slow
def test_the_widget_works_under_our_policy(browser: Browser, installation: Installation, public: str) -> None:
    troubles: list[str] = []
    page = page_of(browser, troubles)
    page.goto(public)
    page.keyboard.press("Tab")
    page.keyboard.type(HARBOR)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_text("Verified")).to_be_visible(timeout=30_000)
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Please open your mailbox now")).to_be_visible()
    link = wait_for("the mail is there", lambda: confirm_link(installation), 30)
    page.goto(link)
    page.get_by_role("button", name="Yes, sign me up").click()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    assert troubles == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.context.cookies() == []


def confirm_link(installation: Installation) -> str | None:
    found = [mail for mail in installation.mailbox() if mail["subject"].startswith("Please confirm")]
    if not found:
        return None
    whole = requests.get(f"{installation.sesbox}/_sesbox/messages/{found[0]['message_id']}", timeout=10).json()
    return re.search(r"http\S+/confirm/[\w-]+", str(whole["text"]))[0]  # type: ignore[index]


@pytest.mark.slow
def test_a_copy_on_another_site_works_with_its_own_widget(
    browser: Browser, console: Console, public: str, tmp_path: Path
) -> None:
    number = re.search(r"/forms/(\d+)/", console.get("/forms/"))[1]  # type: ignore[index]
    embed = console.get(f"/forms/{number}/embed")
    snippet = re.search(r'id="snippet-html">(.*?)</code>', embed, re.DOTALL)[1]  # type: ignore[index]
    for coded, plain in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        snippet = snippet.replace(coded, plain)
    (tmp_path / "index.html").write_text(f"<!doctype html><title>Shop</title>{snippet}")
    page = page_of(browser, [])
    with FolderServer(tmp_path) as site:
        origin = site.url
        console.submit(f"/forms/{number}/edit", {"origins": origin}, button="Save")
        page.goto(f"{origin}/index.html")
        page.get_by_label("E-mail address").fill("two@harbor.test")
        page.get_by_role("checkbox").first.check()
        expect(page.get_by_text("Verified")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_text("Please open your mailbox now")).to_be_visible()
        assert page.url == f"{public}/thanks"


class FolderServer:
    """Another site, on another port of this machine."""

    def __init__(self, folder: Path) -> None:
        import functools
        import http.server

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

        handler = functools.partial(Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> FolderServer:
        import threading

        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
