"""Which calls to SES a worker has begun, in a file that survives the worker's death (kill -9, not a power cut).

Lives here: writing a line before each call, reading what a dead worker wrote. Must not live here: rows, decisions.
It makes doubt smaller: a row that was claimed by a dead worker and is not in its journal was never handed to SES.
After a reboot the worker's name no longer matches this machine's, so a journal that a power cut may have shortened is
never believed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

TURN_AT = 1_000_000  # bytes: some 70,000 calls a file, while at most a few hundred are ever under way
KEEP_SECONDS = 2 * 24 * 3600


class Journal:
    """Two files taken in turn, so that neither grows without end. Belongs to one thread."""

    def __init__(self, folder: Path, worker: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._paths = _paths(folder, worker)
        self._turn = 0
        self._written = 0
        self._file = _open(self._paths[0])
        _sweep(folder, os.fstat(self._file).st_mtime)

    def begin(self, message_id: int, attempt_n: int) -> None:
        """Note that this call begins. Raises OSError if that cannot be noted: then it must not begin."""
        if self._written >= TURN_AT:
            os.close(self._file)
            self._turn = 1 - self._turn
            self._file, self._written = _open(self._paths[self._turn]), 0
        self._written += os.write(self._file, b"%d.%d\n" % (message_id, attempt_n))

    def close(self) -> None:
        """End a journal whose calls are all recorded."""
        os.close(self._file)
        for path in self._paths:
            path.unlink(missing_ok=True)


def begun(folder: Path, worker: str) -> set[str] | None:
    """Tags `<message>.<n>` of the calls a worker began lately; None if it left no journal here."""
    found: set[str] | None = None
    for path in _paths(folder, worker):
        with contextlib.suppress(FileNotFoundError):
            found = (found or set()) | set(path.read_text(encoding="ascii").split())
    return found


def forget(folder: Path, worker: str) -> None:
    """Remove a dead worker's journal, once its rows are settled."""
    for path in _paths(folder, worker):
        path.unlink(missing_ok=True)


def _paths(folder: Path, worker: str) -> tuple[Path, Path]:
    name = hashlib.sha256(worker.encode()).hexdigest()[:20]
    return folder / f"{name}.0", folder / f"{name}.1"


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)


def _sweep(folder: Path, now: float) -> None:
    """Drop journals of workers that died long ago with nothing in flight."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if now - path.stat().st_mtime > KEEP_SECONDS:
                path.unlink()
