"""Chromium, both programs as processes, and one visitor per viewport.

Lives here: fixtures. Must not live here: what a visitor does (the tests), what is checked on every page (visitor.py).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from story.harness import Installation

from browser.visitor import Visitor

ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The Chromium on PATH. Per module: an open playwright would forbid Django's database calls in other tests."""
    expect.set_options(timeout=15_000)  # other tests may keep the processors busy
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no `chromium` on PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A fresh `sendwell up` whose reviewer answers after a second."""
    running = Installation(tmp_path / "data").start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["1280x900", "390x844"])
def visitor(request: pytest.FixtureRequest, chromium: Browser, installation: Installation) -> Iterator[Visitor]:
    """Somebody with a browser of that size; screenshots go to $BROWSER_SHOTS, if that is set."""
    width, height = request.param
    shots = os.environ.get("BROWSER_SHOTS")
    one = Visitor(chromium, width, height, installation, Path(shots) if shots else None)
    yield one
    one.leave()
