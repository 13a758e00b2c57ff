"""What one try to post a notification means: arrived, refused, to be tried again, or given up.

Lives here: SNS's default delivery policy for HTTP(S). Must not live here: posting, recording.
Source: SNS Developer Guide, "Amazon SNS message delivery retries" and "HTTP/HTTPS endpoint: prepare".
"""

from __future__ import annotations

from enum import Enum

MAX_RETRIES = 3
RETRY_AFTER = 20.0


class Verdict(str, Enum):
    """The end of one try. Only RETRY leaves anything to do."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    RETRY = "retry"
    DROPPED = "dropped"


def judge(attempt: int, status: int | None) -> Verdict:
    """Judge a try. `attempt` counts the tries before this one; `status` is None if there was no HTTP answer.

    A failure is no answer in 15 seconds or a status outside 200-499; it is tried again 3 times, 20 seconds apart.
    Any 3xx or 4xx is final and never tried again.
    """
    if status is not None and 200 <= status <= 299:
        return Verdict.DELIVERED
    if status is not None and 300 <= status <= 499:
        return Verdict.REFUSED
    return Verdict.RETRY if attempt < MAX_RETRIES else Verdict.DROPPED
