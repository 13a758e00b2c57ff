"""Setting SES up in one click: the order of the steps, saved as they go, and the confirmation that ends it.

Lives here: what the wizard does and reports. Must not live here: the single calls (amazon/setup.py), pages. Runs as a
job; each step adopts what it finds, so it may run any number of times.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sendwell.amazon import account, setup
from sendwell.amazon.client import AwsError, Client
from sendwell.amazon.setup import Outcome, Step
from sendwell.connections import access, identities, rules, snapshots
from sendwell.connections.models import Connection, ConnectionKind, SetupState
from sendwell.core import jobs
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRingError

JOB = "set-up-connection"
SUBSCRIPTION = "Feedback to this installation"


class NotExpectedError(Exception):
    """A confirmation came that no set-up waits for."""


def request(connection: Connection, sender: str, now: datetime) -> None:
    """Start (or repeat) the set-up in the background. `sender` is an address or domain to send from, or empty."""
    connection.setup_report = []
    if connection.setup_state != SetupState.READY:
        connection.setup_state = SetupState.RUNNING
    connection.save(update_fields=["setup_report", "setup_state"])
    jobs.enqueue(JOB, str(connection.pk), {"connection": connection.pk, "sender": sender}, now)


def run(connection: Connection, sender: str, installation: Installation, now: datetime) -> None:
    """All steps up to the subscription. SES's refusals end in the report and in state BROKEN, never in an exception."""
    connection.setup_report = []  # two presses make two runs; a report is of one
    report = _Report(connection)
    try:
        client = access.open_client(connection, installation)
        snapshots.take(connection, account.read_account(client), now)
        report.add(Step("Account", Outcome.ADOPTED, _describe(connection)))
        if sender:
            report.add(*_ensure_sender(client, connection, sender, now))
        identities.mirror(client, connection, now)
        report.add(setup.ensure_configuration_set(client))
        connection.configuration_set = setup.CONFIGURATION_SET
        connection.save(update_fields=["configuration_set"])
        _feedback(client, connection, installation, report)
    except AwsError as error:
        report.fail(error.operation, str(error))
    except (access.NoConnectionError, KeyRingError) as error:
        report.fail("Connection", str(error))


def _feedback(client: Client, connection: Connection, installation: Installation, report: _Report) -> None:
    unreachable = rules.why_unreachable(connection.kind, installation.config.base_url)
    if unreachable:
        remedy = "Set SENDWELL_PUBLIC_URL to a public https address. Until then only tests can be sent."
        report.fail(SUBSCRIPTION, f"{unreachable} {remedy}")
        return
    arn, step = setup.ensure_topic(client)
    report.add(step)
    if connection.topic_arn != arn:
        connection.topic_arn = arn
        connection.save(update_fields=["topic_arn"])
    report.add(setup.ensure_event_destination(client, arn))
    _subscribe(client, connection, access.hook_url(connection, installation.config), report)


def _subscribe(client: Client, connection: Connection, url: str, report: _Report) -> None:
    found = setup.find_subscription(client, connection.topic_arn, url)
    pinned = bool(connection.signing_certificate) or connection.kind == ConnectionKind.AWS
    if found and pinned:
        report.add(Step(SUBSCRIPTION, Outcome.ADOPTED, "SNS delivers to this installation, confirmed."))
        _save_ready(connection, found)
        return
    if found:  # confirmed, but its certificate was never pinned here: only a new confirmation can do that
        setup.unsubscribe(client, found)
    report.add(Step(SUBSCRIPTION, Outcome.WAITING, "SNS was asked to deliver here; its confirmation is on the way."))
    # Saved before the call: the confirmation may arrive before Subscribe returns.
    connection.setup_state, connection.subscription_arn = SetupState.WAITING, ""
    connection.signing_certificate = connection.signing_certificate_url = ""
    connection.save(update_fields=["setup_state", "subscription_arn", "signing_certificate", "signing_certificate_url"])
    setup.subscribe(client, connection.topic_arn, url)


