"""Keeps tokens out of the log. Nothing else about logging lives here (settings.py has the rest)."""

from __future__ import annotations

import logging
import re

_SECRET_PATH = re.compile(r"(/(?:sign-in|u|confirm|hooks/sns)/)[^/\s?\"']+")


def without_tokens(text: str) -> str:
    """The text with what follows /sign-in/, /u/, /confirm/ and /hooks/sns/ taken out."""
    return _SECRET_PATH.sub(r"\1...", text)


class HideTokens(logging.Filter):
    """Takes tokens out of the paths that Django logs with errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Changes the record, lets it pass."""
        record.msg = without_tokens(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(without_tokens(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True
