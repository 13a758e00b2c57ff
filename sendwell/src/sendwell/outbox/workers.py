"""Which process a row in flight belongs to, and whether that process still lives.

Lives here: names of workers that tell machine, process and its start. Must not live here: rows, leases.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path


def worker_name() -> str:
    """`host.namespace:pid:start`, at most 64 characters: never the same for two processes, even after a reboot."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_started(pid)}"


def dead(workers: Iterable[str]) -> list[str]:
    """Those of `workers` that ran on this machine and run no more. Of other machines nothing can be said from here."""
    here = _machine()
    gone = []
    for name in workers:
        machine, pid, started = name.rsplit(":", 2) if name.count(":") >= 2 else ("", "", "")
        if machine == here and pid.isdecimal() and _started(int(pid)) != started:
            gone.append(name)
    return gone


def _machine() -> str:
    try:
        namespace = str(Path("/proc/self/ns/pid").stat().st_ino)
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        namespace, boot = "", ""
    return f"{socket.gethostname()[:24]}.{boot}{namespace}"[:44]


def _started(pid: int) -> str:
    """The process's start in clock ticks since boot, empty if there is no such process (or no /proc)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
