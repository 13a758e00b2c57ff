"""The texts of everything that the doctor can find, by rule id; `find` makes a finding of one.

Lives here: putting a rule and what was seen together. Must not live here: deciding whether a rule applies (check_*.py).
"""

from __future__ import annotations

from sendwell.doctor.findings import LONGEST, Finding, Record, Rule, short
from sendwell.doctor.rulebook import dkim, dmarc, domain, mail_from, spf

RULES: dict[str, Rule] = {**domain.RULES, **dkim.RULES, **mail_from.RULES, **spf.RULES, **dmarc.RULES}


def find(rule: str, subject: str, *records: Record, seen: str = "", evidence: str = "", **words: object) -> Finding:
    """The finding of this rule about `subject`; `words` fill the sentence. Raises KeyError for an unknown rule."""
    found = RULES[rule]
    filled = {name: short(str(word), roomy=name == "error") for name, word in words.items()}
    sentence = found.sentence.format(subject=short(subject), **filled)
    if len(sentence) > LONGEST:
        sentence = sentence[: LONGEST - 3].rstrip() + "..."
    return Finding(rule, found.severity, subject, sentence, found.why, seen, records, evidence, found.blind)
