"""Texts about the domain itself, its incoming mail, alignment, and encryption on the way.

Lives here: words. Must not live here: decisions.
"""

from __future__ import annotations

from sendwell.doctor.findings import Rule, Severity

_REPLY = {
    "gmail": "Replies to your mail bounce, and a sender that cannot be answered looks like spam.",
    "microsoft": "Mail from a domain that cannot receive is often refused.",
}
_BOTH = {
    "gmail": "From about 5,000 messages a day one of SPF and DKIM has to match the From domain; both are advised.",
    "yahoo": "SPF or DKIM has to match the From domain.",
    "microsoft": "From 5,000 messages a day SPF and DKIM both have to pass and one has to match.",
}
_OPTIONAL = {"gmail": "Not asked of senders: it protects mail on its way to you, not the mail you send."}

RULES = {
    "domain.missing": Rule(
        Severity.CRITICAL,
        "There is no domain {subject}: check the spelling, or whether its registration has run out.",
        {"ses": "SES cannot verify it.", "gmail": "Mail from a domain that does not exist is refused."},
    ),
    "domain.unanswered": Rule(
        Severity.WARN,
        "The name servers of {subject} gave no answer, so nothing can be said about it. Try again in a minute.",
        {"ses": "If this lasts, SES takes the domain's verification back after 72 hours."},
        blind=True,
    ),
    "domain.ok": Rule(Severity.OK, "The domain {subject} exists."),
    "mx.none": Rule(
        Severity.WARN,
        "Nobody can answer mail from {subject}: it has no mail server (MX record).",
        _REPLY,
    ),
    "mx.implicit": Rule(
        Severity.INFO,
        "{subject} names no mail server; replies go to its web address and probably fail.",
        _REPLY,
    ),
    "mx.null": Rule(
        Severity.HIGH,
        "{subject} declares that it never takes mail, so replies and complaints cannot reach you.",
        {
            "gmail": "A sender that refuses all answers is distrusted.",
            "microsoft": "Mail from a domain with such a declaration may be refused outright.",
            "yahoo": "Mail from a domain with such a declaration may be refused outright.",
        },
    ),
    "mx.null-and-others": Rule(
        Severity.HIGH,
        "{subject} says that it never takes mail and names mail servers too; only one can be meant.",
        _REPLY,
    ),
    "mx.unanswered": Rule(
        Severity.WARN, "Nobody could tell us who receives mail for {subject}; try again in a minute.", blind=True
    ),
    "mx.ok": Rule(Severity.OK, "{subject} can receive replies."),
    "alignment.none": Rule(
        Severity.HIGH,
        "Nothing proves that mail from {subject} is yours: neither DKIM nor SPF counts for it.",
        {**_BOTH, "ses": "SES sends, but with its own name as the proof, which counts for SES and not for you."},
    ),
    "alignment.one-leg": Rule(
        Severity.WARN,
        "Only {leg} proves that mail from {subject} is yours; if that breaks, all mail fails.",
        _BOTH,
    ),
    "alignment.strict-spf": Rule(
        Severity.WARN,
        "SPF cannot count for {subject}: aspf=s demands the very same name, and SES needs a subdomain.",
        {"ses": "The return path of SES is always a subdomain, so with aspf=s only DKIM can prove your mail."},
    ),
    "alignment.other-organization": Rule(
        Severity.WARN,
        "SPF cannot count for {subject}: its return path {other} counts as another organization.",
        _BOTH,
    ),
    "alignment.ok": Rule(Severity.OK, "DKIM and SPF both prove that mail from {subject} is yours."),
    "alignment.dkim-unproven": Rule(
        Severity.INFO,
        "SPF proves mail from {subject}; whether DKIM does, only SES's three names can tell.",
        _BOTH,
    ),
    "mta-sts.none": Rule(
        Severity.INFO, "Optional: {subject} does not insist on encryption for incoming mail (MTA-STS).", _OPTIONAL
    ),
    "mta-sts.bad": Rule(Severity.WARN, "The MTA-STS record of {subject} is ignored: {error}.", _OPTIONAL),
    "mta-sts.ok": Rule(
        Severity.OK, "{subject} announces encryption for incoming mail (MTA-STS); its policy file was not fetched."
    ),
    "tls-rpt.none": Rule(
        Severity.INFO, "Optional: {subject} asks for no reports about encryption of incoming mail (TLS-RPT).", _OPTIONAL
    ),
    "tls-rpt.bad": Rule(Severity.WARN, "The TLS-RPT record of {subject} is ignored: {error}.", _OPTIONAL),
    "tls-rpt.ok": Rule(Severity.OK, "{subject} asks for reports about encryption of incoming mail (TLS-RPT)."),
}
