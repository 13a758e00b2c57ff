"""How many messages a second sesbox gives their last form: two DKIM signatures (RSA-2048) on one core."""

from __future__ import annotations

import json
import time

from cryptography.hazmat.primitives.asymmetric import rsa

from sesbox.account import Message
from sesbox.operations.as_sent import as_sent
from sesbox.rules import dkim

ROUNDS = 1000
SIZES = (2_000, 20_000, 200_000)


def signer(domain: str) -> dkim.Signer:
    """A domain with a key of the size Easy DKIM uses."""
    return dkim.Signer(domain, "s" * 32, rsa.generate_private_key(public_exponent=65537, key_size=2048))


def message(size: int) -> Message:
    """A letter with the headers a campaign's mail has and about `size` bytes of body."""
    head = (
        "Date: Mon, 01 Jun 2026 10:00:00 +0000",
        "Message-ID: <1@email.amazonses.com>",
        "From: June <june@example.com>",
        "To: a@example.org",
        "Reply-To: june@example.com",
        "Subject: News",
        "List-Id: <news.example.com>",
        f"List-Unsubscribe: <https://example.com/u/{'x' * 80}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        "Content-Type: text/html",
        "",
        "",
    )
    body = ("<p>" + "a word " * 10 + "</p>\r\n") * (size // 79)
    raw = ("\r\n".join(head) + body).encode()
    return Message("0100-1", 1.78e9, "june@example.com", ("a@example.org",), "News", raw, region="us-east-1")


def main() -> None:
    """Print one JSON object: signed messages and signatures a second by size."""
    own, amazon = signer("example.com"), signer("amazonses.com")
    figures = {}
    for size in SIZES:
        letter = message(size)
        start = time.process_time()
        for _ in range(ROUNDS):
            as_sent(letter, "123456789012", amazon, own)
        rate = ROUNDS / (time.process_time() - start)
        figures[f"{size} bytes"] = {"messages_per_second": round(rate), "signatures_per_second": round(2 * rate)}
    print(
        json.dumps(
            {"benchmark": "sesbox signs as SES", "clock": "CPU time of one core", "rounds": ROUNDS, "figures": figures},
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
