"""`sendwell doctor`: from words on a command line to a printed report and an exit status.

Lives here: reading the words. Must not live here: printing itself, typer (main.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sendwell.doctor.examine import examine
from sendwell.doctor.render import as_json, as_text
from sendwell.doctor.zones import SECONDS, ZoneReader, ascii_name, resolver_at


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for, as it was typed."""

    domain: str
    region: str = ""
    mail_from: str = ""
    tokens: Sequence[str] = ()
    selectors: Sequence[str] = ()
    resolvers: Sequence[str] = ()
    seconds: float = SECONDS
    json: bool = False


def run(wish: Wish) -> tuple[str, int]:
    """The report and the exit status: 0 fine, 1 problems, 2 could not look.

    Raises BadNameError, BadResolverError.
    """
    domain = ascii_name(wish.domain)
    mail_from = ascii_name(wish.mail_from) if wish.mail_from else ""
    report = examine(
        domain,
        reader=ZoneReader(resolver_at(wish.resolvers), wish.seconds),
        region=wish.region.strip().lower(),
        dkim_tokens=[_token(token, domain) for token in wish.tokens],
        selectors=[_token(selector, domain) for selector in wish.selectors],
        mail_from=mail_from,
    )
    return (as_json(report) + "\n" if wish.json else as_text(report)), report.exit_status


def _token(text: str, domain: str) -> str:
    """The bare token, whether it was typed alone or as the whole name that SES shows."""
    return text.strip().rstrip(".").lower().removesuffix(f".{domain}").removesuffix("._domainkey")
