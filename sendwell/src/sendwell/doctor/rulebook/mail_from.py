"""Texts about the custom MAIL FROM domain.

Lives here: words. Must not live here: decisions.
"""

from __future__ import annotations

from sendwell.doctor.findings import Rule, Severity

_PATH = {
    "ses": "SES looks for exactly one MX to its own server; otherwise it falls back to its own name or stops sending.",
    "gmail": "Without it SPF proves Amazon's name instead of yours.",
    "microsoft": "SPF has to pass from 5,000 messages a day; without it only Amazon's name passes.",
}
_SPF = {
    "ses": "SES never checks this record, so it says Success while receivers say fail.",
    "gmail": "SPF fails for all your mail.",
    "yahoo": "SPF fails for all your mail.",
    "microsoft": "SPF fails for all your mail, and from 5,000 messages a day that is refused (550 5.7.515).",
}

RULES = {
    "mail-from.none": Rule(
        Severity.WARN,
        "No return path of your own (custom MAIL FROM) was found for {subject}, so SPF proves nothing for it.",
        _PATH,
    ),
    "mail-from.not-below": Rule(
        Severity.CRITICAL, "The return path {subject} is no subdomain of {domain}, and SES refuses it.", _PATH
    ),
    "mail-from.same": Rule(
        Severity.CRITICAL,
        "The return path must be a subdomain of its own, not {subject} itself, which you send from.",
        _PATH,
    ),
    "mail-from.mx-missing": Rule(
        Severity.CRITICAL, "The return path {subject} has no MX record, so SES does not use it.", _PATH
    ),
    "mail-from.mx-several": Rule(
        Severity.CRITICAL, "The return path {subject} has {count} MX records; SES accepts exactly one.", _PATH
    ),
    "mail-from.mx-region": Rule(
        Severity.CRITICAL, "The return path {subject} belongs to {found}, but you send from {region}.", _PATH
    ),
    "mail-from.mx-foreign": Rule(
        Severity.CRITICAL,
        "The return path {subject} receives mail at {found}; SES needs a name that nothing else uses.",
        _PATH,
    ),
    "mail-from.doubled": Rule(
        Severity.CRITICAL,
        "The records of {subject} were saved with the domain twice in their name; DNS panels add it themselves.",
        _PATH,
    ),
    "mail-from.alias": Rule(
        Severity.CRITICAL, "The return path {subject} is an alias (CNAME) and cannot hold its own records.", _PATH
    ),
    "mail-from.preference": Rule(
        Severity.WARN, "The MX of the return path {subject} has priority {found}; SES asks for 10.", _PATH
    ),
    "mail-from.unanswered": Rule(
        Severity.WARN, "Nobody could tell us about the return path {subject}; try again in a minute.", blind=True
    ),
    "mail-from.spf-missing": Rule(
        Severity.CRITICAL, "The return path {subject} has no SPF record; SES does not warn about that.", _SPF
    ),
    "mail-from.spf-without-ses": Rule(
        Severity.CRITICAL, "The SPF record of the return path {subject} does not allow SES to send.", _SPF
    ),
    "mail-from.found": Rule(
        Severity.INFO, "{subject} looks like your return path at SES; say so with --mail-from to be sure."
    ),
    "mail-from.ok": Rule(Severity.OK, "The return path {subject} is set up as SES and receivers want it."),
}
