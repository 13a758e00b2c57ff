"""SESv2 SendEmail a second: sesbox (signature checked, stored on disk, event queued) beside moto's server.

Distinct pre-signed requests, the same bytes-level keep-alive client for both, several rounds in alternation.
moto runs in an environment of its own: `make bench` makes .venv-bench and names its python in BENCH_PYTHON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.common import cpu_seconds, drive, free_port, report, wait_until_open

KEY, SECRET = "AKIASESBOXEXAMPLE000", "benchmarkbenchmarkbenchmarkbenchmark1234"
COUNT, ROUNDS, CONNECTIONS = int(os.environ.get("BENCH_COUNT", "4000")), 3, 8


def signed(port: int, count: int, first: int) -> list[bytes]:
    """Distinct SendEmail requests (about 1 KB of text each), signed by botocore."""
    url = f"http://127.0.0.1:{port}/v2/email/outbound-emails"
    signer = SigV4Auth(Credentials(KEY, SECRET), "ses", "us-east-1")
    return [_one(signer, url, port, number) for number in range(first, first + count)]


def _one(signer: SigV4Auth, url: str, port: int, number: int) -> bytes:
    content = {
        "Simple": {
            "Subject": {"Data": f"Hello {number}"},
            "Body": {"Text": {"Data": f"Message {number}. " + "x" * 1000}},
        }
    }
    body = json.dumps(
        {
            "FromEmailAddress": "news@harbor.test",
            "Destination": {"ToAddresses": [f"r{number}@reader.test"]},
            "Content": content,
        }
    ).encode()
    request = AWSRequest(
        "POST", url, headers={"Content-Type": "application/json", "Host": f"127.0.0.1:{port}"}, data=body
    )
    signer.add_auth(request)
    headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST /v2/email/outbound-emails HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def start_sesbox(port: int, folder: str) -> subprocess.Popen[bytes]:
    """sesbox as a file on disk, all rules on, limits far above what the machine can do."""
    command = [
        sys.executable,
        "-m",
        "sesbox.main",
        "serve",
        "--port",
        str(port),
        "--data",
        f"{folder}/sesbox.db",
        "--profile",
        "production",
        "--max-send-rate",
        "100000",
        "--max-24-hour-send",
        "-1",
        "--access-key-id",
        KEY,
        "--secret-access-key",
        SECRET,
        "--delivery-delay",
        "3600",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_moto(port: int) -> subprocess.Popen[bytes]:
    """moto's server in its own environment."""
    python = os.environ.get("BENCH_PYTHON", ".venv-bench/bin/python")
    command = [python, "-m", "moto.server", "-p", str(port)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(name: str, process: subprocess.Popen[bytes], port: int, round_: int) -> dict[str, Any]:
    """One round against a running server: requests a second and the server's CPU for each."""
    requests = signed(port, COUNT, round_ * COUNT)
    before = cpu_seconds(process.pid)
    result = drive(port, requests, CONNECTIONS)
    used = cpu_seconds(process.pid) - before
    return {"server": name, **result, "server_cpu_us": round(used / COUNT * 1e6)}


def main() -> None:
    """Start both, verify the sender in both, alternate rounds, print JSON."""
    with tempfile.TemporaryDirectory() as folder:
        ports = {"sesbox": free_port(), "moto": free_port()}
        processes = {"sesbox": start_sesbox(ports["sesbox"], folder), "moto": start_moto(ports["moto"])}
        try:
            rounds = _rounds(ports, processes)
            size = Path(folder, "sesbox.db").stat().st_size
        finally:
            for process in processes.values():
                process.terminate()
    median = {n: statistics.median(r["per_second"] for r in rounds if r["server"] == n) for n in ports}
    ratio = round(median["sesbox"] / median["moto"], 2)
    report("sesbox_send", {"median_per_second": median, "ratio": ratio, "rounds": rounds, "sesbox_db_bytes": size})


def _rounds(ports: dict[str, int], processes: dict[str, subprocess.Popen[bytes]]) -> list[dict[str, Any]]:
    for name, port in ports.items():
        wait_until_open(port)
        client = boto3.client(
            "sesv2",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        client.create_email_identity(EmailIdentity="harbor.test")
        drive(port, signed(port, 200, 10_000_000), CONNECTIONS)
        assert processes[name].poll() is None
    return [measure(name, processes[name], ports[name], i) for i in range(ROUNDS) for name in ports]


if __name__ == "__main__":
    main()
