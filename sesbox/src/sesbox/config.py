"""The command line and what it means.

Lives here: options, profiles, checks of values that no program could run with. Must not live here: building.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sesbox.operations.base import Profile

DEFAULT_ACCESS_KEY_ID = "AKIASESBOXLOCALONLY1"
# Not a secret: it opens nothing but a sesbox that was started without a key pair of its own.
DEFAULT_SECRET_ACCESS_KEY = "sesbox+local+only/not+an+aws+secret+0001"  # noqa: S105
PRODUCTION_QUOTA, PRODUCTION_RATE = 50_000.0, 14.0
SANDBOX_QUOTA, SANDBOX_RATE = 200.0, 1.0
PROFILES = ("sandbox", "production", "permissive")


@dataclass(frozen=True, slots=True)
class Config:
    """One started sesbox. `dns_port` None: no DNS door; 0: any free port."""

    host: str
    port: int
    base_url: str | None
    data: str
    region: str
    account: str
    profile: Profile
    ready_file: Path | None
    dns_port: int | None
    zone: Path | None
    fsync: bool
    access_key_id: str
    secret_access_key: str
    die_with_parent: bool

    @property
    def any_credentials(self) -> bool:
        """Whether signatures are not looked at."""
        return self.profile.name == "permissive"

    @property
    def open_to_others(self) -> bool:
        """Whether anybody on the network may send: not on the loopback, and no key pair of its own."""
        local = self.host == "localhost" or self.host.startswith("127.") or self.host == "::1"
        return not local and (self.any_credentials or self.secret_access_key == DEFAULT_SECRET_ACCESS_KEY)


def read(arguments: Sequence[str] | None = None) -> Config:
    """The command line as a value; exits with a usage message if it cannot be meant."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not (given.account.isdigit() and len(given.account) == 12):
        parser.error("--account must be 12 digits")
    if given.zone is not None and not given.zone.is_file():
        parser.error(f"--zone: there is no file {given.zone}")
    return Config(
        host=given.host,
        port=given.port,
        base_url=given.base_url.rstrip("/") if given.base_url else None,
        data=given.data,
        region=given.region,
        account=given.account,
        profile=_profile(given),
        ready_file=given.ready_file,
        dns_port=given.dns_port,
        zone=given.zone,
        fsync=given.fsync,
        access_key_id=given.access_key_id,
        secret_access_key=given.secret_access_key,
        die_with_parent=given.die_with_parent,
    )


def _profile(given: argparse.Namespace) -> Profile:
    sandbox = given.profile == "sandbox"
    quota, rate = (SANDBOX_QUOTA, SANDBOX_RATE) if sandbox else (PRODUCTION_QUOTA, PRODUCTION_RATE)
    return Profile(
        name=given.profile,
        every_identity_verified=given.profile == "permissive",
        production=not sandbox,
        max_24_hour_send=quota if given.max_24_hour_send is None else given.max_24_hour_send,
        max_send_rate=rate if given.max_send_rate is None else given.max_send_rate,
        verify_domains=given.verify_domains,
        reviewer=given.reviewer,
        review_delay=given.review_delay,
        grant_rate=given.grant_rate,
        delivery_delay=given.delivery_delay,
    )


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """With defaults, where there are any."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sesbox", description="Amazon SES on your own machine, with its rules. Not affiliated with AWS."
    )
    parser.add_argument("--version", action="version", version=f"sesbox {metadata.version('sesbox')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="serve")
    serve = commands.add_parser("serve", help="serve SES v2, SES v1 and SNS on one port", formatter_class=_Help)
    _add_server_options(serve)
    _add_rule_options(serve)
    return parser


def _add_server_options(serve: argparse.ArgumentParser) -> None:
    add = serve.add_argument_group("server").add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=_port, default=4580, help="port to listen on; 0 takes any free one")
    add("--base-url", help="URL under which others reach this sesbox, for links and certificates")
    add("--data", default="sesbox.db", metavar="FILE|:memory:", help="where state is kept")
    add("--fsync", action="store_true", help="also survive power loss (slower)")
    add("--ready-file", type=Path, help="JSON file that is written once requests are accepted")
    add("--region", default="us-east-1", help="region of requests that name none, and of the pages")
    add("--account", default="123456789012", help="AWS account id")
    add("--access-key-id", default=DEFAULT_ACCESS_KEY_ID, help="the key pair that clients sign with")
    add("--secret-access-key", default=DEFAULT_SECRET_ACCESS_KEY, help="its secret")
    add("--dns-port", type=_port, help="also answer DNS for the zone on this port; 0 takes any free one")
    add("--die-with-parent", action="store_true", help="stop when the process that started this one ends")


def _add_rule_options(serve: argparse.ArgumentParser) -> None:
    add = serve.add_argument_group("rules").add_argument
    add("--profile", choices=PROFILES, default="sandbox", help=(
        "sandbox: a new account with all rules; production: out of the sandbox, 50,000 a day and 14 a second; "
        "permissive: production, every identity verified, any credentials"
    ))  # fmt: skip
    add("--max-24-hour-send", type=float, help="recipients per 24 hours instead of the profile's; -1 is unlimited")
    add("--max-send-rate", type=_positive, help="recipients per second instead of the profile's")
    add("--reviewer", choices=("auto", "desk"), default="auto", help="who judges requests for production access")
    add("--review-delay", type=_seconds, default=86_400.0, metavar="SECONDS", help="how long the automatic one takes")
    add("--grant-rate", type=_positive, default=14.0, metavar="RATE", help="send rate that it grants at most")
    add("--delivery-delay", type=_seconds, default=0.2, metavar="SECONDS", help="from acceptance to delivery or bounce")
    add("--verify-domains", choices=("at-once", "zone"), default="at-once", help=(
        "domains are verified at once, or by the records in the zone"
    ))  # fmt: skip
    add("--zone", type=Path, metavar="FILE", help="DNS zone to start with (master file format)")


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65_535:
        raise argparse.ArgumentTypeError("must be between 0 and 65535")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError("must be a number of seconds, not negative")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError("must be above 0")
    return value
