"""Makes a process die with the one that started it (Linux: prctl PR_SET_PDEATHSIG). Nothing else lives here."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT_VARIABLE = "SENDWELL_DIE_WITH"
_PR_SET_PDEATHSIG = 1


def die_with_parent(expected: int, by: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel for `by` when our parent dies; exit at once if it is not `expected` any more.

    Only Linux can do that; elsewhere this does nothing and a killed `sendwell up` leaves its children running.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0)
    if os.getppid() != expected:
        raise SystemExit(0)


def die_with_launcher() -> None:
    """For commands that `sendwell up` starts: die with it, if it started us."""
    expected = os.environ.pop(PARENT_VARIABLE, "")
    if expected:
        die_with_parent(int(expected))
