"""The table in the docs says of every operation what sesbox really answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import support_table

from sesbox.operations import TABLE
from sesbox.wire.model import SERVICES, load

ROW = re.compile(r"^\| (\w+) \| (supported|501) \|$", re.MULTILINE)


def rows() -> dict[tuple[str, str], str]:
    found = {}
    for service, title in support_table.TITLES.items():
        section = support_table.table().partition(f"## {title}\n")[2].partition("\n## ")[0]
        for name, state in ROW.findall(section):
            assert (service, name) not in found
            found[service, name] = state
    return found


def test_every_operation_of_the_three_models_has_one_row() -> None:
    assert rows().keys() == {(service, name) for service in SERVICES for name in load(service).operations}


def test_supported_is_what_the_dispatch_table_holds_and_nothing_else() -> None:
    assert {place for place, state in rows().items() if state == "supported"} == set(TABLE)


def test_the_page_in_the_docs_is_the_generated_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert support_table.main(["--check"]) == 0, capsys.readouterr().out


def test_a_page_that_does_not_fit_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setattr(support_table, "FILE", page)
    assert support_table.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().out
    assert support_table.main([]) == 0
    assert support_table.main(["--check"]) == 0
    page.write_text(page.read_text() + "more")
    assert support_table.main(["--check"]) == 1
