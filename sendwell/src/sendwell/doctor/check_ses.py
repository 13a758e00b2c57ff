"""Judges what SES needs of a domain: the DKIM names and keys, the MAIL FROM domain, and whether they prove the From.

Lives here: rules about DKIM, MAIL FROM, alignment. Must not live here: looking (dkim.py, mail_from.py, alignment.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from sendwell.doctor.alignment import aligned
from sendwell.doctor.answers import State, mail_hosts
from sendwell.doctor.case import REGION, Case
from sendwell.doctor.check_spf import check_spf
from sendwell.doctor.dkim import GOOD_BITS, Fault, Key, Kind, Token, look_at_selector, look_at_token, signing_zone
from sendwell.doctor.dmarc import Dmarc
from sendwell.doctor.findings import PROBLEMS, Finding, Record
from sendwell.doctor.mail_from import PREFERENCE, SPF_VALUE, MailFrom, MxFault, wanted_host
from sendwell.doctor.rulebook import find

_ALONE = {
    Fault.DOUBLED: "dkim.doubled",
    Fault.TEXT: "dkim.text",
    Fault.PROXIED: "dkim.proxied",
    Fault.ZONE: "dkim.zone",
    Fault.TARGET: "dkim.target",
    Fault.KEYLESS: "dkim.keyless",
    Fault.UNKNOWN: "dkim.unanswered",
}
_WRONG_KIND = {Fault.TEXT: "TXT", Fault.PROXIED: "A", Fault.ZONE: "CNAME", Fault.TARGET: "CNAME"}


def check_dkim(case: Case) -> tuple[tuple[Finding, ...], bool | None]:
    """The findings about DKIM, and whether mail is signed in a way that receivers accept (None: cannot be told)."""
    if not case.tokens and not case.selectors:
        nothing = case.ask(f"_domainkey.{case.domain}", "TXT")
        if nothing.state is State.NXDOMAIN:  # RFC 8020: then nothing exists below it either
            return (find("dkim.none", case.domain, seen=f"{nothing.name}: {nothing.seen}"),), False
        return (find("dkim.not-given", case.domain),), None
    found = [*_tokens(case), *_selectors(case)]
    problems = any(finding.severity in PROBLEMS for finding in found)
    blind = any(finding.blind for finding in found)
    if not problems and not blind:
        found.append(find("dkim.ok", case.domain))
    return tuple(found), None if blind and not problems else not problems


def _tokens(case: Case) -> Iterator[Finding]:
    """SES's three names. Missing ones are told together, the rest one by one."""
    zone = case.signing_zone or signing_zone(case.region or REGION)
    looked = [look_at_token(case.ask, case.domain, token, zone) for token in case.tokens]
    missing = [token for token in looked if token.fault is Fault.MISSING]
    if missing:
        put = [case.publish(token.name, "CNAME", token.target) for token in missing]
        yield find("dkim.missing", case.domain, *put, seen=missing[0].seen, count=len(missing), total=len(looked))
    for token in looked:
        if token.fault in _ALONE:
            records = _mend(case, token)
            yield find(_ALONE[token.fault], case.domain, *records, seen=token.seen, region=case.region or REGION)
    keyed = [(token.name, token.key) for token in looked if token.key is not None]
    if keyed and all(key.kind is Kind.REVOKED for _, key in keyed):
        yield find("dkim.all-revoked", case.domain, seen=keyed[0][1].text)
        return
    for token in looked:
        if token.key is not None:
            yield from _key(token.name, token.key)
            if token.several:
                yield find("dkim.selector-several", case.domain, seen=token.seen, name=token.name)


def _mend(case: Case, token: Token) -> tuple[Record, ...]:
    if token.fault in (Fault.KEYLESS, Fault.UNKNOWN):
        return ()
    put = case.publish(token.name, "CNAME", token.target)
    if token.fault is Fault.DOUBLED:
        return (case.take_away(f"{token.name}.{case.domain}", "CNAME", token.seen.rsplit(" ", 1)[-1]), put)
    return (case.take_away(token.name, _WRONG_KIND[token.fault], token.seen), put)


def _selectors(case: Case) -> Iterator[Finding]:
    """Keys of one's own (BYODKIM)."""
    for selector in case.selectors:
        answer, keys = look_at_selector(case.ask, case.domain, selector)
        if answer.unknown:
            yield find("dkim.unanswered", case.domain, seen=answer.seen)
        elif not keys:
            yield find("dkim.selector-missing", case.domain, seen=answer.seen, name=answer.name)
        elif len(keys) > 1:
            yield find("dkim.selector-several", case.domain, seen=answer.seen, name=answer.name)
        elif keys[0].kind is Kind.REVOKED:
            yield find("dkim.all-revoked", case.domain, seen=keys[0].text)
        else:
            yield from _key(answer.name, keys[0])


