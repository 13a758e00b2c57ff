"""Children as processes: relayed, started again, stopped in order."""

import sys
import time
from collections.abc import Iterator

import pytest

from sendwell.launcher.children import Child, ChildError, Supervisor


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.relayed: list[str] = []


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def supervisor(heard: Heard) -> Iterator[Supervisor]:
    made = Supervisor(heard.said.append, lambda name, line: heard.relayed.append(f"{name}: {line}"))
    made.relaying = True
    yield made
    made.stop(patience=2)


def python(name: str, code: str, stop_order: int = 0) -> Child:
    return Child(name, [sys.executable, "-u", "-c", code], {}, stop_order)


def test_lines_are_relayed_whole_with_the_name(supervisor: Supervisor, heard: Heard) -> None:
    child = python("talker", "import time; print('one\\ntwo', flush=True); time.sleep(60)")
    supervisor.start(child)
    supervisor.wait_for("it spoke", lambda: len(heard.relayed) == 2, child, 20)
    assert heard.relayed == ["talker: one", "talker: two"]


def test_a_child_that_ends_too_soon_is_an_error_with_its_last_words(supervisor: Supervisor) -> None:
    child = python("dier", "print('no config'); raise SystemExit(3)")
    supervisor.start(child)
    with pytest.raises(ChildError, match=r"(?s)dier ended \(exit code 3\).*no config"):
        supervisor.wait_for("it was ready", lambda: False, child, 20)


def test_a_child_that_is_never_ready_is_an_error(supervisor: Supervisor) -> None:
    child = python("sleeper", "import time; time.sleep(60)")
    supervisor.start(child)
    with pytest.raises(ChildError, match=r"it was ready took more than 0\.2 s"):
        supervisor.wait_for("it was ready", lambda: False, child, 0.2)


def test_a_child_that_ends_is_said_and_started_again(supervisor: Supervisor, heard: Heard) -> None:
    child = python("worker", "import time; print('up', flush=True); time.sleep(60)")
    supervisor.start(child)
    supervisor.wait_for("it was up", lambda: len(heard.relayed) == 1, child, 20)
    assert child.process is not None
    child.process.kill()
    deadline = time.monotonic() + 20
    while len(heard.relayed) < 2 and time.monotonic() < deadline:
        supervisor._tick()
    assert heard.said == ["worker ended (by SIGKILL); starting it again in 1 s"]
    assert child.alive


def test_children_stop_in_their_order(supervisor: Supervisor, heard: Heard) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(0)))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    last, first = python("sesbox", code, stop_order=1), python("worker", code, stop_order=0)
    for child in (last, first):
        supervisor.start(child)
    supervisor.wait_for("both were up", lambda: len(heard.relayed) == 2, first, 20)
    supervisor.stop()
    assert heard.relayed[2:] == ["worker: bye", "sesbox: bye"]
    assert heard.said == []


def test_who_does_not_stop_is_killed_and_named(supervisor: Supervisor, heard: Heard) -> None:
    child = python(
        "deaf", "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    supervisor.start(child)
    supervisor.wait_for("it was up", lambda: len(heard.relayed) == 1, child, 20)
    supervisor.stop(patience=0.3)
    assert child.process is not None
    assert child.process.wait(5) == -9
    assert heard.said == ["deaf did not stop within 0.3 s and was killed"]
