"""`sendwell up` as a process: it starts, it holds its place, it comes back, it ends with everything it started."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def soon(what: str, probe: Callable[[], T | None]) -> T:
    """The first truthy answer within a minute."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {SECONDS} s")


def children_of(pid: int) -> dict[int, str]:
    """All living descendants with their command lines."""
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for listed in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            for child in map(int, listed.read_text().split()):
                waiting.append(child)
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


class Up:
    """One `sendwell up`, with its output."""

    def __init__(self, folder: Path, *arguments: str, port: int | None = None) -> None:
        self.port, self.sesbox_port = port or free_port(), free_port()
        self.folder, self.log = folder, folder / f"up-{self.port}.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENDWELL_", "DJANGO_", "AWS_"))}
        self.env = {
            **kept,
            "SENDWELL_DATA_DIR": str(folder),
            "SENDWELL_PORT": str(self.port),
            "SENDWELL_SESBOX_PORT": str(self.sesbox_port),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sendwell.main", "up", *arguments],
                env=self.env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def running(self) -> "Up":
        def greeted() -> bool:
            assert self.process.poll() is None, self.output
            return "is running" in self.output

        soon("the greeting", greeted)
        return self

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: str = ""
    ) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        text, cookies = (
            answer.read().decode(),
            "; ".join(c.split(";")[0] for c in answer.headers.get_all("Set-Cookie", [])),
        )
        connection.close()
        return answer.status, text, cookies

    def sesbox(self) -> int:
        return int(json.loads((self.folder / "sesbox.ready.json").read_text())["pid"])

    def end(self) -> None:
        for pid in [self.process.pid, *children_of(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path).running()
    yield made
    made.end()


def test_it_greets_with_a_link_that_signs_in_once(up: Up) -> None:
    link = re.search(r"http://127\.0\.0\.1:\d+(/sign-in/\S+)", up.output)
    assert link, up.output
    assert f"http://127.0.0.1:{up.sesbox_port}" in up.output
    status, page, cookie = up.request("GET", link[1])
    csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert status == 200
    assert csrf
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    status, _, session = up.request("POST", link[1], headers, f"csrfmiddlewaretoken={csrf[1]}")
    assert status == 302
    status, page, _ = up.request("GET", "/", {"Cookie": session})
    assert status == 200
    assert "Nothing leaves this machine" in page
    assert up.request("GET", link[1])[0] == 410
    style = re.search(r'href="(/static/console/console\.[0-9a-f]{12}\.css)"', page)
    assert style, "static files are collected under hashed names"
    assert up.request("GET", style[1])[0] == 200


def test_a_second_one_says_who_holds_the_data_and_who_holds_the_port(up: Up, tmp_path: Path) -> None:
    same_data = Up(tmp_path)
    assert same_data.process.wait(SECONDS) == 1
    assert f"process {up.process.pid}, at http://127.0.0.1:{up.port}" in same_data.output
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    same_port = Up(elsewhere, port=up.port)
    assert same_port.process.wait(SECONDS) == 1
    assert re.search(
        rf"Port {up.port} is taken by process \d+ \(.*sendwell.*SENDWELL_PORT={up.port + 1}", same_port.output
    )
    assert "Traceback" not in same_data.output + same_port.output
    assert up.request("GET", "/health")[0] == 200


def test_a_killed_sesbox_comes_back(up: Up) -> None:
    before = up.sesbox()
    os.kill(before, signal.SIGKILL)

    def back() -> bool:
        try:
            return up.sesbox() != before
        except (FileNotFoundError, ValueError):
            return False

    soon("another sesbox", back)
    assert "sesbox ended (by SIGKILL); starting it again in 1 s" in up.output


def test_sigterm_stops_everything_and_it_starts_again(up: Up, tmp_path: Path) -> None:
    children = children_of(up.process.pid)
    assert any("sesbox" in command for command in children.values())
    assert any(" web" in command for command in children.values())
    assert any(" worker" in command for command in children.values())
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(20) == 0
    assert [pid for pid in children if alive(pid)] == []
    assert "was killed" not in up.output
    again = Up(tmp_path)
    try:
        again.running()
        assert again.request("GET", "/health")[0] == 200
    finally:
        again.end()


def test_when_it_is_killed_its_children_go_too(up: Up) -> None:
    children = children_of(up.process.pid)
    assert len(children) >= 3
    up.process.kill()
    up.process.wait(10)
    soon("no child is left", lambda: not any(alive(pid) for pid in children))


def test_without_the_embedded_sesbox_only_ours_runs(tmp_path: Path) -> None:
    up = Up(tmp_path, "--no-embedded")
    try:
        up.running()
        assert not any("sesbox" in command for command in children_of(up.process.pid).values())
        assert "sesbox" not in up.output
    finally:
        up.end()
