"""The documentation keeps what it says: links lead somewhere, commands exist, tables agree with the code."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from sendwell.connections.presenting import POLICY
from sendwell.main import app
from sendwell.outbox import rules

ROOT = Path(__file__).parents[3]
ELSEWHERE = {"data", "build", "dist"}
FOLDERS = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name not in ELSEWHERE]
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in folder.rglob("*.md"))])
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
COMMAND = re.compile(
    r"(?:`|^ {4,}(?:.* -- )?|ExecStart(?:Pre)?=\S*)(?:\S*/bin/|/)?sendwell ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)",
    re.MULTILINE,
)
CODE = (ROOT / "sendwell/src/sendwell", ROOT / "sesbox/src/sesbox")
LIMIT = re.compile(r"^\| (?P<what>.+?) \| (?P<value>.*?) \| `(?P<file>[\w/.]+)` `(?P<name>\w+)` \|$", re.MULTILINE)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """GitHub's anchors of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", PAGES, ids=name_of)
def test_relative_links_lead_somewhere(document: Path) -> None:
    broken = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (document.parent / path).resolve() if path else document
        if not found.exists() or (anchor and anchor not in anchors(found.read_text(encoding="utf-8"))):
            broken.append(target)
    assert not broken


def test_the_map_names_files_that_exist_and_forgets_none_of_the_ledger() -> None:
    page = read("ARCHITECTURE.md")
    files = [str(path) for root in CODE for path in root.rglob("*") if path.suffix in (".py", ".sql")]
    named = set(re.findall(r"[\w/]+\.(?:py|sql)\b", page))
    assert not [name for name in named if not any(file.endswith("/" + name) for file in files)]
    own = {path.name for path in (CODE[0] / "outbox").glob("*.py")} - {"__init__.py", "apps.py", "urls.py", "views.py"}
    assert own - named <= {"presenting.py", "records.py"}
    tops = {path.name for root in CODE for path in root.iterdir()} - {
        "__init__.py",
        "__pycache__",
        "py.typed",
        "wsgi.py",
    }
    assert not [name for name in tops if name not in page]


def is_a_command(words: str) -> bool:
    top: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    first, _, second = words.partition(" ")
    inner = getattr(top.get(first), "commands", None)
    return first in top and (not second or inner is None or second in inner)


@pytest.mark.parametrize("document", PAGES, ids=name_of)
def test_every_named_command_exists(document: Path) -> None:
    named = COMMAND.findall(document.read_text(encoding="utf-8"))
    assert not [words for words in named if not is_a_command(words)]


def test_commands_are_found_where_pages_name_them() -> None:
    text = "`sendwell keys rotate`, `.venv/bin/sendwell nonsense`"
    assert COMMAND.findall(text) == ["keys rotate", "nonsense"]
    assert [is_a_command(words) for words in ("keys rotate", "keys nonsense", "nonsense")] == [True, False, False]
    assert len(COMMAND.findall(read("docs/how-to/run-it.md"))) >= 4


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (rules.STATUS_LABELS, rules.Status),
        (rules.REASON_LABELS, rules.Reason),
        (rules.OUTCOME_LABELS, rules.AttemptOutcome),
    ],
    ids=["statuses", "reasons", "calls"],
)
def test_the_page_of_messages_has_every_word(labels: dict[str, str], values: type[rules.Status]) -> None:
    page = read("docs/reference/messages.md")
    missing = [value for value in values if value and f"| {labels[value]} | `{value}` |" not in page]
    assert not missing


def test_limits_are_those_of_the_code() -> None:
    rows = list(LIMIT.finditer(read("docs/reference/limits.md")))
    assert len(rows) > 40
    wrong = [row["name"] for row in rows if not _holds(row)]
    assert not wrong


def _holds(row: "re.Match[str]") -> bool:
    files = [root / row["file"] for root in CODE if (root / row["file"]).exists()]
    for file in files:
        text = file.read_text(encoding="utf-8")
        if not re.search(rf"\b{row['name']}\b", text):
            continue
        value = _number(text, row["name"])
        said = re.sub(r"(?<=\d),(?=\d{3})", "", row["value"])
        return value is None or f"{value:g}" in said or str(value) in said
    return False


def _number(text: str, name: str) -> float | None:
    """The constant's value if it is written as one plain number that a page repeats as it is."""
    for node in ast.walk(ast.parse(text)):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        value = getattr(node, "value", None)
        if named and isinstance(value, ast.Constant) and isinstance(value.value, int | float):
            return value.value
    return None


def test_the_policy_is_the_same_on_the_page_and_covers_every_call() -> None:
    written = re.search(r"```json\n(.*?)```", read("docs/how-to/connect-aws.md"), re.DOTALL)
    assert written
    assert json.loads(written[1]) == json.loads(POLICY)
    allowed = {action for part in json.loads(POLICY)["Statement"] for action in part["Action"]}
    source = "".join(path.read_text(encoding="utf-8") for path in CODE[0].rglob("*.py") if path.name != "presenting.py")
    called = set(re.findall(r'call\(\s*"((?:ses|sns):\w+)"', source)) | {"ses:SendEmail"}
    assert called == allowed, "a permission that nothing uses is taken out"
