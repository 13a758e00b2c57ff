"""Texts about DMARC, and the ladder from watching to refusing.

Lives here: words. Must not live here: decisions.
"""

from __future__ import annotations

from sendwell.doctor.findings import Rule, Severity

_NEEDED = {
    "ses": "SES approves without it, but asks for good practice; this is part of it.",
    "gmail": "Required from about 5,000 messages a day; p=none is enough.",
    "yahoo": "Required of bulk senders; p=none is enough.",
    "microsoft": "Required from 5,000 messages a day, else 550 5.7.515.",
}
_FORGED = {
    "gmail": "Forgeries of your address reach people, and their complaints count against you.",
    "yahoo": "Forgeries of your address reach people, and their complaints count against you.",
    "microsoft": "Forgeries of your address reach people, and their complaints count against you.",
}
_REPORTS = {"gmail": "The daily reports are the only way to see who sends in your name before you tighten the rule."}

RULES = {
    "dmarc.missing": Rule(
        Severity.HIGH, "{subject} has no DMARC record; the large mailbox providers ask bulk senders for one.", _NEEDED
    ),
    "dmarc.several": Rule(
        Severity.CRITICAL, "{subject} has {count} DMARC records; receivers then ignore all of them.", _NEEDED
    ),
    "dmarc.wrong-place": Rule(
        Severity.CRITICAL, "The DMARC record of {subject} stands at {place}, where nobody looks for it.", _NEEDED
    ),
    "dmarc.malformed": Rule(Severity.CRITICAL, "The DMARC record of {subject} is not read as one: {error}.", _NEEDED),
    "dmarc.ignored": Rule(Severity.CRITICAL, "The DMARC record of {subject} is ignored: {error}.", _NEEDED),
    "dmarc.as-none": Rule(
        Severity.CRITICAL, "The DMARC record of {subject} counts as p=none, because it says {error}.", _NEEDED
    ),
    "dmarc.wrong-value": Rule(Severity.WARN, "Part of the DMARC record of {subject} is ignored: {error}.", _NEEDED),
    "dmarc.no-policy": Rule(
        Severity.WARN, "The DMARC record of {subject} names no policy (p=); it counts as p=none.", _NEEDED
    ),
    "dmarc.step-1": Rule(
        Severity.WARN,
        "Step 1 of 3: {subject} only watches (p=none), so forged mail is delivered like yours.",
        _FORGED,
    ),
    "dmarc.step-2": Rule(
        Severity.INFO,
        "Step 2 of 3: forged mail from {subject} goes to the spam folder (p=quarantine).",
        _FORGED,
    ),
    "dmarc.step-3": Rule(Severity.OK, "Step 3 of 3: forged mail from {subject} is refused (p=reject)."),
    "dmarc.testing": Rule(
        Severity.INFO, "{subject} asks for p={policy} as a test (t=y); receivers apply one step less.", _FORGED
    ),
    "dmarc.inherited": Rule(
        Severity.INFO, "{subject} has no DMARC record of its own; that of {place} applies ({policy})."
    ),
    "dmarc.subdomain-hole": Rule(
        Severity.HIGH, "Anybody can forge any subdomain of {subject}: sp=none switches the rule off there.", _FORGED
    ),
    "dmarc.nonexistent-hole": Rule(
        Severity.WARN,
        "Anybody can forge made-up subdomains of {subject}: np=none switches the rule off there.",
        _FORGED,
    ),
    "dmarc.removed": Rule(
        Severity.WARN, "{word} in the DMARC record of {subject} is no longer part of DMARC; take it out.", _NEEDED
    ),
    "dmarc.no-reports": Rule(
        Severity.WARN, "Nobody tells you who sends in the name of {subject}: DMARC asks for no reports (rua).", _REPORTS
    ),
    "dmarc.reports-refused": Rule(
        Severity.HIGH, "Reports about {subject} to {box} are never sent: {box} has not agreed to take them.", _REPORTS
    ),
    "dmarc.reports-undeliverable": Rule(
        Severity.WARN, "Reports about {subject} cannot be delivered: {box} takes no mail.", _REPORTS
    ),
    "dmarc.stray": Rule(
        Severity.WARN, "There is a foreign text at _dmarc.{subject}; some receivers stumble over it.", _NEEDED
    ),
    "dmarc.apex-leftover": Rule(
        Severity.INFO, "A second copy of the DMARC record at {subject} itself has no effect; take it away."
    ),
    "dmarc.unanswered": Rule(
        Severity.WARN, "Nobody could tell us about the DMARC record of {subject}; try again in a minute.", blind=True
    ),
}
