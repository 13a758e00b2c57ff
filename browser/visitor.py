"""Somebody at a browser: goes where a person goes, and looks closely at every page on the way.

Lives here: moving about, what must hold on every page, waiting with a deadline. Must not live here: a story's steps.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, WebError, expect
from story.harness import Installation

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async rules => {
    for (const one of document.getAnimations()) if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
    const options = {iframes: false, resultTypes: ["violations"]};
    if (rules) options.runOnly = {type: "rule", values: rules};
    const found = await axe.run(document, options);
    const words = node => node.target.join(" ") + " " + node.any.map(check => check.message).join("; ");
    return found.violations.filter(v => ["serious", "critical"].includes(v.impact))
        .map(v => v.id + ": " + v.nodes.map(words).join("\\n    "));
}"""
NAMELESS = """() => [...document.querySelectorAll(
        "input:not([type=hidden]), select, textarea, button, a[href], iframe")]
    .filter(e => e.checkVisibility() && !(e.labels && e.labels.length) && !e.getAttribute("aria-label")
        && !e.getAttribute("aria-labelledby") && !e.title && !e.textContent.trim())
    .map(e => e.outerHTML.slice(0, 200))"""
TOO_WIDE = """() => document.documentElement.scrollWidth > window.innerWidth
    ? [document.documentElement.scrollWidth + " px wide: " + [...document.querySelectorAll("body *")]
        .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1).slice(0, 5)
        .map(e => e.tagName + "." + e.className).join(", ")] : []"""
CSP_ALARM = """document.addEventListener("securitypolicyviolation", e =>
    console.error("CSP: " + e.violatedDirective + " " + e.blockedURI));"""
FOLLOWED = """scheme => matchMedia("(prefers-color-scheme: " + scheme + ")").matches
    && (document.documentElement.dataset.bsTheme || scheme) === scheme"""
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
LIVE = 60_000
"""Milliseconds that a page may take to show by itself what the worker has done."""


class Visitor:
    """One browser context, and everything that went wrong in it."""

    def __init__(
        self, browser: Browser, width: int, height: int, installation: Installation, shots: Path | None
    ) -> None:
        self.installation = installation
        self.width = width
        self.wrong: list[str] = []
        self.seen: set[str] = set()
        self._shots = shots
        # Reduced motion: a page that still scrolls smoothly lets a click fall beside its target.
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce"
        )
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(CSP_ALARM)
        self.context.on("console", self._console)
        self.context.on("weberror", self._page_error)
        self.context.on("response", self._response)
        self.context.on("requestfailed", self._failed)
        self.page = self.context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())

    @property
    def is_small(self) -> bool:
        return self.width < 992

    def leave(self) -> None:
        self.context.close()
        print("\n".join(self.wrong))  # pytest shows it where a step failed

    def has_no_complaints(self) -> None:
        """Nothing went wrong on any page so far."""
        assert not self.wrong, "\n".join(self.wrong)

    # Where to

    def go(self, section: str) -> None:
        """Open a section by the side bar; on a small screen that is behind the menu button."""
        if self.is_small:
            self.page.get_by_role("button", name="Open the menu").click()
        self.page.get_by_role("complementary", name="Main").get_by_role("link", name=section, exact=True).click()

    def arrive(self, heading: str | re.Pattern[str], page: Page | None = None) -> None:
        """Wait for the page with this heading, then look at it."""
        page = page or self.page
        exact = isinstance(heading, str)
        expect(page.get_by_role("heading", level=1, name=heading, exact=exact)).to_be_visible()
        self.look(page)

    def popup(self, link: Locator) -> Page:
        """Follow a link that opens a tab of its own."""
        with self.context.expect_page() as opened:
            link.click()
        return opened.value

    def press(self, target: Locator) -> None:
        """Click where a mail's frame is about: only once the screen shows what was scrolled to.

        The frame lives in a process of its own and would swallow a click that comes in the instant of scrolling.
        """
        target.scroll_into_view_if_needed()
        target.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        target.click()

    def tab_to(self, target: Locator) -> None:
        """Reach something with the Tab key alone, and see that it is marked as focused."""
        expect(target).to_be_visible()
        for _ in range(80):
            self.page.keyboard.press("Tab")
            if target.evaluate("e => e === document.activeElement"):
                style = "e => { const s = getComputedStyle(e); return s.outlineStyle + ' ' + s.boxShadow }"
                assert target.evaluate(style) != "none none", f"focus of {target} cannot be seen"
                return
        raise AssertionError(f"{target} is not reached by the Tab key")

    # What must hold everywhere

    def look(self, page: Page | None = None, part: str = "") -> None:
        """Note what is wrong with this page as it stands now."""
        page = page or self.page
        page.wait_for_load_state("load")
        name = re.sub(r"\d{4,}|[0-9a-f-]{20,}|[A-Za-z0-9_-]{24,}", "N", page.url.partition("//")[2].partition("/")[2])
        name = re.sub(r"\W+", "-", name.partition("?")[0]).strip("-") or "home"
        self.seen.add(name)
        found = [*page.evaluate(NAMELESS), *page.evaluate(TOO_WIDE), *self._axe(page)]
        if self._shots:
            self._photograph(page, f"{len(self.seen):02}-{name}{'-' + part if part else ''}")
        self.wrong += [f"{page.url} {part}: {one}" for one in found]

    def _axe(self, page: Page) -> list[str]:
        """Serious and critical violations in light; on a large screen also those of contrast in dark."""
        page.evaluate(AXE + "; undefined")
        found: list[str] = page.evaluate(RUN_AXE, None)
        if not self.is_small:
            self._dim(page, "dark")
            found += [f"dark: {one}" for one in page.evaluate(RUN_AXE, ["color-contrast"])]
            self._dim(page, "light")
        return found

    @staticmethod
    def _dim(page: Page, scheme: Literal["dark", "light"]) -> None:
        """Change what the system prefers, and wait until the page has followed."""
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(FOLLOWED, arg=scheme)

    def _photograph(self, page: Page, name: str) -> None:
        assert self._shots is not None
        for scheme in SCHEMES:
            self._dim(page, scheme)
            page.screenshot(
                path=self._shots / f"{self.width}-{name}-{scheme}.png", full_page=True, animations="disabled"
            )

    # What went wrong

    def _console(self, message: ConsoleMessage) -> None:
        left = message.text.startswith(
            ("htmx:sendAbort", "htmx:afterRequest")
        )  # htmx tells of polls cut off by leaving
        if message.type == "error" and not left:
            self.wrong.append(f"console: {message.text} {message.location.get('url', '')}")

    def _page_error(self, error: WebError) -> None:
        self.wrong.append(f"script: {error.error}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status} {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        reason: Any = request.failure
        if reason != "net::ERR_ABORTED":  # a poll that was under way when the visitor left the page
            self.wrong.append(f"{reason} {request.method} {request.url}")
