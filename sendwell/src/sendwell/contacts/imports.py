"""The verbs of CSV imports: take a file, show its first rows, run it in batches, report it row by row.

Lives here: the order of things and the transaction. Must not live here: CSV (files.py), decisions (import_rules.py),
SQL (store.py). Part of the contacts service; other features come in through service.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Count, Q

from sendwell.contacts import files, import_rules, store
from sendwell.contacts.import_rules import Row
from sendwell.contacts.models import Import, ImportFile, ImportRow, ImportState, List
from sendwell.core.addresses import InvalidAddress, parse

BATCH = 2_000  # rows; one transaction of some 100 ms, so the sender on the same SQLite file hardly waits
MOST_BYTES = 50 * 1024 * 1024
MOST_COLUMNS = 200  # the page offers a choice for each
KEEP_FILE = timedelta(days=30)

Suppressed = Callable[[Sequence[str]], set[str]]


class FileError(ValueError):
    """The file cannot be taken in; the message says what to do."""


@dataclass(frozen=True)
class Sample:
    """The first rows of an upload, for choosing columns."""

    headings: list[str]
    rows: list[list[str]]
    targets: list[str]


@dataclass(frozen=True)
class Upload:
    """A file, where its addresses come from in the owner's words, on what basis, and who says so."""

    filename: str
    data: bytes
    source: str
    basis: str
    attested_by: str


def create(to: List, upload: Upload, now: datetime) -> Import:
    """Keep the file as uploaded, with guesses about its form. Raises FileError. Nothing is taken in yet."""
    if len(upload.data) > MOST_BYTES:
        raise FileError("The file is larger than 50 MB. Split it and import the parts one after the other.")
    encoding = files.guess_encoding(upload.data)
    text = files.decode(upload.data, encoding)
    delimiter = files.guess_delimiter(text)
    headings = _headings(text, delimiter)
    imported = Import(
        workspace_id=to.workspace_id,
        list=to,
        filename=upload.filename[-255:],
        encoding=encoding,
        delimiter=delimiter,
        mapping={"columns": import_rules.guess_columns(headings)},
        source=upload.source,
        basis=upload.basis,
        attested_by=upload.attested_by,
        total=files.line_count(text),
        created_at=now,
    )
    with transaction.atomic():
        imported.save()
        ImportFile.objects.create(imported=imported, data=upload.data)
    return imported


def _text(imported: Import, encoding: str) -> str:
    """The decoded file. Raises FileError once it was dropped."""
    file = ImportFile.objects.filter(imported=imported).first()
    if file is None:
        raise FileError("The file is no longer kept. Upload it again.")
    return files.decode(bytes(file.data), encoding)


def _headings(text: str, delimiter: str) -> list[str]:
    first = next(files.records(text, delimiter), None)
    if first is None:
        raise FileError("The file is empty. Its first line holds the headings, such as email,name.")
    if first.problem:
        raise FileError(f"Line 1 cannot be read: {first.problem}")
    if len(first.fields) > MOST_COLUMNS:
        said = f"Line 1 holds {len(first.fields):,} columns, and at most {MOST_COLUMNS} can be taken in."
        raise FileError(f"{said} Leave out those you do not need, or choose another delimiter.")
    if any(_is_address(cell) for cell in first.fields):
        raise FileError("Line 1 holds an address, not headings. Add a first line such as email,name and try again.")
    return [cell.strip() for cell in first.fields]


def _is_address(cell: str) -> bool:
    try:
        parse(cell)
    except InvalidAddress:
        return False
    return True


def sample(imported: Import, rows: int = 8) -> Sample:
    """Headings, the first rows and a target for every column, in the import's encoding. Raises FileError."""
    text = _text(imported, imported.encoding)
    headings = _headings(text, imported.delimiter)
    first = [record.fields for record in islice(files.records(text, imported.delimiter), 1, rows + 1)]
    chosen = imported.mapping.get("columns", [])
    targets = chosen if len(chosen) == len(headings) else import_rules.guess_columns(headings)
    return Sample(headings, [row + [""] * (len(headings) - len(row)) for row in first], targets)


