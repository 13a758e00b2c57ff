"""Everything random: ids, tokens, SES message ids.

Lives here: turning random bytes into AWS's forms. Must not live here: the source of randomness (an argument).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

# First four hex digits of a message id, seen on real mail (docs: notification examples, public logs).
REGION_PREFIX = {
    "us-east-1": "0100",
    "us-west-2": "0101",
    "eu-west-1": "0102",
    "eu-central-1": "0107",
    "ap-south-1": "0109",
    "us-east-2": "010f",
}
_PORTION = 4096
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class RandomIds:
    """Ids out of `random_bytes(count)`; main.py passes the machine's source, a test its own.

    Random bytes are fetched in larger portions, because asking the kernel costs more than all the rest. So an
    instance belongs to one thread.
    """

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._source = random_bytes
        self._portion, self._used = b"", 0

    def uuid(self) -> str:
        """A fresh UUID4 in its canonical 36-character form (RFC 9562, section 5.4)."""
        digits = self._random_bytes(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def token(self, length: int) -> str:
        """`length` random characters of [a-z0-9], each as likely as the others."""
        found = ""
        while len(found) < length:  # 252 = 7 * 36: the bytes above would make some letters likelier
            found += "".join(_LETTERS[byte % 36] for byte in self._random_bytes(length) if byte < 252)
        return found[:length]

    def _random_bytes(self, count: int) -> bytes:
        start = self._used
        self._used += count
        if self._used > len(self._portion):
            self._portion, start, self._used = self._source(max(count, _PORTION)), 0, count
        return self._portion[start : self._used]

    def message_id(self, region: str, now: float) -> str:
        """SES's form: region prefix, milliseconds as 12 hex digits, a UUID and `-000000`; 60 characters."""
        prefix = REGION_PREFIX.get(region) or f"01{zlib.crc32(region.encode()) % 0xE0 + 0x20:02x}"
        return f"{prefix}{int(now * 1000) & 0xFFFFFFFFFFFF:012x}-{self.uuid()}-000000"
