"""What a first run leaves on disk is for its own user alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_database_and_keys_are_readable_by_their_user_only(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SENDWELL_", "DJANGO_"))}
    data = tmp_path / "data"
    program = Path(sys.executable).parent / "sendwell"
    environment = {**kept, "SENDWELL_DATA_DIR": str(data)}
    subprocess.run([program, "migrate"], env=environment, umask=0o022, check=True, capture_output=True, timeout=120)
    made = {path.name: path.stat().st_mode & 0o077 for path in (data, *data.iterdir())}
    assert made.keys() >= {"data", "sendwell.db", "keyring.json"}
    assert set(made.values()) == {0}, made
