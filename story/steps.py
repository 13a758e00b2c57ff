"""What an owner does, step by step, as both stories and the browser walk need it.

Lives here: steps over the console's pages. Must not live here: assertions about their outcome, processes.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from sendwell.core.db import Row, open_plain
from story.harness import Console, Installation, wait_for

FOLDER = Path(__file__).parent
SENDER = "news@harbor.test"
USE_CASE_THIN = "We want to send e-mail."
USE_CASE = (
    "Harbor Books is a bookshop. People sign up for our monthly newsletter on harbor.test/news and in the shop, "
    "and confirm by a double opt-in mail before anything else is sent. Every mail carries an unsubscribe link and"
    " the one-click header. Bounces and complaints come back by SNS within seconds; hard bounces and complaints "
    "go on a suppression list at once, and no later campaign mails them. We never buy addresses. One mail a month"
    " to about 1,000 readers, plus order confirmations."
)


def prepare(installation: Installation, console: Console) -> None:
    """Sender details, the sender's domain, and SES set up until the topic is confirmed."""
    console.submit(
        "/settings/",
        {
            "name": "Harbor Books",
            "sender_name": "Harbor Books Ltd",
            "postal_address": "1 Quay Street\n10115 Berlin",
            "website": "https://harbor.test",
        },
        action="/settings/sender",
    )
    console.submit("/connections/1/", {"name": "harbor.test"}, action="/set-up")
    wait_for(
        "SES is set up",
        lambda: rows(installation, "SELECT 1 FROM connections_connection WHERE setup_state = 'ready'"),
        60,
    )


def make_list(console: Console, name: str = "News") -> int:
    """A new list; its number."""
    return int(re.search(r"/lists/(\d+)", console.submit("/lists/new", {"name": name}).url)[1])  # type: ignore[index]


def import_csv(installation: Installation, console: Console, list_id: int, content: bytes) -> int:
    """Upload, map the columns as proposed, run to the end; the import's number."""
    values = {
        "list": str(list_id),
        "source": "Sign-up form on harbor.test and the shop's counter",
        "basis": "single_opt_in",
        "attested": "on",
    }
    answer = console.submit("/contacts/imports/new", values, files={"file": ("readers.csv", content)})
    number = int(re.search(r"/imports/(\d+)", answer.url)[1])  # type: ignore[index]
    console.submit(f"/contacts/imports/{number}/columns", button="Start")
    query = f"SELECT 1 FROM contacts_import WHERE id = {number} AND state = 'finished'"
    wait_for("the import is finished", lambda: rows(installation, query), 60)
    return number


def import_report(console: Console, number: int) -> list[dict[str, str]]:
    """The report by row, as the owner downloads it."""
    return list(csv.DictReader(io.StringIO(console.get(f"/contacts/imports/{number}/report.csv").lstrip("\ufeff"))))


def make_campaign(console: Console, list_id: int, name: str, subject: str = "News from the harbour") -> int:
    """A draft ready to start; its number."""
    body = "# Hello {{ name | default: 'reader' }}\n\nNew books have landed. [See them](https://harbor.test/new)."
    values = {
        "name": name,
        "list": str(list_id),
        "connection": "1",
        "subject": subject,
        "body": body,
        "body_format": "markdown",
        "from_name": "Harbor Books",
        "from_address": SENDER,
    }
    return int(re.search(r"/campaigns/(\d+)", console.submit("/campaigns/new/", values).url)[1])  # type: ignore[index]


def start(console: Console, campaign: int) -> None:
    """Press Start and confirm."""
    console.submit(f"/campaigns/{campaign}/", {"confirm": "yes"}, action="/start/")


def request_production(console: Console, use_case: str, rate: int = 200) -> None:
    """Fill the request, review it, confirm."""
    answers = {"complies": "yes", "requested_only": "yes", "handles_feedback": "yes"}
    console.submit(
        "/leave-the-sandbox/1/request/",
        {
            "limit_kind": "send_rate",
            "limit_value": str(rate),
            "mail_type": "subscription",
            "website": "https://harbor.test",
            "use_case": use_case,
            **answers,
        },
    )
    console.submit("/leave-the-sandbox/1/request/review/", {"confirm": "yes"})


def rows(installation: Installation, statement: str) -> list[Row]:
    """What the installation's own database says; for facts that no page shows in one piece."""
    url = installation.database_url or f"sqlite:///{installation.data_dir / 'sendwell.db'}"
    db = open_plain(url)
    try:
        return db.query(statement, {})
    finally:
        db.close()


def counts(installation: Installation, campaign: int) -> dict[tuple[str, str], int]:
    """Messages of a campaign by (status, reason)."""
    query = f"SELECT status, reason, count(*) FROM outbox_message WHERE campaign_id = {campaign} GROUP BY 1, 2"
    return {(str(status), str(reason)): int(number) for status, reason, number in rows(installation, query)}
