"""What benchmarks share: a lean keep-alive HTTP/1.1 load client, and the shape of the printed JSON."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A TCP port on the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int, seconds: float = 30) -> None:
    """Return once something accepts on the port; TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


async def _one_connection(port: int, requests: Sequence[bytes], statuses: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        statuses[status] = statuses.get(status, 0) + 1
        await _read_body(reader, head.lower())
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"transfer-encoding: chunked" in head:
        while (size := int(await reader.readline(), 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readline()
        return
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))


def drive(port: int, requests: Sequence[bytes], connections: int) -> dict[str, Any]:
    """Send each request once over `connections` keep-alive connections; requests a second and the statuses seen."""
    statuses: dict[int, int] = {}

    async def run() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(_one_connection(port, requests[i::connections], statuses) for i in range(connections)))
        return time.perf_counter() - started

    seconds = asyncio.run(run())
    return {
        "requests": len(requests),
        "seconds": round(seconds, 3),
        "per_second": round(len(requests) / seconds, 1),
        "statuses": statuses,
    }


def cpu_seconds(pid: int) -> float:
    """User and system CPU time of a process so far, in seconds (Linux)."""
    with Path(f"/proc/{pid}/stat").open(encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(name: str, result: dict[str, Any]) -> None:
    """Print one benchmark's figures as one JSON object with the machine they were measured on."""
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
    print(json.dumps({"benchmark": name, "machine": machine, **result}, indent=2))
