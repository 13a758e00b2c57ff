"""What becomes of an accepted message: the handler of the task "deliver".

Lives here: asking the simulator for each recipient's fate and turning it into records and events.
Must not live here: the loop that finds what is due (delivery.py), POSTs, decisions (rules/).
"""

from __future__ import annotations

from collections.abc import Sequence

from sesbox.account import Message
from sesbox.operations.base import AwsError, Context, Outcome


def settle(ctx: Context, message: Message, recipients: Sequence[str]) -> Outcome:
    """Decide the fate of these recipients of an accepted message.

    Data of Due("deliver"): {"message_id": str, "recipients": [str, ...]}. The outcome puts suppressions and
    statistics and makes one Due("publish") for each event.
    """
    raise AwsError("NotImplemented", "settle", status=501)
