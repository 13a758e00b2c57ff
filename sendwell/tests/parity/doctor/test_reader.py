"""The reader against servers that behave badly, and the command line as a person uses it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest
from doctor_zones import TOKENS

from sendwell.doctor.answers import State
from sendwell.doctor.examine import examine
from sendwell.doctor.zones import ZoneReader, resolver_at


class BadServer:
    """A DNS server on UDP that refuses or keeps silent, by the name; everything else does not exist."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            data, asker = self._socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            name = query.question[0].name.to_text()
            if "silent" in name:
                continue
            reply = dns.message.make_response(query)
            reply.set_rcode(dns.rcode.SERVFAIL if "broken" in name else dns.rcode.NXDOMAIN)
            self._socket.sendto(reply.to_wire(), asker)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()


@pytest.fixture
def bad() -> Iterator[BadServer]:
    server = BadServer()
    yield server
    server.close()


def reader(address: str, seconds: float = 1.0) -> ZoneReader:
    resolver = resolver_at([address])
    resolver.timeout = 0.2
    return ZoneReader(resolver, seconds)


def test_silence_and_failure_are_never_called_missing(bad: BadServer) -> None:
    names = {"broken.example": State.SERVFAIL, "silent.example": State.TIMEOUT, "other.example": State.NXDOMAIN}
    answers = reader(bad.address).ask_all([(name, "TXT") for name in names])
    assert {name: answers[name, "TXT"].state for name in names} == names
    assert not answers["broken.example", "TXT"].absent
    assert not answers["silent.example", "TXT"].absent


def test_a_server_that_is_not_there_is_a_timeout() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answers = reader(f"127.0.0.1:{port}").ask_all([("a.example", "TXT")])
    assert answers["a.example", "TXT"].state is State.TIMEOUT


def test_the_second_server_is_asked_when_the_first_fails(bad: BadServer, served: Any) -> None:
    resolver = resolver_at([bad.address, served.address])
    resolver.timeout = 0.2
    answers = ZoneReader(resolver).ask_all([("sound.example", "MX")])
    assert answers["sound.example", "MX"].state is State.NXDOMAIN  # it said so, and is believed
    assert ZoneReader(resolver_at(["127.0.0.1:1", served.address])).ask_all([("sound.example", "MX")])[
        "sound.example", "MX"
    ].values == ("10 mx1.sound.example",)


@pytest.mark.parametrize("domain", ["broken.example", "silent.example"])
def test_a_domain_that_cannot_be_looked_at_is_not_judged(bad: BadServer, domain: str) -> None:
    report = examine(domain, reader=reader(bad.address), dkim_tokens=TOKENS)
    assert [finding.rule for finding in report.findings] == ["domain.unanswered"]
    assert report.exit_status == 2
    assert set(report.receivers.values()) == {"cannot be told"}


def test_what_dns_holds_arrives_whole(served: Any) -> None:
    asked = [
        ("sola._domainkey.sound.example", "TXT"),
        ("spf-too-long.example", "TXT"),
        ("mx-null.example", "MX"),
        ("nobody.example", "TXT"),
        ("sound.example", "AAAA"),
    ]
    answers = served.reader.ask_all(asked)
    key, long, null, nobody, nodata = (answers[question] for question in asked)
    assert key.chain == ("sola.dkim.amazonses.com",)
    assert key.values[0].startswith("p=MII") and len(key.parts[0]) > 1 and key.ttl == 60
    assert len(long.values[0]) > 512  # over TCP, since it does not fit a datagram
    assert null.values == ("0 ",)
    assert (nobody.state, nodata.state) == (State.NXDOMAIN, State.NODATA)


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sendwell.main", "doctor", *words]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SENDWELL", "DJANGO"))}
    return subprocess.run(command, capture_output=True, text=True, env=clean | environment, timeout=60)


def test_the_command_says_what_is_wrong_and_ends_with_1(served: Any) -> None:
    done = run("path-no-spf.example", "--region", "eu-west-1", "--resolver", served.address,
               "--mail-from", "bounce.path-no-spf.example", *(f"--dkim-token={token}" for token in TOKENS))  # fmt: skip
    assert done.returncode == 1 and done.stderr == ""
    assert "has no SPF record" in done.stdout
    assert "host   bounce\n    type   TXT\n    value  v=spf1 include:amazonses.com ~all" in done.stdout


def test_the_command_gives_json_and_takes_resolvers_from_the_environment(served: Any) -> None:
    words = [f"--dkim-token={token}._domainkey.sound.example" for token in TOKENS]
    done = run("Sound.Example.", "--json", *words, SENDWELL_DNS_SERVERS=f"{served.address},")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["problems"] == 0 and report["region"] == "eu-west-1" and not report["could_not_look"]
    assert set(report["receivers"].values()) == {"met"}


def test_the_command_ends_with_2_when_it_cannot_look(bad: BadServer) -> None:
    assert run("silent.example", "--resolver", bad.address, "--seconds", "1").returncode == 2
    assert run("not a domain").returncode == 2
    wrong = run("example.com", "--resolver", "dns.example")
    assert wrong.returncode == 2 and "is no name server" in wrong.stderr


def test_the_command_needs_no_django_and_no_database(served: Any, tmp_path: Any) -> None:
    script = (
        "import sys; sys.argv = ['sendwell', 'doctor', 'sound.example', '--resolver', sys.argv[1]]\n"
        "from sendwell.main import main\n"
        "try: main()\n"
        "finally: print(sorted({'django', 'aiohttp', 'boto3'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, served.address], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.stderr.strip() == "[]"
    assert list(tmp_path.iterdir()) == []
