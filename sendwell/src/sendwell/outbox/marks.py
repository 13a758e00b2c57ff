"""How far this machine has sent, in files beside the database, so that a database set back by a restore is noticed.

Lives here: one number a connection, the newest send slot used (microseconds of database time). Must not live here: what
a set-back database means (recovery.py, worker.py). A mark is best effort and never ahead of what was committed, so it
raises no false alarm; a restore of the marks together with the database goes unnoticed.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class Marks:
    """The marks of one machine's workers; several processes may write them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def note(self, connection_id: int, slot: int) -> None:
        """Note that slots before `slot` are used, before anything is sent in them."""
        fresh = self._folder / f"{connection_id}.{os.getpid()}"
        with contextlib.suppress(OSError):
            fresh.write_text(str(slot), encoding="ascii")
            fresh.replace(self._path(connection_id))

    def read(self, connection_id: int) -> int:
        """The mark of a connection; 0 if there is none."""
        try:
            return int(self._path(connection_id).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def forget(self, connection_id: int) -> None:
        """Remove a mark, once what it revealed was seen to."""
        self._path(connection_id).unlink(missing_ok=True)

    def _path(self, connection_id: int) -> Path:
        return self._folder / str(connection_id)
