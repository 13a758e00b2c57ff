"""Reading CSV: like Python's own reader where files are sound, line by line where they are not."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.contacts.files import (
    decode,
    guess_delimiter,
    guess_encoding,
    line_count,
    records,
    safe_cell,
)

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=4)
tables = st.lists(st.lists(cells, min_size=1, max_size=4), max_size=12)


def written(table: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue()


@given(tables, st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_read_back(table: list[list[str]], delimiter: str) -> None:
    found = [r.fields for r in records(written(table, delimiter), delimiter)]
    assert found == table


@given(st.text(st.sampled_from('a,;"\n\r\t x@.'), max_size=80))
def test_any_text_is_read_to_its_end_and_can_be_resumed_at_every_record(text: str) -> None:
    whole = list(records(text, ","))
    line_numbers = [r.line for r in whole]
    assert line_numbers == sorted(set(line_numbers))
    for n, record in enumerate(whole):
        assert list(records(text, ",", record.end, record.last_line)) == whole[n + 1 :]


def test_an_open_quote_costs_one_line_not_the_file() -> None:
    text = 'email\n"open\n' + "".join(f"p{n}@x.test\n" for n in range(50))
    found = list(records(text, ","))
    assert [r.line for r in found if r.problem] == [2]
    assert len(found) == 52


def test_a_quote_that_closes_far_below_is_no_field() -> None:
    text = 'a,"one\n' + "x\n" * 30 + 'end",b\nlast,c\n'
    found = list(records(text, ","))
    assert found[0].problem and found[-1].fields == ["last", "c"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_recognised(encoding: str) -> None:
    data = "email,name\nzoë@x.test,Zoë\n".encode(encoding)
    assert decode(data, guess_encoding(data)) == "email,name\nzoë@x.test,Zoë\n"


@given(st.binary(max_size=60))
def test_every_file_decodes(data: bytes) -> None:
    decode(data, guess_encoding(data))


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [("a,b;c,d", ","), ("a;b", ";"), ("a\tb,c\td", "\t"), ("alone", ","), ('"a;b;c",d', ",")],
)
def test_the_delimiter_of_the_headings_counts(first: str, delimiter: str) -> None:
    assert guess_delimiter(first + "\n;;;;;;;") == delimiter


@pytest.mark.parametrize(("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\nb\n", 2)])
def test_lines_are_counted_with_or_without_a_last_newline(text: str, lines: int) -> None:
    assert line_count(text) == lines


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_formulas_are_defused(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


def test_plain_cells_stay_as_they_are() -> None:
    assert safe_cell("a@x.test") == "a@x.test"


def test_a_file_of_nothing_but_empty_lines_is_passed_over_at_once() -> None:
    text = "email\n" + "\n" * 3_000_000 + "a@example.net\r\n\r\n\rb@example.net"
    began = time.process_time()
    found = list(records(text, ","))
    assert time.process_time() - began < 1.5
    assert [(record.line, record.fields) for record in found] == [
        (1, ["email"]),
        (3_000_002, ["a@example.net"]),
        (3_000_005, ["b@example.net"]),
    ]
    again = list(records(text, ",", found[1].end, found[1].last_line))
    assert again == found[2:]