def confirm(connection: Connection, token: str, pin: tuple[str, str] | None, installation: Installation) -> None:
    """Confirm the subscription that the set-up waits for, by API. `pin` is (PEM, URL) to trust from now on.

    Raises NotExpectedError if no set-up waits, AwsError if SNS does not take the token.
    """
    connection.refresh_from_db()
    if connection.setup_state != SetupState.WAITING:
        raise NotExpectedError("No set-up waits for a confirmation.")
    arn = setup.confirm(access.open_client(connection, installation), connection.topic_arn, token)
    if pin is not None:
        connection.signing_certificate, connection.signing_certificate_url = pin
    _Report(connection).replace(Step(SUBSCRIPTION, Outcome.CREATED, "SNS delivers to this installation, confirmed."))
    _save_ready(connection, arn)


def subscription_ended(connection: Connection, installation: Installation, now: datetime) -> None:
    """SNS says that a subscription of this connection ended: look whether ours is still there, and say so if not."""
    connection.refresh_from_db()
    if connection.setup_state != SetupState.READY:
        return
    try:
        url = access.hook_url(connection, installation.config)
        if setup.find_subscription(access.open_client(connection, installation), connection.topic_arn, url):
            return
    except AwsError:
        pass  # then SNS's word is all we have
    connection.setup_state, connection.subscription_arn = SetupState.BROKEN, ""
    connection.save(update_fields=["setup_state", "subscription_arn"])
    # Into the report, not into `problem`: a mail that SES takes clears that one.
    text = f"The subscription was ended at SNS on {now:%-d %b %Y, %H:%M} UTC. Run the set-up again to subscribe anew."
    _Report(connection).replace(Step(SUBSCRIPTION, Outcome.FAILED, text))


def _save_ready(connection: Connection, subscription_arn: str) -> None:
    connection.setup_state, connection.subscription_arn = SetupState.READY, subscription_arn
    connection.problem, connection.problem_at = "", None
    connection.save(
        update_fields=[
            "setup_state",
            "subscription_arn",
            "signing_certificate",
            "signing_certificate_url",
            "problem",
            "problem_at",
        ]
    )


def _ensure_sender(client: Client, connection: Connection, sender: str, now: datetime) -> tuple[Step, str]:
    identity, created = identities.ensure(client, connection, sender, "sender", now)
    if identity.verified:
        return Step("Sender", Outcome.ADOPTED, f"{identity.name} is verified."), identity.name
    hint = "publish its DNS records" if identity.kind == "domain" else "open the link that SES mailed to it"
    text = f"{identity.name} {'was added' if created else 'is known'}; to verify it, {hint}."
    return Step("Sender", Outcome.WAITING, text), identity.name


def _describe(connection: Connection) -> str:
    place = "in the sandbox" if connection.in_sandbox else "out of the sandbox"
    return f"The keys work: {connection.region}, {place}."


class _Report:
    """The rows of {step, outcome, detail} that the page shows, saved at each step."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, step: Step, identity: str = "") -> None:
        """`identity` lets the page see when what the step waits for has happened since."""
        row = _row(step) | ({"identity": identity} if identity else {})
        self._save([*self._connection.setup_report, row])

    def replace(self, step: Step) -> None:
        rows: list[dict[str, Any]] = self._connection.setup_report
        self._save([row for row in rows if row.get("step") != step.step] + [_row(step)])

    def fail(self, step: str, detail: str) -> None:
        self._connection.setup_state = SetupState.BROKEN
        self._connection.save(update_fields=["setup_state"])
        self.add(Step(step, Outcome.FAILED, detail))

    def _save(self, rows: list[dict[str, Any]]) -> None:
        self._connection.setup_report = rows
        self._connection.save(update_fields=["setup_report"])


def _row(step: Step) -> dict[str, Any]:
    return {"step": step.step, "outcome": step.outcome.value, "detail": step.detail}
