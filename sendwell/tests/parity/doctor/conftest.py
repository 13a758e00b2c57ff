"""A real DNS server with all zones of the table: sesbox's door, over UDP and TCP; and the keys that the zones hold."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dns.resolver
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sendwell.doctor.examine import Report, examine
from sendwell.doctor.zones import ZoneReader, resolver_at
from sesbox.testing import SesboxProcess

sys.path.insert(0, str(Path(__file__).parent))  # the table stands beside this file, and tests are no package

from doctor_zones import ED25519, NEIGHBOURS, ROWS, RSA768, RSA1024, RSA2048, Zone, text


@dataclass(frozen=True)
class Served:
    """The running DNS server and the private keys (PEM) whose public halves its zones hold."""

    address: str
    endpoint: str
    private: dict[str, bytes]

    @property
    def resolver(self) -> dns.resolver.Resolver:
        return resolver_at([self.address])

    @property
    def reader(self) -> ZoneReader:
        return ZoneReader(self.resolver)


def _der_of_768_bits() -> bytes:
    """A SubjectPublicKeyInfo with a modulus of 768 bits, by hand: no library makes such keys any more."""

    def element(tag: int, body: bytes) -> bytes:
        size = bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])
        return bytes([tag]) + size + body

    numbers = element(0x02, b"\0" + (2**768 - 59).to_bytes(96, "big")) + element(0x02, b"\1\0\1")
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return element(0x30, algorithm + element(0x03, b"\0" + element(0x30, numbers)))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    private = {bits: rsa.generate_private_key(65537, size) for bits, size in ((RSA2048, 2048), (RSA1024, 1024))}
    public = {
        name: key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for name, key in private.items()
    }
    public[RSA768] = _der_of_768_bits()
    public[ED25519] = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    encoded = {name: base64.b64encode(raw).decode() for name, raw in public.items()}
    whole = NEIGHBOURS.replace(f"{RSA2048}-half", encoded[RSA2048][:200]) + "".join(text(zone) for zone in ROWS)
    for name, key in encoded.items():
        whole = whole.replace(name, '" "'.join(key[i : i + 200] for i in range(0, len(key), 200)))
    file = tmp_path_factory.mktemp("zones") / "table.zone"
    file.write_text(whole, encoding="utf-8")
    pem = {
        name: key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        for name, key in private.items()
    }
    with SesboxProcess("--dns-port", "0", "--zone", str(file)) as box:
        yield Served(f"127.0.0.1:{box.ready['dns_port']}", box.endpoint, pem)


@pytest.fixture(scope="session")
def report_of(served: Served) -> Callable[[Zone], Report]:
    """Examines a zone of the table; once, however many tests look at the report."""

    @cache
    def examined(index: int) -> Report:
        zone = ROWS[index]
        return examine(
            zone.domain,
            reader=served.reader,
            region=zone.region,
            dkim_tokens=zone.tokens,
            selectors=zone.selectors,
            mail_from=zone.mail_from.replace("{d}", zone.origin),
        )

    return lambda zone: examined(ROWS.index(zone))
