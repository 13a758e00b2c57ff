"""Mail addresses as SES reads them.

Lives here: splitting lists, taking an address out of its display name, and the syntax errors SES names.
Must not live here: which address may be used (identities.py, admission.py).
"""

from __future__ import annotations

import re

from sesbox.rules.refusals import RefusedError, invalid

SIMULATOR_DOMAIN = "simulator.amazonses.com"
_MOST = 320
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_ATOM = re.compile(r"[^\x00-\x20\x7f-\U0010ffff()<>,;:\\\"\[\]@]+")
_DOMAIN = re.compile(r"[A-Za-z0-9.\[\]:-]+")


def bare(text: str) -> str:
    """The address inside `text`, which may carry a display name: "S <s@y.test>" -> "s@y.test".

    Raises RefusedError with SES's literal texts (RFC 5321 section 4.1.2 with JavaMail's words; addresses must be
    7-bit ASCII: SES API Reference, SendEmail).
    """
    inner = _inside(text)
    if len(inner) > _MOST:  # RFC 3696, erratum 1690: 64 for the local part, 255 for the domain
        raise invalid(f"Invalid email address<{inner[:_MOST]}...>.")
    if not _PLAIN.fullmatch(inner):
        _check_local(inner)
        _check_domain(inner)
    return inner


def _inside(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise invalid("Email address not specified.")
    if stripped.endswith(">"):
        start = stripped.rfind("<")
        if start < 0:
            raise invalid(f"Invalid email address<{stripped}>.")
        return stripped[start + 1 : -1].strip()
    return stripped


def _check_local(address: str) -> None:
    local, at, _ = address.rpartition("@")
    if not at:
        raise invalid("Missing final '@domain'")
    if not local:
        raise invalid("Missing local name")
    if any(ord(char) <= 32 or ord(char) >= 127 for char in local):
        raise invalid("Local address contains control or whitespace")
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        return
    if ".." in local:
        raise invalid("Local address contains dot-dot")
    if local.startswith("."):
        raise invalid("Local address starts with dot")
    if local.endswith("."):
        raise invalid("Local address ends with dot")
    if not _ATOM.fullmatch(local):
        raise invalid("Local address contains illegal character")


def _check_domain(address: str) -> None:
    domain = address.rpartition("@")[2]
    problem = ""
    if not domain:
        raise invalid("Missing final '@domain'")
    if any(ord(char) <= 32 or ord(char) >= 127 for char in domain):
        problem = "contains control or whitespace"
    elif ".." in domain:
        problem = "contains dot-dot"
    elif domain.startswith("."):
        problem = "starts with dot"
    elif domain.endswith("."):
        problem = "ends with dot"
    elif not _DOMAIN.fullmatch(domain):
        problem = "contains illegal character"
    if problem:
        raise invalid(f"Domain {problem}")


def split(text: str) -> list[str]:
    """The addresses of a header or list value, split at commas outside quotes, comments and angle brackets."""
    if "," not in text:
        return [text.strip()] if text.strip() else []
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    depth = 0
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif not quoted and char in "(<":
            depth += 1
        elif not quoted and char in ")>":
            depth = max(0, depth - 1)
        elif char == "," and not quoted and depth == 0:
            parts.append("".join(current).strip())
            current = []
            continue
        current.append(char)
    parts.append("".join(current).strip())
    return [part for part in parts if part]


def domain_of(address: str) -> str:
    """The domain of a bare address, in lower case."""
    return address.rpartition("@")[2].lower()


def is_simulator(address: str) -> bool:
    """Whether a bare address belongs to the mailbox simulator (SES Developer Guide, "send an email from console")."""
    return domain_of(address) == SIMULATOR_DOMAIN


def normal(address: str) -> str:
    """The key of an address on the suppression list: trimmed, the domain in lower case, the local part as it is."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def is_address(text: str) -> bool:
    """Whether `text` is a bare address SES would take."""
    try:
        return bare(text) == text
    except RefusedError:
        return False
