"""`sendwell web`: collects the static files and serves the WSGI application with granian. Nothing else lives here."""

from __future__ import annotations

import os

from django.core.management import call_command
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from sendwell.config import Config

THREADS = 8


def serve(config: Config) -> None:
    """Serve until SIGTERM. One process with threads: SQLite has one writer anyway, and rate limits count in memory."""
    call_command("collectstatic", verbosity=0, interactive=False, clear=False)
    os.environ["SENDWELL_WEB_PARENT"] = str(os.getpid())
    Granian(
        "sendwell.wsgi:application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    ).serve()
