"""sesbox's own clock: wall time plus an offset, or standing still.

Lives here: the controllable clock. Must not live here: asking the machine (the wall clock is an argument), storage.
Everything but the judgement of a signature's age runs on this clock, so a test can jump a day ahead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable

FARTHEST = 221_845_392_000.0  # the year 9000: calendars end with 9999, and work is put off into the future


class Clock:
    """Tells the time in seconds since the epoch. One float is written at a time, so threads may read it freely."""

    def __init__(self, wall: Callable[[], float], state: str | None = None) -> None:
        """`state` is what `state()` gave before the last stop."""
        self._wall = wall
        saved = json.loads(state) if state else {}
        self._offset = float(saved.get("offset", 0.0))
        paused_at = saved.get("paused_at")
        self._paused_at = None if paused_at is None else float(paused_at)

    def now(self) -> float:
        """The time it shows."""
        paused_at = self._paused_at
        return self._wall() + self._offset if paused_at is None else paused_at

    def wall(self) -> float:
        """Real time, for the age of signatures."""
        return self._wall()

    @property
    def offset(self) -> float:
        """Seconds it is ahead of wall time (behind it if negative)."""
        return self.now() - self._wall()

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._paused_at is not None

    def seconds_until(self, at: float) -> float | None:
        """Real seconds until the clock shows `at`; None while it stands still and has not reached it."""
        left = at - self.now()
        if left <= 0:
            return 0.0
        return None if self.paused else left

    def advance(self, seconds: float) -> None:
        """Jump ahead. Raises ValueError for a step back (what has happened stays happened) or too far."""
        if seconds < 0:
            raise ValueError("the clock does not go back; seconds must not be negative")
        self.set(self.now() + seconds)

    def set(self, moment: float) -> None:
        """Show this moment from now on. Raises ValueError for a moment in its past, or after the year 9000."""
        if not math.isfinite(moment) or moment > FARTHEST:
            raise ValueError("the clock goes no further than the year 9000")
        if moment < self.now():
            raise ValueError("the clock does not go back; reset sesbox to start again")
        if self._paused_at is None:
            self._offset = moment - self._wall()
        else:
            self._paused_at = moment

    def pause(self) -> None:
        """Stand still."""
        self._paused_at = self.now()

    def resume(self) -> None:
        """Go on from the moment it shows."""
        if self._paused_at is not None:
            self._offset, self._paused_at = self._paused_at - self._wall(), None

    def reset(self) -> None:
        """Show wall time again."""
        self._offset, self._paused_at = 0.0, None

    def state(self) -> str:
        """What has to be kept over a restart, as JSON text."""
        return json.dumps({"offset": self._offset, "paused_at": self._paused_at})
