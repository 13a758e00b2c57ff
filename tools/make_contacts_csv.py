"""Writes story/contacts-1000.csv and what an import of it must report, story/contacts-1000.expected.json.

Deterministic: no randomness, no clock. Each row is made for one purpose and says so when it is made, so the expected
counts come from the plan below and not from the importer's code. Run: python tools/make_contacts_csv.py
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

HEADER = ["email", "name", "city", "consent"]
TOTAL = 1000
FIRST = (
    "Ada Bao Carla Dmitri Élodie Femi Göran Hana Íris João Kōji Łukasz Mária Nguyễn Óscar Petra Quim Renée Søren Tomáš"
)
LAST = "Abel Brontë Castro Dvořák Eriksen Fontaine García Håkansson Ito Jansen Kowalski Lefèvre Müller Nováková Öztürk"
CITIES = ["Köln", "São Paulo", "Washington, D.C.", "東京", "Αθήνα", "Łódź", "Paris", "Nairobi", 'The "Old" Town', ""]
DOMAINS = ["mail.test", "post.example", "shop.test", "news.example"]

BAD = [
    "plainaddress", "@no-local.example", "no-domain@", "two@@signs.example", "dot.@end.example", ".dot@start.example",
    "spa ce@inside.example", "double..dot@local.example", "dash@-lead.example", "local@domain",
    "semi;colon@list.example", "a@b@c.example", "jürgen@umlaut.example", "quote\"@local.example",
    "comma,inside@local.example", "",
    "x" * 65 + "@long.example", "brackets@[127.0.0.1]", "under@score_domain.example", "trailing@dot..example",
]  # fmt: skip
ROLES = ["abuse@mail.test", "postmaster@post.example", "SPAM@shop.test", "Abuse@news.example", "spam@mail.test"]

Cells = list[str]
Planned = tuple[Cells | str, str, str]  # cells (or a raw line), outcome, reason


def person(n: int, consent: str = "double_opt_in") -> Cells:
    first, last = FIRST.split()[n % 20], LAST.split()[n // 20 % 15]
    return [f"person{n:04d}@{DOMAINS[n % 4]}", f"{first} {last}", CITIES[n % 10], consent]


def plan() -> list[Planned]:
    """Every row of the file with what must become of it."""
    rows: list[Planned] = []
    rows += [
        ([f"success+{n}@simulator.amazonses.com", f"Success {n}", "", "single_opt_in"], "added", "") for n in range(40)
    ]
    rows += [([f"bounce+{n}@simulator.amazonses.com", f"Bounce {n}", "", "customer"], "added", "") for n in range(6)]
    rows += [
        ([f"complaint+{n}@simulator.amazonses.com", f"Complaint {n}", "", "customer"], "added", "") for n in range(3)
    ]
    rows += [(["Jörg@BÜCHER.example", "Jörg Groß", "Köln", "customer"], "skipped", "invalid_address")]
    rows += [(["leser@bücher.example", "Lesérin Ünal", "Köln", "customer"], "added", "")]
    rows += [(["leser@XN--BCHER-KVA.example", "The same, as Punycode", "Köln", "customer"], "skipped", "duplicate")]
    rows += [(["o'brien+tag@mail.test", "O'Brien, Conor", "Cork", "customer"], "added", "")]
    rows += [([" padded@post.example ", "  Wide   Spaces ", "Paris", "customer"], "added", "")]
    rows += [(["formula@mail.test", '=HYPERLINK("http://evil.test","x")', "+1", "customer"], "added", "")]
    rows += [([bad, "Bad Address", "Nowhere", "double_opt_in"], "skipped", "invalid_address") for bad in BAD]
    rows += [([role, "Role", "", "customer"], "skipped", "role_address") for role in ROLES]
    rows += [(person(9000 + n, ""), "added", "no_basis") for n in range(30)]
    rows += [(person(9100, "none"), "added", "no_basis"), (person(9101, "because I say so"), "added", "no_basis")]
    rows += _malformed()
    people = TOTAL - len(rows) - 40
    rows += [(person(n, ["double_opt_in", "single_opt_in", "customer"][n % 3]), "added", "") for n in range(people)]
    rows = _interleave(rows)
    return rows + [_again(n) for n in range(40)]


def _malformed() -> list[Planned]:
    lines = [
        "short@mail.test,Two Columns",
        "long@mail.test,Too,Many,customer,columns",
        'open@mail.test,"Quote left open,Paris,customer',
        'after@mail.test,"Text after"the quote,Paris,customer',
        "lonely@mail.test",
    ]
    return [(line, "skipped", "malformed") for line in lines]


def _interleave(rows: list[Planned]) -> list[Planned]:
    """Spread the special rows over the file: 617 has no factor in common with the number of rows."""
    count = len(rows)
    assert count % 617 and count > 617
    return [rows[n * 617 % count] for n in range(count)]


def _again(n: int) -> Planned:
    """People of earlier lines once more: alike, in capitals, or with another name. The first one counts."""
    cells = person(n * 7)
    if n % 3 == 1:
        cells[0] = cells[0].upper()
    if n % 3 == 2:
        cells[1] = f"Not {cells[1]}"
    return cells, "skipped", "duplicate"


def write(folder: Path) -> None:
    """Both files, with CRLF as spreadsheets write."""
    rows = plan()
    assert len(rows) == TOTAL, len(rows)
    text = _line(HEADER) + "".join(row if row.endswith("\r\n") else row + "\r\n" for row in map(_text, rows))
    (folder / "contacts-1000.csv").write_bytes(text.encode("utf-8"))
    counts = Counter((outcome, reason) for _, outcome, reason in rows)
    confirmed = sorted(_key(cells) for cells, outcome, reason in rows if (outcome, reason) == ("added", ""))
    expected = {
        "rows": TOTAL,
        "counts": [{"outcome": o, "reason": r, "rows": counts[o, r]} for o, r in sorted(counts)],
        "confirmed": len(confirmed),
        "unconfirmed": counts["added", "no_basis"],
        "simulator": {
            mailbox: sum(key.startswith(f"{mailbox}+") for key in confirmed)
            for mailbox in ("success", "bounce", "complaint")
        },
        "confirmed_keys": confirmed,
    }
    (folder / "contacts-1000.expected.json").write_text(
        json.dumps(expected, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )


def _text(row: Planned) -> str:
    return row[0] if isinstance(row[0], str) else _line(row[0])


def _line(cells: Cells) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _key(cells: Cells | str) -> str:
    assert isinstance(cells, list)
    return cells[0].strip().lower().replace("bücher", "xn--bcher-kva")


if __name__ == "__main__":
    write(Path(__file__).parent.parent / "story")
