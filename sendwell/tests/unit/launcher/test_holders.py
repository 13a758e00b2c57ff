"""Locks and ports: who holds them, and what people are told."""

import os
import socket
from pathlib import Path

import pytest

from sendwell.launcher.holders import DataLock, HeldError, check_port, holder_of, running_address


def test_a_second_lock_names_the_first(tmp_path: Path) -> None:
    first = DataLock(tmp_path)
    first.take("http://127.0.0.1:8000")
    with pytest.raises(HeldError, match=rf"process {os.getpid()}, at http://127.0.0.1:8000"):
        DataLock(tmp_path).take("http://127.0.0.1:9000")
    first.release()
    DataLock(tmp_path).take("http://127.0.0.1:9000")


def test_the_address_of_a_running_one_is_known_while_it_runs(tmp_path: Path) -> None:
    assert running_address(tmp_path) is None
    lock = DataLock(tmp_path)
    lock.take("http://127.0.0.1:8123")
    assert running_address(tmp_path) == "http://127.0.0.1:8123"
    lock.release()
    assert running_address(tmp_path) is None


def test_a_taken_port_names_its_holder_and_the_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"process {os.getpid()} " in holder_of(port)
        with pytest.raises(
            HeldError, match=rf"Port {port} is taken by process {os.getpid()} .*SENDWELL_PORT={port + 1}"
        ):
            check_port("127.0.0.1", port, "SENDWELL_PORT")
    check_port("127.0.0.1", port, "SENDWELL_PORT")


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(HeldError, match="SENDWELL_HOST"):
        check_port("192.0.2.1", 8000, "SENDWELL_PORT")
