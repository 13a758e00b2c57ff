"""The listening socket, and who holds a port that is taken.

Lives here: binding. Must not live here: serving.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path


class PortTakenError(Exception):
    """The port cannot be had; the text says which and, if it can be told, who holds it."""


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes any free one. Raises PortTakenError, OSError for other trouble."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(2048)
    except OSError as error:
        found.close()
        if error.errno != errno.EADDRINUSE:
            raise
        owner = holder(port)
        by = f" by {owner}" if owner else ""
        raise PortTakenError(f"port {port} on {host} is already in use{by}; stop it or choose another --port") from None
    return found


def holder(port: int) -> str | None:
    """Which process listens on a TCP port, as `process 123 (command line)`; None if it cannot be told."""
    try:
        wanted = set(_inodes(port))
        return next(_owners(wanted), None) if wanted else None
    except OSError:  # no /proc on this system
        return None


def _inodes(port: int) -> Iterator[str]:
    """Socket inodes that listen on a port: /proc/net/tcp, state 0A (proc(5))."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rsplit(":", 1)[1], 16) == port:
                yield f"socket:[{columns[9]}]"


def _owners(inodes: set[str]) -> Iterator[str]:
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and any(link in inodes for link in _links(process)):
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            yield f"process {process.name} ({words[:120] or 'unknown command'})"


def _links(process: Path) -> Iterator[str]:
    try:
        for descriptor in (process / "fd").iterdir():
            yield str(descriptor.readlink())
    except OSError:  # somebody else's process, or it has just ended
        return
