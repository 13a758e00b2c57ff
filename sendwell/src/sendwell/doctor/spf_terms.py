"""The text of an SPF record taken apart by its grammar (RFC 7208, 4.5, 4.6.1, 5, 6, 7.1, 12).

Lives here: which TXT is an SPF record, its terms, its syntax errors. Must not live here: DNS (spf.py).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_TERM = re.compile(r"([+\-?~]?)([A-Za-z][A-Za-z0-9\-_.]*)(?:([:=/])(.*))?", re.DOTALL)
_CIDR = re.compile(r"(?:/(0|[1-9][0-9]*))?(?://(0|[1-9][0-9]*))?")
_PREFIX = re.compile(r"[^/]+(/(0|[1-9][0-9]*))?")
_TOP = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9\-]*[a-z0-9]", re.IGNORECASE)
_MACRO = re.compile(r"%(?:[%_\-]|\{[slodiphv](?:[1-9][0-9]*|0+[1-9][0-9]*)?r?[.\-+,/_=]*\})", re.IGNORECASE)
_EXPLAINED = re.compile(r"%(?:[%_\-]|\{[slodiphcrtv](?:[1-9][0-9]*|0+[1-9][0-9]*)?r?[.\-+,/_=]*\})", re.IGNORECASE)
_LOOKALIKE = re.compile(r"[\s\"'(]*v?\s*=?\s*spf\s*1?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism or modifier. `qualifier` is one of + - ~ ?; `domain` empty means the domain of the record."""

    name: str
    text: str
    qualifier: str = "+"
    domain: str = ""
    value: str = ""
    modifier: bool = False

    @property
    def has_macro(self) -> bool:
        """Whether the target depends on the mail, so that nobody can look it up beforehand."""
        return "%" in self.domain


@dataclass(frozen=True, slots=True)
class SpfText:
    """A record taken apart. With an `error` every receiver calls the record broken (permerror)."""

    text: str
    terms: tuple[Term, ...] = ()
    error: str = ""

    @property
    def active(self) -> tuple[Term, ...]:
        """The mechanisms that can matter: none after `all` (5.1)."""
        found: list[Term] = []
        for term in self.terms:
            if not term.modifier:
                found.append(term)
                if term.name == "all":
                    break
        return tuple(found)

    @property
    def after_all(self) -> tuple[Term, ...]:
        """Mechanisms that stand behind `all` and are never looked at."""
        mechanisms = tuple(term for term in self.terms if not term.modifier)
        return mechanisms[len(self.active) :]

    @property
    def all(self) -> str:
        """The qualifier of `all`, empty without it."""
        return next((term.qualifier for term in self.active if term.name == "all"), "")

    def modifier(self, name: str) -> Term | None:
        """The modifier of this name."""
        return next((term for term in self.terms if term.modifier and term.name == name), None)

    @property
    def redirect(self) -> Term | None:
        """The redirect that counts: none beside an `all` (6.1)."""
        return None if self.all else self.modifier("redirect")


def is_spf(text: str) -> bool:
    """Whether a TXT value is an SPF record: `v=spf1` and then a blank or the end, nothing before it (4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def looks_like_spf(text: str) -> bool:
    """Whether a TXT value was meant to be an SPF record and is none."""
    return not is_spf(text) and bool(_LOOKALIKE.match(text)) and "spf2.0" not in text.lower()


def read_spf(text: str) -> SpfText:
    """Take a record apart. Never raises; the first syntax error is in `error` (4.6: anywhere in the record)."""
    terms: list[Term] = []
    for word in text[6:].split(" "):
        if not word:
            continue
        term = _term(word)
        if isinstance(term, str):
            return SpfText(text, tuple(terms), term)
        terms.append(term)
    for name in ("redirect", "exp"):
        if sum(term.modifier and term.name == name for term in terms) > 1:
            return SpfText(text, tuple(terms), f"{name}= stands there more than once")
    return SpfText(text, tuple(terms))


def _term(word: str) -> Term | str:
    """The term, or what is wrong with it."""
    match = _TERM.fullmatch(word)
    if match is None or not word.isascii() or not word.isprintable():
        return f"{word} is not a term of SPF"
    qualifier, name, mark, value = match[1], match[2].lower(), match[3] or "", match[4] or ""
    if mark == "=":
        return _modifier(word, qualifier, name, value)
    if name not in MECHANISMS:
        return f"{word} is not a term of SPF"
    made = Term(name, word, qualifier or "+", value=value)
    if name == "all":
        return made if not mark else f"{word}: all takes no value"
    if name in ("ip4", "ip6"):
        return made if mark == ":" and _is_range(name, value) else f"{word} is not an address range"
    return _with_domain(made, mark, value)


def _modifier(word: str, qualifier: str, name: str, value: str) -> Term | str:
    if qualifier:
        return f"{word}: no sign may stand before {name}="
    if name == "redirect":
        fault = domain_fault(value)
        return f"{word}: {fault}" if fault else Term(name, word, domain=value.rstrip("."), modifier=True)
    if name == "exp":
        rest = _EXPLAINED.sub("", value)
        if not value or "%" in rest:
            return f"{word} names no text"
    elif "%" in _EXPLAINED.sub("", value):
        return f"{word}: a lone % is not allowed"
    return Term(name, word, value=value, modifier=True)


def _with_domain(term: Term, mark: str, value: str) -> Term | str:
    """include, exists, a, mx and ptr: a domain, and an address prefix for a and mx."""
    domain, prefix = value, ""
    if term.name in ("a", "mx"):
        if mark == "/":
            domain, prefix = "", "/" + value
        else:
            cut = _prefix_at(value)
            domain, prefix = value[:cut], value[cut:]
        fits = _CIDR.fullmatch(prefix)
        if fits is None or int(fits[1] or 0) > 32 or int(fits[2] or 0) > 128:
            return f"{term.text}: {prefix} is not an address prefix"
    elif mark == "/":
        return f"{term.text} takes no prefix"
    if not domain and (mark == ":" or term.name in ("include", "exists")):
        return f"{term.text} names no domain"
    fault = domain_fault(domain) if domain else ""
    if fault:
        return f"{term.text}: {fault}"
    return Term(term.name, term.text, term.qualifier, domain.rstrip("."), value)


def _prefix_at(value: str) -> int:
    """Where the prefix begins: the first slash that is not inside a macro."""
    depth = 0
    for place, character in enumerate(value):
        depth += (character == "{") - (character == "}")
        if character == "/" and depth == 0:
            return place
    return len(value)


def domain_fault(value: str) -> str:
    """What is wrong with a domain-spec (7.1, 12), empty if it fits: it ends in a macro or in a dot and a top label."""
    if not value:
        return "no domain"
    bare = _MACRO.sub("m", value)
    if "%" in bare:
        return "a % that begins no macro"
    if value.endswith("}") and "%" in value:
        return ""
    labels = bare.rstrip(".").split(".")
    if len(labels) < 2 or not _TOP.fullmatch(labels[-1]) or bare.endswith(".."):
        return f"{value} is not a full domain name"
    return ""


def _is_range(name: str, value: str) -> bool:
    if not _PREFIX.fullmatch(value):
        return False
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.version == int(name[2])
