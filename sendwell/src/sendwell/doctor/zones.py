"""The one reader of DNS: turns questions into plain answers, many at a time, within a deadline.

Lives here: dnspython, IDNA, the translation of its exceptions. Must not live here: what an answer means.
A question that is not answered in time is TIMEOUT, one that a server refuses to answer is SERVFAIL: never "missing".
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dns.exception
import dns.flags
import dns.inet
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from sendwell.doctor.answers import Answer, Question, State, plain

SECONDS = 20.0  # RFC 7208, 4.6.4: a limit on the time of a check should be at least 20 seconds
EACH = 5.0
TRY = 2.0
AT_ONCE = 12
_OWN_UDP = 1232


class BadNameError(ValueError):
    """What was given is no domain name; the message says why."""


class BadResolverError(ValueError):
    """What was given is no address of a name server."""


def ascii_name(text: str) -> str:
    """A domain as DNS carries it: lower case, A-labels for other scripts (IDNA 2008, UTS 46). Raises BadNameError."""
    cleaned = plain(text)
    try:
        name = dns.name.from_text(cleaned, idna_codec=dns.name.IDNA_2008_UTS_46)
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise BadNameError(f"{text.strip()!r} is not a domain name: {error}") from error
    found = name.to_text(omit_final_dot=True).lower()
    if len(name.labels) < 3 or "\\" in found or any(c in cleaned for c in "@/: ") or dns.inet.is_address(cleaned):
        raise BadNameError(f"{text.strip()!r} is not a domain name. Write it like example.com.")
    return found


def resolver_at(addresses: Sequence[str]) -> dns.resolver.Resolver:
    """A resolver that asks these servers ("IP" or "IP:port", IPv6 in brackets before a port), or the system's ones.

    Raises BadResolverError.
    """
    try:
        resolver = dns.resolver.Resolver(configure=not addresses)
    except dns.resolver.NoResolverConfiguration as error:
        raise BadResolverError("This machine names no DNS server. Give one with --resolver, like 9.9.9.9.") from error
    if addresses:
        resolver.nameservers = [_server(address) for address in addresses]
    resolver.use_edns(0, 0, _OWN_UDP)
    resolver.timeout = TRY
    return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    address, port = text.strip(), "53"
    if address.startswith("["):
        address, _, port = address[1:].partition("]")
        port = port.removeprefix(":") or "53"
    elif address.count(":") == 1:
        address, _, port = address.partition(":")
    if not dns.inet.is_address(address) or not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise BadResolverError(f"{text!r} is no name server. Write an IP address, with :port if it is not 53.")
    return dns.nameserver.Do53Nameserver(address, int(port))


class ZoneReader:
    """Asks questions through `resolver` until `seconds` after its first question; then every answer is TIMEOUT."""

    def __init__(self, resolver: dns.resolver.Resolver, seconds: float = SECONDS) -> None:
        self._resolver = resolver
        self._seconds = seconds
        self._deadline: float | None = None

    def ask_all(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """The answers to all of them, asked side by side. Never raises for what DNS does."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
        asked = sorted(questions)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            return dict(zip(asked, pool.map(self._ask, asked), strict=True))

    def _ask(self, question: Question) -> Answer:
        name, kind = question
        left = (self._deadline or 0.0) - time.monotonic()
        if left <= 0:
            return Answer(name, kind, State.TIMEOUT, detail="the time for this examination was over")
        try:
            found = self._resolver.resolve(
                dns.name.from_text(name), kind, raise_on_no_answer=False, search=False, lifetime=min(left, EACH)
            )
        except dns.resolver.NXDOMAIN as error:
            return Answer(name, kind, State.NXDOMAIN, chain=_dangling(error))
        except dns.resolver.NoNameservers as error:
            return Answer(name, kind, _failure(error), detail=str(error))
        except dns.exception.Timeout as error:
            return Answer(name, kind, State.TIMEOUT, detail=str(error))
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel) as error:
            return Answer(name, kind, State.NXDOMAIN, detail=f"no such name can exist: {error}")
        except (dns.exception.DNSException, OSError, ValueError) as error:
            return Answer(name, kind, State.SERVFAIL, detail=str(error))
        return _read(name, kind, found)


def _failure(error: dns.resolver.NoNameservers) -> State:
    """SERVFAIL if any server said something, TIMEOUT if none could be reached at all."""
    errors: Sequence[Any] = error.kwargs.get("errors", ())
    return State.SERVFAIL if any(entry[4] is not None for entry in errors) else State.TIMEOUT


def _dangling(error: dns.resolver.NXDOMAIN) -> tuple[str, ...]:
    """Where the CNAMEs of a name that leads nowhere lead."""
    try:
        target = error.canonical_name
        asked: set[dns.name.Name] = set(error.kwargs["qnames"])
    except (dns.exception.DNSException, TypeError, KeyError):
        return ()
    return () if target in asked else (_plain(target),)


def _read(name: str, kind: str, found: dns.resolver.Answer) -> Answer:
    cnames = tuple(_plain(rrset[0].target) for rrset in found.chaining_result.cnames)
    if found.rrset is None:
        return Answer(name, kind, State.NODATA, chain=cnames)
    parts: tuple[tuple[str, ...], ...] = ()
    if kind == "TXT":
        parts = tuple(tuple(part.decode("utf-8", "replace") for part in record.strings) for record in found.rrset)
        values = tuple(b"".join(record.strings).decode("utf-8", "replace") for record in found.rrset)
    elif kind == "MX":
        values = tuple(sorted(f"{record.preference} {_plain(record.exchange)}" for record in found.rrset))
    elif kind == "CNAME":
        values = tuple(_plain(record.target) for record in found.rrset)
    else:
        values = tuple(record.to_text() for record in found.rrset)
    return Answer(name, kind, State.FOUND, values, parts, cnames, found.rrset.ttl)


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""
