"""Commands as processes: one line for people, an exit code for scripts, never a traceback for a known error."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sendwell.launcher.holders import DataLock

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def runner(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENDWELL_", "DJANGO_"))}
        env = {**kept, "SENDWELL_DATA_DIR": str(tmp_path), **{f"SENDWELL_{k.upper()}": v for k, v in settings.items()}}
        command = [sys.executable, "-m", "sendwell.main", *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)

    return runner


def test_a_link_needs_tables_and_a_person(run: Run) -> None:
    early = run("sign-in-link")
    assert early.returncode == 1
    assert "sendwell migrate" in early.stderr
    assert "Traceback" not in early.stderr
    assert run("migrate").returncode == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/sign-in/\S{43}\n", run("sign-in-link").stdout)
    nobody = run("sign-in-link", "--email", "nobody@example.com")
    assert (nobody.returncode, nobody.stderr) == (1, "sendwell: Nobody signs in as nobody@example.com.\n")


def test_the_link_uses_the_public_url(run: Run) -> None:
    run("migrate")
    link = run("sign-in-link", public_url="https://mail.example.com/").stdout
    assert link.startswith("https://mail.example.com/sign-in/")


def test_rotated_keys_come_first_and_none_is_lost(run: Run, tmp_path: Path) -> None:
    run("migrate")
    ring = tmp_path / "keyring.json"
    before = json.loads(ring.read_text())
    done = run("keys", "rotate")
    assert done.returncode == 0, done.stderr
    after = json.loads(ring.read_text())
    assert after["encryption"][1:] == before["encryption"]
    assert after["links"][1:] == before["links"]
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600


def test_keys_are_not_rotated_under_a_running_sendwell(run: Run, tmp_path: Path) -> None:
    run("migrate")
    before = (tmp_path / "keyring.json").read_text()
    lock = DataLock(tmp_path)
    lock.take("http://127.0.0.1:8000")
    refused = run("keys", "rotate")
    lock.release()
    assert refused.returncode == 1
    assert "already running" in refused.stderr
    assert (tmp_path / "keyring.json").read_text() == before


def test_only_a_rehearsal_moves_its_clock(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0
    moved = run("clock", "advance", "24h")
    assert moved.returncode == 0, moved.stderr
    assert "did not move: it is not running" in moved.stdout
    assert "moved by 1 day, 0:00:00" in run("clock", "show").stdout
    real = run("clock", "advance", "24h", embedded="false")
    assert real.returncode == 1
    assert "sends for real" in real.stderr
    assert "moved by 0:00:00" in run("clock", "show", embedded="false").stdout
    assert run("clock", "reset").returncode == 0
    assert "moved by 0:00:00" in run("clock", "show").stdout


ADD_REAL = """
import django
django.setup()
from sendwell.connections.models import Connection
from sendwell.core.installation import installation
from sendwell.workspaces import service
now = installation().clock.now()
Connection.objects.create(workspace=service.ensure_first_workspace(now), name="SES", kind="aws", created_at=now)
"""


def test_the_clock_stays_real_once_a_connection_sends_for_real(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")}
    env = {**kept, "SENDWELL_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "sendwell.settings"}
    subprocess.run([sys.executable, "-c", ADD_REAL], env=env, timeout=120, check=True)
    refused = run("clock", "advance", "24h")
    assert refused.returncode == 1
    assert "sends for real" in refused.stderr
    assert "moved by 0:00:00" in run("clock", "show").stdout


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"port": "eighty"}, "SENDWELL_PORT: "),
        (
            {"database_url": "mysql://me:secret@db/x"},
            "SENDWELL_DATABASE_URL: it must start with sqlite:/// or postgresql://",
        ),
        ({"keyring": "{}"}, "The key ring is not readable"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "no answer from the database"),
    ],
)
def test_wrong_settings_are_named(run: Run, settings: dict[str, str], words: str) -> None:
    done = run("migrate", **settings)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
