"""The checks that hold our house rules find what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.check_size import check

CLEAN = '"""What lives here."""\n\nTABLE = {"a": 1}\n\n\ndef get(key: str) -> int:\n    return TABLE[key]\n'


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", None),
        ("\ndef add():\n    TABLE['b'] = 2\n", "state that lives in the module"),
        ("\ndef add():\n    TABLE.update(b=2)\n", "state that lives in the module"),
        ("\ndef add():\n    TABLE = {}\n    TABLE['b'] = 2\n", None),
        ("\ndef find(db):\n    db.query('SELECT id FROM message')\n", "SQL outside"),
        ("\ndef find(db):\n    db.query('Update the list')\n", None),
        ("\ndef long():\n" + "    x = 1\n" * 40, "long has 41 lines"),
        ("\nX = 1" * 400, "lines, at most 400"),
    ],
)
def test_breaches_are_found_and_clean_code_is_not(tmp_path: Path, more: str, words: str | None) -> None:
    file = tmp_path / "module.py"
    file.write_text(CLEAN + more, encoding="utf-8")
    found = list(check(file))
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_a_file_opens_with_what_lives_in_it(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("X = 1\n", encoding="utf-8")
    assert "opens with a docstring" in next(iter(check(file)))


def test_sql_may_stand_in_a_store(tmp_path: Path) -> None:
    file = tmp_path / "store.py"
    file.write_text('"""Rows."""\n\nFIND = "SELECT id FROM message"\n', encoding="utf-8")
    assert list(check(file)) == []