def _key(name: str, key: Key) -> Iterator[Finding]:
    """What is to be said of one key record."""
    subject = name.partition("._domainkey.")[2]
    if key.kind is Kind.BROKEN:
        yield find("dkim.broken", subject, seen=key.text, name=name, error=key.error)
        return
    if key.kind is Kind.REVOKED:
        yield find("dkim.revoked", subject, seen=key.text, name=name)
        return
    if key.testing:
        yield find("dkim.testing", subject, seen=key.text, name=name)
    if not key.for_mail:
        yield find("dkim.not-for-mail", subject, seen=key.text, name=name)
    if not key.sha256:
        yield find("dkim.sha1", subject, seen=key.text, name=name)
    if key.kind is Kind.ED25519:
        yield find("dkim.ed25519", subject, seen=key.text, name=name)
    elif not key.usable and key.for_mail and key.sha256:
        yield find("dkim.weak", subject, seen=key.text, name=name, bits=key.bits)
    elif key.usable and key.bits < GOOD_BITS:
        yield find("dkim.1024", subject, seen=key.text, name=name)


def check_mail_from(case: Case, given: MailFrom | None) -> Iterator[Finding]:
    """The findings about the MAIL FROM domain, its SPF included."""
    region = case.region or REGION
    if given is None:
        name = f"bounce.{case.domain}"
        put = (case.publish(name, "MX", f"{PREFERENCE} {wanted_host(region)}"), case.publish(name, "TXT", SPF_VALUE))
        yield find("mail-from.none", case.domain, *put)
        return
    if given.same:
        yield find("mail-from.same", given.name)
        return
    if not given.below:
        yield find("mail-from.not-below", given.name, domain=case.domain)
        return
    found = [*_mx(case, given, region), *_return_path_spf(case, given)]
    yield from found
    if not any(finding.severity in PROBLEMS or finding.blind for finding in found):
        yield find("mail-from.ok", given.name, seen=f"MX {given.seen}; {given.spf.records[0]}")


def _mx(case: Case, given: MailFrom, region: str) -> Iterator[Finding]:
    put = case.publish(given.name, "MX", f"{PREFERENCE} {wanted_host(region)}")
    if given.mx is MxFault.NONE:
        if given.preference != PREFERENCE:
            put = case.publish(given.name, "MX", f"{PREFERENCE} {wanted_host(given.region)}")
            yield find("mail-from.preference", given.name, put, seen=given.seen, found=given.preference)
        return
    hosts = [f"{number} {host}" for number, host in mail_hosts(case.ask(given.name, "MX"))]
    away = tuple(case.take_away(given.name, "MX", host) for host in hosts if host != put.value)
    if given.mx in (MxFault.UNKNOWN, MxFault.ALIAS):
        away = (case.take_away(given.name, "CNAME", given.seen.removeprefix("CNAME ")),)
    records = () if given.mx is MxFault.UNKNOWN else (*away, put)
    found = given.region or given.seen
    rule = f"mail-from.{given.mx}"
    yield find(rule, given.name, *records, seen=given.seen, count=len(hosts), found=found, region=region)


def _return_path_spf(case: Case, given: MailFrom) -> Iterator[Finding]:
    put = case.publish(given.name, "TXT", SPF_VALUE)
    spf = given.spf
    yield from check_spf(case, spf, return_path=True)
    if spf.verdict == "none" and not spf.lookalikes:
        yield find("mail-from.spf-missing", given.name, put, seen=spf.answer.seen)
    elif spf.verdict == "ok" and not given.spf_names_ses:
        away = case.take_away(given.name, "TXT", spf.records[0])
        yield find("mail-from.spf-without-ses", given.name, away, put, seen=spf.records[0])


def check_alignment(case: Case, dmarc: Dmarc, given: MailFrom | None, signed: bool | None) -> Iterator[Finding]:
    """Whether DKIM and SPF, as far as they pass, count for the From domain. SES signs with the domain's own name."""
    strict = dmarc.record is not None and dmarc.record.strict_spf
    matches = given is not None and given.below
    if given is not None and dmarc.record is not None:  # without a policy nobody compares, and no walk can tell
        matches = aligned(case.ask, case.domain, given.name, strict=strict)
    if given is not None and given.sound and not matches:
        rule = "alignment.strict-spf" if strict else "alignment.other-organization"
        yield find(rule, case.domain, seen=dmarc.record.text if dmarc.record else "", other=given.name)
    spf_counts = given is not None and given.sound and matches
    if signed is None:
        if spf_counts:
            yield find("alignment.dkim-unproven", case.domain)
    elif signed and spf_counts:
        yield find("alignment.ok", case.domain)
    elif signed or spf_counts:
        yield find("alignment.one-leg", case.domain, leg="DKIM" if signed else "SPF")
    else:
        yield find("alignment.none", case.domain)