def reread(imported: Import, encoding: str, delimiter: str) -> None:
    """Look at the same file with another encoding or delimiter; the columns are guessed anew. Raises FileError."""
    text = _text(imported, encoding)
    headings = _headings(text, delimiter)
    imported.encoding, imported.delimiter = encoding, delimiter
    imported.mapping = {"columns": import_rules.guess_columns(headings)}
    imported.total = files.line_count(text)
    imported.save(update_fields=["encoding", "delimiter", "mapping", "total"])


def discard(imported: Import) -> None:
    """Throw away an upload that was never started; others stay, with their report."""
    Import.objects.filter(pk=imported.pk, state=ImportState.UPLOADED).delete()


def start(imported: Import, targets: Sequence[str]) -> None:
    """Fix the columns and let the worker begin. Raises FileError if the mapping lacks an address column.

    The caller enqueues the job in the same transaction.
    """
    problem = import_rules.check_columns(targets)
    if problem:
        raise FileError(problem)
    imported.mapping, imported.state = {"columns": list(targets)}, ImportState.RUNNING
    imported.save(update_fields=["mapping", "state"])


def run_import_batch(import_id: int, suppressed: Suppressed, now: datetime) -> bool:
    """Take in the next rows; True when the import is finished. Rows and cursor move in one transaction.

    `suppressed` answers which of some keys may not be taken in. Safe to repeat and to kill at any moment.
    """
    imported = Import.objects.select_related("list").get(pk=import_id)
    if imported.state != ImportState.RUNNING:
        return True
    rows = list(islice(_rows(imported), BATCH))
    with transaction.atomic():
        current = Import.objects.select_for_update().only("cursor", "state").get(pk=import_id)
        if current.cursor != imported.cursor or current.state != ImportState.RUNNING:
            return False  # another worker was here first; the next call sees where it stands
        _take_in(imported, rows, suppressed, now)
        done = len(rows) < BATCH
        if rows:
            imported.cursor, imported.position = rows[-1].last_line, rows[-1].end
        if done:
            imported.state, imported.finished_at, imported.cursor = ImportState.FINISHED, now, imported.total
        imported.save(update_fields=["cursor", "position", "state", "finished_at"])
    return done


def _rows(imported: Import) -> Iterator[Row]:
    text = _text(imported, imported.encoding)
    targets = imported.mapping["columns"]
    records = files.records(text, imported.delimiter, imported.position, imported.cursor)
    for record in islice(records, 0 if imported.cursor else 1, None):  # the first record holds the headings
        place = (record.line, record.last_line, record.end)
        yield import_rules.read_row(record.fields, targets, imported.basis, place, record.problem)


def _take_in(imported: Import, rows: Sequence[Row], suppressed: Suppressed, now: datetime) -> None:
    keys = sorted({row.address.key for row in rows if row.address is not None})
    blocked = suppressed(keys) if keys else set()
    seen = store.keys_in_import(imported.pk, keys)
    known = store.known_contacts(imported.workspace_id, imported.list_id, keys)
    decided = []
    for row in rows:
        key = row.address.key if row.address is not None else ""
        decision = import_rules.decide(row, seen=key in seen, suppressed=key in blocked, known=known.get(key))
        decided.append((row, decision))
        seen.add(key)
    store.write_import(imported, decided, known, now)


def fail(import_id: int, error: str, now: datetime) -> None:
    """Give up on an import; the rows that were taken in stay, and the page shows the error."""
    Import.objects.filter(pk=import_id, state=ImportState.RUNNING).update(
        state=ImportState.FAILED, error=error, finished_at=now
    )


def counts(imported: Import) -> dict[tuple[str, str], int]:
    """Rows so far by (outcome, reason)."""
    found = ImportRow.objects.filter(imported=imported).values_list("outcome", "reason").annotate(number=Count("pk"))
    return {(outcome, reason): number for outcome, reason, number in found.order_by("outcome", "reason")}


def forget_files(now: datetime) -> int:
    """Drop the uploads of imports finished more than 30 days ago, and those never started; how many files.

    Reports stay.
    """
    before = now - KEEP_FILE
    old = Q(imported__finished_at__lt=before) | Q(imported__state=ImportState.UPLOADED, imported__created_at__lt=before)
    return ImportFile.objects.filter(old).delete()[0]
