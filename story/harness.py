"""Starts both programs as a user does (`sendwell up`) and walks their pages over HTTP.

Lives here: processes, a small form-filling client, polling with a deadline. Must not live here: assertions of a story.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import requests

T = TypeVar("T")
BIN = Path(sys.executable).parent


def free_port() -> int:
    """A TCP port on the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, probe: Callable[[], T | None], seconds: float = 60, every: float = 0.2) -> T:
    """The first truthy value of `probe`. Raises AssertionError naming `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


@dataclass
class Form:
    """One form of a page: where it goes and what it would send."""

    action: str
    method: str
    fields: dict[str, list[str]]
    buttons: list[str]
    files: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._select: str | None = None
        self._chosen: list[tuple[str, bool]] = []
        self._textarea: str | None = None
        self._button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append(Form(a.get("action", ""), a.get("method", "get").lower(), {}, []))
        elif self.forms and tag in ("input", "select", "textarea", "option", "button"):
            getattr(self, f"_{tag}_tag")(a, self.forms[-1])

    def _input_tag(self, a: dict[str, str], form: Form) -> None:
        kind, name = a.get("type", "text"), a.get("name")
        if not name:
            return
        if kind == "file":
            form.files.add(name)
        elif kind in ("checkbox", "radio"):
            form.fields.setdefault(name, [])
            if "checked" in a:
                form.fields[name].append(a.get("value") or "on")
        elif kind not in ("submit", "button", "image"):
            form.fields.setdefault(name, []).append(a.get("value", ""))

    def _select_tag(self, a: dict[str, str], form: Form) -> None:
        self._select, self._chosen = a.get("name"), []

    def _option_tag(self, a: dict[str, str], form: Form) -> None:
        self._chosen.append((a.get("value", ""), "selected" in a))

    def _textarea_tag(self, a: dict[str, str], form: Form) -> None:
        self._textarea = a.get("name")
        if self._textarea:
            form.fields[self._textarea] = [""]

    def _button_tag(self, a: dict[str, str], form: Form) -> None:
        self._button = True
        form.buttons.append("")

    def handle_data(self, data: str) -> None:
        if self._textarea and self.forms:
            self.forms[-1].fields[self._textarea][0] += (
                data.lstrip("\n") if not self.forms[-1].fields[self._textarea][0] else data
            )
        if self._button and self.forms:
            self.forms[-1].buttons[-1] = (self.forms[-1].buttons[-1] + " " + data.strip()).strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select and self.forms:
            chosen = [value for value, selected in self._chosen if selected] or [v for v, _ in self._chosen[:1]]
            self.forms[-1].fields.setdefault(self._select, []).extend(chosen)
            self._select = None
        self._textarea = None if tag == "textarea" else self._textarea
        self._button = False if tag == "button" else self._button


class Console:
    """A signed-in person without a browser: opens pages, fills forms by field name, keeps cookies."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.session = requests.Session()

    def get(self, path: str) -> str:
        answer = self.session.get(self.base + path, timeout=30)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code}\n{answer.text[:2000]}"
        return answer.text

    def forms(self, path: str) -> list[Form]:
        parser = _Forms()
        parser.feed(self.get(path))
        return parser.forms

    def submit(
        self,
        path: str,
        values: Mapping[str, Any] | None = None,
        *,
        button: str | None = None,
        action: str | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        press: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Fill the one form on `path` that has the button text or action asked for, and send it as a browser would.

        `press` is the name and value of the button, where a form has several.
        """
        wanted = [
            f for f in self.forms(path) if f.method == "post" and self._fits(f, values or {}, button, action, files)
        ]
        assert len(wanted) >= 1, (
            f"no form on {path} with button {button!r}, action {action!r}, fields {list(values or {})}"
        )
        form = wanted[0]
        data: dict[str, Any] = {**form.fields, **(values or {}), **(press or {})}
        target = requests.compat.urljoin(self.base + path, form.action or path)
        answer = self.session.post(target, data=data, files=files, headers={"Referer": self.base + path}, timeout=60)
        assert answer.status_code == 200, f"POST {target}: {answer.status_code}\n{answer.text[:3000]}"
        return answer

    @staticmethod
    def _fits(form: Form, values: Mapping[str, Any], button: str | None, action: str | None, files: Any) -> bool:
        return (
            (button is None or any(button.lower() in text.lower() for text in form.buttons))
            and (action is None or action in form.action)
            and all(name in form.fields for name in values)
            and all(name in form.files for name in files or {})
        )


@dataclass
class Installation:
    """`sendwell up` as a process, in its own data directory, on its own ports."""

    data_dir: Path
    database_url: str = ""
    sesbox_args: str = "--review-delay 1 --delivery-delay 0.05"
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port, self.sesbox_port = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.sesbox = f"http://127.0.0.1:{self.sesbox_port}"
        self.log = self.data_dir / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENDWELL_", "AWS_", "DJANGO_"))}
        return {
            **kept,
            "SENDWELL_DATA_DIR": str(self.data_dir),
            "SENDWELL_DATABASE_URL": self.database_url,
            "SENDWELL_PORT": str(self.port),
            "SENDWELL_SESBOX_PORT": str(self.sesbox_port),
            "SENDWELL_SESBOX_ARGS": self.sesbox_args,
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }

    def start(self) -> Installation:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BIN / "sendwell", "up"], env=self.env, stdout=log, stderr=subprocess.STDOUT
            )
        wait_for("sendwell answers", self._ready, 90)
        return self

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"sendwell up ended:\n{self.output()}"
        try:
            return requests.get(self.base + "/accounts/login/", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError(
                    f"sendwell up did not stop within 20 s of SIGTERM:\n{self.output()[-3000:]}"
                ) from None

    def run(self, *arguments: str) -> str:
        """A `sendwell` command on this installation; its output."""
        done = subprocess.run([BIN / "sendwell", *arguments], env=self.env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"sendwell {' '.join(arguments)}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def sign_in(self) -> Console:
        """A console signed in by the link that the start printed, or by a new one."""
        found = re.findall(r"http\S+/sign-in/\S+", self.output()) if not hasattr(self, "_signed") else []
        self._signed = True
        link = found[-1] if found else re.findall(r"http\S+/sign-in/\S+", self.run("sign-in-link"))[-1]
        console = Console(self.base)
        console.submit(link.removeprefix(self.base))
        return console

    def children(self, needle: str) -> list[int]:
        """Process ids under `sendwell up` whose command line holds the needle."""
        assert self.process is not None
        found, waiting = [], [self.process.pid]
        while waiting:
            parent = waiting.pop()
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                for child in map(int, task.read_text().split()):
                    waiting.append(child)
                    if needle in Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                        found.append(child)
        return found

    def mailbox(self, limit: int = 5000) -> list[dict[str, Any]]:
        """Everything sesbox has accepted, newest first."""
        answer = requests.get(f"{self.sesbox}/_sesbox/messages", params={"limit": limit}, timeout=30).json()
        return list(answer["messages"] if isinstance(answer, dict) else answer)

    def cases(self) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.sesbox}/_sesbox/cases", timeout=30).json()
        return list(answer["cases"] if isinstance(answer, dict) else answer)

    def sesbox_post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = requests.post(self.sesbox + path, json=dict(body), timeout=30)
        assert answer.status_code < 300, f"POST {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def ready(self) -> dict[str, Any]:
        return dict(json.loads((self.data_dir / "sesbox.ready.json").read_text()))
