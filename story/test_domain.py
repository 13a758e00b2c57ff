"""A sending domain is set up: its records come from our page, SES finds them, and a stranger verifies the mail."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import dkim
import dns.message
import dns.query
import pytest
import requests

from story.harness import Console, Installation, wait_for

SESBOX = "--review-delay 1 --delivery-delay 0.05 --verify-domains zone --dns-port 0 --max-send-rate 50"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(tmp_path_factory.mktemp("domain"), sesbox_args=SESBOX)
    running.environment = {"SENDWELL_PUBLIC_URL": running.base}
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="module")
def console(installation: Installation) -> Console:
    return installation.sign_in()


def connection_of(console: Console) -> str:
    return re.findall(r"/connections/\d+/", console.get("/connections/"))[0]


def add_domain(console: Console, name: str) -> str:
    """Add a sender and give its page's path."""
    connection = connection_of(console)
    console.submit(connection, {"purpose": "sender", "name": name}, action=f"{connection}identities")
    found = re.search(rf'href="({connection}domains/\d+/)">{re.escape(name)}<', console.get(connection))
    assert found, "the domain is listed with its page"
    return found[1]


def words(console: Console, page: str) -> list[str]:
    """What the page says of DKIM, MAIL FROM and the configuration set, after asking SES."""
    console.submit(page, action=f"{page}look")
    return re.findall(r'<div class="col-auto text-secondary small pt-1">([^<]*)</div>', console.get(page))


def publish(installation: Installation, zone: str) -> None:
    requests.put(f"{installation.sesbox}/_sesbox/zone", data=zone, timeout=30).raise_for_status()


def advance(installation: Installation, hours: float) -> None:
    installation.sesbox_post("/_sesbox/clock", {"advance": hours * 3600})


def values_on(console: Console, page: str) -> list[str]:
    """Every value that has a copy button."""
    return [html.unescape(found) for found in re.findall(r'<code id="v\d+"[^>]*>([^<]*)</code>', console.get(page))]


def test_our_zone_file_takes_a_domain_from_waiting_to_verified(installation: Installation, console: Console) -> None:
    page = add_domain(console, "harbour.example")
    assert words(console, page) == ["Searching", "Not set up", "Not set up"]
    console.submit(page, {"mail_from": "bounce", "report_to": "dmarc@harbour.example"}, action=f"{page}set-up")
    assert words(console, page) == ["Searching", "Searching", "Set"]
    zone = console.get(f"{page}zone-file")
    assert zone.count("CNAME") == 3
    publish(installation, zone)
    wait_for("SES finds the records", lambda: words(console, page) == ["Found", "Found", "Set"], 30)
    assert "Complete" in console.get(page)
    assert "hx-post" not in console.get(page), "a settled page does not ask again and again"


def test_mail_from_the_domain_is_verified_by_a_stranger(installation: Installation, console: Console) -> None:
    page = add_domain(console, "signed.example")
    console.submit(page, {"mail_from": "bounce", "report_to": "dmarc@signed.example"}, action=f"{page}set-up")
    publish(installation, console.get(f"{page}zone-file"))
    wait_for("SES finds the records", lambda: words(console, page)[0] == "Found", 30)
    raw = send(installation, "june@signed.example")
    assert [signed_by(raw, index, installation) for index in (0, 1)] == ["signed.example", "amazonses.com"]


def send(installation: Installation, sender: str) -> bytes:
    import boto3

    ready = installation.ready()
    client = boto3.client(
        "sesv2",
        endpoint_url=ready["endpoint"],
        region_name=ready["region"],
        aws_access_key_id=ready["access_key_id"],
        aws_secret_access_key=ready["secret_access_key"],
    )
    sent = client.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": ["success@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Bonjour à tous\n"}}}},
    )
    found = requests.get(f"{installation.sesbox}/_sesbox/messages/{sent['MessageId']}", timeout=30).json()
    return str(found["raw_sent"]).encode()


