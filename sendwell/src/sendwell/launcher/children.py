"""Child processes: started, watched, started again with a growing delay, stopped in order.

Lives here: Child and Supervisor. Must not live here: which programs sendwell consists of (up.py).
One thread does everything, by ticks, so that no two parts can disagree about what runs.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

STEADY_SECONDS = 10.0
LONGEST_DELAY = 30.0
TICK_SECONDS = 0.1


class ChildError(RuntimeError):
    """A child ended, or was not ready in time, before sendwell was up."""


@dataclass
class Child:
    """One program. `stop_order` says in which round it is stopped: 0 first."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    stop_order: int = 0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    failures: int = 0
    last_lines: list[str] = field(default_factory=list)
    buffer: bytes = b""

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


def restart_delay(failures: int) -> float:
    """Seconds before the next start after so many failures in a row: 1 doubling to 30."""
    return min(2.0 ** min(failures - 1, 10), LONGEST_DELAY)


class Supervisor:
    """Runs children until told to stop. `say` prints one line for people, `relay` one line of a child's output."""

    def __init__(self, say: Callable[[str], None], relay: Callable[[str, str], None]) -> None:
        self._say = say
        self._relay = relay
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self.stopping = False
        self.relaying = False

    def start(self, child: Child) -> None:
        """Start a program and keep it running from now on."""
        self._children.append(child)
        self._launch(child)

    def run(self) -> None:
        """Watch the children until `stopping` is set (by a signal handler)."""
        while not self.stopping:
            self._tick()

    def wait_for(self, what: str, ready: Callable[[], bool], child: Child, seconds: float) -> None:
        """Tick until `ready()`. Raises ChildError with the child's last lines if it ends first or time runs out."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.stopping:
                raise ChildError("Stopped while starting.")
            if not child.alive:
                self._drain()
                code = child.process.returncode if child.process else "?"
                raise ChildError(f"{child.name} ended ({_ending(code)}) before {what}.{_tail(child)}")
            if time.monotonic() > deadline:
                raise ChildError(f"{child.name}: {what} took more than {seconds:g} s.{_tail(child)}")
            self._read(TICK_SECONDS)

    def stop(self, patience: float = 8.0) -> None:
        """SIGTERM, round by round of `stop_order`; SIGKILL for whoever has not ended after `patience` seconds."""
        for order in sorted({child.stop_order for child in self._children}):
            group = [child for child in self._children if child.stop_order == order and child.alive]
            for child in group:
                _send(child, signal.SIGTERM)
            deadline = time.monotonic() + patience
            while any(child.alive for child in group) and time.monotonic() < deadline:
                self._read(TICK_SECONDS)
            for child in group:
                if child.alive:
                    self._say(f"{child.name} did not stop within {patience:g} s and was killed")
                _send(child, signal.SIGKILL)  # the whole group: nothing of it may stay behind
        self._drain()

    def _tick(self) -> None:
        self._read(TICK_SECONDS)
        now = time.monotonic()
        for child in self._children:
            if child.alive:
                if child.failures and now - child.started > STEADY_SECONDS:
                    child.failures = 0
            elif child.process is not None:
                self._schedule(child, now)
            elif now >= child.due:
                self._launch(child)

    def _schedule(self, child: Child, now: float) -> None:
        assert child.process is not None
        _send(child, signal.SIGKILL)  # what a killed child left running must not hold its port
        child.failures += 1
        delay = restart_delay(child.failures)
        self._say(f"{child.name} ended ({_ending(child.process.returncode)}); starting it again in {delay:g} s")
        child.process, child.due = None, now + delay

    def _launch(self, child: Child) -> None:
        child.process = subprocess.Popen(  # noqa: S603  # our own programs
            child.command,
            env=dict(child.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us only; we tell them, in order
        )
        child.started, child.buffer = time.monotonic(), b""
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _read(self, timeout: float) -> int:
        """Relay what the children have written; how many bytes."""
        if not self._selector.get_map():
            time.sleep(timeout)
            return 0
        total = 0
        for key, _ in self._selector.select(timeout):
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
            data = pipe.read(65536)
            total += len(data or b"")
            if data == b"":
                self._selector.unregister(pipe)
                pipe.close()
            elif data:
                self._feed(key.data, data)
        return total

    def _feed(self, child: Child, data: bytes) -> None:
        *lines, child.buffer = (child.buffer + data).split(b"\n")
        for raw in lines:
            line = raw.decode("utf-8", "replace").rstrip()
            child.last_lines = [*child.last_lines[-14:], line]
            if self.relaying:
                self._relay(child.name, line)

    def _drain(self) -> None:
        while self._read(0.05):
            pass


def _send(child: Child, number: signal.Signals) -> None:
    """Signal a child: SIGTERM to it alone, SIGKILL to all that it started."""
    if child.process is None:
        return
    try:
        if number == signal.SIGKILL:
            os.killpg(child.process.pid, number)
        elif child.alive:
            child.process.send_signal(number)
    except (ProcessLookupError, PermissionError):
        pass


def _ending(code: int | str) -> str:
    if isinstance(code, int) and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _tail(child: Child) -> str:
    return "" if not child.last_lines else " Its last words:\n" + "\n".join(f"  {line}" for line in child.last_lines)
