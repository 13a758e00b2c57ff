"""How values are written on the pages: times, numbers, outcomes, links in plain text.

Lives here: pure formatting, as template filters. Must not live here: templates, reading of state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from markupsafe import Markup, escape

from sesbox.operations.verifying import SENDER as VERIFIER

_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_OUTCOMES = (
    ("COMPLAINT", "Complaint", "bad"),
    ("BOUNCE", "Bounced", "bad"),
    ("REJECT", "Rejected", "bad"),
    ("RENDERING_FAILURE", "Rendering failed", "bad"),
    ("DELIVERY", "Delivered", "good"),
    ("SEND", "On its way", "wait"),
)


def moment(seconds: float) -> str:
    """`22 Nov 2026, 14:03:22 UTC`."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%-d %b %Y, %H:%M:%S UTC")


def machine_time(seconds: float) -> str:
    """For a `datetime` attribute."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat(timespec="milliseconds")


def ago(seconds: float, now: float) -> str:
    """`3 min ago`, `in 20 s`: how far a time is from now."""
    gap = now - seconds
    size = round(abs(gap))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if size >= length:
            text = f"{int(size // length)} {unit}"
            return f"{text} ago" if gap > 0 else f"in {text}"
    return "now"


def span(seconds: float) -> str:
    """`24 h`, `3 d`: a length of time in its largest whole unit."""
    size = round(abs(seconds))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if size >= length and (size % length == 0 or size >= 2 * length):
            return f"{size // length} {unit}"
    return f"{size} s"


def number(value: float | None) -> str:
    """`50,000`, `1.5`; SES's -1 is `unlimited`."""
    if value is None:
        return "–"
    if value == -1:
        return "unlimited"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def size(count: int) -> str:
    """Bytes as people read them."""
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1_000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def pretty(value: Any) -> str:
    """JSON to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def with_links(text: str) -> Markup:
    """Plain text with its web links made clickable; everything else is escaped."""
    shown, end = Markup(), 0
    for match in _URL.finditer(text):
        url = escape(match[0])
        link = Markup('<a href="{0}" rel="noreferrer noopener" target="_blank">{0}</a>').format(url)
        shown += escape(text[end : match.start()]) + link
        end = match.end()
    return shown + escape(text[end:])


def breakable(name: str) -> Markup:
    """A host name that may break after its dots, where lines are short."""
    return Markup(".<wbr>").join(name.split("."))


def outcome(source: str, event_types: Iterable[str]) -> Mapping[str, str]:
    """The one word for what became of a message: the worst that happened to any of its recipients."""
    if source == VERIFIER:
        return {"word": "Verification", "tone": "note-like"}
    seen = set(event_types)
    for kind, word, tone in _OUTCOMES:
        if kind in seen:
            return {"word": word, "tone": tone}
    return {"word": "Accepted", "tone": "wait"}


def event_words(event: Mapping[str, Any]) -> str:
    """One line about an event: type, reason, what the other side said."""
    kind = str(event.get("eventType", ""))
    if kind == "Bounce":
        bounce = event.get("bounce", {})
        said = [str(one.get("diagnosticCode", "")) for one in bounce.get("bouncedRecipients", ())]
        words = f"{bounce.get('bounceType', '')}/{bounce.get('bounceSubType', '')}"
        return " · ".join(filter(None, [words, *dict.fromkeys(said)]))
    if kind == "Complaint":
        complaint = event.get("complaint", {})
        return str(complaint.get("complaintSubType") or complaint.get("complaintFeedbackType") or "")
    if kind == "Delivery":
        return str(event.get("delivery", {}).get("smtpResponse", ""))
    if kind == "Reject":
        return str(event.get("reject", {}).get("reason", ""))
    return ""


def event_recipients(event: Mapping[str, Any]) -> list[str]:
    """Whom an event is about."""
    kind = str(event.get("eventType", ""))
    if kind == "Bounce":
        return [str(one["emailAddress"]) for one in event["bounce"].get("bouncedRecipients", ())]
    if kind == "Complaint":
        return [str(one["emailAddress"]) for one in event["complaint"].get("complainedRecipients", ())]
    if kind == "Delivery":
        return [str(one) for one in event["delivery"].get("recipients", ())]
    return [str(one) for one in event.get("mail", {}).get("destination", ())]