def signed_by(raw: bytes, index: int, installation: Installation) -> str:
    """The domain of a signature that dkimpy verifies by sesbox's DNS; empty if it does not."""

    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        query = dns.message.make_query(name.decode(), "TXT")
        answer, _ = dns.query.udp_with_fallback(query, "127.0.0.1", port=installation.ready()["dns_port"], timeout=10)
        strings = [b"".join(one.strings) for rrset in answer.answer if rrset.rdtype == 16 for one in rrset]
        return strings[0] if strings else None

    verifier = dkim.DKIM(raw)
    return verifier.domain.decode() if verifier.verify(idx=index, dnsfunc=ask) else ""


def test_a_domain_that_ses_gave_up_on_starts_anew_with_new_records(
    installation: Installation, console: Console
) -> None:
    page = add_domain(console, "late.example")
    console.submit(page, {"mail_from": "bounce", "report_to": "dmarc@late.example"}, action=f"{page}set-up")
    before = console.get(f"{page}zone-file")
    advance(installation, 73)
    wait_for("SES gives up", lambda: words(console, page)[:2] == ["Gave up", "Gave up"], 30)
    publish(installation, before)
    shown = console.get(page)
    assert "does not start again by itself" in shown
    assert words(console, page)[0] == "Gave up", "the records are right by now, and it does not help"
    console.submit(page, action=f"{page}start-anew")
    after = console.get(f"{page}zone-file")
    assert words(console, page) == ["Searching", "Found", "Set"], "the MAIL FROM's records did not change"
    assert set(re.findall(r"\S+_domainkey\S+", before)).isdisjoint(re.findall(r"\S+_domainkey\S+", after))
    publish(installation, after)
    wait_for("SES finds the new records", lambda: words(console, page) == ["Found", "Found", "Set"], 30)


def test_each_dns_host_is_told_in_its_own_words(console: Console) -> None:
    page = add_domain(console, "news.styles.example")
    console.submit(page, {"mail_from": "bounce", "report_to": "me@elsewhere.example"}, action=f"{page}set-up")
    assert '"v=spf1 include:amazonses.com ~all"' in values_on(console, f"{page}?style=route53")
    assert "10 feedback-smtp.us-east-1.amazonses.com" in values_on(console, f"{page}?style=route53")
    assert "feedback-smtp.us-east-1.amazonses.com" in values_on(console, page)
    assert "v=spf1 include:amazonses.com ~all" in values_on(console, f"{page}?style=cloudflare")
    assert console.get(f"{page}?style=cloudflare").count("DNS only") == 4
    hosts = re.findall(r'<code id="h\d+"[^>]*>([^<]*)</code>', console.get(page))
    assert hosts[-1] == "_dmarc.news"
    hosts = re.findall(r'<code id="h\d+"[^>]*>([^<]*)</code>', console.get(f"{page}?zone=news.styles.example"))
    assert hosts[-1] == "_dmarc"
    assert "news.styles.example._report._dmarc.elsewhere.example" in console.get(page)


def test_a_wrong_mail_from_is_named_at_its_field(console: Console) -> None:
    page = add_domain(console, "wrong.example")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', console.get(page))
    assert token
    data = {"csrfmiddlewaretoken": token[1], "mail_from": "bounce.other.example", "report_to": "nobody"}
    answer = console.session.post(console.base + f"{page}set-up", data=data, headers={"Referer": console.base + page})
    assert answer.status_code == 422
    assert "It must be a subdomain of wrong.example" in answer.text
    assert "Enter an e-mail address, such as" in answer.text


def test_the_domain_page_of_another_workspace_is_not_there(console: Console) -> None:
    answer = console.session.get(f"{console.base}/connections/999/domains/1/", timeout=30)
    assert answer.status_code == 404


def test_downloads_name_the_domain(console: Console, tmp_path: Path) -> None:
    page = add_domain(console, "file.example")
    answer = console.session.get(f"{console.base}{page}zone-file", timeout=30)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="file.example.zone"'


def test_the_installation_reaches_itself_by_its_public_address(console: Console) -> None:
    console.submit("/settings/", action="/connections/public-url/check")
    wait_for("the round trip is made", lambda: "reached itself by it" in console.get("/settings/"), 30)
    assert "is no public https address" in console.get("/settings/"), "proved, and yet no address for real mail"
