"""Whether the account's suppression list applies.

Lives here: the effective reasons under a configuration set's override. Must not live here: the list itself.
Source: SES Developer Guide, "sending-email-suppression-list" and "-config-level".
"""

from __future__ import annotations


def effective(account: tuple[str, ...], override: tuple[str, ...] | None) -> tuple[str, ...]:
    """The reasons that count for a message: the configuration set's if it says any (even none), else the account's."""
    return account if override is None else override


def listed_for(reason: str | None, reasons: tuple[str, ...]) -> str | None:
    """The entry's reason if it is among the effective ones, else None; `reason` None means not on the list."""
    return reason if reason in reasons else None
