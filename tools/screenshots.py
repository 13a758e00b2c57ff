"""Makes the README's pictures: docs/images/*.png, 1280 pixels wide, in light, from a rehearsal with 1,000 rows.

Starts `sendwell up` in a folder that it deletes afterwards, plays the main job, and photographs pages in the Chromium
on PATH. Run: .venv/bin/python tools/screenshots.py
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import BrowserContext, sync_playwright  # noqa: E402
from story import steps  # noqa: E402
from story.harness import Console, Installation, wait_for  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WIDTH = 1280
MOST_BYTES = 250_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main() -> None:
    """Both pictures; ends with an error if a page does not come to the state that it shall show."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("No `chromium` on PATH (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as folder:
        running = Installation(Path(folder) / "data").start()
        try:
            console = running.sign_in()
            campaign = prepare(running, console)
            leave_the_sandbox(running, console)
            wait_for("the campaign is through", lambda: is_settled(running, campaign), 180)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                context = browser.new_context(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
                sign_in(running, context)
                photograph(running, context, f"/campaigns/{campaign}/", "campaign", 720)
                photograph(running, context, "/leave-the-sandbox/1/", "leave-the-sandbox", 1060)
                browser.close()
        finally:
            running.stop()


def prepare(running: Installation, console: Console) -> int:
    """SES set up, readers imported, a campaign that waits in the sandbox; the campaign's number."""
    steps.prepare(running, console)
    readers = steps.make_list(console, "Harbour news")
    steps.import_csv(running, console, readers, (ROOT / "story" / "contacts-1000.csv").read_bytes())
    campaign = steps.make_campaign(console, readers, "June news")
    steps.start(console, campaign)
    wait_for("strangers are held", lambda: steps.counts(running, campaign).get(("held", "sandbox")), 60)
    return campaign


def leave_the_sandbox(running: Installation, console: Console) -> None:
    """Denied for a thin description, answered in the case, granted, and proved by a send to a stranger."""
    steps.request_production(console, steps.USE_CASE_THIN)
    wait_for("the request is denied", lambda: "Denied" in console.get("/leave-the-sandbox/1/"), 60)
    [case] = running.cases()
    running.sesbox_post(f"/_sesbox/cases/{case['case_id']}/reply", {"text": steps.USE_CASE})
    wait_for("the request is granted", lambda: "Granted" in console.get("/leave-the-sandbox/1/"), 90)
    proof = {"from_address": steps.SENDER, "to_address": "me@elsewhere.test", "owned": "on"}
    console.submit("/leave-the-sandbox/1/", proof, action="/proof/")
    console.submit("/leave-the-sandbox/1/", action="/check/")
    console.get("/leave-the-sandbox/1/")  # shows, and so uses up, what these two had to say


def is_settled(running: Installation, campaign: int) -> bool:
    """Every message has come to its end, delivery reports included."""
    on_the_way = {"queued", "held", "sending", "accepted"}
    return not any(status in on_the_way for status, _ in steps.counts(running, campaign))


def sign_in(running: Installation, context: BrowserContext) -> None:
    [link] = re.findall(r"http\S+/sign-in/\S+", running.run("sign-in-link"))
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Home").wait_for()


def photograph(running: Installation, context: BrowserContext, path: str, name: str, height: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(running.base + path)
    IMAGES.mkdir(parents=True, exist_ok=True)
    file = IMAGES / f"{name}.png"
    page.screenshot(path=file, animations="disabled")
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")
    assert file.stat().st_size <= MOST_BYTES, f"{name}: more than {MOST_BYTES:,} bytes"


if __name__ == "__main__":
    main()
