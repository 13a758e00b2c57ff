"""House rules that no ready-made tool checks: sizes of functions and files, SQL in its place, opening docstrings, and
no state that lives in a module.

Prints each breach as `file:line: what` and ends with 1 if there is any. Numbers come from design.md, section 3.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FUNCTION = 40
MAX_FILE = 400
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\s", re.IGNORECASE | re.DOTALL
)
SQL_MAY_STAND_IN = {"store.py", "storage.py"}
MIRRORS = "migrations"
CHANGES = frozenset(
    (
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "popitem",
        "clear",
        "update",
        "setdefault",
        "add",
        "discard",
        "appendleft",
        "popleft",
        "sort",
        "reverse",
    )
)


def main() -> int:
    """Check every Python file of both programs; the exit status."""
    breaches = [breach for path in sorted(_sources()) for breach in check(path)]
    for breach in breaches:
        print(breach)
    print(f"sizes: {len(breaches)} breaches")
    return 1 if breaches else 0


def _sources() -> Iterator[Path]:
    for root in (Path("sesbox/src"), Path("sendwell/src")):
        yield from (path for path in root.rglob("*.py") if MIRRORS not in path.parts)


def check(path: Path) -> Iterator[str]:
    """The breaches in one file."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MAX_FILE:
        yield f"{path}:1: {lines} lines, at most {MAX_FILE}"
    tree = ast.parse(text)
    if tree.body and ast.get_docstring(tree) is None:
        yield f"{path}:1: a file opens with a docstring: what lives here and what must not"
    for node in ast.walk(tree):
        yield from _function(path, node)
        if (
            path.name not in SQL_MAY_STAND_IN
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and SQL.match(node.value)
        ):
            yield f"{path}:{node.lineno}: SQL outside store.py and *.sql"
    yield from _state(path, tree)


def _state(path: Path, tree: ast.Module) -> Iterator[str]:
    """Functions that change what a module holds: state belongs to objects that main.py or the wiring builds."""
    held = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        own = {arg.arg for arg in ast.walk(function) if isinstance(arg, ast.arg)}
        own |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in ast.walk(function):
            name = _changed(node)
            if name in held - own:
                yield f"{path}:{node.lineno}: {name} is state that lives in the module"  # type: ignore[attr-defined]


def _changed(node: ast.AST) -> str | None:
    """The name whose contents this node changes."""
    found: ast.expr | None = None
    if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
        found = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        found = node.func.value
    return found.id if isinstance(found, ast.Name) else None


def _function(path: Path, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MAX_FUNCTION:
            yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION}"


if __name__ == "__main__":
    sys.exit(main())
