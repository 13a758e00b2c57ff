"""The order in which pending POSTs start: one lane per endpoint, in turns, within two bounds.

Lives here: the bookkeeping, no I/O. Must not live here: posting (delivery.py).
A dead endpoint fills its own lane and takes its own few slots; everybody else goes past it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

CONCURRENT = 50
CONCURRENT_PER_ENDPOINT = 10
LENGTH = 200


@dataclass(slots=True)
class _Lane(Generic[T]):
    waiting: deque[tuple[int, T]] = field(default_factory=deque)
    active: int = 0


class Lanes(Generic[T]):
    """`held` are the ids that wait or run here; `full` the endpoints that take no more for the moment."""

    def __init__(
        self, concurrent: int = CONCURRENT, per_endpoint: int = CONCURRENT_PER_ENDPOINT, length: int = LENGTH
    ) -> None:
        self.held: set[int] = set()
        self.full: set[str] = set()
        self._lanes: OrderedDict[str, _Lane[T]] = OrderedDict()
        self._active = 0
        self._concurrent, self._per_endpoint, self._length = concurrent, per_endpoint, length

    def add(self, endpoint: str, row_id: int, row: T) -> bool:
        """Queue a row; False if its lane is full: it stays on disk until `full` has let go of the endpoint."""
        lane = self._lanes.setdefault(endpoint, _Lane())
        if endpoint in self.full or len(lane.waiting) >= self._length:
            self.full.add(endpoint)
            return False
        self.held.add(row_id)
        lane.waiting.append((row_id, row))
        return True

    def take(self) -> tuple[str, int, T] | None:
        """The next row to start, if a bound does not forbid it; the lanes take turns, a lane keeps its order."""
        if self._active >= self._concurrent:
            return None
        for endpoint, lane in self._lanes.items():
            if lane.waiting and lane.active < self._per_endpoint:
                self._lanes.move_to_end(endpoint)
                lane.active += 1
                self._active += 1
                row_id, row = lane.waiting.popleft()
                return endpoint, row_id, row
        return None

    def done(self, endpoint: str, row_id: int) -> bool:
        """A started row has ended. True if its lane was full and has room again."""
        lane = self._lanes[endpoint]
        self.held.discard(row_id)
        lane.active -= 1
        self._active -= 1
        if not lane.active and not lane.waiting:
            del self._lanes[endpoint]
        if endpoint in self.full and len(lane.waiting) <= self._length // 2:
            self.full.discard(endpoint)
            return True
        return False
