"""Start a private PostgreSQL server for tests and benchmarks, in a temporary folder, and stop it again.

    python tools/services.py -- COMMAND...   runs COMMAND with SENDWELL_TEST_POSTGRES_URL set
    python tools/services.py                 prints the URL and serves until interrupted

As a library: `with postgres() as url:`. Without PostgreSQL's server programs it says so and runs COMMAND without it.
The server keeps nothing, syncs nothing, and listens on 127.0.0.1 only. As root it runs as the user `postgres`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

URL = "SENDWELL_TEST_POSTGRES_URL"
_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "log_min_messages": "fatal",
    "autovacuum_naptime": "10s",
}


def server_programs() -> Path | None:
    """The folder with initdb and postgres: the newest of Debian's, or the PATH's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A fresh server; its URL names the database `postgres`. Raises FileNotFoundError without server programs."""
    programs = server_programs()
    if programs is None:
        raise FileNotFoundError("no PostgreSQL server programs here (Debian: apt-get install postgresql)")
    user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="sendwell-pg-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        if user:
            shutil.chown(root, user)
        data, port = root / "data", free_port()
        _run([programs / "initdb", "-D", data, "-A", "trust", "-U", "sendwell", "-E", "UTF8", "--no-sync"], user, root)
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, *options],
            user=user, group=user, extra_groups=[] if user else None, cwd=root,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(programs, port, server)
            yield f"postgresql://sendwell@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _run(command: list[str | Path], user: str | None, cwd: Path) -> None:
    done = subprocess.run(
        command, user=user, group=user, extra_groups=[] if user else None, cwd=cwd, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode()[-2000:]}")


def _wait(programs: Path, port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        ready: list[str | Path] = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(ready, check=False).returncode == 0:
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("the private PostgreSQL did not start")


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server ends with us
    try:
        with postgres() as url:
            if not command:
                print(f"{URL}={url}", flush=True)
                with contextlib.suppress(KeyboardInterrupt):
                    while True:
                        time.sleep(3600)
                return 0
            return subprocess.run(command, env={**os.environ, URL: url}, check=False).returncode
    except FileNotFoundError as error:
        print(f"NOTE: {error}; tests marked postgres are skipped", file=sys.stderr)
        return subprocess.run(command, check=False).returncode if command else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
