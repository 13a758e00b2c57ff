"""The key and the certificate under which sesbox's SNS messages are signed.

Lives here: making them once, their text form for storage, the path at which the certificate is served.
Must not live here: keeping them (storage.py), signing (events/envelope.py). Nothing here is Amazon's: whoever
wants to trust this certificate must pin it, it has no chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

COMMON_NAME = "sns.amazonaws.com"
_YEARS = 30


@dataclass(frozen=True, slots=True)
class Certificate:
    """The private key and the self-signed certificate, both as PEM text."""

    private_key_pem: str
    certificate_pem: str

    @property
    def path(self) -> str:
        """Where it is served: SNS's file name with 32 hex digits, here of the certificate's own fingerprint."""
        fingerprint = x509.load_pem_x509_certificate(self.certificate_pem.encode()).fingerprint(hashes.SHA256())
        return f"/SimpleNotificationService-{fingerprint.hex()[:32]}.pem"

    def key(self) -> rsa.RSAPrivateKey:
        """The private key, ready to sign."""
        key = serialization.load_pem_private_key(self.private_key_pem.encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("the stored signing key is not an RSA key")
        return key


def make_certificate(now: float) -> Certificate:
    """A fresh RSA-2048 key and its certificate, valid from a day before `now` (wall time, epoch seconds)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    start = datetime.fromtimestamp(now, tz=timezone.utc) - timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(COMMON_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        private_key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        certificate_pem=built.public_bytes(serialization.Encoding.PEM).decode(),
    )
