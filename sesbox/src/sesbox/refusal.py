"""The one error that operations raise and doors render.

Lives here: AwsError alone, below everything else, so that wire and operations can share it. Must not live here: texts
of any rule, rendering (wire/errors.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class AwsError(Exception):
    """An error of AWS's own, by the shape name of the model (or the bare wire code if it is un-modelled).

    `code` is SESv2's spelling unless the operation belongs to SES v1 or SNS; wire/errors.py renders it for
    the protocol at hand. `message` may be None: SES answers null texts in places. `hint` goes to the log only.
    """

    code: str
    message: str | None
    status: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
