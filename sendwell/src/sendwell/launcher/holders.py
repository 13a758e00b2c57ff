"""Who holds what: the lock of a data directory, and TCP ports. Errors name the holder and the way out.

Must not live here: starting anything.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from pathlib import Path


class HeldError(RuntimeError):
    """Somebody else holds what we need; the message says who and what to do."""


class DataLock:
    """The lock of one data directory. Held until the process ends, however it ends (flock)."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "up.lock"
        self._descriptor: int | None = None

    def take(self, address: str) -> None:
        """Take the lock and write who we are into it. Raises HeldError naming the process that has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise HeldError(self._holder()) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "address": address}).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, because removing it would let two processes lock two files."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _holder(self) -> str:
        found = _written(self._path)
        who = f"process {found['pid']}, at {found['address']}" if found else "another process that is just starting"
        return f"sendwell is already running with this data directory ({who}). Nothing was started."


def running_address(data_dir: Path) -> str | None:
    """Where the `sendwell up` of this data directory serves its pages; None if none runs."""
    path = data_dir / "up.lock"
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # succeeds only if nobody holds the lock
    except BlockingIOError:
        address = _written(path).get("address", "")
        return address if address.startswith("http") else None
    except OSError:
        return None
    return None


def _written(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        return {"pid": str(found["pid"]), "address": str(found["address"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def check_port(host: str, port: int, variable: str) -> None:
    """Raise HeldError if nobody can listen on host:port now; the message names the holder and the setting."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise HeldError(_port_message(host, port, variable, error)) from None


def _port_message(host: str, port: int, variable: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by {holder_of(port)}. Stop it, or choose another port: {variable}={port + 1}"
    if error.errno == errno.EACCES:
        return f"Ports below 1024 are for root. Choose another: {variable}=8000"
    return f"Cannot listen on {host}:{port}: {error.strerror}. Check SENDWELL_HOST and {variable}."


def holder_of(port: int) -> str:
    """The process that listens on a TCP port of this machine, as far as /proc lets us see it."""
    inodes = _listening_inodes(port)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if not inodes.isdisjoint(map(_link, (process / "fd").iterdir())):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {process.name} ({command[:120]})"
        except OSError:  # it ended, or belongs to somebody else
            continue
    return "another process (of another user, or in another container)"


def _link(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:  # a descriptor that was closed meanwhile
        return ""


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
