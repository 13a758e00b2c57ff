"""The README tells the truth: its list of operations is the dispatch table's."""

from __future__ import annotations

from pathlib import Path

from sesbox.operations import TABLE

README = Path(__file__).parent.parent.parent / "README.md"
TITLES = {"sesv2": "SES v2", "ses": "SES v1", "sns": "SNS"}


def supported() -> str:
    lines = []
    for service, title in TITLES.items():
        names = sorted(name for of, name in TABLE if of == service)
        lines.append(f"**{title}:** {', '.join(names)}")
    return "\n\n".join(lines)


def test_the_list_of_operations_is_the_dispatch_table() -> None:
    _, _, rest = README.read_text(encoding="utf-8").partition("<!-- operations")
    listed = rest.partition("-->")[2].partition("<!-- /operations -->")[0].strip()
    assert listed == supported(), f"put this into the README:\n\n{supported()}"
