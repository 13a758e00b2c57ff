"""A foreign witness for DKIM: dkimpy reads the same key records, and verifies mail signed by them, by the same DNS."""

from __future__ import annotations

from typing import Any

import dkim
import pytest
from doctor_zones import ROWS, RSA1024, RSA2048, Zone

from sendwell.doctor.dkim import Key, Kind, read_key

MAIL = b"From: Ada <ada@mail.example>\r\nTo: you@mail.example\r\nSubject: Hello\r\n\r\nGood morning.\r\n"

# first label of the key -> the sentence that decides where dkimpy and the doctor differ
DISAGREEMENTS = {"sha1": "RFC 6376, 3.6.1: h= lists the only hashes that may be used, and RFC 8301, 3.1 forbids SHA-1."}


def keys(served: Any) -> dict[str, Key]:
    """Every key behind the names of the table, by the first label."""
    names = [(token, f"{token}._domainkey.{zone.domain}", "TXT") for zone in ROWS for token in zone.tokens]
    names += [(f"{s}.{zone.id}", f"{s}._domainkey.{zone.domain}", "TXT") for zone in ROWS for s in zone.selectors]
    answers = served.reader.ask_all({(name, kind) for _, name, kind in names})
    return {
        label: read_key(answers[name, kind].values[0])
        for label, name, kind in names
        if len(answers[name, kind].values) == 1 and "p=" in answers[name, kind].values[0]
    }


def witness(key: Key) -> int | None:
    """What dkimpy makes of a key record: bits, or None if it cannot use it."""
    try:
        _, bits, _, _ = dkim.evaluate_pk("name", key.text.encode())
    except (dkim.KeyFormatError, dkim.UnparsableKeyError, ValueError):
        return None
    return bits


def test_dkimpy_reads_every_key_alike(served: Any) -> None:
    read = keys(served)
    assert {"sola", "kilo", "weak", "gone", "test", "sha1", "chat", "ruin", "half", "edda"} <= set(read)
    for label, key in read.items():
        if key.kind is Kind.ED25519:
            continue  # dkimpy reads these with PyNaCl only
        bits = witness(key)
        assert (bits is not None) == (key.kind is Kind.RSA and key.for_mail), label
        if key.kind is Kind.RSA and key.for_mail:
            assert bits == key.bits, label


@pytest.mark.parametrize("zone", [zone for zone in ROWS if zone.id.startswith(("dkim-", "sound"))], ids=lambda z: z.id)
def test_mail_verifies_exactly_where_the_doctor_calls_the_key_usable(served: Any, zone: Zone) -> None:
    def texts(name: str) -> tuple[str, ...]:
        return served.reader.ask_all([(name, "TXT")])[name, "TXT"].values

    def look_up(name: bytes, timeout: float = 5) -> bytes:
        found = texts(name.decode().rstrip("."))
        return found[0].encode() if len(found) == 1 else b""

    for selector in (*zone.tokens, *zone.selectors):
        pem = served.private[RSA1024 if selector == "kilo" else RSA2048]
        signature = dkim.sign(MAIL, selector.encode(), zone.domain.encode(), pem)
        found = texts(f"{selector}._domainkey.{zone.domain}")
        usable = len(found) == 1 and read_key(found[0]).usable and selector != "edda"  # signed by RSA only
        verifies = dkim.verify(signature + MAIL, dnsfunc=look_up)
        assert (verifies == usable) is (selector not in DISAGREEMENTS), selector
