"""The command line. Reads the arguments, sets Django up when a command needs it, turns known errors into one line.

Must not live here: what the commands do (launcher, worker, services).
"""

from __future__ import annotations

import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import sendwell

if TYPE_CHECKING:
    from sendwell.core.installation import Installation

app = typer.Typer(
    help="Get approved, stay approved, send mail that people asked for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys = typer.Typer(help="The key ring that encrypts secrets and signs links.", no_args_is_help=True)
clock = typer.Typer(help="The rehearsal's clock.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(clock, name="clock")

Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the pages (SENDWELL_PORT).")]
Host = Annotated[str | None, typer.Option(help="Address to listen on (SENDWELL_HOST).")]
DataDir = Annotated[Path | None, typer.Option(help="Where data lives (SENDWELL_DATA_DIR).")]


class Refusal(RuntimeError):  # noqa: N818  # not a fault of the program
    """A command cannot do what was asked; the message says why and what to do."""


def main() -> None:
    """Run the command line; known errors become one line on stderr and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        print(f"sendwell: {message}", file=sys.stderr)
        raise SystemExit(1) from None


def explain(error: Exception) -> str | None:
    """What to tell people about an error that is not a fault of the program; None if it is one."""
    from pydantic import ValidationError

    from sendwell.core.keyring import KeyRingError
    from sendwell.launcher.children import ChildError
    from sendwell.launcher.holders import HeldError

    if isinstance(error, ValidationError):
        # Never the value: it may hold a password.
        faults = [
            f"SENDWELL_{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        return "\n  ".join(["the settings do not fit:", *faults])
    if isinstance(error, HeldError | ChildError | KeyRingError | Refusal):
        return str(error)
    if type(error).__module__ == "django.db.utils":
        return _database_fault(type(error).__name__, str(error).strip())
    if type(error).__name__ == "UnknownPersonError":
        return str(error)
    return None


def _database_fault(kind: str, text: str) -> str | None:
    if "no such table" in text or ("relation" in text and "does not exist" in text):
        return (
            "this database has no tables yet. Run this in the folder of your installation or set SENDWELL_DATA_DIR "
            "and SENDWELL_DATABASE_URL as it has them; a new installation starts with `sendwell migrate`."
        )
    if kind == "OperationalError":
        return f"no answer from the database: {text}. Check SENDWELL_DATABASE_URL, and that the database runs."
    return None


def _installation(**overrides: object) -> Installation:
    """Set Django up, with command-line options laid over the environment so that children inherit them."""
    for name, value in overrides.items():
        if value is not None:
            os.environ[f"SENDWELL_{name.upper()}"] = str(value)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendwell.settings")
    os.umask(0o077)  # what is made here holds contacts and secrets: for this user alone
    import django

    from sendwell.core.installation import installation

    django.setup()
    return installation()


@app.command()
def up(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    sesbox_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the embedded sesbox.")] = None,
    embedded: Annotated[
        bool | None, typer.Option("--embedded/--no-embedded", help="Start a sesbox beside sendwell (a rehearsal).")
    ] = None,
) -> None:
    """Start everything: pages, worker and the embedded sesbox. Ctrl-C stops all of it."""
    parts = _installation(host=host, port=port, data_dir=data_dir, sesbox_port=sesbox_port, embedded=embedded)
    from sendwell.launcher.up import up as run

    run(parts.config, lambda line: print(line, flush=True))


@app.command()
def web(host: Host = None, port: Port = None) -> None:
    """Serve the pages, the unsubscribe links and the SNS webhook."""
    from sendwell.core.parent import die_with_launcher
    from sendwell.launcher.web import serve

    die_with_launcher()
    serve(_installation(host=host, port=port).config)


@app.command()
def worker() -> None:
    """Send what is queued and do the background work. Start as many as you like on PostgreSQL."""
    from sendwell.core.parent import die_with_launcher

    die_with_launcher()
    parts = _installation()
    from sendwell.worker import run

    run(parts)


@app.command()
def migrate() -> None:
    """Make the tables, or bring them up to date. `sendwell up` does this by itself."""
    _installation()
    from sendwell.launcher import prepare

    prepare.database()
    print("The tables are up to date.")


@app.command()
def sign_in_link(
    email: Annotated[str | None, typer.Option(help="Whose link; without it, the first owner's.")] = None,
) -> None:
    """Print a link that signs a person in once, within 24 hours. Older unused links of theirs stop working."""
    parts = _installation()
    from sendwell.launcher import prepare
    from sendwell.launcher.holders import running_address

    address = running_address(parts.config.data_dir) or parts.config.base_url
    print(f"{address}/sign-in/{prepare.sign_in_token(email)}")


@app.command()
def version() -> None:
    """Print the versions of sendwell, Python, Django and SQLite."""
    import sqlite3

    import django

    print(f"sendwell {sendwell.__version__} (Python {sys.version.split()[0]}, Django {django.__version__}, ", end="")
    print(f"SQLite {sqlite3.sqlite_version})")


@app.command()
def doctor(
    domain: Annotated[str, typer.Argument(help="The domain you send from, like example.com.")],
    region: Annotated[str, typer.Option(help="Your SES region, like eu-west-1; without it, what the MX tells.")] = "",
    mail_from: Annotated[str, typer.Option(help="Your MAIL FROM domain; without it, the usual names are tried.")] = "",
    dkim_token: Annotated[
        list[str] | None, typer.Option(help="One of the three DKIM names that SES shows; give it three times.")
    ] = None,
    dkim_selector: Annotated[list[str] | None, typer.Option(help="A DKIM selector of your own (BYODKIM).")] = None,
    resolver: Annotated[
        list[str] | None, typer.Option(help="DNS server to ask, IP or IP:port; several may be given.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, max=300, help="How long to wait for DNS in all.")] = 20.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Look at a domain's DNS records and say what is wrong for sending. Exit: 0 fine, 1 problems, 2 could not look."""
    from sendwell.doctor.command import Wish, run
    from sendwell.doctor.zones import BadNameError, BadResolverError

    servers = resolver or [name for name in os.environ.get("SENDWELL_DNS_SERVERS", "").split(",") if name.strip()]
    wish = Wish(domain, region, mail_from, dkim_token or (), dkim_selector or (), servers, seconds, json)
    try:
        text, status = run(wish)
    except (BadNameError, BadResolverError) as error:
        print(f"sendwell: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    print(text, end="")
    raise typer.Exit(status)


@keys.command()
def rotate() -> None:
    """Put fresh keys in front of the ring and encrypt the stored secrets again. Old keys stay readable."""
    parts = _installation()
    from sendwell.launcher.rotate import rotate as run

    print(run(parts))


@clock.command()
def show() -> None:
    """Print sendwell's time, and by how much a rehearsal has moved it."""
    parts = _installation()
    print(f"{parts.clock.now():%Y-%m-%d %H:%M:%S} UTC, moved by {parts.clock.offset()}")


@clock.command()
def advance(by: Annotated[str, typer.Argument(help="How far: 90s, 30m, 24h or 7d.")]) -> None:
    """Move the rehearsal's clock forward: sendwell's, and the embedded sesbox's if it runs."""
    step = duration(by)
    parts = _installation()
    from sendwell.launcher.embedded import advance_clock

    if not parts.config.embedded or _sends_for_real():
        raise Refusal("Only an embedded rehearsal can move its clock; this installation sends for real.")
    parts.clock.advance(step)
    other = "moved too" if advance_clock(parts.config, step) else "did not move: it is not running"
    print(f"sendwell's clock shows {parts.clock.now():%Y-%m-%d %H:%M:%S} UTC; sesbox's {other}.")


@clock.command()
def reset() -> None:
    """Show real time again, as a real connection needs it. sesbox's clock goes no way back and stays."""
    parts = _installation()
    parts.clock.reset()
    print(f"sendwell's clock shows {parts.clock.now():%Y-%m-%d %H:%M:%S} UTC, real time.")


def _sends_for_real() -> bool:
    from sendwell.connections.service import sends_for_real

    return sends_for_real()


def duration(text: str) -> timedelta:
    """A time span like 90s, 30m, 24h or 7d. Raises Refusal for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if found is None:
        raise Refusal(f"{text!r} is no time span. Write a number and one of s, m, h, d: 90s, 30m, 24h, 7d.")
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[found[2]]: float(found[1])})


if __name__ == "__main__":
    main()
