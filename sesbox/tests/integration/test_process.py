"""The command as a process: starting, telling, refusing to start, ending."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from sesbox.testing import SesboxProcess

SERVE = [sys.executable, "-m", "sesbox.main", "serve", "--data", ":memory:"]


@pytest.fixture(scope="module")
def box() -> Iterator[SesboxProcess]:
    with SesboxProcess(data=":memory:") as started:
        yield started


def until(what: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_the_ready_file_tells_everything(box: SesboxProcess) -> None:
    assert box.ready["pid"] == box.pid
    assert box.ready["endpoint"] == f"http://127.0.0.1:{box.ready['port']}"
    assert (box.ready["account"], box.ready["region"], box.ready["profile"]) == (
        "123456789012",
        "us-east-1",
        "sandbox",
    )
    assert box.ready["dns_port"] is None
    assert box.ready["secret_access_key"] in box.log
    certificate = requests.get(box.ready["certificate_url"], timeout=10)
    assert certificate.text.startswith("-----BEGIN CERTIFICATE-----")


def test_health_and_the_guard(box: SesboxProcess) -> None:
    url = f"{box.endpoint}/_sesbox/health"
    health = requests.get(url, timeout=10).json()
    assert (health["status"], health["profile"]) == ("ok", "sandbox")
    for headers in ({"Host": "evil.test"}, {"Host": "evil.test:4580", "Origin": "http://evil.test:4580"}):
        assert requests.get(url, headers=headers, timeout=10).status_code == 403
    strange = {"Origin": "http://evil.test"}
    assert requests.post(f"{box.endpoint}/_sesbox/reset", headers=strange, timeout=10).status_code == 403
    own = {"Origin": box.endpoint}
    assert requests.post(f"{box.endpoint}/_sesbox/reset", headers=own, timeout=10).status_code == 200


def test_the_clock_moves_ahead_only(box: SesboxProcess) -> None:
    url = f"{box.endpoint}/_sesbox/clock"
    before = requests.get(url, timeout=10).json()
    after = requests.post(url, json={"advance": 86_400}, timeout=10).json()
    assert 86_400 <= after["epoch"] - before["epoch"] < 86_460
    assert requests.post(url, json={"pause": True}, timeout=10).json()["paused"] is True
    assert requests.post(url, json={"set": "2100-01-01T00:00:00Z"}, timeout=10).json()["now"] == (
        "2100-01-01T00:00:00.000Z"
    )
    assert requests.post(url, data={"pause": "false"}, timeout=10).json()["paused"] is False
    for wrong in ({"advance": -1}, {"set": "1999-01-01T00:00:00Z"}, {"set": "soon"}, {}, {"hands": 1}, ["advance"]):
        answer = requests.post(url, json=wrong, timeout=10)
        assert answer.status_code == 400
        assert answer.json()["error"]
    assert requests.post(url, data="{", headers={"Content-Type": "application/json"}, timeout=10).status_code == 400
    requests.post(f"{box.endpoint}/_sesbox/reset", timeout=10)
    assert abs(requests.get(url, timeout=10).json()["offset"]) < 1


@pytest.mark.parametrize("size", [50 * 1024 * 1024 + 1, -1])
def test_a_body_without_end_is_refused(box: SesboxProcess, size: int) -> None:
    with socket.create_connection(("127.0.0.1", box.ready["port"]), timeout=10) as connection:
        length = f"Content-Length: {size}" if size > 0 else "Transfer-Encoding: chunked"
        connection.sendall(f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n".encode())
        if size < 0:
            for _ in range(51):
                connection.sendall(b"100000\r\n" + b"x" * 1024 * 1024 + b"\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 413")


def test_bytes_that_are_no_request_do_no_harm(box: SesboxProcess) -> None:
    for path in ("/v2/email/%ff%fe", "/v2/email/identities/%00", "/v2/email/x?%ff=%fe", "/?Action=%ff"):
        answer = requests.get(box.endpoint + path, timeout=10)
        assert answer.status_code in (400, 403, 404), (path, answer.status_code)
    odd = requests.post(box.endpoint, data=b"\xff\xfe&Action=\x00", headers={"Authorization": "AWS4-HMAC-SHA256 x"})
    assert odd.status_code == 400
    assert b"IncompleteSignature" in odd.content
    assert box.log.count("Traceback") == 0


def test_a_port_that_is_taken_is_named_with_its_holder(box: SesboxProcess) -> None:
    port = str(box.ready["port"])
    run = subprocess.run([*SERVE, "--port", port], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith(f"sesbox: port {port} on 127.0.0.1 is already in use by process {box.pid} (")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--account", "12"], "--account must be 12 digits"),
        (["--port", "70000"], "must be between 0 and 65535"),
        (["--max-send-rate", "0"], "must be above 0"),
        (["--zone", "/nowhere/zone"], "there is no file /nowhere/zone"),
        (["--data", "/nowhere/box.db"], "cannot use the data file /nowhere/box.db"),
    ],
)
def test_options_that_cannot_be_meant_say_why(options: list[str], text: str) -> None:
    run = subprocess.run([*SERVE, "--port", "0", *options], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode in (1, 2)
    assert text in run.stderr
    assert "Traceback" not in run.stderr


def test_it_ends_when_asked_and_takes_its_ready_file_along(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [*SERVE, "--port", "0", "--ready-file", str(ready)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    until(ready.exists)
    assert ready.stat().st_mode & 0o777 == 0o600
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=15)
    assert (process.returncode, errors) == (0, b"")
    assert not ready.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [*SERVE, "--port", "0", "--ready-file", str(ready), "--die-with-parent"]
    script = f"import subprocess, sys; subprocess.Popen({command!r}, stdout=2); sys.stdin.read()"
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    until(ready.exists)
    pid = json.loads(ready.read_text())["pid"]
    assert alive(pid)
    parent.kill()
    parent.communicate(timeout=15)
    until(lambda: not alive(pid))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_it_does_not_end_with_a_mere_thread_of_its_parent() -> None:
    import threading

    box = SesboxProcess(data=":memory:")
    thread = threading.Thread(target=box.start)
    thread.start()
    thread.join()
    try:
        os.kill(box.pid, 0)
        assert requests.get(f"{box.endpoint}/_sesbox/health", timeout=10).ok
        assert box.stop() == 0
    finally:
        box.close()


def test_help_shows_the_defaults_there_are_and_no_others() -> None:
    text = subprocess.run([*SERVE, "--help"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert "(default: 4580)" in " ".join(text.split())
    assert "None" not in text
    assert "False" not in text
