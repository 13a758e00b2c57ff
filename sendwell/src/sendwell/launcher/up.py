"""The story of `sendwell up`: lock, ports, sesbox, tables, connection, web, worker, greeting, watch, stop.

Must not live here: how children are watched (children.py), what the database needs (prepare.py), texts (greeting.py).
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from sendwell.config import Config
from sendwell.core.parent import PARENT_VARIABLE
from sendwell.launcher import embedded, greeting, prepare
from sendwell.launcher.children import Child, Supervisor
from sendwell.launcher.holders import DataLock, HeldError, check_port

READY_SECONDS = 30.0


def up(config: Config, say: Callable[[str], None]) -> None:
    """Run everything until SIGTERM or Ctrl-C. Raises HeldError, ChildError; stops what it started in any case."""
    lock = DataLock(config.data_dir)
    lock.take(config.base_url)
    try:
        _check_ports(config)
        supervisor = Supervisor(say, lambda name, line: say(greeting.relayed(name, line)))
        _obey_signals(supervisor)
        try:
            _start(config, supervisor, say)
            supervisor.run()
            say("Stopping ...")
        finally:
            supervisor.stop()
    finally:
        lock.release()


def _check_ports(config: Config) -> None:
    check_port(config.host, config.port, "SENDWELL_PORT")
    if config.embedded:
        if config.port == config.sesbox_port:
            raise HeldError(f"sendwell and sesbox both want port {config.port}. Set SENDWELL_SESBOX_PORT to another.")
        check_port("127.0.0.1", config.sesbox_port, "SENDWELL_SESBOX_PORT")


def _start(config: Config, supervisor: Supervisor, say: Callable[[str], None]) -> None:
    say("Starting sendwell ...")
    sesbox = _start_sesbox(config, supervisor) if config.embedded else None
    prepare.database()
    if sesbox is not None:
        supervisor.wait_for(
            "it was ready", lambda: embedded.ready(config, _pid(sesbox)) is not None, sesbox, READY_SECONDS
        )
        prepare.embedded_connection(embedded.ready(config) or {})
    web = Child("web", own_command("web"), _environment())
    supervisor.start(web)
    supervisor.wait_for("it answered", lambda: _answers(config), web, READY_SECONDS)
    supervisor.start(Child("worker", own_command("worker"), _environment()))
    link = f"{config.base_url}/sign-in/{prepare.sign_in_token()}"
    say(greeting.text(config, link))
    supervisor.relaying = True  # what they said before is kept for errors only: the greeting comes first


def _start_sesbox(config: Config, supervisor: Supervisor) -> Child:
    config.sesbox_ready_file.unlink(missing_ok=True)
    # It is stopped last: until then the worker may be waiting for its answers.
    child = Child("sesbox", embedded.command(config), dict(os.environ), stop_order=1)
    supervisor.start(child)
    return child


def own_command(*arguments: str) -> list[str]:
    """A command of ours: the script beside our interpreter, else as a module."""
    script = Path(sys.executable).parent / "sendwell"
    start = [sys.executable, str(script)] if script.exists() else [sys.executable, "-m", "sendwell.main"]
    return [*start, *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, PARENT_VARIABLE: str(os.getpid()), "PYTHONUNBUFFERED": "1"}


def _pid(child: Child) -> int | None:
    return child.process.pid if child.process else None


def _answers(config: Config) -> bool:
    connection = http.client.HTTPConnection(config.host, config.port, timeout=2)
    try:
        connection.request("GET", "/health", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _obey_signals(supervisor: Supervisor) -> None:
    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of signal handlers
        supervisor.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
