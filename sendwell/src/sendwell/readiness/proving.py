"""The three ways to tell that an account is out of the sandbox, each with its evidence and its time.

Lives here: looking, trying, keeping what was seen. Must not live here: the request and its review (service.py).
Source: SES Developer Guide, moving out of the sandbox: the case says so; mail to an unverified address of your own is
accepted rather than rejected; the quota is above 200 per 24 hours.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import partial

from sendwell.amazon.client import AwsError, call
from sendwell.connections import service as connections
from sendwell.connections.models import Connection
from sendwell.core.db import DjangoDb
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRingError
from sendwell.readiness import arithmetic, rules, store
from sendwell.readiness.models import ProductionProof
from sendwell.readiness.rules import Event

SUBJECT = "Is this account out of the sandbox?"
TEXT = (
    "You sent this to yourself from sendwell, to an address that is not verified with Amazon SES. "
    "That it arrived shows that the account is out of the sandbox.\n"
)


class Way(StrEnum):
    """The three ways to tell that one is out of the sandbox (SES's own guide)."""

    CASE = "case"
    SEND = "unverified_send"
    QUOTA = "quota"


def proofs(connection: Connection) -> dict[str, ProductionProof]:
    """The newest evidence by way; a way never tried is absent."""
    return store.proofs(connection)


def prove_by_account(connection: Connection, now: datetime) -> None:
    """Keep what the account's snapshot says of the case and of the quota."""
    word = connection.review_status
    case = {"status": word, "case_id": connection.review_case_id, "in_sandbox": connection.in_sandbox}
    store.record_proof(connection, Way.CASE, rules.said(word, None) is Event.SAYS_GRANTED, case, now)
    quota = {"max_24_hour_send": connection.max_24_hour_send, "max_send_rate": connection.max_send_rate}
    shown = arithmetic.quota_shows_production(connection.max_24_hour_send)
    store.record_proof(connection, Way.QUOTA, shown, quota, now)


class ProofRefusedError(ValueError):
    """This send would prove nothing, or never reached SES; the message says why."""


def prove_by_sending(
    connection: Connection, installation: Installation, from_address: str, to_address: str, now: datetime
) -> bool:
    """Send one plain mail to an unverified address now; True if SES took it, so the account is out of the sandbox.

    The answer is kept word for word. Raises ProofRefusedError if either address is unfit or the answer says neither.
    """
    verified = connections.verified_recipients(DjangoDb(), connection.pk)
    if not verified.covers(from_address):
        raise ProofRefusedError(f"{from_address} is not verified on this connection, so SES would refuse it anyway.")
    if verified.covers(to_address):
        raise ProofRefusedError(f"{to_address} is verified (or the simulator): SES accepts it even in the sandbox.")
    evidence = {"from": from_address, "to": to_address}
    try:
        client = connections.open_client(connection, installation)
    except (connections.NoConnectionError, KeyRingError) as error:
        raise ProofRefusedError(str(error)) from None
    send = partial(client.ses_once.send_email, FromEmailAddress=from_address, Destination={"ToAddresses": [to_address]})
    simple = {"Subject": {"Data": SUBJECT}, "Body": {"Text": {"Data": TEXT}}}
    try:
        answer = call("ses:SendEmail", send, Content={"Simple": simple})
    except AwsError as error:
        said = error.text.removeprefix(f"AWS refused ses:SendEmail: {error.code}.").strip()
        if error.code != "MessageRejected" or "not verified" not in said:
            raise ProofRefusedError(str(error)) from None
        store.record_proof(connection, Way.SEND, False, {**evidence, "answer": f"{error.code}: {said}"}, now)
        return False
    store.record_proof(connection, Way.SEND, True, {**evidence, "message_id": answer["MessageId"]}, now)
    return True
