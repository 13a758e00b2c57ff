"""Alignment: whether what SPF and DKIM prove belongs to the domain that people see (RFC 9989, 4.4, 4.10.2).

Lives here: the comparison, relaxed and strict. Must not live here: whether SPF or DKIM pass at all.
"""

from __future__ import annotations

from sendwell.doctor.answers import Ask, plain
from sendwell.doctor.dmarc import organizational, walk


def aligned(ask: Ask, shown: str, proven: str, *, strict: bool) -> bool:
    """Whether the domain that was proven stands for the domain shown in From.

    Strict: they are the same. Relaxed: they have the same organizational domain, found by one tree walk each.
    """
    if plain(shown) == plain(proven):
        return True
    if strict:
        return False
    return organizational(walk(ask, shown)) == organizational(walk(ask, proven))
