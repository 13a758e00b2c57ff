"""A sesbox for tests: a real process on a free port, started, killed and restarted at will.

Lives here: running the command and reading its ready file. Must not live here: anything a test asserts.

    with SesboxProcess("--profile", "production") as box:
        client = boto3.client("sesv2", **box.client_arguments())
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

START_SECONDS = 30.0
STOP_SECONDS = 15.0


class SesboxProcess:
    """A context manager. `options` are those of `sesbox serve`; without --data state is on a file of its own."""

    def __init__(self, *options: str, data: str | None = None) -> None:
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="sesbox-")
        self._ready_file = Path(self._folder.name) / "ready.json"
        self._log_file = Path(self._folder.name) / "log.txt"
        self._data = data or str(Path(self._folder.name) / "sesbox.db")
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> SesboxProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def endpoint(self) -> str:
        """The URL that clients use."""
        return str(self.ready["endpoint"])

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written to stdout and stderr since the first start."""
        return self._log_file.read_text(encoding="utf-8", errors="replace") if self._log_file.exists() else ""

    def client_arguments(self, region: str | None = None) -> dict[str, str]:
        """Keyword arguments for `boto3.client`."""
        return {
            "endpoint_url": self.endpoint,
            "region_name": region or str(self.ready["region"]),
            "aws_access_key_id": str(self.ready["access_key_id"]),
            "aws_secret_access_key": str(self.ready["secret_access_key"]),
        }

    def start(self) -> None:
        """Start it, on the same port as before if there was one. Raises RuntimeError with its log."""
        self._ready_file.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "sesbox.main", "serve",
            "--port", str(self._port), "--data", self._data, "--ready-file", str(self._ready_file),
            *self._options, "--die-with-parent",
        ]  # fmt: skip
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603
        deadline = time.monotonic() + START_SECONDS
        while not self._ready_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"sesbox did not start:\n{self.log}")
            time.sleep(0.01)
        self.ready = json.loads(self._ready_file.read_text(encoding="utf-8"))
        self._port = int(self.ready["port"])

    def stop(self) -> int | None:
        """Ask it to end, wait, and give its exit code; None if it was not running."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(STOP_SECONDS)
        process.kill()
        return process.wait()

    def close(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        self._folder.cleanup()

    def kill(self) -> None:
        """End it as a crash would: SIGKILL."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        """Stop it if it still runs, and start it again on the same port and data."""
        self.stop()
        self.start()
