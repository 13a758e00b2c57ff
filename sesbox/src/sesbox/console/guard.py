"""Whether a request to sesbox's own routes comes from sesbox's own pages or from a tool on purpose.

Lives here: the judgement about Host and Origin. Must not live here: routes.
Without it any web page a developer visits could read the inbox (DNS rebinding) or press a button (a foreign form).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit


def foreign(method: str, headers: Mapping[str, str], own_hosts: Collection[str]) -> str | None:
    """Why this request is refused, or None. `headers` has lower-case names; `own_hosts` are bare host names.

    Host must be an IP address, localhost or one of our own names: rebinding needs a foreign name. On anything but
    GET and HEAD, Origin must name the same host and port as Host if it is there, and Sec-Fetch-Site must not tell of
    another site's page (browsers send it even where they leave Origin out).
    """
    host = headers.get("host", "")
    name = _name(host)
    if name is None or not (_is_address(name) or _is_local(name) or name in own_hosts):
        return f"The Host {host!r} is not a name of this sesbox. Start it with --host or --base-url naming it."
    if method in ("GET", "HEAD"):
        return None
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "A page of another site may not do this."
    origin = headers.get("origin")
    if origin is None:
        return None
    if urlsplit(origin).netloc.lower() != host.lower():
        return f"The Origin {origin!r} is not this sesbox."
    return None


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_local(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost")
