"""Scripted mailboxes of the control API: recipients whose fate a test decides.

Lives here: reading and storing the script. Must not live here: what the fates mean (rules/simulator.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesbox.operations.base import AwsError, Context, Outcome


def script(ctx: Context, params: Mapping[str, Any]) -> Outcome:
    """`POST /_sesbox/mailboxes` {"address", "behaviour": deliver|hard-bounce|soft-bounce|complain}.

    Raises AwsError BadRequestException if the address is no address or the behaviour unknown.
    """
    raise AwsError("NotImplemented", "script", status=501)
