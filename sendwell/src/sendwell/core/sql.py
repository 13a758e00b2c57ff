"""Named SQL files: one statement under each `-- name: purpose` line, portable over SQLite and PostgreSQL.

Lives here: loading and the few macros that differ by dialect. Must not live here: statements, connections.
Parameters are written `:name`. Macros: `@bigints(:ids)` and `@texts(:keys)` are a sub-select over a JSON array
parameter (use with IN); `@rows(:rows AS r, id bigint, reason text)` is a table over a JSON array of objects, for FROM;
`@skip_locked` is `FOR UPDATE SKIP LOCKED` where rows can be locked, else nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Literal

Dialect = Literal["sqlite", "postgresql"]

_HEADER = re.compile(r"^-- (\w+): .*$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


def _sqlite_rows(found: re.Match[str]) -> str:
    names = [column.split()[0] for column in found[3].split(",")]
    picked = ", ".join(f"value->>'{name}' AS {name}" for name in names)
    return f"(SELECT {picked} FROM json_each({found[1]})) AS {found[2]}"


_MACROS: dict[Dialect, tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]] = {
    "sqlite": (
        (r"@bigints\((:\w+)\)", r"(SELECT value FROM json_each(\1))"),
        (r"@texts\((:\w+)\)", r"(SELECT value FROM json_each(\1))"),
        (r"@rows\((:\w+) AS (\w+), ([^)]*)\)", _sqlite_rows),
        (r"@skip_locked\b", ""),
        (r"@for_update\b", ""),
    ),
    "postgresql": (
        (r"@bigints\((:\w+)\)", r"(SELECT value::bigint FROM jsonb_array_elements_text(CAST(\1 AS jsonb)))"),
        (r"@texts\((:\w+)\)", r"(SELECT value FROM jsonb_array_elements_text(CAST(\1 AS jsonb)))"),
        (r"@rows\((:\w+) AS (\w+), ([^)]*)\)", r"jsonb_to_recordset(CAST(\1 AS jsonb)) AS \2(\3)"),
        (r"@skip_locked\b", "FOR UPDATE SKIP LOCKED"),
        (r"@for_update\b", "FOR UPDATE"),
    ),
}


@cache
def load(package: str, filename: str, dialect: Dialect) -> dict[str, str]:
    """The statements of a `.sql` file inside a package, by name, with macros expanded for the dialect."""
    text = files(package).joinpath(filename).read_text(encoding="utf-8")
    parts = _HEADER.split(text)[1:]
    return {name: expand(body.strip().rstrip(";"), dialect) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def expand(statement: str, dialect: Dialect) -> str:
    """Replace the macros of this module for one dialect."""
    for pattern, replacement in _MACROS[dialect]:
        statement = re.sub(pattern, replacement, statement)
    return statement


@cache
def pyformat(statement: str) -> str:
    """Rewrite `:name` parameters to `%(name)s` for drivers that want those; literal percent signs are doubled."""
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))
