"""What an import may do: one row of a file and what we know of the address in, one decision out.

Lives here: mapping of columns, consent words, the decision per row. Must not live here: Django, CSV, the database.

The rule that holds all others: an import adds contacts and subscriptions, and renames; it never changes a subscription
that exists. So it cannot lift an unsubscribe, confirm the unconfirmed, end a pause or downgrade a consent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sendwell.core.addresses import Address, InvalidAddress, parse

ADDRESS, NAME, CONSENT, IGNORE = "address", "name", "consent", ""
ATTRIBUTE = "attributes."
NEVER_IMPORTED = frozenset({"abuse", "postmaster", "spam"})  # RFC 2142 mailboxes that read mail to judge it
NONE = "none"
BASES = frozenset({"double_opt_in", "single_opt_in", "customer"})

_BASIS_WORDS = {
    **dict.fromkeys(("double_opt_in", "double_optin", "doi", "confirmed", "confirmed_opt_in"), "double_opt_in"),
    **dict.fromkeys(("single_opt_in", "single_optin", "soi", "opt_in", "optin", "signed_up"), "single_opt_in"),
    **dict.fromkeys(("customer", "customers", "purchase"), "customer"),
}
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}")
_JUNK = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_ADDRESS_HEADS = frozenset({"email", "e_mail", "mail", "email_address", "e_mail_address", "address", "e_mail_adresse"})
_NAME_HEADS = frozenset({"name", "full_name", "fullname", "display_name"})
_CONSENT_HEADS = frozenset({"consent", "consent_basis", "basis", "opt_in", "optin", "permission"})


@dataclass(frozen=True, slots=True)
class Row:
    """One readable record, mapped. `address` is None if it is invalid, then `detail` says why."""

    line: int
    last_line: int
    end: int
    given: str
    address: Address | None
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    basis: str = NONE
    stated: str = ""
    detail: str = ""
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds of an address before this row. `subscription` is the status on the import's list."""

    contact_id: int
    name: str
    attributes: Mapping[str, str]
    left_everything: bool
    subscription: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row: the outcome and reason of the report, and what is written."""

    outcome: str
    reason: str = ""
    detail: str = ""
    create: bool = False
    subscribe: str | None = None
    rename: tuple[str, dict[str, str]] | None = None


def head_key(heading: str) -> str:
    """A column's heading as a name for templates: `First name` becomes `first_name`."""
    return re.sub(r"\W+", "_", heading.strip().lower()).strip("_")[:60]


def guess_columns(headings: Sequence[str]) -> list[str]:
    """A target for every column; the first that looks like an address is the address."""
    targets: list[str] = []
    for heading in headings:
        key = head_key(heading)
        if key in _ADDRESS_HEADS and ADDRESS not in targets:
            targets.append(ADDRESS)
        elif key in _NAME_HEADS and NAME not in targets:
            targets.append(NAME)
        elif key in _CONSENT_HEADS and CONSENT not in targets:
            targets.append(CONSENT)
        else:
            targets.append(f"{ATTRIBUTE}{key}" if key and f"{ATTRIBUTE}{key}" not in targets else IGNORE)
    return targets


def check_columns(targets: Sequence[str]) -> str:
    """What is wrong with a mapping, in words for the page; empty if nothing is."""
    if list(targets).count(ADDRESS) != 1:
        return "Choose exactly one column as the e-mail address."
    if list(targets).count(CONSENT) > 1:
        return "Choose at most one column as the consent."
    return ""


def clean(text: str, limit: int) -> str:
    """Text of a person or a column without control and direction characters, in NFC, cut to `limit`."""
    return " ".join(_JUNK.sub(" ", unicodedata.normalize("NFC", text)).split())[:limit]


def read_basis(stated: str, basis: str) -> tuple[str, str]:
    """(basis, detail) from a consent column: yes or a date is the import's own basis; empty or unclear is none."""
    word = head_key(stated)
    if word in _BASIS_WORDS:
        return _BASIS_WORDS[word], ""
    if word in _YES or _DATE.match(stated.strip()):
        return basis, ""
    if not word or word in ("none", "no", "n", "false", "0", "nein", "non"):
        return NONE, ""
    return NONE, f"“{stated[:60]}” is no consent basis that we know."


def read_row(
    fields: Sequence[str], targets: Sequence[str], basis: str, place: tuple[int, int, int], problem: str = ""
) -> Row:
    """A record as a Row; `place` is its first line, last line and end. `basis` is the import's own."""
    width = len(targets)
    if not problem and (len(fields) < width or any(cell.strip() for cell in fields[width:])):
        problem = f"{len(fields)} columns where the header has {width}."
    if problem:
        return Row(*place, clean(" ".join(fields), 400), None, detail=problem, malformed=True)
    cells = dict(zip(range(width), fields, strict=False))
    given = next(cells[n] for n, target in enumerate(targets) if target == ADDRESS)
    stated = next((cells[n] for n, target in enumerate(targets) if target == CONSENT), None)
    found, detail = (basis, "") if stated is None else read_basis(clean(stated, 100), basis)
    try:
        address = parse(given) if given.strip() else None
    except InvalidAddress as error:
        return Row(*place, clean(given, 400), None, detail=clean(str(error), 300))
    if address is None:
        return Row(*place, "", None, detail="The address is empty.")
    attributes = {
        target.removeprefix(ATTRIBUTE): clean(cells[n], 500)
        for n, target in enumerate(targets)
        if target.startswith(ATTRIBUTE) and cells[n].strip()
    }
    name = clean(" ".join(cells[n] for n, target in enumerate(targets) if target == NAME), 200)
    return Row(*place, clean(given, 400), address, name, attributes, found, clean(stated or "", 100), detail)


def decide(row: Row, *, seen: bool, suppressed: bool, known: Known | None) -> Decision:
    """What becomes of a row. `seen`: the same key stood on an earlier line of this file."""
    if row.address is None:
        return Decision("skipped", "malformed" if row.malformed else "invalid_address", row.detail)
    if row.address.key.partition("@")[0] in NEVER_IMPORTED:
        return Decision("skipped", "role_address")
    if seen:
        return Decision("skipped", "duplicate")
    if suppressed:
        return Decision("skipped", "suppressed")
    if known is not None and (known.left_everything or known.subscription == "unsubscribed"):
        return Decision("skipped", "unsubscribed")
    if known is not None and known.subscription is not None:
        return _keep(row, known)
    status = "confirmed" if row.basis in BASES else "unconfirmed"
    reason = "" if row.basis in BASES else "no_basis"
    if known is None:
        return Decision("added", reason, row.detail, create=True, subscribe=status)
    return Decision("added", reason, row.detail, subscribe=status, rename=_rename(row, known))


def _keep(row: Row, known: Known) -> Decision:
    rename = _rename(row, known)
    outcome = "unchanged" if rename is None else "updated"
    if known.subscription == "unconfirmed":
        detail = "Already on the list, unconfirmed; an import cannot confirm anybody."
        return Decision(outcome, "no_basis", detail, rename=rename)
    return Decision(outcome, rename=rename)


def _rename(row: Row, known: Known) -> tuple[str, dict[str, str]] | None:
    """The new name and attributes, or None if the row says nothing new; empty cells never erase."""
    name = row.name or known.name
    attributes = {**known.attributes, **row.attributes}
    return None if (name, attributes) == (known.name, dict(known.attributes)) else (name, attributes)
