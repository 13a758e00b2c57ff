"""Lists of tag=value; tag=value, as DKIM, DMARC, MTA-STS and TLS-RPT write them (RFC 6376, 3.2).

Lives here: taking such a text apart. Must not live here: what a tag means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tags:
    """A list taken apart: names in lower case and in order, values without blanks around; what did not fit."""

    pairs: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]
    doubles: tuple[str, ...]

    @property
    def first(self) -> str:
        """The name of the first tag, or nothing."""
        return self.pairs[0][0] if self.pairs else ""

    def get(self, name: str) -> str | None:
        """The value of a tag, None without it."""
        return next((value for tag, value in self.pairs if tag == name), None)


def read_tags(text: str) -> Tags:
    """Take a list apart. Never raises: pieces without a name or `=` are faults, repeated names are doubles."""
    pairs: list[tuple[str, str]] = []
    faults: list[str] = []
    pieces = text.split(";")
    for number, piece in enumerate(pieces):
        match = _TAG.fullmatch(piece)
        if match is not None:
            pairs.append((match[1].lower(), match[2].strip()))
        elif piece.strip() or 0 < number < len(pieces) - 1:
            faults.append(piece.strip() or ";;")
    names = [name for name, _ in pairs]
    doubles = tuple(dict.fromkeys(name for name in names if names.count(name) > 1))
    return Tags(tuple(pairs), tuple(faults), doubles)
