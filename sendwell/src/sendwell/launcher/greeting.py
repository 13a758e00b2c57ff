"""What `sendwell up` prints. Only texts live here."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from sendwell.config import Config

_PAINTS = {"web": "36", "worker": "35", "sesbox": "33"}


def text(config: Config, link: str) -> str:
    """The start-up text: where to go, how to get in, where mail ends up, where data lives."""
    rows = [
        ("Open", config.base_url),
        ("Sign in", f"{link}"),
        ("", f"(works once, for 24 hours; another: {_program()} sign-in-link)"),
    ]
    if config.embedded:
        rows.append(
            ("sesbox", f"http://127.0.0.1:{config.sesbox_port}   Amazon SES, rehearsed: nothing leaves this machine")
        )
    rows.append(("Data", str(config.data_dir.absolute())))
    lines = [f"  {_paint('1', f'{label:<8}')} {value}" for label, value in rows]
    head = f"  {_paint('1;36', 'sendwell')} is running. Ctrl-C stops everything."
    return "\n".join(["", head, "", *lines, ""])


def _program() -> str:
    """How to call this program from here: after `make run` it is in no search path."""
    called = Path(sys.argv[0])
    if shutil.which("sendwell") or not called.exists():
        return "sendwell"
    folder = Path.cwd()
    return str(called.relative_to(folder) if called.is_absolute() and called.is_relative_to(folder) else called)


def relayed(name: str, line: str) -> str:
    """A line of a child's output, with its name in front."""
    return f"{_paint(_PAINTS.get(name, '0'), f'{name:>6}')} | {line}"


def _paint(code: str, text: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"
