"""Texts about DKIM.

Lives here: words. Must not live here: decisions.
"""

from __future__ import annotations

from sendwell.doctor.findings import Rule, Severity

_UNSIGNED = {
    "ses": "SES verifies your domain by these records; without all three it signs nothing in your name.",
    "gmail": "Required from about 5,000 messages a day, and best proof below that.",
    "yahoo": "Required of bulk senders; Yahoo's complaint reports are tied to it.",
    "microsoft": "Required from 5,000 messages a day.",
}
_WEAK = {
    "gmail": "Signatures by keys under 1024 bits are ignored; 2048 is advised.",
    "yahoo": "1024 bits at least, 2048 advised.",
    "microsoft": "Signatures by keys under 1024 bits are ignored.",
}
_KEY = {
    "gmail": "A signature whose key cannot be read counts as none.",
    "yahoo": "A signature whose key cannot be read counts as none.",
    "microsoft": "A signature whose key cannot be read counts as none.",
}

RULES = {
    "dkim.not-given": Rule(
        Severity.INFO,
        "DKIM was not checked: give the three names that SES shows for {subject} with --dkim-token.",
        _UNSIGNED,
    ),
    "dkim.none": Rule(
        Severity.HIGH,
        "Mail from {subject} cannot be signed: there is no DKIM key under this domain at all.",
        _UNSIGNED,
    ),
    "dkim.missing": Rule(
        Severity.CRITICAL,
        "{count} of the {total} DKIM records for {subject} are not there.",
        _UNSIGNED,
    ),
    "dkim.doubled": Rule(
        Severity.CRITICAL,
        "A DKIM record of {subject} was saved with the domain twice in its name; most DNS panels add it themselves.",
        _UNSIGNED,
    ),
    "dkim.text": Rule(
        Severity.CRITICAL,
        "A DKIM record of {subject} is a TXT record, but SES needs a CNAME there.",
        _UNSIGNED,
    ),
    "dkim.proxied": Rule(
        Severity.CRITICAL,
        "A DKIM record of {subject} is hidden by a web proxy; switch it to DNS only.",
        _UNSIGNED,
    ),
    "dkim.zone": Rule(
        Severity.CRITICAL,
        "A DKIM record of {subject} points to the keys of another SES region; {region} has its own.",
        _UNSIGNED,
    ),
    "dkim.target": Rule(
        Severity.CRITICAL,
        "A DKIM record of {subject} points to the wrong place.",
        _UNSIGNED,
    ),
    "dkim.keyless": Rule(
        Severity.HIGH,
        "A DKIM record of {subject} is right, but no key is behind it; check that the name is the one SES shows.",
        _KEY,
    ),
    "dkim.unanswered": Rule(
        Severity.WARN, "Nobody could tell us about the DKIM records of {subject}; try again in a minute.", blind=True
    ),
    "dkim.selector-missing": Rule(Severity.CRITICAL, "There is no DKIM key at {name}.", _UNSIGNED),
    "dkim.selector-several": Rule(
        Severity.HIGH, "There is more than one DKIM key at {name}, and receivers pick any or none.", _KEY
    ),
    "dkim.broken": Rule(Severity.CRITICAL, "The DKIM key at {name} cannot be read: {error}.", _KEY),
    "dkim.revoked": Rule(
        Severity.INFO, "The DKIM key at {name} is withdrawn; SES keeps such a spare while it changes keys.", _KEY
    ),
    "dkim.all-revoked": Rule(Severity.CRITICAL, "Every DKIM key of {subject} is withdrawn: no signature counts.", _KEY),
    "dkim.testing": Rule(
        Severity.WARN,
        "The DKIM key at {name} is marked as a test (t=y), and receivers may treat mail as unsigned.",
        _KEY,
    ),
    "dkim.weak": Rule(Severity.CRITICAL, "The DKIM key at {name} has only {bits} bits; receivers ignore it.", _WEAK),
    "dkim.1024": Rule(Severity.INFO, "The DKIM key at {name} has 1024 bits, which is accepted; 2048 is better.", _WEAK),
    "dkim.not-for-mail": Rule(Severity.CRITICAL, "The DKIM key at {name} says that it is not meant for mail.", _KEY),
    "dkim.sha1": Rule(
        Severity.CRITICAL, "The DKIM key at {name} allows only SHA-1, which nobody accepts any more.", _KEY
    ),
    "dkim.ed25519": Rule(
        Severity.WARN, "The DKIM key at {name} is ed25519; many receivers cannot read it, so sign with RSA too.", _KEY
    ),
    "dkim.ok": Rule(Severity.OK, "The DKIM records of {subject} are right."),
}
