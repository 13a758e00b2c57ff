"""Texts about SPF.

Lives here: words. Must not live here: decisions.
"""

from __future__ import annotations

from sendwell.doctor.findings import Rule, Severity

_BROKEN = {
    "gmail": "A broken record is as bad as none: SPF fails.",
    "yahoo": "A broken record is as bad as none: SPF fails.",
    "microsoft": "SPF has to pass from 5,000 messages a day; a broken record never passes.",
}
_OPEN = {
    "gmail": "Anybody's spam then carries your good name, and ruins it.",
    "yahoo": "Anybody's spam then carries your good name, and ruins it.",
    "microsoft": "Anybody's spam then carries your good name, and ruins it.",
}
_TIDY = {"gmail": "It works today, and breaks with the next small change."}

RULES = {
    "spf.none": Rule(
        Severity.WARN,
        "{subject} does not say who may send its mail: it has no SPF record.",
        {
            "ses": "SES does not need it here: it uses the return path's record.",
            "gmail": "Your mailbox provider's mail from this domain is judged by it.",
        },
    ),
    "spf.several": Rule(
        Severity.CRITICAL, "{subject} has {count} SPF records; receivers then use none of them.", _BROKEN
    ),
    "spf.lookalike": Rule(
        Severity.HIGH, "{subject} has a record that was meant as SPF and is not read as such: {text}", _BROKEN
    ),
    "spf.syntax": Rule(Severity.CRITICAL, "The SPF record of {subject} cannot be read: {error}.", _BROKEN),
    "spf.glued": Rule(
        Severity.CRITICAL,
        "The SPF record of {subject} was split without a blank, so two entries became one: {word}",
        _BROKEN,
    ),
    "spf.lookups": Rule(
        Severity.CRITICAL,
        "The SPF record of {subject} needs {count} look-ups; receivers stop at 10 and call it broken.",
        _BROKEN,
    ),
    "spf.voids": Rule(
        Severity.HIGH,
        "The SPF record of {subject} names {count} places that do not exist; more than 2 break it.",
        _BROKEN,
    ),
    "spf.mx": Rule(
        Severity.CRITICAL, "The SPF record of {subject} uses mx of {word}, which has more than 10 servers.", _BROKEN
    ),
    "spf.loop": Rule(Severity.CRITICAL, "The SPF record of {subject} leads back to itself: {word}.", _BROKEN),
    "spf.target-none": Rule(
        Severity.CRITICAL, "The SPF record of {subject} relies on {word}, which has no SPF record.", _BROKEN
    ),
    "spf.target-several": Rule(
        Severity.CRITICAL, "The SPF record of {subject} relies on {word}, which has several SPF records.", _BROKEN
    ),
    "spf.plus-all": Rule(
        Severity.CRITICAL, "The SPF record of {subject} lets the whole world send in your name (+all).", _OPEN
    ),
    "spf.wide": Rule(
        Severity.CRITICAL,
        "The SPF record of {subject} lets a large part of the internet send in your name: {word}",
        _OPEN,
    ),
    "spf.neutral": Rule(
        Severity.HIGH, "The SPF record of {subject} takes no stand on strangers (?all), so it stops nobody.", _OPEN
    ),
    "spf.no-end": Rule(
        Severity.WARN, "The SPF record of {subject} has no last word on strangers; end it with ~all.", _OPEN
    ),
    "spf.many-lookups": Rule(
        Severity.WARN, "The SPF record of {subject} needs {count} of at most 10 look-ups; there is little room.", _TIDY
    ),
    "spf.ptr": Rule(
        Severity.WARN, "The SPF record of {subject} uses ptr, which is slow and ignored by many receivers.", _TIDY
    ),
    "spf.redirect-ignored": Rule(
        Severity.WARN, "The redirect in the SPF record of {subject} has no effect beside all.", _TIDY
    ),
    "spf.after-all": Rule(
        Severity.WARN, "What stands after all in the SPF record of {subject} is never looked at: {word}", _TIDY
    ),
    "spf.empty": Rule(Severity.WARN, "The SPF record of {subject} names {word}, which does not exist in DNS.", _TIDY),
    "spf.long": Rule(Severity.WARN, "The SPF record of {subject} is long ({count} bytes); keep it under 450.", _TIDY),
    "spf.too-long": Rule(
        Severity.HIGH,
        "The SPF record of {subject} has {count} bytes; some receivers cannot fetch more than 512.",
        _TIDY,
    ),
    "spf.useless-include": Rule(
        Severity.WARN,
        "include:amazonses.com on {subject} has no effect: SES sends with another return path.",
        {
            "ses": "SPF is checked on the return path. Without a custom MAIL FROM that is Amazon's own domain.",
            "gmail": "The entry costs a look-up and proves nothing for you.",
        },
    ),
    "spf.unanswered": Rule(
        Severity.WARN,
        "Nobody could tell us about {word}, which SPF of {subject} needs; try again in a minute.",
        blind=True,
    ),
    "spf.ok": Rule(Severity.OK, "The SPF record of {subject} is sound ({count} of at most 10 look-ups)."),
}
