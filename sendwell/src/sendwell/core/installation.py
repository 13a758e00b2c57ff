"""What was built once at start-up and is handed to services by views and jobs: config, clock, key ring."""

from __future__ import annotations

from dataclasses import dataclass

from sendwell.config import Config
from sendwell.core.clock import Clock
from sendwell.core.keyring import KeyRing


@dataclass(frozen=True)
class Installation:
    """One installation's parts; built in settings.py, read through `installation()`."""

    config: Config
    clock: Clock
    ring: KeyRing


def installation() -> Installation:
    """The parts of this process's installation. For views, jobs and commands only; services take arguments."""
    from django.conf import settings

    parts: Installation = settings.SENDWELL
    return parts
