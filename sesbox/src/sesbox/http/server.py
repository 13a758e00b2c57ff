"""uvicorn, on a socket that is already bound, without its own signal handlers and log lines.

Lives here: starting and stopping the HTTP server. Must not live here: what it serves (app.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn

from sesbox.http.app import App

GRACE = 5


class Server(uvicorn.Server):
    """Serves until `stop()`; `on_ready` is called once it accepts requests."""

    def __init__(self, app: App, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._on_ready = on_ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """main.py handles signals: it has more to stop than this."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then tell that it is so."""
        await super().startup(sockets)
        self._on_ready()

    def stop(self) -> None:
        """Take no more requests, finish those that are in, and let `serve` return."""
        self.should_exit = True


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it can be had, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
