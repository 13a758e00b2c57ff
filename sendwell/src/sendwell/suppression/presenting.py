"""The evidence of an entry in the words of its pages.

Lives here: names and values for people. Must not live here: queries, decisions. What has no words yet is shown as kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = {
    "kind": "Event",
    "subtype": "Kind, in SES's words",
    "ses_message_id": "SES message ID",
    "status": "Status code",
    "diagnosticCode": "Receiver's answer",
    "by": "Added by",
    "because": "Because",
}
_EVENTS = {
    "bounce_permanent": "Permanent bounce",
    "bounce_transient": "Passing bounce",
    "bounce_undetermined": "Bounce of unknown kind",
    "complaint": "Complaint",
    "reject": "Rejected by SES",
}


def evidence(kept: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What is known of an entry as (name, value) in words; empty facts are left out."""
    return [
        (_NAMES.get(name, name), _EVENTS.get(value, value) if name == "kind" else value)
        for name, value in kept.items()
        if value not in ("", None)
    ]
