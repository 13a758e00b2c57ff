"""Scripted mailboxes of the control API: recipients whose fate a test decides.

Lives here: reading and storing the script. Must not live here: what the fates mean (rules/simulator.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.account import Change, Drop, Put
from sesbox.operations.base import AwsError, Context, Outcome
from sesbox.operations.records import ScriptedMailbox
from sesbox.rules import addresses
from sesbox.rules.simulator import BEHAVIOURS


def script(ctx: Context, params: Mapping[str, Any]) -> Outcome:  # noqa: ARG001
    """`POST /_sesbox/mailboxes` {"address", "behaviour": deliver|hard-bounce|soft-bounce|complain}.

    Response: {"address", "behaviour"}. "deliver" forgets the script.
    Raises AwsError BadRequestException if the address is no address, is the simulator's, or the behaviour is unknown.
    """
    address, behaviour = str(params.get("address") or ""), str(params.get("behaviour") or "")
    if not addresses.is_address(address) or addresses.is_simulator(address):
        raise AwsError("BadRequestException", f"{address!r} is no address that can be scripted.", status=400)
    if behaviour not in BEHAVIOURS:
        raise AwsError("BadRequestException", f"behaviour is one of {', '.join(BEHAVIOURS)}.", status=400)
    key = addresses.normal(address)
    change: Change = Put(ScriptedMailbox(key, behaviour))
    if behaviour == "deliver":
        change = Drop(ScriptedMailbox.kind, key)
    return Outcome({"address": key, "behaviour": behaviour}, (change,))


def behaviour_of(ctx: Context, address: str) -> str | None:
    """What was told about a bare address, or None."""
    found = ctx.account.get(ScriptedMailbox, addresses.normal(address))
    return found.behaviour if found else None
