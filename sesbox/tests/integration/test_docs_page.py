"""The page docs/how-to/sesbox-in-your-tests.md: its program runs, and its requests to the control API are taken."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sesbox.testing import SesboxProcess

FILE = Path(__file__).parents[3] / "docs" / "how-to" / "sesbox-in-your-tests.md"
PAGE = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
pytestmark = pytest.mark.skipif(not PAGE, reason="sesbox's tests run without the repository's documentation")


def test_the_program_sends_a_mail() -> None:
    program = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+ [\w-]+\n", run.stdout)


def test_the_named_requests_are_taken() -> None:
    named = re.findall(r"`curl http://127\.0\.0\.1:4580(/\S+)((?: -d [^` ]+)+)`", PAGE)
    assert len(named) == 2
    with SesboxProcess("--profile", "production") as box:
        for path, fields in named:
            body = "&".join(fields.split(" -d ")[1:])
            head = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = requests.post(box.endpoint + path, data=body, headers=head, timeout=10)
            assert answer.status_code < 300, answer.text
