"""Reading CSV files as people really have them: encodings, delimiters, broken lines.

Lives here: bytes in, records with line numbers out. Must not live here: Django, addresses, what a row means.
A record knows where the next one begins (in characters of the decoded text), so that an import goes on after a crash
without reading from the start.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab"}
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252 (Latin-1)"}
MOST_LINES = 20  # of one quoted field; beyond, a quote was left open and would swallow the file

_EMPTY_LINES = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it begins on (the header is on line 1), its fields, or what is wrong with it."""

    line: int
    last_line: int
    end: int
    fields: list[str]
    problem: str = ""


def guess_encoding(data: bytes) -> str:
    """A key of ENCODINGS. Windows-1252 reads everything, so it is only the last resort and the page says so."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decode(data: bytes, encoding: str) -> str:
    """The text without a byte order mark; bytes that the encoding does not have become U+FFFD."""
    return data.decode(encoding, errors="replace").removeprefix("\ufeff")


def guess_delimiter(text: str) -> str:
    """The delimiter that stands most often in the first line, outside quotes; a comma if none does."""
    first = text.split("\n", 1)[0][:10_000]
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=lambda delimiter: (outside.count(delimiter), delimiter == ","))


def records(text: str, delimiter: str, position: int = 0, line: int = 0) -> Iterator[Record]:
    """The records after `position`, where `line` lines are done. Empty lines are passed over.

    A record that the CSV rules cannot read (a quote left open, text after a closing quote) comes with a problem, and
    reading goes on with the next line of the file.
    """
    source = _Lines(text, position)
    while True:
        line += source.skip_empty(text)
        start = source.position
        source.begin_record()
        try:
            fields = next(csv.reader(source, delimiter=delimiter, strict=True), None)
            problem = ""
        except csv.Error as error:
            source.back_to(start)
            fields, problem = [source.skip_line()], _plain(error)
        if fields is None:
            return
        if fields or problem:
            yield Record(line + 1, line + source.taken, source.position, fields, problem)
        line += source.taken


class _Lines:
    """Physical lines of the text for csv.reader, counted; at most MOST_LINES for one record."""

    def __init__(self, text: str, position: int) -> None:
        self._buffer = io.StringIO(text, newline="")
        self.position = position
        self.taken = 0
        self._buffer.seek(position)

    def begin_record(self) -> None:
        self.taken = 0

    def back_to(self, position: int) -> None:
        self._buffer.seek(position)
        self.position, self.taken = position, 0

    def skip_empty(self, text: str) -> int:
        """Pass over empty lines all at once, for a file may hold nothing else; how many."""
        found = _EMPTY_LINES.match(text, self.position)
        if found is None:
            return 0
        self.back_to(found.end())
        return found[0].count("\n") + found[0].count("\r") - found[0].count("\r\n")

    def skip_line(self) -> str:
        return self._take().rstrip("\r\n")

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.taken >= MOST_LINES:
            raise StopIteration
        line = self._take()
        if not line:
            raise StopIteration
        return line

    def _take(self) -> str:
        line = self._buffer.readline()
        self.position += len(line)
        self.taken += bool(line)
        return line


def _plain(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "A quotation mark is opened and never closed."
    if "expected after" in text:
        return "Something stands between a closing quotation mark and the delimiter."
    return f"Not readable as CSV: {text}."


def line_count(text: str) -> int:
    """Physical lines of the text, for progress."""
    return text.count("\n") + (not text.endswith("\n")) if text else 0


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula: a leading = + - @, tab or return gets an apostrophe."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
