"""Which public address is good enough to put into mail."""

from __future__ import annotations

import pytest

from sendwell.connections.rules import UrlProof, url_trouble

PROVED = UrlProof(True)


@pytest.mark.parametrize(
    ("base_url", "proof", "reason"),
    [
        ("https://mail.example.com", PROVED, None),
        ("https://mail.example.com:8443/app", PROVED, None),
        ("https://mail.example.com", None, "has not been tried yet"),
        ("https://mail.example.com", UrlProof(None), "has not been tried yet"),
        ("https://mail.example.com", UrlProof(False, "It answered HTTP 502."), "It answered HTTP 502."),
        ("http://mail.example.com", PROVED, "no public https address"),
        ("https://localhost", PROVED, "no public https address"),
        ("https://192.168.0.2", PROVED, "no public https address"),
        ("https://mail", PROVED, "no public https address"),
        ("https://[fd00::1]", PROVED, "no public https address"),
        ("", None, "There is no public address"),
    ],
)
def test_only_a_public_https_address_that_was_proved_will_do(
    base_url: str, proof: UrlProof | None, reason: str | None
) -> None:
    trouble = url_trouble(base_url, proof)
    if reason is None:
        assert trouble is None
    else:
        assert trouble is not None
        assert reason in trouble.text
        assert trouble.remedy
