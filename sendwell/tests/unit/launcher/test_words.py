"""What the command line says: the command to repeat, and what is wrong with a database."""

import sys
from pathlib import Path

import pytest
from django.db.utils import OperationalError, ProgrammingError

from sendwell.config import Config
from sendwell.launcher import greeting
from sendwell.main import explain


def test_the_greeting_names_a_command_that_works_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / ".venv" / "bin" / "sendwell"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", [str(program), "up"])
    said = greeting.text(Config(), "http://127.0.0.1:8000/sign-in/x")
    assert "another: .venv/bin/sendwell sign-in-link" in said


@pytest.mark.parametrize(
    "error",
    [OperationalError("no such table: auth_user"), ProgrammingError('relation "auth_user" does not exist\nLINE 1')],
)
def test_a_database_without_tables_asks_for_the_right_folder_first(error: Exception) -> None:
    said = explain(error) or ""
    assert "SENDWELL_DATA_DIR" in said
    assert "sendwell migrate" in said


def test_a_silent_database_is_named() -> None:
    assert "connection refused" in (explain(OperationalError("connection refused")) or "")


def test_a_wrong_statement_stays_a_fault_of_ours() -> None:
    assert explain(ProgrammingError("syntax error")) is None
