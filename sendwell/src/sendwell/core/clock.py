"""The one clock. Only this file and main.py may ask the machine for the time.

Lives here: Clock and the offset that a rehearsal may set. Must not live here: time zones of people, schedules.
Only an embedded rehearsal has the file that holds it, so that a story can move sendwell's and sesbox's clocks together.
A connection that sends for real never sees an offset: none is made while the clock is moved (connections/service.py),
and the clock is not moved while there is one (main.py).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Now, in aware UTC, moved by the rehearsal's offset (seconds) if there is one."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    def now(self) -> datetime:
        """This moment, for everything that is decided or written down."""
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """The rehearsal's offset; zero without a file, without content, or in a real installation."""
        if self._offset_file is None:
            return timedelta(0)
        try:
            return timedelta(seconds=float(self._offset_file.read_text(encoding="ascii").strip() or 0))
        except (FileNotFoundError, ValueError):
            return timedelta(0)

    def advance(self, by: timedelta) -> None:
        """Move the clock forward. Raises RuntimeError outside an embedded rehearsal."""
        if self._offset_file is None:
            raise RuntimeError("Only an embedded rehearsal can move its clock; this installation sends for real.")
        moved = self.offset() + by
        self._offset_file.parent.mkdir(parents=True, exist_ok=True)
        self._offset_file.write_text(str(moved.total_seconds()), encoding="ascii")

    def reset(self) -> None:
        """Show real time again: what comes before a connection that sends for real."""
        if self._offset_file is not None:
            self._offset_file.unlink(missing_ok=True)
