"""The embedded sesbox as a program: its command, its ready file, its clock.

No other part of sendwell knows more of it than what AWS has.
"""

from __future__ import annotations

import http.client
import json
import shlex
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sendwell.config import Config


def command(config: Config) -> list[str]:
    """How to start it: the command beside our interpreter, else as a module."""
    script = Path(sys.executable).parent / "sesbox"
    start = [str(script)] if script.exists() else [sys.executable, "-m", "sesbox.main"]
    return [
        *start,
        "serve",
        "--port",
        str(config.sesbox_port),
        "--data",
        str(config.data_dir / "sesbox.db"),
        "--ready-file",
        str(config.sesbox_ready_file),
        "--die-with-parent",
        *shlex.split(config.sesbox_args),
    ]


def ready(config: Config, pid: int | None = None) -> dict[str, Any] | None:
    """What the ready file says, or None while there is none, or it is of another process than `pid`."""
    try:
        found = json.loads(config.sesbox_ready_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or (pid is not None and found.get("pid") not in (None, pid)):
        return None
    return found


def advance_clock(config: Config, by: timedelta) -> bool:
    """Move the running sesbox's clock as well; False if it cannot be reached."""
    found = ready(config)
    parts = urlsplit(str(found["endpoint"])) if found else None
    if parts is None or parts.hostname is None:
        return False
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        body = json.dumps({"advance": by.total_seconds()})
        connection.request("POST", "/_sesbox/clock", body, {"Content-Type": "application/json"})
        return connection.getresponse().status < 300
    except OSError:
        return False
    finally:
        connection.close()
