"""Ending with the process that started us (`--die-with-parent`).

Lives here: asking Linux for a signal when the parent ends. Must not live here: stopping (main.py).
prctl(2): the signal also comes when only the parent's *thread* that started us ends, so the handler looks whether
the parent process itself is gone before anything is stopped.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
SIGNAL = signal.SIGUSR1 if hasattr(signal, "SIGUSR1") else None


class Parent:
    """The process that started this one, as it was when this value was made."""

    def __init__(self) -> None:
        self._pid = os.getppid()

    @property
    def gone(self) -> bool:
        """Whether it has ended: an orphan gets another parent."""
        return os.getppid() != self._pid

    def ask_for_signal(self) -> bool:
        """Ask the kernel to send SIGNAL when the parent ends; False where the kernel has no such thing."""
        if not sys.platform.startswith("linux") or SIGNAL is None:
            return False
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None, use_errno=True)
            return bool(library.prctl(PR_SET_PDEATHSIG, int(SIGNAL), 0, 0, 0) == 0)
        return False
